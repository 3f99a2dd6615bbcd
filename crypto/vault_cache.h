// crypto/vault_cache.h: unwrapped keys in memory that is locked, never swapped and never dumped.
//
// All of a vault's clear keys live in one slab: the shard keys, the pool, the unwrapped owner keys
// and stream secrets, and the derived segment keys. A cache is set-associative with its entries in
// the slab: bounded, without allocation, one short lock per group of buckets. Threads: KeySlab is
// built by one thread; a KeyCache may be used from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace cartella::crypto {

class KeySlab {
 public:
  // io: the system refuses to lock that much memory; the detail says how much is needed.
  static Result<std::unique_ptr<KeySlab>> create(std::size_t bytes);
  ~KeySlab();
  KeySlab(const KeySlab&) = delete;
  KeySlab& operator=(const KeySlab&) = delete;

  // Room that `count` values take in the slab.
  template <class T>
  static constexpr std::size_t bytes_of(std::size_t count) {
    return (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
  }
  // Value-initialised objects, gone with the slab; T is plain memory. The slab has the room.
  template <class T>
  std::span<T> take(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= kAlignment);
    T* const first = static_cast<T*>(take_bytes(bytes_of<T>(count)));
    for (std::size_t i = 0; i < count; ++i) new (first + i) T();
    return {first, count};
  }

 private:
  static constexpr std::size_t kAlignment = 64;
  KeySlab(void* memory, std::size_t bytes) : x_memory(memory), x_bytes(bytes) {}
  void* take_bytes(std::size_t bytes);

  void* x_memory;
  std::size_t x_bytes;
  std::size_t x_used = 0;
};

class KeyCache {
 public:
  using Name = std::array<std::uint8_t, 32>;  // made of random ids; zeros name nothing
  struct Entry {
    Name name{};
    Hash32 key{};
  };

  // Entries that fit a limit: a power of two of buckets.
  static std::size_t entries_for(std::size_t entries_max);
  // `entries` as entries_for gave it; they outlive the cache.
  explicit KeyCache(std::span<Entry> entries);

  std::optional<Secret32> find(const Name& name);
  // Puts, replaces, or evicts another of the same bucket in turn.
  void put(const Name& name, const Secret32& key);
  // Wipes every entry whose name answers true.
  void forget(const std::function<bool(const Name&)>& gone);

 private:
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kLocks = 64;
  struct alignas(64) Stripe {
    std::mutex mutex;
    std::size_t next_victim = 0;
  };
  std::size_t bucket_of(const Name& name) const;

  std::span<Entry> x_entries;
  std::size_t x_buckets;
  std::array<Stripe, kLocks> x_stripes;
};

}  // namespace cartella::crypto
