// tests/unit/crypto/support.h: keys and values that the tests of this module share.
//
// Everything is fixed, so that a failure repeats. Threads: tests only.
#pragma once

#include <map>
#include <set>
#include <string>

#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "crypto/record.h"
#include "crypto/signer.h"

namespace cartella::crypto::testing {

template <class Id>
Id id_of(std::string_view name) {
  return Id::from_view(sha256(as_bytes(name)));
}
inline Secret32 secret_of(std::string_view name) { return Secret32(sha256(as_bytes(name))); }
inline LogId log_of(std::string_view name) { return LogId{sha256(as_bytes(name))}; }

inline Bytes bytes_of(std::size_t count, std::uint8_t first = 1) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(first + i * 7);
  return bytes;
}

// Segment key = KDF of a key derived from the ids, as the vault makes it from stored secrets.
class FakeKeys final : public SegmentKeys {
 public:
  Result<Secret32> segment_key(const KeyId& owner_key, const StreamId& stream) override {
    if (broken) return fail(Errc::io, "the vault cannot be read");
    if (gone.contains(owner_key)) return fail(Errc::erased, "key is gone");
    return derive(Secret32(sha256(owner_key.view())), "segment", stream.view());
  }
  std::set<KeyId> gone;
  bool broken = false;
};

// Reads full subtrees of a list of leaves, computed level by level.
class LeafList {
 public:
  void append(const Hash32& leaf) {
    if (x_levels.empty()) x_levels.emplace_back();
    x_levels[0].push_back(leaf);
    for (std::size_t level = 0; x_levels[level].size() % 2 == 0; ++level) {
      if (level + 1 == x_levels.size()) x_levels.emplace_back();
      const auto& below = x_levels[level];
      x_levels[level + 1].push_back(node_hash(below[below.size() - 2], below.back()));
    }
  }
  HashReader reader() const {
    return [this](std::uint32_t level, std::uint64_t index) -> Result<Hash32> {
      if (level >= x_levels.size() || index >= x_levels[level].size())
        return fail(Errc::corrupt, "no such subtree");
      return x_levels[level][index];
    };
  }
  const std::vector<Hash32>& leaves() const { return x_levels[0]; }

 private:
  std::vector<std::vector<Hash32>> x_levels;
};

inline Hash32 numbered_leaf(std::uint64_t i) {
  std::array<std::uint8_t, 8> number;
  store_be64(number.data(), i);
  return leaf_hash(number);
}

}  // namespace cartella::crypto::testing
