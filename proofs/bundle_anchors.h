// proofs/bundle_anchors.h: what outsiders say of one checkpoint of a bundle.
//
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/note.h"
#include "proofs/bundle_format.h"
#include "proofs/witness_policy.h"

namespace cartella::proofs {

struct AnchorTrust {
  std::optional<WitnessPolicy> policy;
  std::string time_stamp_ca;  // file of certificates of authorities, PEM; empty: none is known
};

struct WitnessFact {
  std::string name;
  std::string operator_name;
  bool is_independent = false;  // of whoever runs the log, as the policy says
  std::int64_t time_us = 0;     // as the witness says
  bool operator==(const WitnessFact&) const = default;
};
struct TimeStampFact {
  std::int64_t time_us = 0;
  std::string authority;
  bool operator==(const TimeStampFact&) const = default;
};
struct AnchorFacts {
  std::vector<WitnessFact> witnesses;  // of the policy, whose cosignature verified
  bool is_policy_met = false;
  std::uint64_t unknown_signatures = 0;    // lines of the note that nobody here can judge
  std::vector<TimeStampFact> time_stamps;  // that a known authority signed
  std::uint64_t unjudged_time_stamps = 0;  // of authorities that are not known here
};

// `given` is signed by one of the log's keys, of which the caller has checked that it may. Two of
// them sign at a change of key. A cosignature that does not verify is one that nobody can judge.
// corrupt: a time-stamp is none, or of something else; io: the file of certificates cannot be used;
// invalid_input: more lines than a note has.
Result<AnchorFacts> judge_anchors(const BundleCheckpoint& given,
                                  std::span<const crypto::VerifierKey> log_keys,
                                  const AnchorTrust& trust);

}  // namespace cartella::proofs
