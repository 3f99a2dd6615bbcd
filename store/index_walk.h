// store/index_walk.h: the rows of the index of streams or of ids, in parts, for verification.
//
// Parts go by the first byte of the ids, which are random, so that they are of one size.
// Threads: an IndexWalk belongs to one; several walk different parts at once.
#pragma once

#include <algorithm>
#include <array>
#include <functional>

#include "store/verify_work.h"

namespace cartella::store {

inline constexpr std::uint64_t kIndexParts = 256;

// A row of an index: its key, then its value. Of fixed room, because every event has two.
class IndexRow {
 public:
  // The lengths were checked.
  IndexRow(ByteView key, ByteView value)
      : x_key_bytes(static_cast<std::uint8_t>(key.size())),
        x_value_bytes(static_cast<std::uint8_t>(value.size())) {
    std::ranges::copy(key, x_bytes.begin());
    std::ranges::copy(value, x_bytes.begin() + x_key_bytes);
  }
  ByteView key() const { return ByteView(x_bytes).first(x_key_bytes); }
  ByteView value() const { return ByteView(x_bytes).subspan(x_key_bytes, x_value_bytes); }
  ByteView bytes() const { return ByteView(x_bytes).first(x_key_bytes + x_value_bytes); }
  std::uint64_t position() const { return load_be64(value().data()); }

 private:
  std::array<std::uint8_t, sizeof(StreamKey) + kCommandRowBytes> x_bytes{};
  std::uint8_t x_key_bytes;
  std::uint8_t x_value_bytes;
};

class IndexWalk {
 public:
  using Each = std::function<Status(const IndexRow& row)>;
  // Family::streams or Family::ids.
  IndexWalk(VerifyWork& work, Family family);

  // Hands on every row of the part that is well formed and leads into the log, in order of keys;
  // any other is a finding. io, and the errors of `each`.
  Status run(std::uint64_t part, const Each& each) const;

 private:
  bool is_sound(const LogCursor& cursor) const;

  VerifyWork& x_work;
  const Family x_family;
  const VerifyCheck x_check;
  const std::size_t x_key_bytes;
};

// Whether the sizes that the receipt of a call states can be.
bool is_possible_receipt(const VerifyWork& work, const CommandRow& command);

}  // namespace cartella::store
