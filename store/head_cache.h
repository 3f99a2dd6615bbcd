// store/head_cache.h: the heads of recently written streams, so that an append needs no look-up.
//
// Two generations instead of a list of uses: when the young one is full it becomes the old one, and
// what is touched moves back. `turn` does that only between groups, because within a group the
// cache is the only place that knows the new heads. Threads: belongs to the writer.
#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/ids.h"
#include "store/store.h"

namespace cartella::store {

class HeadCache {
 public:
  // At most about twice `young_max` heads of some 120 bytes stay.
  explicit HeadCache(std::size_t young_max) : x_young_max(young_max) {}

  std::optional<StreamHead> find(const StreamId& stream) {
    if (const auto young = x_young.find(stream); young != x_young.end()) return young->second;
    const auto old = x_old.find(stream);
    if (old == x_old.end()) return std::nullopt;
    const StreamHead head = old->second;
    x_young.emplace(stream, head);
    return head;
  }
  void put(const StreamId& stream, const StreamHead& head) {
    x_young.insert_or_assign(stream, head);
  }
  void turn() {
    if (x_young.size() < x_young_max) return;
    x_old = std::exchange(x_young, {});
  }

 private:
  std::size_t x_young_max;
  std::unordered_map<StreamId, StreamHead> x_young;
  std::unordered_map<StreamId, StreamHead> x_old;
};

}  // namespace cartella::store
