#include "crypto/vault.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "tests/support/live_tables.h"
#include "tests/unit/crypto/vault_child.h"

namespace cartella::crypto {
namespace {

namespace fs = std::filesystem;
using testing::small_options;

const Passphrase& passphrase() {
  static const Passphrase kPassphrase{"una frase lunga per le prove"};
  return kPassphrase;
}

OwnerKeyName owner(std::uint8_t number, schema::KeyClass key_class = schema::KeyClass::base) {
  OwnerKeyName name;
  name.owner.fill(number);
  name.controller.bytes.fill(7);
  name.key_class = key_class;
  return name;
}

class VaultTest : public ::testing::Test {
 protected:
  VaultTest()
      : x_dir(fs::path(::testing::TempDir()) /
              ("vault_" + std::to_string(getpid()) + "_" +
               std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    fs::remove_all(x_dir);
  }
  ~VaultTest() override { fs::remove_all(x_dir); }

  fs::path dir(const char* name = "data") const { return x_dir / name; }
  std::unique_ptr<Vault> create(const VaultOptions& options = small_options()) const {
    return Vault::create(dir(), passphrase(), options).value();
  }
  std::unique_ptr<Vault> open(const char* name = "data") const {
    return Vault::open(dir(name), passphrase(), small_options()).value();
  }
  Errc open_error(const fs::path& from, const Passphrase& with = passphrase()) const {
    const auto opened = Vault::open(from, with, small_options());
    return opened.has_error() ? opened.error().code : Errc::unsupported;
  }

 private:
  fs::path x_dir;
};

Bytes key_bytes(Vault& vault, const KeyId& key, const StreamId& stream) {
  const auto derived = vault.segment_key(key, stream);
  const ByteView view = derived.value().view();
  return {view.begin(), view.end()};
}

Errc key_error(Vault& vault, const KeyId& key, const StreamId& stream) {
  const auto derived = vault.segment_key(key, stream);
  return derived.has_error() ? derived.error().code : Errc::unsupported;
}

void flip(const fs::path& file, std::uintmax_t at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(at));
  const char changed = static_cast<char>(stream.get() ^ 0x10);
  stream.seekp(static_cast<std::streamoff>(at));
  stream.put(changed);
}

TEST_F(VaultTest, RefusesToCreateOverAVault) {
  create();
  const auto again = Vault::create(dir(), passphrase(), small_options());
  ASSERT_TRUE(again.has_error());
  EXPECT_EQ(again.error().code, Errc::invalid_argument);
}

TEST_F(VaultTest, TellsAMissingVaultFromAWrongPassphraseFromAVaultInUse) {
  EXPECT_EQ(open_error(dir()), Errc::not_found);
  auto vault = create();
  EXPECT_EQ(open_error(dir()), Errc::in_use);
  ASSERT_TRUE(vault->close().has_value());
  EXPECT_EQ(open_error(dir(), Passphrase{"un'altra frase"}), Errc::wrong_passphrase);
  EXPECT_TRUE(open()->verify().has_value());
}

TEST_F(VaultTest, AnswersUnavailableAfterClose) {
  auto vault = create();
  ASSERT_TRUE(vault->close().has_value());
  EXPECT_EQ(vault->new_stream().error().code, Errc::unavailable);
  EXPECT_EQ(vault->named_secret("claims").error().code, Errc::unavailable);
  EXPECT_EQ(vault->verify().error().code, Errc::unavailable);
}

// A list that is appended to can be torn by a power loss, and the vault then does not open.
TEST_F(VaultTest, F03_EveryChangeOfTheTablesMakesAListOfItsOwn) {
  auto vault = create();
  const auto current = [&] {
    std::ifstream file(dir() / "vault" / "CURRENT");
    std::string name;
    std::getline(file, name);
    return name;
  };
  const std::string before = current();
  ASSERT_TRUE(vault->owner_key(owner(1)));
  ASSERT_TRUE(vault->remember());
  EXPECT_NE(current(), before);
  EXPECT_TRUE(fs::exists(dir() / "vault" / current()));
}

TEST_F(VaultTest, DerivesTheSameKeysAfterReopening) {
  auto vault = create();
  const KeyId key = vault->owner_key(owner(1)).value();
  const StreamId stream = vault->new_stream().value();
  const Bytes before = key_bytes(*vault, key, stream);
  ASSERT_TRUE(vault->remember().has_value());
  vault.reset();

  vault = open();
  EXPECT_EQ(key_bytes(*vault, key, stream), before);
  EXPECT_EQ(vault->owner_key(owner(1)).value(), key);
  EXPECT_EQ(vault->owner_of(key), owner(1));
}

TEST_F(VaultTest, GivesEveryOwnerClassAndStreamItsOwnKey) {
  auto vault = create();
  std::set<Bytes> keys;
  for (int i = 0; i < 20; ++i) {  // past one refill of the pool
    const StreamId stream = vault->new_stream().value();
    const auto number = static_cast<std::uint8_t>(i);
    keys.insert(key_bytes(*vault, vault->owner_key(owner(number)).value(), stream));
    const auto health = vault->owner_key(owner(number, schema::KeyClass::health)).value();
    keys.insert(key_bytes(*vault, health, stream));
  }
  EXPECT_EQ(keys.size(), 40u);
  const auto found =
      vault->owner_keys_of(schema::KeyDomain::subject, owner(3).owner, owner(3).controller);
  EXPECT_EQ(found.size(), 2u);
}

TEST_F(VaultTest, AnswersErasedForUnknownIds) {
  auto vault = create();
  const KeyId key = vault->owner_key(owner(1)).value();
  const StreamId stream = vault->new_stream().value();
  EXPECT_EQ(key_error(*vault, key, StreamId{}), Errc::erased);
  EXPECT_EQ(key_error(*vault, KeyId{}, stream), Errc::erased);
}

TEST_F(VaultTest, KeepsWhatAnEventUsedWhenACrashForgotTheAssignment) {
  auto vault = create();
  const KeyId key = vault->owner_key(owner(1)).value();
  const StreamId used = vault->new_stream().value();
  const StreamId never_used = vault->new_stream().value();
  const Bytes before = key_bytes(*vault, key, used);
  fs::copy(dir(), dir("crashed"), fs::copy_options::recursive);  // nothing was remembered

  auto reopened = open("crashed");
  const StreamId fresh = reopened->new_stream().value();
  ASSERT_TRUE(reopened->bind_owner(owner(1), key).has_value());
  ASSERT_TRUE(reopened->mark_used(used).has_value());
  ASSERT_TRUE(reopened->destroy_unused().has_value());

  EXPECT_EQ(key_bytes(*reopened, key, used), before);
  EXPECT_EQ(reopened->owner_key(owner(1)).value(), key);
  EXPECT_EQ(key_error(*reopened, key, never_used), Errc::erased);
  EXPECT_NO_FATAL_FAILURE(key_bytes(*reopened, key, fresh));
  ASSERT_TRUE(reopened->remember().has_value());
  EXPECT_TRUE(reopened->verify().has_value());
}

TEST_F(VaultTest, NeverServesAPoolEntryOfAnEarlierRun) {
  auto vault = create();
  std::set<StreamId> handed_out;
  for (int i = 0; i < 3; ++i) handed_out.insert(vault->new_stream().value());
  vault.reset();
  vault = open();
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(handed_out.insert(vault->new_stream().value()).second);
}

TEST_F(VaultTest, DestroysUnusedEntriesOnlyOnce) {
  auto vault = create();
  const KeyId key = vault->owner_key(owner(1)).value();
  const StreamId stream = vault->new_stream().value();
  ASSERT_TRUE(vault->remember().has_value());
  vault.reset();
  vault = open();
  ASSERT_TRUE(vault->destroy_unused().has_value());
  ASSERT_TRUE(vault->destroy_unused().has_value());
  EXPECT_NO_FATAL_FAILURE(key_bytes(*vault, key, stream));
  EXPECT_TRUE(vault->verify().has_value());
}

TEST_F(VaultTest, RefusesToBindAKeyToASecondOwner) {
  auto vault = create();
  const KeyId key = vault->owner_key(owner(1)).value();
  EXPECT_TRUE(vault->bind_owner(owner(1), key).has_value());
  EXPECT_EQ(vault->bind_owner(owner(2), key).error().code, Errc::corrupt);
}

TEST_F(VaultTest, ForgetsDestroyedKeysAndKeepsTheirNeighbours) {
  VaultOptions options = small_options();
  options.pool_target = 600;  // several rows in every shard
  auto vault = create(options);
  std::vector<KeyId> keys;
  std::vector<StreamId> streams;
  for (int i = 0; i < 100; ++i) {
    keys.push_back(vault->owner_key(owner(static_cast<std::uint8_t>(i))).value());
    streams.push_back(vault->new_stream().value());
  }
  ASSERT_TRUE(vault->remember().has_value());
  const Bytes kept = key_bytes(*vault, keys[50], streams[50]);
  ASSERT_TRUE(vault->segment_key(keys[0], streams[0]).has_value());

  ASSERT_TRUE(
      vault->destroy_keys(std::span(keys).first(1), std::span(streams).subspan(1, 1)).has_value());

  EXPECT_EQ(key_error(*vault, keys[0], streams[0]), Errc::erased);
  EXPECT_EQ(key_error(*vault, keys[1], streams[1]), Errc::erased);
  EXPECT_FALSE(vault->owner_of(keys[0]).has_value());
  EXPECT_TRUE(vault->verify().has_value());
  vault.reset();
  vault = open();
  EXPECT_EQ(key_error(*vault, keys[0], streams[0]), Errc::erased);
  EXPECT_EQ(key_bytes(*vault, keys[50], streams[50]), kept);
  for (std::size_t i = 2; i < 100; ++i)
    EXPECT_TRUE(vault->segment_key(keys[i], streams[i]).has_value());
  // An old event names the key again during a replay: the name stays forgotten.
  ASSERT_TRUE(vault->bind_owner(owner(0), keys[0]).has_value());
  EXPECT_FALSE(vault->owner_of(keys[0]).has_value());
  EXPECT_NE(vault->owner_key(owner(0)).value(), keys[0]);
}

TEST_F(VaultTest, ADestroyedKeyIsUselessEvenWithTheOldRows) {
  auto vault = create();
  const KeyId key = vault->owner_key(owner(1)).value();
  const StreamId stream = vault->new_stream().value();
  ASSERT_TRUE(vault->remember().has_value());
  ASSERT_TRUE(vault->close().has_value());
  fs::copy(dir() / "vault", dir("old_rows"), fs::copy_options::recursive);
  const fs::path old_head = dir("old_head");
  fs::copy_file(dir() / "keys" / "vault.head", old_head);
  vault = open();
  ASSERT_TRUE(vault->destroy_keys({&key, 1}, {&stream, 1}).has_value());
  vault.reset();

  fs::remove_all(dir() / "vault");
  fs::copy(dir("old_rows"), dir() / "vault", fs::copy_options::recursive);
  EXPECT_EQ(open_error(dir()), Errc::corrupt);  // an older copy is refused by its count
  fs::copy_file(old_head, dir() / "keys" / "vault.head", fs::copy_options::overwrite_existing);
  EXPECT_EQ(open_error(dir()), Errc::corrupt);  // and its rows do not unwrap any more
}

TEST_F(VaultTest, NamedSecretsAreDurableAndDestroyed) {
  auto vault = create();
  const auto text = [](const Secret32& secret) { return to_hex(secret.view()); };
  const std::string claims = text(vault->named_secret("claims").value());
  const std::string views = text(vault->named_secret("views").value());
  EXPECT_NE(claims, views);
  vault.reset();
  vault = open();
  EXPECT_EQ(text(vault->named_secret("claims").value()), claims);
  EXPECT_FALSE(vault->has_named("never made").value());
  EXPECT_TRUE(vault->has_named("claims").value());
  ASSERT_TRUE(vault->destroy_named("claims").has_value());
  EXPECT_FALSE(vault->has_named("claims").value());
  ASSERT_TRUE(vault->destroy_named("never made").has_value());
  EXPECT_NE(text(vault->named_secret("claims").value()), claims);
  EXPECT_EQ(text(vault->named_secret("views").value()), views);
  EXPECT_EQ(vault->named_secret("").error().code, Errc::invalid_argument);
  EXPECT_TRUE(vault->verify().has_value());
}

TEST_F(VaultTest, FindsAFlippedByteInEveryFileThatMatters) {
  auto vault = create();
  const StreamId stream = vault->new_stream().value();
  const KeyId key = vault->owner_key(owner(1)).value();
  ASSERT_TRUE(vault->remember().has_value());
  ASSERT_TRUE(vault->segment_key(key, stream).has_value());
  ASSERT_TRUE(vault->verify().has_value());
  std::vector<fs::path> files = {dir() / "keys" / "shards", dir() / "keys" / "root.params",
                                 dir() / "keys" / "vault.head"};
  const auto tables = tests::live_tables(dir() / "vault", rocksdb::Env::Default());
  ASSERT_GE(tables.size(), 4u);
  files.insert(files.end(), tables.begin(), tables.end());
  files.push_back(dir() / "vault" / "CURRENT");
  for (const auto& entry : fs::directory_iterator(dir() / "vault"))
    if (entry.path().filename().string().starts_with("MANIFEST")) files.push_back(entry.path());
  for (const auto& file : files) {
    const auto size = fs::file_size(file);
    for (std::uintmax_t at = 0; at < size; at += 97) {
      flip(file, at);
      const auto verified = vault->verify();
      EXPECT_TRUE(verified.has_error()) << file.filename() << " byte " << at;
      flip(file, at);
    }
  }
  EXPECT_TRUE(vault->verify().has_value());
}

TEST_F(VaultTest, RefusesADamagedKeyFileOrALostChangeAtOpen) {
  create()->named_secret("claims").value();
  for (const char* name : {"shards", "root.params", "vault.head"}) {
    const fs::path file = dir() / "keys" / name;
    for (const std::uintmax_t at : {std::uintmax_t{20}, fs::file_size(file) - 1}) {
      flip(file, at);
      EXPECT_EQ(open_error(dir()), Errc::corrupt) << name;
      flip(file, at);
    }
  }
  // The newest change was torn off the MANIFEST: RocksDB alone would open an older vault.
  for (const auto& entry : fs::directory_iterator(dir() / "vault"))
    if (entry.path().filename().string().starts_with("MANIFEST"))
      fs::resize_file(entry.path(), fs::file_size(entry.path()) - 10);
  EXPECT_EQ(open_error(dir()), Errc::corrupt);
}

TEST_F(VaultTest, OpensAfterCrashesInARowBetweenAChangeAndItsHead) {
  create()->named_secret("claims").value();
  const fs::path head = dir() / "keys" / "vault.head";
  const fs::path kept = dir() / "head.kept";
  for (const char* name : {"first", "second", "third"}) {
    auto vault = open();
    fs::copy_file(head, kept, fs::copy_options::overwrite_existing);
    vault->named_secret(name).value();
    vault.reset();
    fs::copy_file(kept, head, fs::copy_options::overwrite_existing);
  }
  EXPECT_TRUE(open()->has_named("third").value());
}

TEST_F(VaultTest, DerivesTheSameKeysFromFourThreadsWhileTheCacheEvicts) {
  auto vault = create();
  constexpr std::size_t kStreams = 200;
  constexpr std::size_t kOwners = 8;  // 1600 keys in a cache of 512
  std::vector<KeyId> keys;
  std::vector<StreamId> streams;
  for (std::size_t i = 0; i < kOwners; ++i)
    keys.push_back(vault->owner_key(owner(static_cast<std::uint8_t>(i))).value());
  for (std::size_t i = 0; i < kStreams; ++i) streams.push_back(vault->new_stream().value());
  std::vector<Bytes> expected;
  for (const auto& stream : streams)
    for (const auto& key : keys) expected.push_back(key_bytes(*vault, key, stream));

  std::atomic<int> wrong = 0;
  const auto work = [&](std::size_t offset) {
    for (std::size_t n = 0; n < 2 * expected.size(); ++n) {
      const std::size_t i = (n * 7 + offset) % expected.size();
      const Bytes key = key_bytes(*vault, keys[i % kOwners], streams[i / kOwners]);
      if (key != expected[i] || (n % 100 == 0 && vault->new_stream().has_error())) ++wrong;
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) threads.emplace_back(work, t * 331);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(VaultTest, OneOwnerGetsOneKeyFromFourThreads) {
  auto vault = create();
  std::vector<KeyId> got(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] { got[t] = vault->owner_key(owner(9)).value(); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(std::set<KeyId>(got.begin(), got.end()).size(), 1u);
}

TEST_F(VaultTest, AControllerThatIsHeldKeepsItsKeysAndGetsNoNewOneUntilEachHoldIsReleased) {
  const auto vault = create();
  const OwnerKeyName known = owner(1);
  OwnerKeyName others = owner(2);
  others.controller.bytes.fill(8);
  const KeyId key = vault->owner_key(known).value();
  vault->hold_owner_keys(known.controller);
  vault->hold_owner_keys(known.controller);
  EXPECT_EQ(vault->owner_key(known).value(), key);
  EXPECT_TRUE(vault->owner_key(others));
  EXPECT_EQ(vault->owner_key(owner(2)).error().code, Errc::unavailable);
  vault->release_owner_keys(known.controller);
  EXPECT_EQ(vault->owner_key(owner(2)).error().code, Errc::unavailable);
  EXPECT_EQ(vault->owner_keys_at(known.controller), std::vector<KeyId>{key});
  vault->release_owner_keys(known.controller);
  EXPECT_TRUE(vault->owner_key(owner(2)));
}

TEST_F(VaultTest, ListsNamedSecretsByPrefixUntilTheyAreDestroyed) {
  const auto vault = create();
  ASSERT_TRUE(vault->named_secret("import/registry/B"));
  ASSERT_TRUE(vault->named_secret("import/registry/A"));
  ASSERT_TRUE(vault->named_secret("claims"));
  const std::vector<std::string> both = {"import/registry/A", "import/registry/B"};
  EXPECT_EQ(vault->named_secrets("import/registry/").value(), both);
  ASSERT_TRUE(vault->destroy_named("import/registry/A"));
  EXPECT_EQ(vault->named_secrets("import/registry/").value(),
            std::vector<std::string>{"import/registry/B"});
}

}  // namespace
}  // namespace cartella::crypto
