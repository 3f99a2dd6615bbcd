// store/verify_tree.h: the Merkle tree, computed anew from the leaves that verification reads.
//
// Keeps one hash per 256 leaves and per level above; the hashes below are read again where a
// checkpoint ends inside a tile. 100 million events need 13 MB.
// Threads: `set_tile` for different tiles at once; everything else after the pass over the events.
#pragma once

#include <span>
#include <vector>

#include "crypto/merkle.h"
#include "store/verify_work.h"

namespace cartella::store {

class VerifyTree {
 public:
  explicit VerifyTree(VerifyWork& work);

  // Hashes of the leaves of tile `index`, 256 of them or those of the partial last one: compared
  // with the stored tile and kept as their root.
  Status set_tile(std::uint64_t index, std::span<const Hash32> leaves);
  // Computes the levels above and compares their stored tiles.
  Status finish();
  Result<Hash32> root_at(std::uint64_t size) const;

 private:
  Status compare(std::uint32_t level, std::uint64_t index, std::span<const Hash32> hashes);
  Status check_no_more_tiles(std::uint32_t level, std::uint64_t count);
  Result<Hash32> subtree(std::uint32_t level, std::uint64_t index) const;
  Result<std::vector<Hash32>> leaf_hashes(std::uint64_t first, std::size_t count) const;

  VerifyWork& x_work;
  // [k] holds the roots of the full tiles of level k.
  std::vector<std::vector<Hash32>> x_levels;
};

}  // namespace cartella::store
