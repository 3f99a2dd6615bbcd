// proofs/bundle_signers.h: who may sign what, as a checker of bundles learns it from key events.
//
// It sees the key and genesis events outside the range and every event of the range, in order, and
// judges each signature by what was known at that position: enrolled before, with the right, and
// not revoked. The events of the genesis call are judged when the call has ended, since its signer
// is enrolled by it. Each genesis starts an era with a log id and key of its own (amendment 5).
// Memory: some 200 bytes a key and 600 an era; at most as many as it is made for.
// Errors are `corrupt` and name the position; invalid_input: too many of these. Threads: one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "crypto/leaf.h"
#include "crypto/segment.h"
#include "crypto/signer.h"

namespace cartella::proofs {

class BundleSigners {
 public:
  BundleSigners(std::size_t keys_max, std::size_t eras_max)
      : x_keys_max(keys_max), x_eras_max(eras_max) {}
  struct Key {
    crypto::PublicKey key{};
    OperatorId owner;
    bool may_append = false;
    bool may_enrol = false;
    bool may_serve = false;
    std::uint64_t enrolled_at = 0;
    bool is_revoked = false;
    std::uint64_t revoked_at = 0;    // position of the revoking event
    std::uint64_t revoked_from = 0;  // as it says
    std::uint64_t signatures = 0;    // that verified
  };
  struct Era {
    std::uint64_t first = 0;
    LogId log;
    crypto::PublicKey key{};
    SignerId signer;  // of the key
    std::string origin;
    std::uint64_t signatures = 0;
  };

  // The next event and its clear bodies. Positions rise.
  Status take(const crypto::Leaf& leaf, const std::vector<crypto::Plaintext>& bodies);
  // After the last one.
  Status finish() { return settle(); }

  // Of the log at that position; nullptr: no genesis before it was seen.
  const Era* era_at(std::uint64_t position) const;
  const std::vector<Era>& eras() const { return x_eras; }
  const std::map<SignerId, Key>& keys() const { return x_keys; }
  std::uint64_t signatures() const { return x_signatures; }

 private:
  bool belongs_to_genesis(const crypto::Leaf& leaf) const;
  Status settle();
  Status check(const crypto::Leaf& leaf);
  Status check_right(const crypto::Leaf& leaf, const Key& key) const;
  Status apply(const crypto::Leaf& leaf, const crypto::Plaintext& body);
  Status read_genesis(const crypto::Leaf& leaf, ByteView message);
  Status read_enrolled(const crypto::Leaf& leaf, ByteView message);
  Status read_revoked(const crypto::Leaf& leaf, ByteView message);

  std::size_t x_keys_max;
  std::size_t x_eras_max;
  std::vector<Era> x_eras;
  std::map<SignerId, Key> x_keys;
  std::optional<EventId> x_command;     // of the genesis call
  std::vector<crypto::Leaf> x_pending;  // events of the genesis call, whose signer is still to come
  bool x_is_settled = false;
  std::uint64_t x_signatures = 0;
};

}  // namespace cartella::proofs
