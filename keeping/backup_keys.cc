#include "keeping/backup_keys.h"

#include <algorithm>

#include "crypto/hash.h"
#include "crypto/vault_file.h"

namespace cartella::keeping {

namespace {

constexpr std::string_view kMagic = "CRBK";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;

Error damaged() { return fail(Errc::corrupt, "backup.keys is damaged"); }

// Of the whole file, from the same fields that encode_backup_keys writes; each has a fixed size.
std::size_t encoded_bytes(const BackupKeys& keys) {
  constexpr std::size_t kU32Bytes = sizeof(std::uint32_t);
  constexpr std::size_t kU64Bytes = sizeof(std::uint64_t);
  constexpr std::size_t kSecretBytes = sizeof(crypto::Secret32);
  constexpr std::size_t kHeadBytes =
      kMagic.size() + sizeof kVersion + sizeof(LogId) + kU64Bytes + kSecretBytes;
  constexpr std::size_t kVaultKeyBytes = sizeof(VaultCopyId) + 2 * kU64Bytes + kSecretBytes;
  return kHeadBytes + kU32Bytes + keys.log_keys.size() * sizeof(crypto::PublicKey) + kU32Bytes +
         keys.vault_keys.size() * kVaultKeyBytes + sizeof(Hash32);
}

}  // namespace

const VaultCopyKey* BackupKeys::find(const VaultCopyId& id) const {
  const auto found = std::ranges::find(vault_keys, id, &VaultCopyKey::id);
  return found == vault_keys.end() ? nullptr : &*found;
}

std::filesystem::path backup_keys_file(const std::filesystem::path& folder) {
  return folder / "backup.keys";
}

Bytes encode_backup_keys(const BackupKeys& keys) {
  Bytes bytes;
  bytes.reserve(encoded_bytes(keys));  // never moved, so that no copy of a key stays behind
  ByteWriter to(bytes);
  to.raw(as_bytes(kMagic));
  to.u8(kVersion);
  to.raw(keys.log.bytes);
  to.u64(keys.newest);
  to.raw(keys.files_key.view());
  to.u32(static_cast<std::uint32_t>(keys.log_keys.size()));
  for (const crypto::PublicKey& key : keys.log_keys) to.raw(key);
  to.u32(static_cast<std::uint32_t>(keys.vault_keys.size()));
  for (const VaultCopyKey& key : keys.vault_keys) {
    to.raw(key.id.view());
    to.u64(static_cast<std::uint64_t>(key.made_at.us));
    to.u64(key.erasures);
    to.raw(key.key.view());
  }
  const Hash32 hash = crypto::sha256(bytes);
  to.raw(hash);
  return bytes;
}

Result<BackupKeys> decode_backup_keys(ByteView bytes) {
  if (bytes.size() < sizeof(Hash32)) return damaged();
  const ByteView content = bytes.first(bytes.size() - sizeof(Hash32));
  const Hash32 hash = crypto::sha256(content);
  if (!std::ranges::equal(hash, bytes.last(sizeof(Hash32)))) return damaged();
  ByteReader from(content);
  ByteView magic;
  std::uint8_t version = 0;
  if (!from.raw(kMagic.size(), magic) || as_text(magic) != kMagic || !from.u8(version))
    return damaged();
  if (version != kVersion) return fail(Errc::unsupported, "backup.keys is of another version");
  BackupKeys keys;
  std::uint32_t signers = 0;
  std::uint32_t count = 0;
  if (!from.copy(keys.log.bytes) || !from.u64(keys.newest) ||
      !from.copy({keys.files_key.data(), 32}) || !from.u32(signers) || signers > kLogKeysMax)
    return damaged();
  for (std::uint32_t i = 0; i < signers; ++i) {
    crypto::PublicKey key{};
    if (!from.copy(key)) return damaged();
    keys.log_keys.push_back(key);
  }
  if (!from.u32(count) || count > kVaultKeysMax) return damaged();
  for (std::uint32_t i = 0; i < count; ++i) {
    VaultCopyKey key;
    std::uint64_t made_at = 0;
    if (!from.copy(key.id.bytes) || !from.u64(made_at) || !from.u64(key.erasures) ||
        !from.copy({key.key.data(), 32}))
      return damaged();
    key.made_at.us = static_cast<std::int64_t>(made_at);
    keys.vault_keys.push_back(std::move(key));
  }
  if (from.remaining() != 0) return damaged();
  return keys;
}

Result<BackupKeys> read_backup_keys(const std::filesystem::path& folder) {
  auto bytes = crypto::read_key_file(backup_keys_file(folder), kFileBytesMax);
  if (!bytes && bytes.error().code == Errc::not_found)
    return fail(Errc::not_found, backup_keys_file(folder).string() + " is missing");
  if (!bytes) return bytes.error();
  auto keys = decode_backup_keys(bytes.value());
  crypto::wipe(bytes.value().data(), bytes.value().size());
  return keys;
}

Status write_backup_keys(const std::filesystem::path& folder, const BackupKeys& keys) {
  Bytes bytes = encode_backup_keys(keys);
  Status written = crypto::replace_key_file(backup_keys_file(folder), bytes);
  crypto::wipe(bytes.data(), bytes.size());
  return written;
}

Status expire_vault_keys(const std::filesystem::path& folder, TimeUs now) {
  auto keys = read_backup_keys(folder);
  if (!keys && keys.error().code == Errc::not_found) return ok();
  if (!keys) return keys.error();
  if (forget_vault_keys(keys.value(), now, std::nullopt) == 0) return ok();
  return write_backup_keys(folder, keys.value());
}

std::vector<cases::VaultCopy> vault_copies(const std::filesystem::path& folder) {
  std::vector<cases::VaultCopy> copies;
  const auto keys = read_backup_keys(folder);
  if (!keys) return copies;
  for (const VaultCopyKey& key : keys.value().vault_keys)
    copies.push_back({key.id, key.made_at, {key.made_at.us + kVaultCopyLifeUs}});
  return copies;
}

std::size_t forget_later_vault_keys(BackupKeys& keys, TimeUs now) {
  const std::size_t before = keys.vault_keys.size();
  if (before == 0) return 0;
  const VaultCopyId newest = keys.vault_keys.back().id;
  std::erase_if(keys.vault_keys, [&](const VaultCopyKey& key) {
    return key.id != newest && key.made_at.us > now.us;
  });
  return before - keys.vault_keys.size();
}

std::size_t forget_vault_keys(BackupKeys& keys, TimeUs now, std::optional<std::uint64_t> erasures) {
  const std::size_t before = keys.vault_keys.size();
  if (before == 0) return 0;
  const VaultCopyId newest = keys.vault_keys.back().id;
  std::erase_if(keys.vault_keys, [&](const VaultCopyKey& key) {
    if (key.made_at.us + kVaultCopyLifeUs <= now.us) return true;
    return erasures && key.id != newest && key.erasures != *erasures;
  });
  return before - keys.vault_keys.size();
}

}  // namespace cartella::keeping
