// proofs/bundle_check.h: what an auditor's bundle proves, found out without keys and without store.
//
// Reads the file once, from front to back, in memory that its limits bound. Shares no code with
// store/verify: whoever distrusts one of the two asks the other. Every link is followed: leaves to
// the tree and its signed checkpoints, stubs and clear bodies to their leaf, streams, times, ids
// and calls to each other, signatures to enrolled keys, cosignatures to a policy, time-stamps to an
// authority. The first link that does not hold refuses the whole.
// Threads: a check belongs to one; free functions any.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/note.h"
#include "proofs/bundle_anchors.h"
#include "proofs/bundle_format.h"
#include "proofs/disclosed_segment.h"

namespace cartella::proofs {

// What whoever checks knows from elsewhere. What is not given is taken from the bundle, and then
// proves nothing about who wrote it.
struct BundleTrust {
  std::optional<crypto::VerifierKey> log_key;
  AnchorTrust anchors;  // without a policy the bundle's own counts, and says only what it says
  std::optional<DisclosedSegment> segment;  // that must stand in the range
};

// How much of a bundle a checker keeps; other than these only for tests.
struct BundleLimits {
  std::uint64_t outside = kBundleOutsideMax;
  std::size_t keys = kBundleKeysMax;
  std::size_t eras = kBundleErasMax;
  std::size_t listed_bytes = 32ull << 20;  // of the report's checkpoints
};

struct CheckedCheckpoint {
  std::uint64_t size = 0;
  Hash32 root{};
  std::string origin;
  AnchorFacts anchors;
};

struct CheckedSigner {
  std::string id;     // hexadecimal
  std::string owner;  // operator id; empty: the log's own key
  bool for_server = false;
  std::uint64_t signatures = 0;
  std::optional<std::uint64_t> revoked_from;
};

struct BundleReport {
  std::string log_key;  // verifier key
  bool is_log_key_given = false;
  bool is_log_key_followed = false;  // the given one was replaced since, and vouches for this one
  std::string origin;
  std::string log_id;  // hexadecimal
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t size = 0;  // of the newest checkpoint's tree
  Hash32 root{};
  std::int64_t first_us = 0;  // recorded_at of the first and last event of the range
  std::int64_t last_us = 0;
  std::array<std::uint64_t, 7> kinds{};  // events of the range by leaf kind
  std::uint64_t earlier = 0;             // key events before the range
  std::uint64_t later = 0;               // and behind it
  bool are_earlier_keys_closed = true;   // none of them can have been left out
  std::uint64_t signatures = 0;          // that verified, those outside the range included
  std::uint64_t streams = 0;
  std::uint64_t open_streams = 0;  // begin before the range
  std::uint64_t calls = 0;
  std::uint64_t hidden_bodies = 0;  // segments of clear kinds that are not there
  std::uint64_t eras = 0;
  std::uint64_t bytes = 0;
  std::vector<CheckedSigner> signers;
  std::uint64_t checkpoint_count = 0;  // that verified
  // By size; the newest is last. All, where they take at most BundleLimits::listed_bytes; else
  // those that anybody outside said something of, and where these take more, the newest of them.
  std::deque<CheckedCheckpoint> checkpoints;
  std::uint64_t witnessed_to =
      0;  // the greatest that an independent witness and the quorum have seen
  std::uint64_t stamped_to = 0;            // the greatest that a known authority stamped
  std::uint64_t unjudged_time_stamps = 0;  // of all checkpoints
  bool is_policy_given = false;            // by the caller
  bool has_policy = false;                 // by the caller or of the bundle
  std::optional<SegmentProof> segment;
};

// corrupt: a link does not hold; the detail says at which position. invalid_input: no bundle, or
// malformed, or beyond a limit. unsupported: another version. bad_signature: of the log's key, or
// another key than the caller's. not_found: the segment's position is not in the range. io, also of
// the certificates. Memory: below 512 MiB, whatever the file holds.
Result<BundleReport> check_bundle(std::istream& from, const BundleTrust& trust,
                                  const BundleLimits& limits = {});

}  // namespace cartella::proofs
