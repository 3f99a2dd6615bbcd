// store/stored_checkpoints.h: the signed checkpoints that a store keeps, by size, a part at a time.
//
// Threads: free functions, any thread; appends may go on meanwhile.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace cartella::store {

struct StoredCheckpoint {
  std::uint64_t size = 0;  // of the tree
  std::string note;        // signed
  bool operator==(const StoredCheckpoint&) const = default;
};

// Those of trees of `from` to `to` events, both included, by size: at most one a size, so that the
// caller bounds the memory. io; corrupt: a row is malformed.
Result<std::vector<StoredCheckpoint>> stored_checkpoints(const Store& store, std::uint64_t from,
                                                         std::uint64_t to);

}  // namespace cartella::store
