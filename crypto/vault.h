// crypto/vault.h: the keys: who owns them, how they are wrapped, how they are forgotten.
//
// A RocksDB of its own under <dir>/vault with one writer, no WAL: batch, flush, read back, then
// usable (amendment 2). Keys are wrapped by 256 shard keys, which live only in <dir>/keys/shards, a
// small file wrapped by the root key and replaced by temp, fsync, rename, directory sync. Owner
// keys and stream secrets come from a pool that is synced ahead of need; ids are random. Only the
// vault maps key ids to people, and forgets with the key. No key ever enters the journal. Threads:
// all methods from any thread; segment_key is the hot one and is served from a locked cache.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "crypto/record.h"
#include "crypto/root_key.h"
#include "crypto/secret.h"
#include "schema/event_types.h"

namespace cartella::crypto {

struct OwnerKeyName {
  schema::KeyDomain domain = schema::KeyDomain::subject;
  std::array<std::uint8_t, 16> owner{};  // subject, month stream, operator or controller id
  ControllerId controller;
  schema::KeyClass key_class = schema::KeyClass::base;
  auto operator<=>(const OwnerKeyName&) const = default;
};

struct VaultOptions {
  bool fast_passphrase = false;    // tests: the cheapest Argon2id costs; never in production
  std::size_t pool_target = 4096;  // stream secrets and owner keys kept ready
  std::size_t cache_keys_max = 1 << 16;
};

class Vault final : public SegmentKeys {
 public:
  // invalid_argument: a vault is already there. io, out_of_space, what make_root_key returns.
  static Result<std::unique_ptr<Vault>> create(const std::filesystem::path& data_dir,
                                               const RootSource& source,
                                               const VaultOptions& options);
  // wrong_passphrase, corrupt (names the file), in_use, io, not_found, what load_root_key returns.
  // Finishes or takes back a rotation of the root key that a crash interrupted.
  static Result<std::unique_ptr<Vault>> open(const std::filesystem::path& data_dir,
                                             const RootSource& source, const VaultOptions& options);
  ~Vault() override;

  // A new stream: the id of a secret from the pool. The secret is durable already.
  Result<StreamId> new_stream();
  // The key of (owner, controller, class), taken from the pool at first use. The mapping is durable
  // when `remember` has run; it can be rebuilt from the events (bind_owner). unavailable: it would
  // be a new one of a controller that is held.
  Result<KeyId> owner_key(const OwnerKeyName& name);
  // No key of the controller's is added, until each hold was released or the vault closes: whatever
  // owner_keys_at answers from here on stays all there is.
  void hold_owner_keys(const ControllerId& controller);
  void release_owner_keys(const ControllerId& controller);
  // Every key of (domain, owner, controller), of all classes. Empty when there is none.
  std::vector<KeyId> owner_keys_of(schema::KeyDomain domain,
                                   const std::array<std::uint8_t, 16>& owner,
                                   const ControllerId& controller) const;
  // Every key of every owner at the controller, of whatever domain and class.
  std::vector<KeyId> owner_keys_at(const ControllerId& controller) const;
  // Whose key it is. nullopt: unknown, erased, or not assigned yet.
  std::optional<OwnerKeyName> owner_of(const KeyId& key) const;
  // Replay path: states what an event says about a key. Idempotent; a key that was erased since is
  // left alone. corrupt: the key is known as another owner's.
  Status bind_owner(const OwnerKeyName& name, const KeyId& key);
  // Replay path: a pool entry that an event used is no longer free. Idempotent.
  Status mark_used(const StreamId& stream);
  // The same of an owner key, for events that do not tell whose it is (a type of a later version).
  Status mark_used(const KeyId& key);
  // Makes mappings and uses durable (one flushed batch). Call it before the journal releases the
  // events they come from. io, out_of_space, corrupt: fail-stop, the vault must be reopened.
  // `through`: every event before this position is among them, so that a start after a crash
  // replays only what came later (remembered_through). invalid_argument: `through` while the pool
  // of an earlier run is not settled (destroy_unused): the next start would skip events that use it
  // and destroy their keys.
  Status remember(std::optional<std::uint64_t> through = std::nullopt);
  // 0 when nothing was ever remembered. corrupt, io.
  Result<std::uint64_t> remembered_through() const;
  // At start, after the log was replayed: destroys pool entries that no event uses. Until then a
  // reopened vault leaves them alone and serves from a pool made since (amendment 2).
  Status destroy_unused();

  // Erasure step 2: forgets keys, secrets and whose they were. Their shards get new keys, what
  // stays is rewrapped, the old shard keys are overwritten (amendment 1). Ids that are gone
  // already are no error; a crash is finished by the next open and a repeated call. io, corrupt,
  // out_of_space: fail-stop.
  Status destroy_keys(std::span<const KeyId> owner_keys, std::span<const StreamId> streams);

  // KDF(owner key, stream secret). erased: either is gone.
  Result<Secret32> segment_key(const KeyId& owner_key, const StreamId& stream) override;

  // Named long-lived secrets: "log-signing-key", "server-signing-key", "claims", "views",
  // "reference", "accounts", "import/...". Created random at first use and durable when returned.
  Result<Secret32> named_secret(const std::string& name);
  // Whether it was made and not destroyed; makes none.
  Result<bool> has_named(const std::string& name) const;
  // Forgets it as destroy_keys does; the next named_secret makes a new one.
  Status destroy_named(const std::string& name);
  // Names of the named secrets that exist and begin so, in order. corrupt, io.
  Result<std::vector<std::string>> named_secrets(std::string_view prefix) const;

  // Rotation, while others go on; no key that seals an event changes, so no event does either.
  // `step` is told what has just become durable. A crash leaves what was there before the step or
  // after it, and the next open goes on from there. What make_root_key returns; io, out_of_space:
  // fail-stop where the shard file may or may not be the new one.
  using Step = std::function<void(std::string_view)>;
  // The shard file under a new root key, from another source or from the same one.
  Status rotate_root(const RootSource& source, const Step& step = nullptr);
  // A new key for each of the 256 shards, one after the other: every row is wrapped anew.
  Status rotate_shards(const Step& step = nullptr);

  // A new generation of owner keys: from now on owner_key gives each owner a new one at its first
  // use; the old ones open what they sealed, and an erasure takes them along. Durable on return,
  // with everything remember would write. unavailable, io, out_of_space, corrupt: fail-stop.
  Status rotate_owners();
  std::uint32_t owner_generation() const;  // 0: never rotated

  // Reads every file of the vault from the disk again, then unwraps every row. corrupt names the
  // file, or the row by opaque id.
  Status verify() const;
  // A consistent copy as a vault of its own under `to`: the rows by hard link, with keys/ as it
  // stands. It opens with the same root key. Whoever makes it removes it: it holds keys that may be
  // destroyed afterwards. io, out_of_space, corrupt.
  Status snapshot(const std::filesystem::path& to) const;
  // For a vault that was restored with an older log: the next start replays from `size` at the
  // latest. io, corrupt, out_of_space.
  Status lower_mark(std::uint64_t size);
  // Flushes and closes; the destructor does it too.
  Status close();

 private:
  struct Impl;
  explicit Vault(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::crypto
