// proofs/witness_client.h: asks one witness to cosign a checkpoint (C2SP tlog-witness).
//
// The proof starts from what the witness saw last; where that is not known, it is asked for with
// the first try. What a witness says against the log is told apart from what keeps it away: a
// witness that saw another history, or a longer one, is an alarm; no such answer is signed.
// Threads: functions, any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/cosignature.h"
#include "proofs/outbound.h"

namespace cartella::proofs {

enum class WitnessOutcome : std::uint8_t {
  none,  // not asked yet
  cosigned,
  away,          // no connection, or no answer in time
  refused,       // it does not know the log or its key, or answers something else
  ahead,         // it saw a longer history than this one: the log was rolled back
  inconsistent,  // it saw another history than this one
};
std::string_view outcome_name(WitnessOutcome outcome);
// What it says is evidence against this log.
constexpr bool is_alarm(WitnessOutcome outcome) {
  return outcome == WitnessOutcome::ahead || outcome == WitnessOutcome::inconsistent;
}

struct WitnessQuestion {
  const crypto::Cosigner& cosigner;
  std::string_view note;         // the checkpoint, signed by the log, without cosignatures
  std::uint64_t size = 0;        // of its tree
  std::uint64_t known_size = 0;  // what the witness saw last, as far as is known
  // Proves that the tree of `size` contains the one of `old_size`, which is 1 or more.
  std::function<Result<std::vector<Hash32>>(std::uint64_t old_size)> prove;
  // Sends the body of an add-checkpoint.
  std::function<Result<OutboundAnswer>(const std::string& body)> send;
};

struct WitnessReply {
  WitnessOutcome outcome = WitnessOutcome::away;
  std::string line;              // its own signature line, which verifies, and nothing else of it
  std::uint64_t known_size = 0;  // what it saw last
  unsigned status = 0;           // of its answer; 0: none
};

// What `prove` returns in error; all that a witness can do wrong is an outcome.
Result<WitnessReply> ask_witness(const WitnessQuestion& question);

}  // namespace cartella::proofs
