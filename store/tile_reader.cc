#include "store/tile_reader.h"

#include <string>

#include "store/rows.h"

namespace cartella::store {

namespace {

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

Result<std::span<const Hash32>> TileReader::tile(std::uint32_t level, std::uint64_t index) {
  const auto key = std::make_pair(level, index);
  auto found = x_tiles.find(key);
  if (found == x_tiles.end()) {
    std::vector<Hash32> hashes = x_partial(level, index);
    if (hashes.empty()) {
      CARTELLA_TRY(hashes, load_tile(x_db, level, index));
    }
    found = x_tiles.emplace(key, std::move(hashes)).first;
  }
  return std::span<const Hash32>(found->second);
}

Result<Hash32> TileReader::subtree(std::uint32_t level, std::uint64_t index) {
  const std::uint32_t in_tile = level % kTileHeight;
  const std::uint64_t first = index << in_tile;
  CARTELLA_TRY(const auto hashes, tile(level / kTileHeight, first / kTileWidth));
  const std::size_t at = first % kTileWidth;
  const std::size_t width = std::size_t{1} << in_tile;
  if (at + width > hashes.size())
    return fail(Errc::corrupt, "a subtree of level " + std::to_string(level) + " is not complete");
  return subtree_root(hashes.subspan(at, width));
}

}  // namespace cartella::store
