// proofs/bundle_tree.h: the Merkle tree as a checker of bundles walks it, from left to right.
//
// It takes leaves and whole subtrees, so that a range in the middle of a log needs a few hashes for
// what stands before and behind it. Written apart from crypto/merkle.h, which the writer uses.
// Threads: an edge belongs to one thread; free functions any.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace cartella::proofs {

// A full subtree of 2^level leaves that starts at leaf index << level.
struct Subtree {
  std::uint32_t level = 0;
  std::uint64_t index = 0;
  bool operator==(const Subtree&) const = default;
};
// The fewest full subtrees that cover [from, to), from left to right. Each is the largest one that
// starts where the last one ends, so that there is one answer.
std::vector<Subtree> cover(std::uint64_t from, std::uint64_t to);

class BundleTree {
 public:
  std::uint64_t size() const { return x_size; }
  // `hash` is the root of the 2^level leaves that follow; size() is a multiple of 2^level.
  void append(std::uint32_t level, const Hash32& hash);
  Hash32 root() const;

 private:
  struct Node {
    std::uint32_t level = 0;
    Hash32 hash{};
  };
  std::uint64_t x_size = 0;
  std::vector<Node> x_nodes;  // levels falling from left to right
};

// RFC 9162 2.1.3.2. False for every other number of hashes.
bool proves_inclusion(std::uint64_t index, std::uint64_t size, const Hash32& leaf,
                      const Hash32& root, const std::vector<Hash32>& proof);

}  // namespace cartella::proofs
