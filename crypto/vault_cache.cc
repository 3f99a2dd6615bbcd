#include "crypto/vault_cache.h"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "base/check.h"

namespace cartella::crypto {

Result<std::unique_ptr<KeySlab>> KeySlab::create(std::size_t bytes) {
  void* const memory = sodium_malloc(bytes);
  // sodium_malloc tries to lock and says nothing when it cannot; locking again tells.
  if (memory == nullptr || sodium_mlock(memory, bytes) != 0) {
    if (memory != nullptr) sodium_free(memory);
    return fail(Errc::io, "cannot lock " + std::to_string(bytes / 1024 + 1) +
                              " KiB of memory for keys: raise the limit of locked memory "
                              "(ulimit -l, LimitMEMLOCK)");
  }
  return std::unique_ptr<KeySlab>(new KeySlab(memory, bytes));
}

KeySlab::~KeySlab() { sodium_free(x_memory); }

void* KeySlab::take_bytes(std::size_t bytes) {
  CHECK(bytes <= x_bytes - x_used);
  void* const at = static_cast<std::uint8_t*>(x_memory) + x_used;
  x_used += bytes;
  return at;
}

std::size_t KeyCache::entries_for(std::size_t entries_max) {
  return std::bit_floor(std::max(entries_max, kWays * kLocks));
}

KeyCache::KeyCache(std::span<Entry> entries)
    : x_entries(entries), x_buckets(entries.size() / kWays) {
  CHECK(std::has_single_bit(x_buckets) && x_buckets >= kLocks);
}

std::size_t KeyCache::bucket_of(const Name& name) const {
  // The parts are random, so any of their bytes are a good hash.
  return (load_be64(name.data() + 8) ^ std::rotl(load_be64(name.data() + 24), 17)) &
         (x_buckets - 1);
}

std::optional<Secret32> KeyCache::find(const Name& name) {
  const std::size_t bucket = bucket_of(name);
  const auto ways = x_entries.subspan(bucket * kWays, kWays);
  const std::lock_guard lock(x_stripes[bucket % kLocks].mutex);
  for (const Entry& entry : ways)
    if (entry.name == name) return Secret32(entry.key);
  return std::nullopt;
}

void KeyCache::put(const Name& name, const Secret32& key) {
  const std::size_t bucket = bucket_of(name);
  const auto ways = x_entries.subspan(bucket * kWays, kWays);
  Stripe& stripe = x_stripes[bucket % kLocks];
  const std::lock_guard lock(stripe.mutex);
  auto at = std::ranges::find(ways, name, &Entry::name);
  if (at == ways.end()) at = std::ranges::find(ways, Name{}, &Entry::name);
  if (at == ways.end())
    at = ways.begin() + static_cast<std::ptrdiff_t>(stripe.next_victim++ % kWays);
  at->name = name;
  std::memcpy(at->key.data(), key.view().data(), at->key.size());
}

void KeyCache::forget(const std::function<bool(const Name&)>& gone) {
  for (std::size_t bucket = 0; bucket < x_buckets; ++bucket) {
    const std::lock_guard lock(x_stripes[bucket % kLocks].mutex);
    for (Entry& entry : x_entries.subspan(bucket * kWays, kWays))
      if (entry.name != Name{} && gone(entry.name)) wipe(&entry, sizeof entry);
  }
}

}  // namespace cartella::crypto
