#include "crypto/shards.h"

#include <sodium.h>

#include <algorithm>
#include <string>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/vault_file.h"

namespace cartella::crypto {
namespace {

using namespace std::string_view_literals;

constexpr std::array<std::uint8_t, 4> kShardsMagic = {'C', 'R', 'T', 'S'};
constexpr std::uint8_t kShardsVersion = 1;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
// magic, version, epoch | check value: nonce, tag | count of keys
constexpr std::size_t kHeadBytes = 4 + 1 + 8;
constexpr std::size_t kCheckBytes = kNonceBytes + kTagBytes;
// shard, key epoch, nonce, wrapped key, tag
constexpr std::size_t kEntryBytes = 1 + 8 + kNonceBytes + 32 + kTagBytes;
// HMAC under a key derived from the root, then SHA-256 of everything before
constexpr std::size_t kTailBytes = 32 + 32;
constexpr std::size_t kFileBytesMax =
    kHeadBytes + kCheckBytes + 2 + 2 * kShardCount * kEntryBytes + kTailBytes;

std::filesystem::path shards_file(const std::filesystem::path& keys_dir) {
  return keys_dir / "shards";
}

Error damaged(const char* what) {
  return fail(Errc::corrupt, std::string("keys/shards is damaged: ") + what);
}

Bytes associated_data(std::uint64_t file_epoch, std::uint8_t shard, std::uint64_t key_epoch) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(as_bytes("cartella/shard-key/1\0"sv));
  writer.u64(file_epoch);
  writer.u8(shard);
  writer.u64(key_epoch);
  return bytes;
}

// Appends nonce, ciphertext and tag.
void wrap(ByteWriter& writer, const Secret32& root, ByteView plaintext, ByteView associated) {
  std::array<std::uint8_t, kNonceBytes> nonce{};
  random_fill(nonce);
  Bytes sealed(plaintext.size() + kTagBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data(), nullptr, plaintext.data(),
                                             plaintext.size(), associated.data(), associated.size(),
                                             nullptr, nonce.data(), root.view().data());
  writer.raw(nonce);
  writer.raw(sealed);
}

bool unwrap(std::span<std::uint8_t> to, const Secret32& root, ByteView nonce_and_sealed,
            ByteView associated) {
  const ByteView sealed = nonce_and_sealed.subspan(kNonceBytes);
  return crypto_aead_xchacha20poly1305_ietf_decrypt(
             to.data(), nullptr, nullptr, sealed.data(), sealed.size(), associated.data(),
             associated.size(), nonce_and_sealed.data(), root.view().data()) == 0;
}

Hash32 authentication(const Secret32& root, ByteView content) {
  const Secret32 key = derive(root, "shards", {});
  return hmac_sha256(key.view(), {as_bytes("cartella/shards/1\0"sv), content});
}

Status decode_entries(ByteView entries, const Secret32& root, ShardTable& table) {
  for (std::size_t at = 0; at < entries.size(); at += kEntryBytes) {
    const ByteView entry = entries.subspan(at, kEntryBytes);
    const std::uint64_t epoch = load_be64(entry.data() + 1);
    auto& shard = table.shards[entry[0]];
    if (shard.count == 2) return damaged("a shard with three keys");
    if (epoch > table.epoch || (shard.count == 1 && epoch <= shard.slots[0].epoch))
      return damaged("key epochs out of order");
    auto& slot = shard.slots[shard.count++];
    slot.epoch = epoch;
    if (!unwrap(slot.key, root, entry.subspan(9), associated_data(table.epoch, entry[0], epoch)))
      return damaged("a key does not unwrap");
  }
  const auto complete = [](const ShardTable::Shard& shard) { return shard.count > 0; };
  return std::ranges::all_of(table.shards, complete) ? Status(ok()) : damaged("a key is missing");
}

}  // namespace

const ShardTable::Slot& ShardTable::newest(std::uint8_t shard) const {
  const Shard& at = shards[shard];
  CHECK(at.count > 0);
  return at.slots[at.count - 1u];
}

