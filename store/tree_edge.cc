#include "store/tree_edge.h"

#include <bit>

#include "base/check.h"

namespace cartella::store {

namespace {

std::uint64_t tile_count(std::uint64_t size, std::uint32_t level) {
  const std::uint32_t shift = kTileHeight * (level + 1);
  return shift >= 64 ? 0 : size >> shift;
}
std::size_t partial_width(std::uint64_t size, std::uint32_t level) {
  return static_cast<std::size_t>((size >> (kTileHeight * level)) % kTileWidth);
}

}  // namespace

Hash32 subtree_root(std::span<const Hash32> hashes) {
  CHECK(std::has_single_bit(hashes.size()));
  if (hashes.size() == 1) return hashes[0];
  std::vector<Hash32> row(hashes.size() / 2);
  for (std::size_t i = 0; i < row.size(); ++i)
    row[i] = crypto::node_hash(hashes[2 * i], hashes[2 * i + 1]);
  for (std::size_t width = row.size() / 2; width > 0; width /= 2)
    for (std::size_t i = 0; i < width; ++i) row[i] = crypto::node_hash(row[2 * i], row[2 * i + 1]);
  return row[0];
}

void TreeEdge::append(const Hash32& leaf, const FullTile& full) {
  x_frontier.append(leaf);
  ++x_size;
  Hash32 hash = leaf;
  for (std::uint32_t level = 0;; ++level) {
    if (x_levels.size() == level) x_levels.emplace_back().reserve(kTileWidth);
    std::vector<Hash32>& tile = x_levels[level];
    tile.push_back(hash);
    if (tile.size() < kTileWidth) return;
    if (full) full(level, tile_count(x_size, level) - 1, tile);
    hash = subtree_root(tile);
    tile.clear();
  }
}

std::optional<std::span<const Hash32>> TreeEdge::partial(std::uint32_t level,
                                                         std::uint64_t index) const {
  if (level >= x_levels.size() || index != tile_count(x_size, level)) return std::nullopt;
  return std::span<const Hash32>(x_levels[level]);
}

Result<TreeEdge> TreeEdge::rebuild(
    std::uint64_t size,
    const std::function<Result<Hash32>(std::uint32_t level, std::uint64_t index)>& hash_of) {
  TreeEdge edge;
  edge.x_size = size;
  std::vector<Hash32> frontier;
  std::uint32_t top = 0;
  while (kTileHeight * (top + 1) < 64 && (size >> (kTileHeight * (top + 1))) > 0) ++top;
  edge.x_levels.resize(top + 1);
  for (std::uint32_t level = top + 1; level-- > 0;) {
    std::vector<Hash32>& tile = edge.x_levels[level];
    tile.reserve(kTileWidth);
    const std::uint64_t first = tile_count(size, level) * kTileWidth;
    for (std::size_t i = 0; i < partial_width(size, level); ++i) {
      CARTELLA_TRY(const Hash32 hash, hash_of(level, first + i));
      tile.push_back(hash);
    }
    // The bits of the width, highest first, are the full subtrees inside this tile.
    std::size_t at = 0;
    for (std::size_t bit = kTileWidth / 2; bit > 0; bit /= 2) {
      if ((tile.size() & bit) == 0) continue;
      frontier.push_back(subtree_root(std::span<const Hash32>(tile).subspan(at, bit)));
      at += bit;
    }
  }
  edge.x_frontier = crypto::Frontier(size, std::move(frontier));
  return edge;
}

}  // namespace cartella::store
