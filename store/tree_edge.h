// store/tree_edge.h: the right edge of the Merkle tree as tiles of height 8.
//
// Keeps, for each tile level, the one tile that is not full yet with every node inside it: each is
// computed once, when its right child comes, and serves the root, proofs and the level above. A
// tile that fills is handed out to be stored, and its root moves one level up. Threads: belongs to
// one thread.
#pragma once

#include <array>
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

// The nodes of one tile, by height over its hashes; the tile's root is not among them.
class TileNodes {
 public:
  // The root where this hash fills the tile; nothing more may be added then.
  std::optional<Hash32> add(const Hash32& hash);
  void clear();
  // `newer` has these nodes and more.
  void follow(const TileNodes& newer);
  std::span<const Hash32> hashes() const { return x_rows[0]; }
  // Node `index` of `height` (0 to 7), where all below it is there.
  std::optional<Hash32> node(std::uint32_t height, std::size_t index) const;

 private:
  std::array<std::vector<Hash32>, kTileHeight> x_rows;
};

class TreeEdge {
 public:
  // Called with the hashes of a tile that has just become full.
  using FullTile =
      std::function<void(std::uint32_t level, std::uint64_t index, std::span<const Hash32> tile)>;

  void append(const Hash32& leaf, const FullTile& full);
  // Becomes equal to `newer`, a later edge of the same tree, and copies only what came between.
  void follow(const TreeEdge& newer);
  std::uint64_t size() const { return x_size; }
  Hash32 root() const;

  // The hashes so far of tile (level, index), where that tile is the one being filled.
  std::optional<std::span<const Hash32>> partial(std::uint32_t level, std::uint64_t index) const;
  // Hash of the full subtree of 2^level leaves at leaf index << level, where it stands in a tile
  // that is being filled.
  std::optional<Hash32> subtree(std::uint32_t level, std::uint64_t index) const;

  // `hash_of(tile level, index)` gives hash `index` of that tile level: a leaf hash at level 0, the
  // root of tile (level - 1, index) above. Errors of `hash_of` are returned.
  static Result<TreeEdge> rebuild(
      std::uint64_t size,
      const std::function<Result<Hash32>(std::uint32_t level, std::uint64_t index)>& hash_of);

 private:
  std::uint64_t x_size = 0;
  std::vector<TileNodes> x_levels;
};

}  // namespace cartella::store
