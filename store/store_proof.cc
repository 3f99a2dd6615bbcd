#include <algorithm>
#include <string>

#include "store/store.h"
#include "store/store_impl.h"

namespace cartella::store {

namespace {

// The tree has 64-bit sizes, so eight levels of tiles.
constexpr std::uint32_t kTileLevels = 64 / kTileHeight;

Error beyond(std::uint64_t size) {
  return fail(Errc::not_found, "beyond the tree of size " + std::to_string(size));
}

crypto::HashReader hash_reader(TileReader& tiles) {
  return [&tiles](std::uint32_t level, std::uint64_t index) { return tiles.subtree(level, index); };
}

}  // namespace

TileReader Store::Impl::tiles() const {
  EdgeReader edge;
  edge.partial = [this](std::uint32_t level, std::uint64_t index) {
    return state.with_edge([&](const TreeEdge& newest) {
      const auto partial = newest.partial(level, index);
      return partial ? std::vector<Hash32>(partial->begin(), partial->end())
                     : std::vector<Hash32>();
    });
  };
  edge.subtree = [this](std::uint32_t level, std::uint64_t index) {
    return state.with_edge([&](const TreeEdge& newest) { return newest.subtree(level, index); });
  };
  return {*db, std::move(edge), &tile_cache};
}

Result<crypto::Checkpoint> Store::checkpoint() const { return x_impl->publisher.newest(); }

Result<std::string> Store::signed_checkpoint() const {
  CARTELLA_TRY(auto newest, x_impl->publisher.newest_signed());
  return std::move(newest.note);
}

Result<crypto::TlogProof> Store::prove(std::uint64_t position) const {
  CARTELLA_TRY(const Publisher::Signed newest, x_impl->publisher.newest_signed());
  if (position >= newest.size) return beyond(newest.size);
  TileReader tiles = x_impl->tiles();
  crypto::TlogProof proof;
  proof.index = position;
  proof.checkpoint = newest.note;
  CARTELLA_TRY(proof.hashes, crypto::inclusion_proof(position, newest.size, hash_reader(tiles)));
  return proof;
}

Result<std::vector<Hash32>> Store::consistency(std::uint64_t first, std::uint64_t second) const {
  if (first > second)
    return fail(Errc::invalid_argument, "the first tree of a consistency proof is the smaller one");
  if (second > size()) return beyond(size());
  TileReader tiles = x_impl->tiles();
  return crypto::consistency_proof(first, second, hash_reader(tiles));
}

Result<crypto::ConsistencyProof> Store::prove_growth(std::uint64_t old_size) const {
  CARTELLA_TRY(const Publisher::Signed newest, x_impl->publisher.newest_signed());
  if (old_size == 0)
    return fail(Errc::invalid_argument, "a consistency proof starts from a tree of size 1 or more");
  if (old_size > newest.size) return beyond(newest.size);
  TileReader tiles = x_impl->tiles();
  crypto::ConsistencyProof proof;
  proof.old_size = old_size;
  proof.checkpoint = newest.note;
  CARTELLA_TRY(proof.hashes, crypto::consistency_proof(old_size, newest.size, hash_reader(tiles)));
  return proof;
}

Result<Hash32> Store::root_at(std::uint64_t at) const {
  if (at > size()) return beyond(size());
  TileReader tiles = x_impl->tiles();
  return crypto::root_at(at, hash_reader(tiles));
}

Result<Hash32> Store::subtree_hash(std::uint32_t level, std::uint64_t index) const {
  const std::uint64_t tree = size();
  if (level >= 64 || index >= (tree >> level)) return beyond(tree);
  TileReader tiles = x_impl->tiles();
  return tiles.subtree(level, index);
}

Result<Bytes> Store::tile(std::uint32_t level, std::uint64_t index, std::uint32_t width) const {
  if (width == 0 || width > kTileWidth)
    return fail(Errc::invalid_argument, "a tile is 1 to 256 hashes wide");
  const std::uint64_t tree = size();
  const std::uint64_t hashes = level < kTileLevels ? tree >> (kTileHeight * level) : 0;
  if (index > hashes / kTileWidth || index * kTileWidth + width > hashes) return beyond(tree);
  TileReader tiles = x_impl->tiles();
  CARTELLA_TRY(const auto found, tiles.tile(level, index));
  if (found.size() < width) return fail(Errc::corrupt, "a tile is shorter than the tree");
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(found.data());
  return Bytes(bytes, bytes + width * sizeof(Hash32));
}

}  // namespace cartella::store
