// Frozen bytes of the vault's files and rows and of encrypted files: tests/golden/vault.txt and
// encrypted_file.txt. The product takes random nonces, so the layouts are spelled out here a second
// time with fixed ones, and the product's readers have to accept them.
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <sodium.h>

#include <memory>

#include "crypto/encrypted_env.h"
#include "crypto/root_key.h"
#include "crypto/shards.h"
#include "crypto/vault_impl.h"
#include "crypto/vault_rows.h"
#include "crypto/vault_wrap.h"
#include "tests/support/golden.h"
#include "tests/unit/crypto/support.h"

namespace cartella::crypto {
namespace {

using namespace std::string_view_literals;
using tests::golden_hash;
using tests::GoldenFolder;
using tests::GoldenLines;
using tests::GoldenValues;

constexpr std::string_view kPassphrase = "una frase inventata per gli esempi";
constexpr std::uint64_t kFileEpoch = 4;
constexpr std::uint8_t kRewrapped = 5;  // the shard with two keys

Bytes joined(std::initializer_list<ByteView> parts) {
  Bytes to;
  for (const ByteView part : parts) to.insert(to.end(), part.begin(), part.end());
  return to;
}

Bytes with_hash(const Bytes& bytes) { return joined({bytes, sha256(ByteView(bytes))}); }

// Nonce, ciphertext and tag under a nonce that follows from `name`.
Bytes sealed(std::string_view name, const Hash32& key, ByteView plaintext, ByteView associated) {
  const Hash32 nonce = golden_hash("golden nonce " + std::string(name));
  Bytes to(24 + plaintext.size() + 16);
  std::copy_n(nonce.begin(), 24, to.begin());
  crypto_aead_xchacha20poly1305_ietf_encrypt(to.data() + 24, nullptr, plaintext.data(),
                                             plaintext.size(), associated.data(), associated.size(),
                                             nullptr, to.data(), key.data());
  return to;
}

Hash32 shard_key(std::uint8_t shard, std::uint64_t epoch) {
  return golden_hash("golden shard key " + std::to_string(shard) + " " + std::to_string(epoch));
}

Bytes root_params() {
  const Hash32 salt = golden_hash("golden salt");
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(as_bytes("CRTP"sv));
  writer.u8(1);
  writer.u8(1);
  writer.u64(1);     // operations
  writer.u64(8192);  // bytes of memory
  writer.raw(ByteView(salt).first(16));
  return with_hash(bytes);
}

Hash32 root_key() {
  const Hash32 salt = golden_hash("golden salt");
  Hash32 key{};
  EXPECT_EQ(crypto_pwhash(key.data(), key.size(), kPassphrase.data(), kPassphrase.size(),
                          salt.data(), 1, 8192, crypto_pwhash_ALG_ARGON2ID13),
            0);
  return key;
}

Bytes shard_entry(std::uint8_t shard, std::uint64_t epoch) {
  Bytes associated;
  ByteWriter to(associated);
  to.raw(as_bytes("cartella/shard-key/1\0"sv));
  to.u64(kFileEpoch);
  to.u8(shard);
  to.u64(epoch);
  Bytes entry;
  ByteWriter writer(entry);
  writer.u8(shard);
  writer.u64(epoch);
  writer.raw(sealed("shard " + std::to_string(shard) + " " + std::to_string(epoch), root_key(),
                    shard_key(shard, epoch), associated));
  return entry;
}

struct ShardFile {
  Bytes head;
  Bytes check;
  Bytes entries;
  Hash32 authentication{};
  Bytes all;
};

ShardFile shard_file() {
  ShardFile file;
  ByteWriter head(file.head);
  head.raw(as_bytes("CRTS"sv));
  head.u8(1);
  head.u64(kFileEpoch);
  file.check = sealed("shard file", root_key(), {}, file.head);
  for (std::size_t i = 0; i < kShardCount; ++i) {
    const auto shard = static_cast<std::uint8_t>(i);
    file.entries = joined({file.entries, shard_entry(shard, 1)});
    if (shard == kRewrapped) file.entries = joined({file.entries, shard_entry(shard, 3)});
  }
  const std::array<std::uint8_t, 2> count = {0x01, 0x01};  // 257 keys
  const Bytes content = joined({file.head, file.check, count, file.entries});
  const Secret32 key = derive(Secret32(root_key()), "shards", {});
  file.authentication =
      hmac_sha256(key.view(), {as_bytes("cartella/shards/1\0"sv), ByteView(content)});
  file.all = with_hash(joined({content, file.authentication}));
  return file;
}

Bytes vault_head() {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(as_bytes("CRTV"sv));
  writer.u8(1);
  writer.u64(1);
  return with_hash(bytes);
}

Bytes row_value(Family family, const RowId& row, ByteView plaintext) {
  Bytes associated;
  ByteWriter to(associated);
  to.raw(as_bytes("cartella/vault-row/1\0"sv));
  to.raw(row);
  to.u8(static_cast<std::uint8_t>(family));
  to.u64(1);
  Bytes value;
  ByteWriter writer(value);
  writer.u8(1);
  writer.u64(1);
  writer.raw(sealed(std::string(family_name(family)) + to_hex(row), shard_key(row[0], 1), plaintext,
                    associated));
  return value;
}

struct Row {
  std::string name;
  Family family = Family::owner_key;
  RowId id{};
  Bytes plaintext;
};

std::vector<Row> rows() {
  const auto key_id = testing::id_of<KeyId>("golden subject key");
  const auto stream = testing::id_of<StreamId>("golden stream event");
  const auto subject = testing::id_of<SubjectId>("golden subject");
  const auto controller = testing::id_of<ControllerId>("golden controller");
  const Hash32 owner_key = sha256({as_bytes("golden owner key"), key_id.view()});
  const Hash32 stream_secret = sha256({as_bytes("golden stream secret"), stream.view()});
  const std::array<std::uint8_t, 1> subject_domain = {1};
  const std::array<std::uint8_t, 1> base_class = {0};
  const std::array<std::uint8_t, 4> six = {0, 0, 0, 6};
  const std::array<std::uint8_t, 4> eighteen = {0, 0, 0, 18};
  Hash32 mark{};
  mark[7] = 7;
  const auto name_row = [](std::string_view name) {
    const Hash32 hash = sha256({as_bytes("cartella/vault-name/1\0"sv), as_bytes(name)});
    RowId row{};
    std::copy_n(hash.begin(), row.size(), row.begin());
    return row;
  };
  return {
      {"owner_keys", Family::owner_key, key_id.bytes, joined({owner_key})},
      {"stream_secrets", Family::stream_secret, stream.bytes, joined({stream_secret})},
      {"owner_names", Family::owner_name, key_id.bytes,
       joined({subject_domain, subject.view(), controller.view(), base_class})},
      {"named_secrets", Family::named_secret, name_row("claims"),
       joined({golden_hash("golden claims key"), six, as_bytes("claims"sv)})},
      {"remembered_through", Family::named_secret, name_row("remembered-through"),
       joined({mark, eighteen, as_bytes("remembered-through"sv)})},
  };
}

GoldenLines vault_lines() {
  const ShardFile shards = shard_file();
  constexpr std::size_t kEntry = 97;
  GoldenLines lines;
  lines.add("passphrase", as_bytes(kPassphrase));
  lines.add("root.params", root_params());
  lines.add("root_key", root_key());
  lines.add("shards.head", shards.head);
  lines.add("shards.check", shards.check);
  lines.add("shards.count", ByteView(shards.all).subspan(13 + 40, 2));
  lines.add("shards.key_of_0", shard_key(0, 1));
  lines.add("shards.entry_of_0", ByteView(shards.entries).first(kEntry));
  lines.add("shards.entries_of_5", ByteView(shards.entries).subspan(5 * kEntry, 2 * kEntry));
  lines.add("shards.authentication", shards.authentication);
  lines.add("shards.hash", ByteView(shards.all).last(32));
  lines.add("vault.head", vault_head());
  for (const Row& row : rows()) {
    lines.add(row.name + ".id", row.id);
    lines.add(row.name + ".plaintext", row.plaintext);
    lines.add(row.name + ".value", row_value(row.family, row.id, row.plaintext));
  }
  return lines;
}

TEST(GoldenVault, CompareFilesAndRowsWithFrozenGolden) {
  start();
  tests::compare_with_frozen("vault.txt", vault_lines().text());
}

TEST(GoldenVault, TheKeyFilesAreReadAsWritten) {
  start();
  const GoldenValues frozen("vault");
  const GoldenFolder keys;
  keys.write("root.params", frozen["root.params"]);
  keys.write("shards", shard_file().all);
  const Secret32 root = load_root_key(keys.path(), Passphrase{std::string(kPassphrase)}).value();
  EXPECT_EQ(to_hex(root.view()), to_hex(frozen["root_key"]));
  const auto table = std::make_unique<ShardTable>();
  ASSERT_TRUE(load_shards(keys.path(), root, *table).has_value());
  EXPECT_EQ(table->epoch, kFileEpoch);
  for (std::size_t i = 0; i < kShardCount; ++i) {
    const auto shard = static_cast<std::uint8_t>(i);
    EXPECT_EQ(table->find(shard, 1)->key, shard_key(shard, 1));
  }
  EXPECT_EQ(table->newest(kRewrapped).key, shard_key(kRewrapped, 3));
}

TEST(GoldenVault, RowsUnwrapToWhatTheVaultEncodes) {
  start();
  const auto table = std::make_unique<ShardTable>();
  for (std::size_t i = 0; i < kShardCount; ++i) {
    table->shards[i].count = 1;
    table->shards[i].slots[0] = {1, shard_key(static_cast<std::uint8_t>(i), 1)};
  }
  for (const Row& row : rows()) {
    Bytes plaintext(row.plaintext.size());
    ASSERT_TRUE(unwrap_value(*table, row.family, row.id,
                             row_value(row.family, row.id, row.plaintext), plaintext)
                    .has_value())
        << row.name;
    EXPECT_EQ(plaintext, row.plaintext) << row.name;
  }
  EXPECT_EQ(encode_named(Secret32(golden_hash("golden claims key")), "claims"),
            rows()[3].plaintext);
  EXPECT_EQ(named_row("claims"), rows()[3].id);
  EXPECT_EQ(
      encode_owner({schema::KeyDomain::subject, testing::id_of<SubjectId>("golden subject").bytes,
                    testing::id_of<ControllerId>("golden controller"), schema::KeyClass::base}),
      rows()[2].plaintext);
}

TEST(GoldenVault, ANewVaultHasTheFrozenHead) {
  start();
  const GoldenFolder dir;
  std::filesystem::create_directories(dir.path() / "keys");
  ASSERT_TRUE(VaultRows::create(dir.path()).has_value());
  EXPECT_EQ(to_hex(as_bytes(tests::read_text(dir.path() / "keys" / "vault.head"))),
            to_hex(GoldenValues("vault")["vault.head"]));
}

struct EncryptedFile {
  Bytes prefix;  // without the zeros up to 4096
  Bytes content = joined(
      {as_bytes("contenuto inventato, piu lungo di un blocco di 64 byte, per gli esempi"sv)});
  Bytes stored;
};

// The key stream counts from the beginning of the file, so the prefix takes its first blocks.
constexpr std::size_t kPrefixBytes = 4096;

EncryptedFile encrypted_file(const Secret32& key) {
  EncryptedFile file;
  const Hash32 nonce_hash = golden_hash("golden file nonce");
  const ByteView nonce = ByteView(nonce_hash).first(24);
  const Secret32 check_key = derive(key, "env-check", {});
  const Hash32 check = hmac_sha256(check_key.view(), {as_bytes("cartella/env/1\0"sv), nonce});
  file.prefix = joined({as_bytes("CRTENC01"sv), nonce, check});
  file.stored.resize(file.content.size());
  const Secret32 stream_key = derive(key, "env-stream", {});
  crypto_stream_xchacha20_xor_ic(file.stored.data(), file.content.data(), file.content.size(),
                                 nonce.data(), kPrefixBytes / 64, stream_key.view().data());
  return file;
}

TEST(GoldenVault, CompareAnEncryptedFileWithFrozenGolden) {
  start();
  const Secret32 key = testing::secret_of("golden file key");
  const EncryptedFile file = encrypted_file(key);
  GoldenLines lines;
  lines.add("key", key.view());
  lines.add("prefix", file.prefix);
  lines.add("content", file.content);
  lines.add("stored", file.stored);
  tests::compare_with_frozen("encrypted_file.txt", lines.text());

  const GoldenFolder dir;
  const Bytes zeros(kPrefixBytes - file.prefix.size());
  dir.write("file", joined({file.prefix, zeros, file.stored}));
  const auto env = make_encrypted_env(key);
  std::string content;
  ASSERT_TRUE(rocksdb::ReadFileToString(env.get(), (dir.path() / "file").string(), &content).ok());
  EXPECT_EQ(content, as_text(file.content));
}

}  // namespace
}  // namespace cartella::crypto
