// keeping/certificate.h: what is handed to the person whose data were erased.
//
// A text of a page without personal data. Its digest stands in the ErasureCompleted event, so that
// the log proves it, and until when a lawful copy could bring anything back (final_at).
// Threads: free functions.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "cases/commands.h"
#include "cases/state.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::keeping {

std::string certificate_text(std::string_view origin, const EventId& proposal,
                             const cases::OrganisationState::Erasure& erasure,
                             const cases::CompleteErasure& completed);
Bytes certificate_digest(std::string_view text);

struct Certificate {
  std::string text;
  std::uint64_t position = 0;  // of the ErasureCompleted event
  TimeUs completed_at;
  TimeUs final_at;
};
// Of a completed erasure, from the log alone. not_found: not completed; corrupt: the log holds
// another text's digest; io.
Result<Certificate> read_certificate(const store::Store& store, const EventId& proposal,
                                     const cases::OrganisationState::Erasure& erasure);

}  // namespace cartella::keeping
