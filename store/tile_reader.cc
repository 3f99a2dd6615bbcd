#include "store/tile_reader.h"

#include <string>

#include "base/check.h"
#include "store/rows.h"

namespace cartella::store {

namespace {

// 16 KiB each: the tiles that the receipts of the last moments point into, and a walk's.
constexpr std::size_t kTilesMax = 64;

Result<std::vector<Hash32>> load_tile(const LogDb& db, std::uint32_t level, std::uint64_t index) {
  Bytes row;
  CARTELLA_TRY(const bool found, db.get(Family::tiles, tile_key(level, index), row));
  if (!found || row.size() != kTileBytes)
    return fail(Errc::corrupt, "tile " + std::to_string(level) + "/" + std::to_string(index) +
                                   " is missing or malformed");
  std::vector<Hash32> hashes(kTileWidth);
  std::memcpy(hashes.data(), row.data(), kTileBytes);
  return hashes;
}

}  // namespace

Result<Hash32> stored_hash_of(const LogDb& db, std::uint32_t level, std::uint64_t index) {
  if (level == 0) return load_leaf_hash(db, index);
  CARTELLA_TRY(const auto hashes, load_tile(db, level - 1, index));
  return subtree_root(hashes);
}

TileCache::Tile TileCache::find(const Key& key) const {
  return x_tiles.with([&](const std::map<Key, Tile>& tiles) {
    const auto at = tiles.find(key);
    return at == tiles.end() ? nullptr : at->second;
  });
}

void TileCache::put(const Key& key, Tile tile) {
  x_tiles.with([&](std::map<Key, Tile>& tiles) {
    if (tiles.size() >= kTilesMax) tiles.clear();
    tiles.insert_or_assign(key, std::move(tile));
  });
}

Result<std::vector<Hash32>> TileReader::tile(std::uint32_t level, std::uint64_t index) const {
  std::vector<Hash32> hashes = x_edge.partial(level, index);
  if (!hashes.empty()) return hashes;
  return load_tile(x_db, level, index);
}

Result<TileCache::Tile> TileReader::full_tile(const TileCache::Key& key) {
  if (const auto known = x_tiles.find(key); known != x_tiles.end()) return known->second;
  TileCache::Tile tile = x_cache != nullptr ? x_cache->find(key) : nullptr;
  if (tile == nullptr) {
    CARTELLA_TRY(const auto hashes, load_tile(x_db, key.first, key.second));
    auto nodes = std::make_shared<TileNodes>();
    for (const Hash32& hash : hashes) nodes->add(hash);
    tile = std::move(nodes);
    if (x_cache != nullptr) x_cache->put(key, tile);
  }
  x_tiles.emplace(key, tile);
  return tile;
}

Result<Hash32> TileReader::subtree(std::uint32_t level, std::uint64_t index) {
  if (const auto hash = x_edge.subtree(level, index)) return *hash;
  const std::uint32_t height = level % kTileHeight;
  const std::uint32_t below = kTileHeight - height;  // a tile has 2^below nodes at this height
  CARTELLA_TRY(const auto tile, full_tile({level / kTileHeight, index >> below}));
  const auto hash = tile->node(height, index & ((std::uint64_t{1} << below) - 1));
  CHECK(hash.has_value());  // the tile is full
  return *hash;
}

}  // namespace cartella::store
