// store/keys.h: the column families of the log and the keys of their rows.
//
// One column family per kind of key (ledger.md 8), one place that formats them. All integers are
// big-endian, so that rows sort by position. docs/data_formats.md "Log" lists the values.
//
// Families are flushed at different times, so each says up to which tree size its rows are complete
// (amendment 9). Leaves and bodies say it by their last position: a row under one fixed key would
// make every table of theirs overlap every other, and what is only ever added at the end would be
// merged over and over. The other families of events hold a row `kEndKey`, written in each batch,
// with the root too.
// Threads: values and free functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/ids.h"

namespace cartella::store {

enum class Family : std::uint8_t {
  leaves,       // position -> leaf, 256 bytes
  bodies,       // position -> body record
  ids,          // event id -> position; for event 0 of a call a CommandRow
  streams,      // stream id || revision -> position
  claims,       // claim key -> encrypted subject
  tiles,        // level || tile index -> 256 hashes
  keys,         // position of an event of the kind key -> its event id
  checkpoints,  // tree size -> signed note
};
inline constexpr std::size_t kFamilyCount = 8;
inline constexpr std::array<const char*, kFamilyCount> kFamilyNames = {
    "leaves", "bodies", "ids", "streams", "claims", "tiles", "keys", "checkpoints"};
// Families whose rows a batch of events writes; checkpoints are written apart and hold no end row.
inline constexpr std::size_t kEventFamilyCount = 7;
inline constexpr std::array<Family, kEventFamilyCount> kEventFamilies = {
    Family::leaves, Family::bodies, Family::ids, Family::streams,
    Family::claims, Family::tiles,  Family::keys};
inline constexpr bool ends_with_last_position(Family family) {
  return family == Family::leaves || family == Family::bodies;
}

// One zero byte sorts before every other key and has a length that no other key has.
inline constexpr std::array<std::uint8_t, 1> kEndKey = {0};

using PositionKey = std::array<std::uint8_t, 8>;
using StreamKey = std::array<std::uint8_t, 24>;
using TileKey = std::array<std::uint8_t, 9>;

inline PositionKey position_key(std::uint64_t position) {
  PositionKey key{};
  store_be64(key.data(), position);
  return key;
}
inline StreamKey stream_key(const StreamId& stream, std::uint64_t revision) {
  StreamKey key{};
  std::memcpy(key.data(), stream.bytes.data(), 16);
  store_be64(key.data() + 16, revision);
  return key;
}
inline TileKey tile_key(std::uint32_t level, std::uint64_t index) {
  TileKey key{};
  key[0] = static_cast<std::uint8_t>(level);
  store_be64(key.data() + 1, index);
  return key;
}

// What the ids family keeps for event 0 of a call, so that a repeated command finds its receipt.
struct CommandRow {
  std::uint64_t position = 0;
  std::uint32_t event_count = 0;
  std::uint64_t tree_size = 0;
  std::int64_t recorded_us = 0;
  Hash32 digest{};
};
inline constexpr std::size_t kCommandRowBytes = 8 + 4 + 8 + 8 + 32;
inline constexpr std::size_t kEventRowBytes = 8;

inline std::array<std::uint8_t, kCommandRowBytes> encode_command_row(const CommandRow& row) {
  std::array<std::uint8_t, kCommandRowBytes> bytes{};
  store_be64(bytes.data(), row.position);
  store_be32(bytes.data() + 8, row.event_count);
  store_be64(bytes.data() + 12, row.tree_size);
  store_be64(bytes.data() + 20, static_cast<std::uint64_t>(row.recorded_us));
  std::memcpy(bytes.data() + 28, row.digest.data(), row.digest.size());
  return bytes;
}
// `bytes` has kCommandRowBytes.
inline CommandRow decode_command_row(ByteView bytes) {
  CommandRow row;
  row.position = load_be64(bytes.data());
  row.event_count = load_be32(bytes.data() + 8);
  row.tree_size = load_be64(bytes.data() + 12);
  row.recorded_us = static_cast<std::int64_t>(load_be64(bytes.data() + 20));
  std::memcpy(row.digest.data(), bytes.data() + 28, row.digest.size());
  return row;
}

// How far the rows of a family reach, and the root there: empty where only the size is known.
struct RowsEnd {
  std::uint64_t size = 0;
  std::optional<Hash32> root;
};
// The value of the row under kEndKey.
inline constexpr std::size_t kEndRowBytes = 8 + 32;

}  // namespace cartella::store
