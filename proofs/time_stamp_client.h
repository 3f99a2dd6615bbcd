// proofs/time_stamp_client.h: asks one authority for a time-stamp of a checkpoint.
//
// Threads: functions, any thread; they block up to the deadline of an exchange.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "proofs/outbound.h"

namespace cartella::proofs {

struct TimeStampAuthority {
  std::string url;
  std::string ca_file;      // PEM: who vouches for the authority; what answers is judged by it
  std::string tls_ca_file;  // PEM, of an https address; empty: the system's
  std::chrono::seconds interval{600};  // authorities count what they are asked
};

// The response (DER), which was checked: granted, over SHA-256 of `note`, by an authority of the
// file. unavailable: no answer, or not 200; what check_time_stamp_answer and post return.
Result<Bytes> ask_authority(const OutboundUrl& url, const TimeStampAuthority& authority,
                            std::string_view note);

}  // namespace cartella::proofs
