// store/tree_edge.h: the right edge of the Merkle tree as tiles of height 8.
//
// Keeps, for each tile level, the hashes of the one tile that is not full yet. A tile that fills is
// handed out to be stored, and its root moves one level up. The compact frontier follows from the
// same hashes. Threads: belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/merkle.h"

namespace cartella::store {

inline constexpr std::uint32_t kTileHeight = 8;
inline constexpr std::uint32_t kTileWidth = 256;
inline constexpr std::size_t kTileBytes = kTileWidth * sizeof(Hash32);

// Root of a full subtree over a power of two of hashes.
Hash32 subtree_root(std::span<const Hash32> hashes);

class TreeEdge {
 public:
  // Called with the hashes of a tile that has just become full.
  using FullTile =
      std::function<void(std::uint32_t level, std::uint64_t index, std::span<const Hash32> tile)>;

  void append(const Hash32& leaf, const FullTile& full);
  std::uint64_t size() const { return x_size; }
  Hash32 root() const { return x_frontier.root(); }

  // The hashes so far of tile (level, index), where that tile is the one being filled.
  std::optional<std::span<const Hash32>> partial(std::uint32_t level, std::uint64_t index) const;

  // `hash_of(tile level, index)` gives hash `index` of that tile level: a leaf hash at level 0, the
  // root of tile (level - 1, index) above. Errors of `hash_of` are returned.
  static Result<TreeEdge> rebuild(
      std::uint64_t size,
      const std::function<Result<Hash32>(std::uint32_t level, std::uint64_t index)>& hash_of);

 private:
  std::uint64_t x_size = 0;
  std::vector<std::vector<Hash32>> x_levels;
  crypto::Frontier x_frontier;
};

}  // namespace cartella::store
