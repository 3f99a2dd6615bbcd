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

std::optional<Hash32> TileNodes::add(const Hash32& hash) {
  if (x_rows[0].capacity() == 0)
    for (std::uint32_t height = 0; height < kTileHeight; ++height)
      x_rows[height].reserve(kTileWidth >> height);
  CHECK(x_rows[0].size() < kTileWidth);
  x_rows[0].push_back(hash);
  for (std::uint32_t height = 0; x_rows[height].size() % 2 == 0; ++height) {
    const std::vector<Hash32>& row = x_rows[height];
    const Hash32 parent = crypto::node_hash(row[row.size() - 2], row.back());
    if (height + 1 == kTileHeight) return parent;
    x_rows[height + 1].push_back(parent);
  }
  return std::nullopt;
}

void TileNodes::clear() {
  for (std::vector<Hash32>& row : x_rows) row.clear();
}

void TileNodes::follow(const TileNodes& newer) {
  for (std::uint32_t height = 0; height < kTileHeight; ++height) {
    std::vector<Hash32>& row = x_rows[height];
    const std::vector<Hash32>& other = newer.x_rows[height];
    CHECK(row.size() <= other.size());
    if (row.size() == other.size()) return;  // nor did anything above it come
    row.insert(row.end(), other.begin() + static_cast<std::ptrdiff_t>(row.size()), other.end());
  }
}

std::optional<Hash32> TileNodes::node(std::uint32_t height, std::size_t index) const {
  if (index >= x_rows[height].size()) return std::nullopt;
  return x_rows[height][index];
}

void TreeEdge::append(const Hash32& leaf, const FullTile& full) {
  ++x_size;
  Hash32 hash = leaf;
  for (std::uint32_t level = 0;; ++level) {
    if (x_levels.size() == level) x_levels.emplace_back();
    TileNodes& tile = x_levels[level];
    const auto root = tile.add(hash);
    if (!root) return;
    if (full) full(level, tile_count(x_size, level) - 1, tile.hashes());
    hash = *root;
    tile.clear();
  }
}

void TreeEdge::follow(const TreeEdge& newer) {
  CHECK(newer.x_size >= x_size);
  x_levels.resize(newer.x_levels.size());
  for (std::uint32_t level = 0; level < x_levels.size(); ++level) {
    if (tile_count(x_size, level) != tile_count(newer.x_size, level)) x_levels[level].clear();
    x_levels[level].follow(newer.x_levels[level]);
  }
  x_size = newer.x_size;
}

Hash32 TreeEdge::root() const {
  if (x_size == 0) return crypto::empty_root();
  // One full subtree per set bit of the size, the smallest one on the right.
  std::optional<Hash32> root;
  for (std::uint32_t level = 0; level < 64; ++level) {
    if ((x_size >> level & 1) == 0) continue;
    const auto left = subtree(level, (x_size >> level) - 1);
    CHECK(left.has_value());
    root = root ? crypto::node_hash(*left, *root) : *left;
  }
  return *root;
}

std::optional<std::span<const Hash32>> TreeEdge::partial(std::uint32_t level,
                                                         std::uint64_t index) const {
  if (level >= x_levels.size() || index != tile_count(x_size, level)) return std::nullopt;
  return x_levels[level].hashes();
}

std::optional<Hash32> TreeEdge::subtree(std::uint32_t level, std::uint64_t index) const {
  const std::uint32_t tile_level = level / kTileHeight;
  const std::uint32_t height = level % kTileHeight;
  const std::uint32_t below = kTileHeight - height;  // the tile has 2^below nodes at this height
  if (tile_level >= x_levels.size() || index >> below != tile_count(x_size, tile_level))
    return std::nullopt;
  return x_levels[tile_level].node(height, index & ((std::uint64_t{1} << below) - 1));
}

Result<TreeEdge> TreeEdge::rebuild(
    std::uint64_t size,
    const std::function<Result<Hash32>(std::uint32_t level, std::uint64_t index)>& hash_of) {
  TreeEdge edge;
  edge.x_size = size;
  std::uint32_t top = 0;
  while (kTileHeight * (top + 1) < 64 && (size >> (kTileHeight * (top + 1))) > 0) ++top;
  edge.x_levels.resize(top + 1);
  for (std::uint32_t level = top + 1; level-- > 0;) {
    const std::uint64_t first = tile_count(size, level) * kTileWidth;
    for (std::size_t i = 0; i < partial_width(size, level); ++i) {
      CARTELLA_TRY(const Hash32 hash, hash_of(level, first + i));
      edge.x_levels[level].add(hash);
    }
  }
  return edge;
}

}  // namespace cartella::store
