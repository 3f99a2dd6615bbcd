#include "store/verify_tree.h"

#include <algorithm>

#include "crypto/leaf.h"
#include "store/tree_edge.h"

namespace cartella::store {

VerifyTree::VerifyTree(VerifyWork& work) : x_work(work) {
  x_levels.emplace_back(work.size / kTileWidth);
}

Status VerifyTree::compare(std::uint32_t level, std::uint64_t index,
                           std::span<const Hash32> hashes) {
  const std::uint64_t width = std::uint64_t{1} << (level * kTileHeight);  // leaves under one hash
  const std::uint64_t first = index * kTileWidth * width;
  const std::string name = "tile " + std::to_string(level) + "/" + std::to_string(index);
  Bytes stored;
  const auto found = x_work.db.get(Family::tiles, tile_key(level, index), stored);
  if (!found) return note_read(x_work, found.error(), first);
  if (!found.value() || stored.size() != kTileBytes) {
    x_work.findings.add(VerifyCheck::tree, first, name + " is missing or malformed");
    return ok();
  }
  ++x_work.tiles;
  for (std::size_t i = 0; i < kTileWidth; ++i) {
    if (std::equal(hashes[i].begin(), hashes[i].end(), &stored[i * sizeof(Hash32)])) continue;
    x_work.findings.add(VerifyCheck::tree, first + i * width,
                        name + " does not match the leaves under its hash " + std::to_string(i));
    break;
  }
  return ok();
}

Status VerifyTree::set_tile(std::uint64_t index, std::span<const Hash32> leaves) {
  if (leaves.size() < kTileWidth) return ok();
  x_levels[0][index] = subtree_root(leaves);
  return compare(0, index, leaves);
}

Status VerifyTree::check_no_more_tiles(std::uint32_t level, std::uint64_t count) {
  if (x_work.is_live) return ok();
  LogCursor cursor = x_work.db.cursor(Family::tiles, LogDb::Walk::bulk);
  cursor.seek(tile_key(level, count));
  CARTELLA_TRY(note_read(x_work, cursor.status(), std::nullopt));
  if (!cursor.valid() || cursor.key().size() != sizeof(TileKey) || cursor.key()[0] != level) {
    return ok();
  }
  const std::uint64_t width = std::uint64_t{1} << ((level + 1) * kTileHeight);
  x_work.findings.add(VerifyCheck::tree, count * width,
                      "there are tiles of level " + std::to_string(level) + " beyond the tree");
  return ok();
}

Status VerifyTree::finish() {
  CARTELLA_TRY(check_no_more_tiles(0, x_levels[0].size()));
  for (std::uint32_t level = 1; x_levels.back().size() >= kTileWidth; ++level) {
    const std::vector<Hash32>& below = x_levels.back();
    std::vector<Hash32> roots(below.size() / kTileWidth);
    for (std::size_t i = 0; i < roots.size(); ++i) {
      const auto hashes = std::span(below).subspan(i * kTileWidth, kTileWidth);
      roots[i] = subtree_root(hashes);
      CARTELLA_TRY(compare(level, i, hashes));
    }
    CARTELLA_TRY(check_no_more_tiles(level, roots.size()));
    x_levels.push_back(std::move(roots));
  }
  return ok();
}

Result<std::vector<Hash32>> VerifyTree::leaf_hashes(std::uint64_t first, std::size_t count) const {
  std::vector<PositionKey> keys(count);
  for (std::size_t i = 0; i < count; ++i) keys[i] = position_key(first + i);
  CARTELLA_TRY(const auto leaves, x_work.db.get_many(Family::leaves, keys));
  std::vector<Hash32> hashes(count);
  std::transform(leaves.begin(), leaves.end(), hashes.begin(),
                 [](const Bytes& leaf) { return crypto::leaf_hash(leaf); });
  return hashes;
}

Result<Hash32> VerifyTree::subtree(std::uint32_t level, std::uint64_t index) const {
  const std::uint32_t tile_level = level / kTileHeight;
  const std::uint64_t count = std::uint64_t{1} << (level % kTileHeight);
  if (tile_level == 0) {
    CARTELLA_TRY(const auto hashes, leaf_hashes(index * count, count));
    return subtree_root(hashes);
  }
  const std::vector<Hash32>& hashes = x_levels.at(tile_level - 1);
  return subtree_root(std::span(hashes).subspan(index * count, count));
}

Result<Hash32> VerifyTree::root_at(std::uint64_t size) const {
  return crypto::root_at(
      size, [this](std::uint32_t level, std::uint64_t index) { return subtree(level, index); });
}

}  // namespace cartella::store
