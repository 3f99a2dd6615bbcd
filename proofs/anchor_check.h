// proofs/anchor_check.h: what the kept anchors prove of a log, and what contradicts it.
//
// Every kept checkpoint must be signed by the log and have the root that the log has at that size;
// a larger one says that the log was rolled back, unless that history was given up by an era since
// (store/log_meta.h), of which nothing is proved any more. Cosignatures count by a policy,
// time-stamps by a file of authorities; without them they are told, not judged. Threads: functions,
// any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "crypto/signer.h"
#include "proofs/anchors.h"
#include "proofs/time_stamp.h"
#include "proofs/witness_policy.h"
#include "store/log_meta.h"

namespace cartella::proofs {

struct AnchorCheck {
  store::LogMeta log;      // whose checkpoints they are, now and before
  std::uint64_t size = 0;  // of the log
  std::function<Result<Hash32>(std::uint64_t size)> root_at;
  std::optional<WitnessPolicy> policy;
  std::string time_stamp_ca;  // PEM; empty: time-stamps are not judged
};

struct CheckedAnchor {
  std::uint64_t size = 0;
  Support support;                // empty without a policy
  std::vector<TimeStamp> stamps;  // that verified; without authorities: what they say
};
struct AnchorFinding {
  std::uint64_t size = 0;
  bool is_rollback = false;
  std::string detail;  // Italian
};
struct AnchorReport {
  std::uint64_t count = 0;            // of anchors
  std::vector<CheckedAnchor> newest;  // at most ten, descending
  // The newest of all, which may be older than those ten.
  std::optional<CheckedAnchor> with_quorum;  // by the policy
  std::optional<CheckedAnchor> with_stamp;
  std::vector<AnchorFinding> findings;
};

inline constexpr std::size_t kNewestAnchors = 10;

// io, and what root_at returns. Damage is a finding.
Result<AnchorReport> check_anchors(const AnchorFolder& folder, const AnchorCheck& check);

}  // namespace cartella::proofs
