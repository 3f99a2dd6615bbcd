// crypto/vault_impl.h: the state behind Vault, shared by the files that implement it.
//
// Lock order: write, keys, pool, names, pending; `pool` is never held over a write of rows. Whoever
// writes rows holds `write`; whoever reads rows or shard keys holds `keys` shared; erasure holds it
// alone, so that no derivation that began before it can put a forgotten key back into a cache.
// Threads: see the locks.
#pragma once

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "crypto/shards.h"
#include "crypto/vault.h"
#include "crypto/vault_cache.h"
#include "crypto/vault_file.h"
#include "crypto/vault_rows.h"
#include "crypto/vault_wrap.h"

namespace cartella::crypto {

struct PoolEntry {
  RowId id{};
  Hash32 secret{};
};
// Entries that are durable and that nobody uses; they live in the slab. The spare ones are made
// while the others are handed out, so that nobody waits for the vault's syncs.
struct Pool {
  std::span<PoolEntry> entries;
  std::size_t count = 0;
  std::span<PoolEntry> spare;
  bool spare_is_full = false;
  bool wants_spare() const { return !spare_is_full && count <= entries.size() / 2; }
};
struct Pools {
  Pool owner_keys;
  Pool streams;
  bool making = false;  // one thread writes to the spare entries that are not full
  bool stopping = false;
};

struct OwnedKey {
  KeyId key;
  std::uint32_t generation = 0;
};

struct OwnerNames {
  // A name has a second key when a crash forgot the first assignment before an event used it.
  // The first one is handed out.
  std::map<OwnerKeyName, std::vector<OwnedKey>> by_name;
  std::unordered_map<KeyId, OwnerKeyName> by_key;
  // Keys of an earlier generation open what they sealed and seal nothing more.
  std::uint32_t generation = 0;
  std::multiset<ControllerId> held;
};

// What is in memory only; the events can restore it.
struct Pending {
  std::vector<std::pair<OwnedKey, OwnerKeyName>> owners;
  std::vector<KeyId> keys;  // in use, whoever owns them
  std::vector<StreamId> streams;
};

// Pool entries found free at open: made by an earlier run, perhaps used by its last events.
struct StalePool {
  std::set<RowId> owner_keys;
  std::set<RowId> streams;
};

using RowName = std::pair<Family, RowId>;

struct Vault::Impl {
  std::filesystem::path data_dir;
  VaultOptions options;
  FileLock lock;
  std::unique_ptr<KeySlab> slab;
  Hash32* root = nullptr;        // in the slab
  ShardTable* shards = nullptr;  // in the slab, under `keys`
  std::unique_ptr<VaultRows> rows;
  std::unique_ptr<KeyCache> derived;  // owner key id || stream id
  std::unique_ptr<KeyCache> roots;    // row id || family || zeros

  std::mutex pool_mutex;
  std::condition_variable pool_changed;
  Pools pools;  // under pool_mutex
  std::thread pool_thread;
  mutable std::mutex write;
  mutable std::shared_mutex keys;
  mutable std::shared_mutex names_mutex;
  OwnerNames names;
  Mutex<Pending> pending;
  Mutex<StalePool> stale;
  std::atomic<bool> closed = false;

  std::filesystem::path keys_dir() const { return data_dir / "keys"; }
  PassphraseCost cost() const {
    return options.fast_passphrase ? PassphraseCost::interactive_minimum : PassphraseCost::moderate;
  }
  // unavailable after close.
  Status check_open() const;

  Status make_slab();
  // The root key, and the shard keys that it opens.
  Status open_shards(const RootSource& source);
  Status load();
  // Makes new entries for every pool that wants some, durable and read back. `held` has
  // pool_mutex; it is released meanwhile and held again at the end. unavailable: closed.
  Status make_spare(std::unique_lock<std::mutex>& held);
  void give_way();
  Result<RowId> take(Pool Pools::*which, Family family);
  void keep_pools();  // the pool thread
  void stop_pools();

  // Under `keys`.
  Result<std::optional<Secret32>> read_secret(Family family, const RowId& row) const;
  Result<Secret32> root_secret(Family family, const RowId& row);
  void add_name(const OwnerKeyName& name, const OwnedKey& key);
  // Under names_mutex: one of the present generation.
  std::optional<KeyId> current_key(const OwnerKeyName& name) const;
  // The same; nothing where one has to be made. unavailable: none may be.
  Result<std::optional<KeyId>> known_key(const OwnerKeyName& name) const;

  // Under `write` and `keys`: what `pending` holds, as rows.
  Status write_pending(Pending taken, std::vector<RowChange> changes);
  RowChange counter_row(std::string_view name, std::uint64_t value) const;
  // 0 where there is none.
  Result<std::uint64_t> read_counter(std::string_view name) const;

  // Under `keys`: the row that says from where a start replays.
  RowChange mark_row(std::uint64_t through) const;

  // Under `write`.
  Status create_named(const RowId& row, const std::string& name);
  Status destroy(const std::set<RowName>& gone);
  // Under `write` and `keys`: rows of shards that have two keys move to the second one.
  Status finish_rewrap(const std::set<RowName>& gone);
  Status rewrap_family(std::uint8_t shard, Family family, const std::set<RowName>& gone,
                       std::vector<RowChange>& changes) const;
  Status rotate_shard(std::uint8_t shard);
  void forget(const std::set<RowName>& gone);
  Status verify_family(Family family) const;
  Status verify_reference(Family family, Family target) const;
};

// Stand among the named secrets under names of their own: a number u64, then zeros.
inline constexpr std::string_view kMarkName = "remembered-through";
inline constexpr std::string_view kOwnerGeneration = "owner-generation";

// The row of a named secret: SHA-256("cartella/vault-name/1\0" || name)[:16].
RowId named_row(std::string_view name);
Bytes encode_named(const Secret32& secret, std::string_view name);
// `name_out`, where given, gets its name.
Result<Secret32> unwrap_named(const ShardTable& shards, const RowId& row, ByteView wrapped,
                              std::string* name_out = nullptr);
// Without its generation where that is 0.
Bytes encode_owner(const OwnerKeyName& name, std::uint32_t generation = 0);
struct Owner {
  OwnerKeyName name;
  std::uint32_t generation = 0;
};
// corrupt: impossible values.
Result<Owner> decode_owner(ByteView bytes);
Result<Owner> unwrap_owner(const ShardTable& shards, const RowId& row, ByteView wrapped);

}  // namespace cartella::crypto
