#include "crypto/vault.h"

#include <algorithm>
#include <chrono>
#include <system_error>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/vault_impl.h"

namespace cartella::crypto {
namespace {

// Of the pool: wrapping them takes less than half a millisecond.
constexpr std::size_t kSliceEntries = 128;
constexpr std::chrono::milliseconds kSlicePause{1};

KeyCache::Name derived_name(const KeyId& owner_key, const StreamId& stream) {
  KeyCache::Name name{};
  std::ranges::copy(owner_key.bytes, name.begin());
  std::ranges::copy(stream.bytes, name.begin() + 16);
  return name;
}

KeyCache::Name root_name(Family family, const RowId& row) {
  KeyCache::Name name{};
  std::ranges::copy(row, name.begin());
  name[16] = static_cast<std::uint8_t>(family);
  return name;
}

// Random, and in such an order that what is taken from the end grows: rows that bear these ids then
// go into the tables of log and views near the ones before, where the search for their place is
// short.
std::vector<RowId> ids_to_take(std::size_t count) {
  std::vector<RowId> ids(count);
  random_fill({ids.front().data(), count * sizeof(RowId)});
  std::ranges::sort(ids, std::greater{});
  return ids;
}

}  // namespace

Vault::Vault(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {
  x_impl->pool_thread = std::thread([all = x_impl.get()] { all->keep_pools(); });
}

Vault::~Vault() { static_cast<void>(close()); }

Status Vault::Impl::check_open() const {
  if (closed) return fail(Errc::unavailable, "the vault is closed");
  return ok();
}

Result<std::unique_ptr<Vault>> Vault::create(const std::filesystem::path& data_dir,
                                             const RootSource& source,
                                             const VaultOptions& options) {
  start();
  auto impl = std::make_unique<Impl>();
  impl->data_dir = data_dir;
  impl->options = options;
  std::error_code error;
  if (std::filesystem::exists(impl->keys_dir() / "shards", error) ||
      std::filesystem::exists(data_dir / "vault", error))
    return fail(Errc::invalid_argument, "a vault is already there");
  std::filesystem::create_directories(impl->keys_dir(), error);
  if (!error) {
    using std::filesystem::perms;
    std::filesystem::permissions(impl->keys_dir(), perms::owner_all, error);
  }
  if (error) return fail(Errc::io, "cannot create keys/");
  CARTELLA_TRY(impl->lock.take(impl->keys_dir() / "lock"));
  CARTELLA_TRY(impl->make_slab());
  CARTELLA_TRY(const auto root, make_root_key(impl->keys_dir(), source, impl->cost()));
  std::ranges::copy(root.view(), impl->root->begin());
  fill_shards(*impl->shards);
  CARTELLA_TRY(save_shards(impl->keys_dir(), root, *impl->shards));
  CARTELLA_TRY(impl->rows, VaultRows::create(data_dir));
  return std::unique_ptr<Vault>(new Vault(std::move(impl)));
}

Result<std::unique_ptr<Vault>> Vault::open(const std::filesystem::path& data_dir,
                                           const RootSource& source, const VaultOptions& options) {
  start();
  auto impl = std::make_unique<Impl>();
  impl->data_dir = data_dir;
  impl->options = options;
  std::error_code error;
  const bool has_keys = std::filesystem::exists(impl->keys_dir() / "shards", error);
  const bool has_rows = std::filesystem::exists(data_dir / "vault", error);
  if (!has_keys && !has_rows) return fail(Errc::not_found, "there is no vault");
  if (!has_keys) return fail(Errc::corrupt, "keys/shards is missing");
  if (!has_rows) return fail(Errc::corrupt, "the vault's rows are missing");
  CARTELLA_TRY(impl->lock.take(impl->keys_dir() / "lock"));
  CARTELLA_TRY(impl->make_slab());
  CARTELLA_TRY(impl->open_shards(source));
  CARTELLA_TRY(impl->rows, VaultRows::open(data_dir));
  CARTELLA_TRY(impl->finish_rewrap({}));
  CARTELLA_TRY(impl->load());
  return std::unique_ptr<Vault>(new Vault(std::move(impl)));
}

Status Vault::Impl::make_slab() {
  const std::size_t derived_count = KeyCache::entries_for(options.cache_keys_max);
  const std::size_t roots_count = KeyCache::entries_for(options.cache_keys_max / 2);
  const std::size_t pool_count = std::max<std::size_t>(options.pool_target, 1);
  CARTELLA_TRY(slab,
               KeySlab::create(KeySlab::bytes_of<Hash32>(1) + KeySlab::bytes_of<ShardTable>(1) +
                               4 * KeySlab::bytes_of<PoolEntry>(pool_count) +
                               KeySlab::bytes_of<KeyCache::Entry>(derived_count) +
                               KeySlab::bytes_of<KeyCache::Entry>(roots_count)));
  root = slab->take<Hash32>(1).data();
  shards = slab->take<ShardTable>(1).data();
  for (Pool* const pool : {&pools.owner_keys, &pools.streams}) {
    pool->entries = slab->take<PoolEntry>(pool_count);
    pool->spare = slab->take<PoolEntry>(pool_count);
  }
  derived = std::make_unique<KeyCache>(slab->take<KeyCache::Entry>(derived_count));
  roots = std::make_unique<KeyCache>(slab->take<KeyCache::Entry>(roots_count));
  return ok();
}

Status Vault::Impl::load() {
  CARTELLA_TRY(const auto generation, read_counter(kOwnerGeneration));
  names.generation = static_cast<std::uint32_t>(generation);
  CARTELLA_TRY(rows->each(Family::owner_name, [&](const RowId& row, ByteView value) -> Status {
    CARTELLA_TRY(const auto owner, unwrap_owner(*shards, row, value));
    add_name(owner.name, {KeyId{row}, owner.generation});
    return ok();
  }));
  return stale.with([&](StalePool& found) -> Status {
    CARTELLA_TRY(rows->each(Family::free_owner_key, [&](const RowId& row, ByteView) -> Status {
      found.owner_keys.insert(row);
      return ok();
    }));
    return rows->each(Family::free_stream_secret, [&](const RowId& row, ByteView) -> Status {
      found.streams.insert(row);
      return ok();
    });
  });
}

Status Vault::close() {
  if (x_impl->closed.exchange(true)) return ok();
  x_impl->stop_pools();
  const std::lock_guard writing(x_impl->write);
  const std::unique_lock alone(x_impl->keys);
  x_impl->rows.reset();
  x_impl->lock.release();
  return ok();
}

// ---- the pool ----------------------------------------------------------------------------------

Status Vault::Impl::make_spare(std::unique_lock<std::mutex>& held) {
  pools.making = true;
  std::vector<std::pair<Pool*, std::array<Family, 2>>> wanted;
  if (pools.owner_keys.wants_spare())
    wanted.push_back({&pools.owner_keys, {Family::owner_key, Family::free_owner_key}});
  if (pools.streams.wants_spare())
    wanted.push_back({&pools.streams, {Family::stream_secret, Family::free_stream_secret}});
  held.unlock();
  const Status made = [&]() -> Status {
    const std::lock_guard writing(write);
    const std::shared_lock reading(keys);
    CARTELLA_TRY(check_open());
    std::vector<RowChange> changes;
    for (const auto& [pool, families] : wanted) {
      const std::vector<RowId> ids = ids_to_take(pool->spare.size());
      for (std::size_t from = 0; from < pool->spare.size(); from += kSliceEntries) {
        const auto slice =
            pool->spare.subspan(from, std::min(kSliceEntries, pool->spare.size() - from));
        random_fill({reinterpret_cast<std::uint8_t*>(slice.data()), slice.size_bytes()});
        for (PoolEntry& entry : slice) {
          entry.id = ids[from + static_cast<std::size_t>(&entry - slice.data())];
          changes.push_back(
              {families[0], entry.id, wrap_value(*shards, families[0], entry.id, entry.secret)});
          changes.push_back({families[1], entry.id, {}});
        }
        give_way();
      }
    }
    return rows->change(changes);
  }();
  held.lock();
  pools.making = false;
  if (made)
    for (const auto& [pool, families] : wanted) pool->spare_is_full = true;
  pool_changed.notify_all();
  return made;
}

// Commands have the cores between two slices, unless they will soon wait for what is made.
void Vault::Impl::give_way() {
  const auto is_urgent = [](const Pool& pool) {
    return !pool.spare_is_full && pool.count < pool.entries.size() / 4;
  };
  std::unique_lock held(pool_mutex);
  pool_changed.wait_for(held, kSlicePause, [&] {
    return pools.stopping || is_urgent(pools.owner_keys) || is_urgent(pools.streams);
  });
}

Result<RowId> Vault::Impl::take(Pool Pools::*which, Family family) {
  std::unique_lock held(pool_mutex);
  Pool& pool = pools.*which;
  while (pool.count == 0) {
    if (pool.spare_is_full) {
      std::swap(pool.entries, pool.spare);
      pool.count = pool.entries.size();
      pool.spare_is_full = false;
    } else if (pools.making) {
      pool_changed.wait(held);
    } else {
      CARTELLA_TRY(make_spare(held));
    }
  }
  PoolEntry& entry = pool.entries[--pool.count];
  const RowId id = entry.id;
  roots->put(root_name(family, id), Secret32(entry.secret));
  wipe(&entry, sizeof entry);
  if (pool.wants_spare() && !pools.making) pool_changed.notify_all();
  return id;
}

// Waits until a pool is half empty, so that a process that needs no new keys makes none.
void Vault::Impl::keep_pools() {
  std::unique_lock held(pool_mutex);
  const auto is_low = [](const Pool& pool) { return pool.count > 0 && pool.wants_spare(); };
  for (;;) {
    pool_changed.wait(held, [&] {
      return pools.stopping ||
             (!pools.making && (is_low(pools.owner_keys) || is_low(pools.streams)));
    });
    // After a failure the vault writes no more; whoever takes the last entry is told.
    if (pools.stopping || !make_spare(held)) return;
  }
}

void Vault::Impl::stop_pools() {
  {
    const std::lock_guard held(pool_mutex);
    pools.stopping = true;
  }
  pool_changed.notify_all();
  if (pool_thread.joinable()) pool_thread.join();
}

Result<StreamId> Vault::new_stream() {
  CARTELLA_TRY(x_impl->check_open());
  CARTELLA_TRY(const auto id, x_impl->take(&Pools::streams, Family::stream_secret));
  const StreamId stream{id};
  x_impl->pending.with([&](Pending& pending) { pending.streams.push_back(stream); });
  return stream;
}

Status Vault::mark_used(const StreamId& stream) {
  CARTELLA_TRY(x_impl->check_open());
  const bool was_free =
      x_impl->stale.with([&](StalePool& stale) { return stale.streams.erase(stream.bytes) > 0; });
  if (was_free) x_impl->pending.with([&](Pending& pending) { pending.streams.push_back(stream); });
  return ok();
}

Status Vault::mark_used(const KeyId& key) {
  CARTELLA_TRY(x_impl->check_open());
  const bool was_free =
      x_impl->stale.with([&](StalePool& stale) { return stale.owner_keys.erase(key.bytes) > 0; });
  if (was_free) x_impl->pending.with([&](Pending& pending) { pending.keys.push_back(key); });
  return ok();
}

Status Vault::destroy_unused() {
  CARTELLA_TRY(x_impl->check_open());
  const std::lock_guard writing(x_impl->write);
  const std::unique_lock alone(x_impl->keys);
  CARTELLA_TRY(x_impl->check_open());
  std::vector<RowChange> changes;
  std::set<RowName> gone;
  x_impl->stale.with([&](StalePool& stale) {
    const auto remove = [&](std::set<RowId>& ids, Family family, Family free_family) {
      for (const RowId& id : ids) {
        changes.push_back({family, id, {}, true});
        changes.push_back({free_family, id, {}, true});
        gone.insert({family, id});
      }
      ids.clear();
    };
    remove(stale.owner_keys, Family::owner_key, Family::free_owner_key);
    remove(stale.streams, Family::stream_secret, Family::free_stream_secret);
  });
  if (changes.empty()) return ok();
  CARTELLA_TRY(x_impl->rows->change(changes));
  x_impl->forget(gone);
  return ok();
}

// ---- whose key it is ---------------------------------------------------------------------------

void Vault::Impl::add_name(const OwnerKeyName& name, const OwnedKey& key) {
  const std::unique_lock naming(names_mutex);
  if (names.by_key.emplace(key.key, name).second) names.by_name[name].push_back(key);
}

std::optional<KeyId> Vault::Impl::current_key(const OwnerKeyName& name) const {
  const auto at = names.by_name.find(name);
  if (at == names.by_name.end()) return std::nullopt;
  const auto found = std::ranges::find(at->second, names.generation, &OwnedKey::generation);
  if (found == at->second.end()) return std::nullopt;
  return found->key;
}

Result<std::optional<KeyId>> Vault::Impl::known_key(const OwnerKeyName& name) const {
  auto key = current_key(name);
  if (!key && names.held.contains(name.controller))
    return fail(Errc::unavailable, "the controller gets no new key now");
  return key;
}

void Vault::hold_owner_keys(const ControllerId& controller) {
  const std::unique_lock naming(x_impl->names_mutex);
  x_impl->names.held.insert(controller);
}

void Vault::release_owner_keys(const ControllerId& controller) {
  const std::unique_lock naming(x_impl->names_mutex);
  const auto at = x_impl->names.held.find(controller);
  CHECK(at != x_impl->names.held.end());
  x_impl->names.held.erase(at);
}

Result<KeyId> Vault::owner_key(const OwnerKeyName& name) {
  CARTELLA_TRY(x_impl->check_open());
  {
    const std::shared_lock reading(x_impl->names_mutex);
    CARTELLA_TRY(const auto key, x_impl->known_key(name));
    if (key) return *key;
  }
  CARTELLA_TRY(const auto id, x_impl->take(&Pools::owner_keys, Family::owner_key));
  const std::unique_lock naming(x_impl->names_mutex);
  // Another thread was first: this entry stays free and goes with the next start.
  CARTELLA_TRY(const auto key, x_impl->known_key(name));
  if (key) return *key;
  const OwnedKey taken{KeyId{id}, x_impl->names.generation};
  x_impl->names.by_key.emplace(taken.key, name);
  x_impl->names.by_name[name].push_back(taken);
  x_impl->pending.with([&](Pending& pending) { pending.owners.emplace_back(taken, name); });
  return taken.key;
}

std::vector<KeyId> Vault::owner_keys_of(schema::KeyDomain domain,
                                        const std::array<std::uint8_t, 16>& owner,
                                        const ControllerId& controller) const {
  const std::shared_lock reading(x_impl->names_mutex);
  const OwnerKeyName first{domain, owner, controller, schema::KeyClass::base};
  std::vector<KeyId> found;
  for (auto at = x_impl->names.by_name.lower_bound(first); at != x_impl->names.by_name.end();
       ++at) {
    const OwnerKeyName& name = at->first;
    if (name.domain != domain || name.owner != owner || name.controller != controller) break;
    for (const OwnedKey& one : at->second) found.push_back(one.key);
  }
  return found;
}

std::vector<KeyId> Vault::owner_keys_at(const ControllerId& controller) const {
  const std::shared_lock reading(x_impl->names_mutex);
  std::vector<KeyId> found;
  for (const auto& [name, keys] : x_impl->names.by_name) {
    if (name.controller != controller) continue;
    for (const OwnedKey& one : keys) found.push_back(one.key);
  }
  return found;
}

std::optional<OwnerKeyName> Vault::owner_of(const KeyId& key) const {
  const std::shared_lock reading(x_impl->names_mutex);
  const auto at = x_impl->names.by_key.find(key);
  if (at == x_impl->names.by_key.end()) return std::nullopt;
  return at->second;
}

Status Vault::bind_owner(const OwnerKeyName& name, const KeyId& key) {
  CARTELLA_TRY(x_impl->check_open());
  const auto differs = [&](const OwnerKeyName& known) -> Status {
    if (known == name) return ok();
    return fail(Errc::corrupt, "vault: key " + key.hex() + " is known as another owner's");
  };
  if (const auto known = owner_of(key)) return differs(*known);
  const std::shared_lock reading(x_impl->keys);
  CARTELLA_TRY(x_impl->check_open());
  CARTELLA_TRY(const auto row, x_impl->rows->find(Family::owner_key, key.bytes));
  if (!row) return ok();  // erased: the name was forgotten with the key
  const std::unique_lock naming(x_impl->names_mutex);
  const auto [at, added] = x_impl->names.by_key.emplace(key, name);
  if (!added) return differs(at->second);
  // A new generation begins with what it knows made durable, so what a crash forgot is of this one.
  const OwnedKey bound{key, x_impl->names.generation};
  x_impl->names.by_name[name].push_back(bound);
  x_impl->stale.with([&](StalePool& stale) { stale.owner_keys.erase(key.bytes); });
  x_impl->pending.with([&](Pending& pending) { pending.owners.emplace_back(bound, name); });
  return ok();
}

Result<std::uint64_t> Vault::Impl::read_counter(std::string_view name) const {
  const RowId row = named_row(name);
  CARTELLA_TRY(const auto value, rows->find(Family::named_secret, row));
  if (!value) return std::uint64_t{0};
  CARTELLA_TRY(const auto mark, unwrap_named(*shards, row, *value));
  return load_be64(mark.view().data());
}

RowChange Vault::Impl::counter_row(std::string_view name, std::uint64_t value) const {
  Hash32 mark{};
  store_be64(mark.data(), value);
  const RowId row = named_row(name);
  return {Family::named_secret, row,
          wrap_value(*shards, Family::named_secret, row, encode_named(Secret32(mark), name))};
}

Result<std::uint64_t> Vault::remembered_through() const {
  CARTELLA_TRY(x_impl->check_open());
  const std::shared_lock reading(x_impl->keys);
  return x_impl->read_counter(kMarkName);
}

Status Vault::lower_mark(std::uint64_t size) {
  CARTELLA_TRY(const auto marked, remembered_through());
  if (marked <= size) return ok();
  const std::lock_guard writing(x_impl->write);
  const std::shared_lock reading(x_impl->keys);
  CARTELLA_TRY(x_impl->check_open());
  return x_impl->rows->change({x_impl->counter_row(kMarkName, size)});
}

Status Vault::remember(std::optional<std::uint64_t> through) {
  CARTELLA_TRY(x_impl->check_open());
  const std::lock_guard writing(x_impl->write);
  const std::shared_lock reading(x_impl->keys);
  CARTELLA_TRY(x_impl->check_open());
  const bool settled = x_impl->stale.with(
      [](const StalePool& stale) { return stale.owner_keys.empty() && stale.streams.empty(); });
  if (through && !settled)
    return fail(Errc::invalid_argument, "the vault's earlier pool is not settled yet");
  Pending taken = x_impl->pending.with([](Pending& all) { return std::exchange(all, Pending{}); });
  if (taken.owners.empty() && taken.keys.empty() && taken.streams.empty() && !through) return ok();
  std::vector<RowChange> changes;
  if (through) changes.push_back(x_impl->counter_row(kMarkName, *through));
  return x_impl->write_pending(std::move(taken), std::move(changes));
}

Status Vault::Impl::write_pending(Pending taken, std::vector<RowChange> changes) {
  for (const auto& [key, name] : taken.owners) {
    const Bytes plain = encode_owner(name, key.generation);
    changes.push_back({Family::owner_name, key.key.bytes,
                       wrap_value(*shards, Family::owner_name, key.key.bytes, plain)});
    changes.push_back({Family::free_owner_key, key.key.bytes, {}, true});
  }
  for (const KeyId& key : taken.keys)
    changes.push_back({Family::free_owner_key, key.bytes, {}, true});
  for (const StreamId& stream : taken.streams)
    changes.push_back({Family::free_stream_secret, stream.bytes, {}, true});
  return rows->change(changes);
}

// ---- derivation --------------------------------------------------------------------------------

Result<std::optional<Secret32>> Vault::Impl::read_secret(Family family, const RowId& row) const {
  CARTELLA_TRY(const auto value, rows->find(family, row));
  if (!value) return std::optional<Secret32>();
  Secret32 secret;
  CARTELLA_TRY(unwrap_value(*shards, family, row, *value, {secret.data(), 32}));
  return std::optional<Secret32>(std::move(secret));
}

Result<Secret32> Vault::Impl::root_secret(Family family, const RowId& row) {
  const auto name = root_name(family, row);
  if (auto cached = roots->find(name)) return std::move(*cached);
  CARTELLA_TRY(auto secret, read_secret(family, row));
  if (!secret)
    return fail(Errc::erased, std::string(family_name(family)) + " " + to_hex(row) + " is gone");
  roots->put(name, *secret);
  return std::move(*secret);
}

Result<Secret32> Vault::segment_key(const KeyId& owner_key, const StreamId& stream) {
  CARTELLA_TRY(x_impl->check_open());
  const auto name = derived_name(owner_key, stream);
  if (auto cached = x_impl->derived->find(name)) return std::move(*cached);
  const std::shared_lock reading(x_impl->keys);
  CARTELLA_TRY(x_impl->check_open());
  CARTELLA_TRY(const auto owner_secret, x_impl->root_secret(Family::owner_key, owner_key.bytes));
  CARTELLA_TRY(const auto stream_secret, x_impl->root_secret(Family::stream_secret, stream.bytes));
  Secret32 key = derive(owner_secret, "segment", stream_secret.view());
  x_impl->derived->put(name, key);
  return key;
}

}  // namespace cartella::crypto
