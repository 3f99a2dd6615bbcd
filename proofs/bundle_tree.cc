#include "proofs/bundle_tree.h"

#include <bit>

#include "base/check.h"
#include "crypto/hash.h"

namespace cartella::proofs {

namespace {

// By the other implementation of SHA-256 than the one that made the tree.
Hash32 parent(const Hash32& left, const Hash32& right) {
  static constexpr std::uint8_t kNodePrefix = 1;  // RFC 6962, 2.1
  return crypto::sha256_second({ByteView(&kNodePrefix, 1), left, right});
}

}  // namespace

std::vector<Subtree> cover(std::uint64_t from, std::uint64_t to) {
  std::vector<Subtree> subtrees;
  while (from < to) {
    std::uint32_t level = static_cast<std::uint32_t>(std::bit_width(to - from)) - 1;
    if (from != 0) level = std::min(level, static_cast<std::uint32_t>(std::countr_zero(from)));
    subtrees.push_back({level, from >> level});
    from += 1ull << level;
  }
  return subtrees;
}

void BundleTree::append(std::uint32_t level, const Hash32& hash) {
  CHECK(level < 64 && x_size % (1ull << level) == 0);
  Node node{level, hash};
  while (!x_nodes.empty() && x_nodes.back().level == node.level) {
    node = {node.level + 1, parent(x_nodes.back().hash, node.hash)};
    x_nodes.pop_back();
  }
  x_nodes.push_back(node);
  x_size += 1ull << level;
}

Hash32 BundleTree::root() const {
  if (x_nodes.empty()) return crypto::sha256_second({});
  Hash32 root = x_nodes.back().hash;
  for (std::size_t i = x_nodes.size() - 1; i > 0; --i) root = parent(x_nodes[i - 1].hash, root);
  return root;
}

bool proves_inclusion(std::uint64_t index, std::uint64_t size, const Hash32& leaf,
                      const Hash32& root, const std::vector<Hash32>& proof) {
  if (index >= size) return false;
  std::uint64_t node = index;
  std::uint64_t last = size - 1;
  Hash32 hash = leaf;
  for (const Hash32& other : proof) {
    if (last == 0) return false;
    if (node % 2 == 1 || node == last) {
      hash = parent(other, hash);
      while (node % 2 == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = parent(hash, other);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

}  // namespace cartella::proofs
