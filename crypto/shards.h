// crypto/shards.h: the 256 keys that wrap every row of the vault, in one small file.
//
// A row belongs to the shard of its id's first byte. Erasing means taking a new key for the shard,
// rewrapping what stays, and forgetting the old key; therefore the keys are never in RocksDB, whose
// files keep deleted bytes, but only in <dir>/keys/shards, wrapped by the root key. While a shard
// is being rewrapped it has two keys, and the file says so (amendment 1).
// Layout: docs/data_formats.md "Vault".
// Threads: values and free functions; the vault guards its table with a lock.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace cartella::crypto {

inline constexpr std::size_t kShardCount = 256;

// Plain memory, so that the vault can place it in locked pages.
struct ShardTable {
  struct Slot {
    std::uint64_t epoch = 0;
    Hash32 key{};
  };
  struct Shard {
    std::uint8_t count = 0;  // 1, or 2 while rows move from slots[0] to slots[1]
    std::array<Slot, 2> slots{};
  };
  std::uint64_t epoch = 0;  // of the file; grows with every write and every new key
  std::array<Shard, kShardCount> shards{};

  // The key that new rows are wrapped with.
  const Slot& newest(std::uint8_t shard) const;
  // nullptr when that epoch is not, or no longer, known.
  const Slot* find(std::uint8_t shard, std::uint64_t epoch) const;
  // Adds a random second key. The shard has one.
  void begin_rewrap(std::uint8_t shard);
  // Forgets the older key. The shard has two.
  void end_rewrap(std::uint8_t shard);
};

// Random keys for all shards.
void fill_shards(ShardTable& table);
// Raises the table's epoch and replaces the file; the old bytes are overwritten. io, out_of_space.
Status save_shards(const std::filesystem::path& keys_dir, const Secret32& root, ShardTable& table);
// not_found, wrong_passphrase, corrupt (names keys/shards), unsupported, io.
Status load_shards(const std::filesystem::path& keys_dir, const Secret32& root, ShardTable& table);

}  // namespace cartella::crypto
