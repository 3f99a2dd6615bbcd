// store/tile_reader.h: hashes of the Merkle tree, read from stored tiles, leaves and the edge.
//
// Full tiles of height 8 are rows; the tile being filled is in the edge; what stands inside a tile
// is computed. A reader remembers the tiles it touched, so that one proof reads each only once.
// Threads: a TileReader belongs to one; make one per question.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "crypto/merkle.h"
#include "store/log_db.h"
#include "store/tree_edge.h"

namespace cartella::store {

// Hash `index` of tile level `level` from the rows alone: a leaf's hash, or the root of a full
// tile. corrupt: the row is missing or malformed. io.
Result<Hash32> stored_hash_of(const LogDb& db, std::uint32_t level, std::uint64_t index);

class TileReader {
 public:
  // The hashes so far of the tile that is being filled; empty where that tile is full or beyond.
  using Partial = std::function<std::vector<Hash32>(std::uint32_t level, std::uint64_t index)>;

  TileReader(const LogDb& db, Partial partial) : x_db(db), x_partial(std::move(partial)) {}

  // crypto::HashReader. corrupt: not in the log.
  Result<Hash32> subtree(std::uint32_t level, std::uint64_t index);
  // The hashes of a tile, as many as there are. corrupt, io.
  Result<std::span<const Hash32>> tile(std::uint32_t level, std::uint64_t index);

 private:
  const LogDb& x_db;
  Partial x_partial;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::vector<Hash32>> x_tiles;
};

}  // namespace cartella::store
