// crypto/merkle.h: the RFC 6962 tree: compact frontier, proofs, and their verification.
//
// Node hash = SHA-256(0x01 || left || right). Proof producers read hashes through a HashReader,
// which the store implements over tiles; verifiers need hashes only. Threads: Frontier belongs to
// one thread; free functions any.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.h"

namespace cartella::crypto {

Hash32 node_hash(const Hash32& left, const Hash32& right);
// SHA-256 of nothing.
Hash32 empty_root();

// The right edge of a tree of `size` leaves: one hash per set bit, largest subtree first.
class Frontier {
 public:
  Frontier() = default;
  Frontier(std::uint64_t size, std::vector<Hash32> hashes);
  void append(const Hash32& leaf);
  std::uint64_t size() const { return x_size; }
  Hash32 root() const;
  const std::vector<Hash32>& hashes() const { return x_hashes; }

 private:
  std::uint64_t x_size = 0;
  std::vector<Hash32> x_hashes;
};

// Hash of the full subtree of 2^level leaves that starts at leaf index << level. corrupt or io.
using HashReader = std::function<Result<Hash32>(std::uint32_t level, std::uint64_t index)>;

Result<Hash32> root_at(std::uint64_t size, const HashReader& read);
Result<std::vector<Hash32>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                            const HashReader& read);
Result<std::vector<Hash32>> consistency_proof(std::uint64_t first, std::uint64_t second,
                                              const HashReader& read);
bool verify_inclusion(std::uint64_t index, std::uint64_t size, const Hash32& leaf,
                      const Hash32& root, std::span<const Hash32> proof);
bool verify_consistency(std::uint64_t first, std::uint64_t second, const Hash32& first_root,
                        const Hash32& second_root, std::span<const Hash32> proof);

}  // namespace cartella::crypto