const ShardTable::Slot* ShardTable::find(std::uint8_t shard, std::uint64_t wanted) const {
  const Shard& at = shards[shard];
  for (std::size_t i = 0; i < at.count; ++i)
    if (at.slots[i].epoch == wanted) return &at.slots[i];
  return nullptr;
}

void ShardTable::begin_rewrap(std::uint8_t shard) {
  Shard& at = shards[shard];
  CHECK(at.count == 1);
  at.slots[1].epoch = ++epoch;
  random_fill(at.slots[1].key);
  at.count = 2;
}

void ShardTable::end_rewrap(std::uint8_t shard) {
  Shard& at = shards[shard];
  CHECK(at.count == 2);
  at.slots[0] = at.slots[1];
  wipe(&at.slots[1], sizeof at.slots[1]);
  at.count = 1;
}

void fill_shards(ShardTable& table) {
  table.epoch = 1;
  for (auto& shard : table.shards) {
    shard.count = 1;
    shard.slots[0].epoch = 1;
    random_fill(shard.slots[0].key);
  }
}

Status save_shards(const std::filesystem::path& keys_dir, const Secret32& root, ShardTable& table) {
  ++table.epoch;
  Bytes bytes;
  bytes.reserve(kFileBytesMax);
  ByteWriter writer(bytes);
  writer.raw(kShardsMagic);
  writer.u8(kShardsVersion);
  writer.u64(table.epoch);
  const Bytes head = bytes;
  wrap(writer, root, {}, head);
  std::size_t count = 0;
  for (const auto& shard : table.shards) count += shard.count;
  writer.u16(static_cast<std::uint16_t>(count));
  for (std::size_t i = 0; i < kShardCount; ++i) {
    const auto index = static_cast<std::uint8_t>(i);
    for (std::size_t k = 0; k < table.shards[i].count; ++k) {
      const auto& slot = table.shards[i].slots[k];
      writer.u8(index);
      writer.u64(slot.epoch);
      wrap(writer, root, slot.key, associated_data(table.epoch, index, slot.epoch));
    }
  }
  writer.raw(authentication(root, bytes));
  writer.raw(sha256(bytes));
  return replace_key_file(shards_file(keys_dir), bytes);
}

Status load_shards(const std::filesystem::path& keys_dir, const Secret32& root, ShardTable& table) {
  CARTELLA_TRY(const auto bytes, read_key_file(shards_file(keys_dir), kFileBytesMax));
  const ByteView all(bytes);
  constexpr std::size_t kEntriesAt = kHeadBytes + kCheckBytes + 2;
  if (all.size() < kEntriesAt + kTailBytes) return damaged("it is too short");
  // The plain checksum tells damage from a wrong passphrase.
  if (!std::ranges::equal(sha256(all.first(all.size() - 32)), all.last(32)))
    return damaged("it does not match its checksum");
  if (!std::ranges::equal(all.first(4), kShardsMagic)) return damaged("it is not a shard file");
  if (all[4] != kShardsVersion)
    return fail(Errc::unsupported, "keys/shards is of a version this build does not know");
  if (!unwrap({}, root, all.subspan(kHeadBytes, kCheckBytes), all.first(kHeadBytes)))
    return fail(Errc::wrong_passphrase, "the passphrase does not open keys/shards");
  const ByteView content = all.first(all.size() - kTailBytes);
  if (sodium_memcmp(authentication(root, content).data(), content.data() + content.size(), 32) != 0)
    return damaged("it is not authentic");
  const std::size_t count = load_be16(all.data() + kHeadBytes + kCheckBytes);
  const ByteView entries = content.subspan(kEntriesAt);
  if (entries.size() != count * kEntryBytes) return damaged("its length is wrong");
  table = ShardTable{};
  table.epoch = load_be64(all.data() + 5);
  return decode_entries(entries, root, table);
}

}  // namespace cartella::crypto
