// The parts of Vault that forget and that check: erasure, named secrets, verification.
#include <algorithm>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/root_key.h"
#include "crypto/vault.h"
#include "crypto/vault_impl.h"

namespace cartella::crypto {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kNameBytesMax = 256;
constexpr std::array kWrapped = {Family::owner_key, Family::stream_secret, Family::owner_name,
                                 Family::named_secret};
constexpr std::uint8_t kClassMax = static_cast<std::uint8_t>(schema::KeyClass::access);
constexpr std::uint8_t kDomainMax = static_cast<std::uint8_t>(schema::KeyDomain::community);

}  // namespace

// A named secret is its 32 bytes, then its name, so that a row cannot pass for another's.
Bytes encode_named(const Secret32& secret, std::string_view name) {
  const std::size_t size = secret.view().size() + sizeof(std::uint32_t) + name.size();
  Bytes bytes;
  bytes.reserve(size);  // never moved, so that no copy of the secret stays behind
  ByteWriter writer(bytes);
  writer.raw(secret.view());
  writer.framed(as_bytes(name));
  CHECK(bytes.size() == size);
  return bytes;
}

Result<Secret32> unwrap_named(const ShardTable& shards, const RowId& row, ByteView wrapped,
                              std::string* name_out) {
  CARTELLA_TRY(const auto size, plaintext_bytes(Family::named_secret, row, wrapped));
  Bytes plain(size);
  CARTELLA_TRY(unwrap_value(shards, Family::named_secret, row, wrapped, plain));
  Secret32 secret;
  ByteView name;
  ByteReader reader(plain);
  const bool whole = reader.copy({secret.data(), 32}) && reader.framed(kNameBytesMax, name) &&
                     reader.remaining() == 0 && named_row(as_text(name)) == row;
  if (whole && name_out != nullptr) *name_out = as_text(name);
  wipe(plain.data(), plain.size());
  if (!whole) return fail(Errc::corrupt, "vault: named secret " + to_hex(row) + " is malformed");
  return secret;
}

RowId named_row(std::string_view name) {
  const Hash32 hash = sha256({as_bytes("cartella/vault-name/1\0"sv), as_bytes(name)});
  RowId row{};
  std::ranges::copy_n(hash.begin(), row.size(), row.begin());
  return row;
}

Bytes encode_owner(const OwnerKeyName& name, std::uint32_t generation) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.u8(static_cast<std::uint8_t>(name.domain));
  writer.raw(name.owner);
  writer.raw(name.controller.bytes);
  writer.u8(static_cast<std::uint8_t>(name.key_class));
  if (generation > 0) writer.u32(generation);
  return bytes;
}

Result<Owner> decode_owner(ByteView bytes) {
  Owner owner;
  OwnerKeyName& name = owner.name;
  std::uint8_t domain = 0;
  std::uint8_t key_class = 0;
  ByteReader reader(bytes);
  if (!reader.u8(domain) || !reader.copy(name.owner) || !reader.copy(name.controller.bytes) ||
      !reader.u8(key_class) || domain > kDomainMax || key_class > kClassMax ||
      (reader.remaining() != 0 &&
       (!reader.u32(owner.generation) || owner.generation == 0 || reader.remaining() != 0)))
    return fail(Errc::corrupt, "vault: the owner of a key is malformed");
  name.domain = static_cast<schema::KeyDomain>(domain);
  name.key_class = static_cast<schema::KeyClass>(key_class);
  return owner;
}

Result<Owner> unwrap_owner(const ShardTable& shards, const RowId& row, ByteView wrapped) {
  CARTELLA_TRY(const auto size, plaintext_bytes(Family::owner_name, row, wrapped));
  Bytes plain(size);
  CARTELLA_TRY(unwrap_value(shards, Family::owner_name, row, wrapped, plain));
  return decode_owner(plain);
}

// ---- erasure -----------------------------------------------------------------------------------

Status Vault::destroy_keys(std::span<const KeyId> owner_keys, std::span<const StreamId> streams) {
  std::set<RowName> gone;
  for (const KeyId& key : owner_keys) gone.insert({Family::owner_key, key.bytes});
  for (const StreamId& stream : streams) gone.insert({Family::stream_secret, stream.bytes});
  const std::lock_guard writing(x_impl->write);
  CARTELLA_TRY(x_impl->check_open());
  return x_impl->destroy(gone);
}

