#include "crypto/merkle.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "crypto/hash.h"

namespace cartella::crypto {

namespace {

constexpr std::uint8_t kNodePrefix = 1;  // RFC 6962, 2.1

// The largest power of two smaller than n, for n > 1: where RFC 6962 splits a tree.
std::uint64_t split_of(std::uint64_t n) { return std::bit_floor(n - 1); }

Hash32 fold(const std::vector<Hash32>& hashes) {
  Hash32 root = hashes.back();
  for (std::size_t i = hashes.size() - 1; i-- > 0;) root = node_hash(hashes[i], root);
  return root;
}

// Hash of leaves [from, to), where `from` is a multiple of the smallest power of two >= to - from.
// Reads one full subtree per set bit of the length.
Result<Hash32> range_hash(std::uint64_t from, std::uint64_t to, const HashReader& read) {
  std::vector<Hash32> hashes;
  while (from < to) {
    const std::uint64_t width = std::bit_floor(to - from);
    const auto level = static_cast<std::uint32_t>(std::countr_zero(width));
    CARTELLA_TRY(const auto hash, read(level, from >> level));
    hashes.push_back(hash);
    from += width;
  }
  return fold(hashes);
}

}  // namespace

Hash32 node_hash(const Hash32& left, const Hash32& right) {
  return sha256({ByteView(&kNodePrefix, 1), left, right});
}

Hash32 empty_root() { return sha256(ByteView{}); }

Frontier::Frontier(std::uint64_t size, std::vector<Hash32> hashes)
    : x_size(size), x_hashes(std::move(hashes)) {
  CHECK(static_cast<std::size_t>(std::popcount(size)) == x_hashes.size());
}

void Frontier::append(const Hash32& leaf) {
  x_hashes.push_back(leaf);
  ++x_size;
  for (int merges = std::countr_zero(x_size); merges > 0; --merges) {
    const Hash32 right = x_hashes.back();
    x_hashes.pop_back();
    x_hashes.back() = node_hash(x_hashes.back(), right);
  }
}

Hash32 Frontier::root() const { return x_hashes.empty() ? empty_root() : fold(x_hashes); }

Result<Hash32> root_at(std::uint64_t size, const HashReader& read) {
  if (size == 0) return empty_root();
  return range_hash(0, size, read);
}

Result<std::vector<Hash32>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                            const HashReader& read) {
  if (index >= size) return fail(Errc::invalid_argument, "no such leaf in a tree of this size");
  std::vector<Hash32> proof;
  std::uint64_t from = 0;
  std::uint64_t to = size;
  while (to - from > 1) {
    const std::uint64_t middle = from + split_of(to - from);
    const bool left = index < middle;
    CARTELLA_TRY(const auto sibling,
                 left ? range_hash(middle, to, read) : range_hash(from, middle, read));
    proof.push_back(sibling);
    (left ? to : from) = middle;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Result<std::vector<Hash32>> consistency_proof(std::uint64_t first, std::uint64_t second,
                                              const HashReader& read) {
  if (first > second) return fail(Errc::invalid_argument, "a tree does not shrink");
  std::vector<Hash32> proof;
  if (first == 0 || first == second) return proof;
  std::uint64_t from = 0;
  std::uint64_t to = second;
  while (first != to) {
    const std::uint64_t middle = from + split_of(to - from);
    const bool left = first <= middle;
    CARTELLA_TRY(const auto sibling,
                 left ? range_hash(middle, to, read) : range_hash(from, middle, read));
    proof.push_back(sibling);
    (left ? to : from) = middle;
  }
  // The verifier holds the first root already, which is this subtree when nothing stands before it.
  if (from != 0) {
    CARTELLA_TRY(const auto last, range_hash(from, to, read));
    proof.push_back(last);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

bool verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash32& leaf,
                      const Hash32& root, std::span<const Hash32> proof) {
  if (index >= size) return false;
  // RFC 9162, 2.1.3.2.
  std::uint64_t node = index;
  std::uint64_t last = size - 1;
  Hash32 hash = leaf;
  for (const Hash32& sibling : proof) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      hash = node_hash(sibling, hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = node_hash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

bool verify_consistency(std::uint64_t first, std::uint64_t second, const Hash32& first_root,
                        const Hash32& second_root, std::span<const Hash32> proof) {
  if (first > second) return false;
  if (first == second) return proof.empty() && first_root == second_root;
  if (first == 0) return proof.empty() && first_root == empty_root();
  // RFC 9162, 2.1.4.2.
  std::uint64_t node = first - 1;
  std::uint64_t last = second - 1;
  const int skip = std::countr_one(node);
  node >>= skip;
  last >>= skip;
  std::size_t next = 0;
  if (!std::has_single_bit(first)) {
    if (proof.empty()) return false;
    next = 1;
  }
  Hash32 old_hash = next == 1 ? proof[0] : first_root;
  Hash32 new_hash = old_hash;
  for (; next < proof.size(); ++next) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      old_hash = node_hash(proof[next], old_hash);
      new_hash = node_hash(proof[next], new_hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      new_hash = node_hash(new_hash, proof[next]);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && old_hash == first_root && new_hash == second_root;
}

}  // namespace cartella::crypto
