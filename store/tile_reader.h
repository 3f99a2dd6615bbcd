// store/tile_reader.h: hashes of the Merkle tree, read from stored tiles, leaves and the edge.
//
// Full tiles of height 8 are rows; the tile being filled is in the edge; what stands inside a full
// tile is computed once. A reader remembers the tiles it touched, so that one proof reads each only
// once.
// Threads: a TileReader belongs to one; make one per question.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "crypto/merkle.h"
#include "store/log_db.h"
#include "store/tree_edge.h"

namespace cartella::store {

// Hash `index` of tile level `level` from the rows alone: a leaf's hash, or the root of a full
// tile. corrupt: the row is missing or malformed. io.
Result<Hash32> stored_hash_of(const LogDb& db, std::uint32_t level, std::uint64_t index);

// Full tiles with all their nodes, for proofs of what is not in the edge any more. Bounded.
// Threads: any.
class TileCache {
 public:
  using Key = std::pair<std::uint32_t, std::uint64_t>;  // level, index
  using Tile = std::shared_ptr<const TileNodes>;
  Tile find(const Key& key) const;
  void put(const Key& key, Tile tile);

 private:
  Mutex<std::map<Key, Tile>> x_tiles;
};

// The tiles that are being filled. Threads: as what it asks.
struct EdgeReader {
  // The hashes so far; empty where that tile is full or beyond.
  std::function<std::vector<Hash32>(std::uint32_t level, std::uint64_t index)> partial;
  // TreeEdge::subtree.
  std::function<std::optional<Hash32>(std::uint32_t level, std::uint64_t index)> subtree;
};

class TileReader {
 public:
  // `cache` may be absent.
  TileReader(const LogDb& db, EdgeReader edge, TileCache* cache)
      : x_db(db), x_edge(std::move(edge)), x_cache(cache) {}

  // crypto::HashReader. corrupt: not in the log.
  Result<Hash32> subtree(std::uint32_t level, std::uint64_t index);
  // The hashes of a tile, as many as there are. corrupt, io.
  Result<std::vector<Hash32>> tile(std::uint32_t level, std::uint64_t index) const;

 private:
  Result<TileCache::Tile> full_tile(const TileCache::Key& key);

  const LogDb& x_db;
  EdgeReader x_edge;
  TileCache* x_cache;
  std::map<TileCache::Key, TileCache::Tile> x_tiles;
};

}  // namespace cartella::store