Status Vault::Impl::destroy(const std::set<RowName>& gone) {
  const std::unique_lock alone(keys);
  // Tried again here, nothing might be left to do, and the old shard keys be there all the same.
  if (rows->is_stopped()) return fail(Errc::io, "a change of the vault's keys was not finished");
  std::set<RowName> present;
  for (const auto& name : gone) {
    CARTELLA_TRY(const auto row, rows->find(name.first, name.second));
    if (row) present.insert(name);
  }
  if (!present.empty()) {
    for (const auto& [family, row] : present)
      if (shards->shards[row[0]].count == 1) shards->begin_rewrap(row[0]);
    if (Status saved = save_shards(keys_dir(), Secret32(*root), *shards); !saved) {
      // New rows would be wrapped with keys that the disk may not have.
      rows->stop();
      return saved;
    }
    if (Status finished = finish_rewrap(present); !finished) {
      // The rows may be gone and the old shard keys not. The next opening ends it.
      rows->stop();
      return finished;
    }
  }
  forget(gone);
  return ok();
}

Status Vault::Impl::finish_rewrap(const std::set<RowName>& gone) {
  std::vector<RowChange> changes;
  bool any = false;
  for (std::size_t i = 0; i < kShardCount; ++i) {
    if (shards->shards[i].count == 1) continue;
    any = true;
    for (const Family family : kWrapped) {
      CARTELLA_TRY(rewrap_family(static_cast<std::uint8_t>(i), family, gone, changes));
    }
  }
  if (!any) return ok();
  CARTELLA_TRY(rows->change(changes));
  for (std::size_t i = 0; i < kShardCount; ++i)
    if (shards->shards[i].count == 2) shards->end_rewrap(static_cast<std::uint8_t>(i));
  return save_shards(keys_dir(), Secret32(*root), *shards);
}

Status Vault::Impl::rewrap_family(std::uint8_t shard, Family family, const std::set<RowName>& gone,
                                  std::vector<RowChange>& changes) const {
  return rows->each_in_shard(family, shard, [&](const RowId& row, ByteView value) -> Status {
    // Whose key it was goes with the key.
    const Family owner = family == Family::owner_name ? Family::owner_key : family;
    if (gone.contains({owner, row})) {
      changes.push_back({family, row, {}, true});
      if (family == Family::owner_key) changes.push_back({Family::free_owner_key, row, {}, true});
      if (family == Family::stream_secret)
        changes.push_back({Family::free_stream_secret, row, {}, true});
      return ok();
    }
    CARTELLA_TRY(const auto size, plaintext_bytes(family, row, value));
    Bytes plain(size);
    CARTELLA_TRY(unwrap_value(*shards, family, row, value, plain));
    changes.push_back({family, row, wrap_value(*shards, family, row, plain)});
    wipe(plain.data(), plain.size());
    return ok();
  });
}

void Vault::Impl::forget(const std::set<RowName>& gone) {
  const auto id_at = [](const KeyCache::Name& name, std::size_t at) {
    RowId id{};
    std::copy_n(name.begin() + static_cast<std::ptrdiff_t>(at), id.size(), id.begin());
    return id;
  };
  roots->forget([&](const KeyCache::Name& name) {
    return gone.contains({static_cast<Family>(name[16]), id_at(name, 0)});
  });
  derived->forget([&](const KeyCache::Name& name) {
    return gone.contains({Family::owner_key, id_at(name, 0)}) ||
           gone.contains({Family::stream_secret, id_at(name, 16)});
  });
  const auto is_gone = [&](Family family, const RowId& row) {
    return gone.contains({family, row});
  };
  const std::unique_lock naming(names_mutex);
  for (const auto& [family, row] : gone) {
    const auto at = names.by_key.find(KeyId{row});
    if (family != Family::owner_key || at == names.by_key.end()) continue;
    auto& same_name = names.by_name[at->second];
    std::erase_if(same_name, [&](const OwnedKey& one) { return one.key == at->first; });
    if (same_name.empty()) names.by_name.erase(at->second);
    names.by_key.erase(at);
  }
  pending.with([&](Pending& all) {
    std::erase_if(all.owners, [&](const auto& owner) {
      return is_gone(Family::owner_key, owner.first.key.bytes);
    });
    std::erase_if(all.keys,
                  [&](const KeyId& key) { return is_gone(Family::owner_key, key.bytes); });
    std::erase_if(all.streams, [&](const StreamId& stream) {
      return is_gone(Family::stream_secret, stream.bytes);
    });
  });
}

// ---- named secrets -----------------------------------------------------------------------------

