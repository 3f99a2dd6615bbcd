// store/recent_heads.h: the heads of streams that were written or asked for lately, for readers.
//
// The writer puts every head it made visible; a reader that had to look in the index offers what it
// found, which never takes the place of a newer head. Two generations in each part instead of a
// list of uses. Threads: any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/mutex.h"
#include "store/store.h"

namespace cartella::store {

class RecentHeads {
 public:
  // What a reader keeps from its look to its offer.
  struct Look {
    std::optional<StreamHead> head;
    std::uint64_t turns = 0;
  };

  Look find(const StreamId& stream) {
    return part_of(stream).with([&](Part& part) -> Look {
      if (const auto at = part.young.find(stream); at != part.young.end())
        return {at->second, part.turns};
      const auto at = part.old.find(stream);
      if (at == part.old.end()) return {std::nullopt, part.turns};
      const StreamHead head = at->second;
      part.put(stream, head);
      return {head, part.turns};
    });
  }
  void put(const StreamId& stream, const StreamHead& head) {
    part_of(stream).with([&](Part& part) { part.put(stream, head); });
  }
  // Read from the index after `look`, which had nothing.
  void offer(const StreamId& stream, const StreamHead& head, const Look& look) {
    part_of(stream).with([&](Part& part) {
      // A newer head may have come and gone again.
      if (part.turns != look.turns || part.old.contains(stream)) return;
      part.young.try_emplace(stream, head);
    });
  }

 private:
  static constexpr std::size_t kParts = 16;
  static constexpr std::size_t kYoungMax = 2048;  // in all parts at most about 8 MiB
  struct Part {
    void put(const StreamId& stream, const StreamHead& head) {
      if (young.size() >= kYoungMax) {
        old = std::exchange(young, {});
        ++turns;
      }
      young.insert_or_assign(stream, head);
    }
    std::uint64_t turns = 0;
    std::unordered_map<StreamId, StreamHead> young;
    std::unordered_map<StreamId, StreamHead> old;
  };
  Mutex<Part>& part_of(const StreamId& stream) { return x_parts[stream.bytes[0] % kParts]; }

  std::array<Mutex<Part>, kParts> x_parts;
};

}  // namespace cartella::store
