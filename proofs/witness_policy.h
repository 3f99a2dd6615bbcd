// proofs/witness_policy.h: whose cosignatures count, how many it takes, and what if they are away.
//
// A text file that an operator writes; lines, with '#' before comments:
//   witness <verifier key> <URL> <independent|host> <operator, up to the end of the line>
//   neighbour <log key> <witness key> <URL> <operator>    an independent witness, and the log that
//                                         one's own witness follows in return
//   quorum <n>                            how many must cosign; 1 where the line is missing
//   away <continue|refuse-publishing>     what happens without a quorum; continue where missing
// "host" says that whoever runs the log runs that witness too: it counts for the quorum, but proves
// little. One line of either kind alone is a policy. Threads: values; functions any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/cosignature.h"
#include "crypto/note.h"

namespace cartella::proofs {

struct WitnessEntry {
  std::string url;  // before /add-checkpoint
  std::string operator_name;
  bool is_independent = false;
};

enum class WhenAway : std::uint8_t { go_on, refuse_publishing };

struct WitnessPolicy {
  std::vector<crypto::Cosigner> cosigners;
  std::vector<WitnessEntry> witnesses;  // one for each cosigner, in the same order
  std::size_t quorum = 1;
  WhenAway when_away = WhenAway::go_on;
  std::vector<crypto::VerifierKey> neighbours;  // logs that one's own witness follows
};

inline constexpr std::size_t kPolicyBytesMax = 64 * 1024;
// Their lines and the log's fit into a note that every tool reads.
inline constexpr std::size_t kWitnessesMax = 32;

// invalid_input: names the line, in Italian.
Result<WitnessPolicy> parse_witness_policy(std::string_view text);

struct Support {
  std::vector<crypto::Cosignature> cosigned;  // by index into the policy's witnesses
  std::size_t independent = 0;                // of these
  std::size_t independent_max = 0;            // of all witnesses
  bool is_enough = false;                     // the quorum is there
};
// invalid_input: no signed checkpoint.
Result<Support> judge_support(const WitnessPolicy& policy, std::string_view note);
// "indipendenti dall'ospite: n di m"
std::string independence_of(const Support& support);

}  // namespace cartella::proofs