Result<Secret32> Vault::named_secret(const std::string& name) {
  if (name.empty() || name.size() > kNameBytesMax)
    return fail(Errc::invalid_argument, "the name of a secret has 1 to 256 bytes");
  const RowId row = named_row(name);
  const auto read = [&]() -> Result<std::optional<Secret32>> {
    const std::shared_lock reading(x_impl->keys);
    CARTELLA_TRY(x_impl->check_open());
    CARTELLA_TRY(const auto value, x_impl->rows->find(Family::named_secret, row));
    if (!value) return std::optional<Secret32>();
    CARTELLA_TRY(auto secret, unwrap_named(*x_impl->shards, row, *value));
    return std::optional<Secret32>(std::move(secret));
  };
  CARTELLA_TRY(auto known, read());
  if (known) return std::move(*known);
  const std::lock_guard writing(x_impl->write);
  CARTELLA_TRY(auto made_meanwhile, read());
  if (made_meanwhile) return std::move(*made_meanwhile);
  CARTELLA_TRY(x_impl->create_named(row, name));
  CARTELLA_TRY(auto created, read());
  if (!created) return fail(Errc::corrupt, "vault: a new named secret does not read back");
  return std::move(*created);
}

Result<bool> Vault::has_named(const std::string& name) const {
  const std::shared_lock reading(x_impl->keys);
  CARTELLA_TRY(x_impl->check_open());
  CARTELLA_TRY(const auto value, x_impl->rows->find(Family::named_secret, named_row(name)));
  return value.has_value();
}

Status Vault::Impl::create_named(const RowId& row, const std::string& name) {
  const std::shared_lock reading(keys);
  Bytes plain = encode_named(Secret32::random(), name);
  Bytes wrapped = wrap_value(*shards, Family::named_secret, row, plain);
  wipe(plain.data(), plain.size());
  return rows->change({{Family::named_secret, row, std::move(wrapped)}});
}

Result<std::vector<std::string>> Vault::named_secrets(std::string_view prefix) const {
  const std::shared_lock reading(x_impl->keys);
  CARTELLA_TRY(x_impl->check_open());
  std::vector<std::string> names;
  const auto collect = [&](const RowId& row, ByteView wrapped) -> Status {
    std::string name;
    CARTELLA_TRY(unwrap_named(*x_impl->shards, row, wrapped, &name));
    if (name.starts_with(prefix)) names.push_back(std::move(name));
    return ok();
  };
  CARTELLA_TRY(x_impl->rows->each(Family::named_secret, collect));
  std::ranges::sort(names);
  return names;
}

Status Vault::destroy_named(const std::string& name) {
  const std::lock_guard writing(x_impl->write);
  CARTELLA_TRY(x_impl->check_open());
  return x_impl->destroy({{Family::named_secret, named_row(name)}});
}

// ---- verification ------------------------------------------------------------------------------

Status Vault::verify() const {
  const std::lock_guard writing(x_impl->write);
  const std::shared_lock reading(x_impl->keys);
  CARTELLA_TRY(x_impl->check_open());
  CARTELLA_TRY(verify_root_params(x_impl->keys_dir()));
  auto on_disk = std::make_unique<ShardTable>();
  const Status loaded = load_shards(x_impl->keys_dir(), Secret32(*x_impl->root), *on_disk);
  const bool newest = on_disk->epoch == x_impl->shards->epoch;
  wipe(on_disk.get(), sizeof *on_disk);
  // The root key in memory did open the file, so now it is the file that is wrong.
  if (loaded.has_error() && loaded.error().code == Errc::wrong_passphrase)
    return fail(Errc::corrupt, "keys/shards is damaged: its check value is wrong");
  CARTELLA_TRY(Status(loaded));
  if (!newest) return fail(Errc::corrupt, "keys/shards is not the newest");
  CARTELLA_TRY(x_impl->rows->verify_files());
  for (const Family family : kWrapped) {
    CARTELLA_TRY(x_impl->verify_family(family));
  }
  CARTELLA_TRY(x_impl->verify_reference(Family::owner_name, Family::owner_key));
  CARTELLA_TRY(x_impl->verify_reference(Family::free_owner_key, Family::owner_key));
  return x_impl->verify_reference(Family::free_stream_secret, Family::stream_secret);
}

Status Vault::Impl::verify_family(Family family) const {
  return rows->each(family, [&](const RowId& row, ByteView value) -> Status {
    if (family == Family::named_secret) {
      CARTELLA_TRY(unwrap_named(*shards, row, value));
      return ok();
    }
    if (family == Family::owner_name) {
      CARTELLA_TRY(unwrap_owner(*shards, row, value));
      return ok();
    }
    Secret32 secret;
    return unwrap_value(*shards, family, row, value, {secret.data(), 32});
  });
}

Status Vault::Impl::verify_reference(Family family, Family target) const {
  return rows->each(family, [&](const RowId& row, ByteView) -> Status {
    CARTELLA_TRY(const auto found, rows->find(target, row));
    if (found) return ok();
    return fail(Errc::corrupt, "vault: " + std::string(family_name(family)) + " " + to_hex(row) +
                                   " names a row that is missing");
  });
}

}  // namespace cartella::crypto
