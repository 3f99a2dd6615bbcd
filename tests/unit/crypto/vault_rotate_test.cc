// Rotation of what wraps the keys: root key and shard keys (S-KEYS, CR-08, F-16).
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "tests/unit/crypto/vault_child.h"

namespace cartella::crypto {
namespace {

namespace fs = std::filesystem;
using testing::dies_as_child;
using testing::kDied;
using testing::small_options;

const Passphrase kOld{"la frase di prima"};
const Passphrase kNew{"la frase di adesso"};

class VaultRotateTest : public ::testing::Test {
 protected:
  VaultRotateTest()
      : x_dir(fs::path(::testing::TempDir()) /
              ("vault_rotate_" + std::to_string(getpid()) + "_" +
               std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    fs::remove_all(x_dir);
  }
  ~VaultRotateTest() override { fs::remove_all(x_dir); }

  const fs::path& dir() const { return x_dir; }
  std::unique_ptr<Vault> create() const {
    return Vault::create(x_dir, kOld, small_options()).value();
  }
  Result<std::unique_ptr<Vault>> open(const Passphrase& with) const {
    return Vault::open(x_dir, with, small_options());
  }
  Errc open_error(const Passphrase& with) const {
    const auto opened = open(with);
    return opened.has_error() ? opened.error().code : Errc::unsupported;
  }
  static OwnerKeyName owner() {
    OwnerKeyName name;
    name.owner.fill(1);
    name.controller.bytes.fill(7);
    return name;
  }
  // Rotates in a process of its own (RocksDB's threads do not survive a fork) that dies, without
  // any destructor, at the step of that number.
  static bool dies_at(const char* what, const fs::path& dir, int step) {
    return dies_as_child("RotatingChild", {{"CARTELLA_ROTATE", what + std::to_string(step)},
                                           {"CARTELLA_ROTATE_DIR", dir.string()}});
  }

 private:
  fs::path x_dir;
};

Bytes key_bytes(Vault& vault, const KeyId& key, const StreamId& stream) {
  const auto derived = vault.segment_key(key, stream);
  const ByteView view = derived.value().view();
  return {view.begin(), view.end()};
}

// The process that dies_at starts; by itself it has nothing to rotate.
TEST(RotatingChild, DISABLED_DiesAtTheStepItIsTold) {
  const char* const what = std::getenv("CARTELLA_ROTATE");
  if (what == nullptr) GTEST_SKIP() << "only as a child of VaultRotateTest";
  const int last = std::stoi(what + 1);
  int seen = 0;
  const Vault::Step step = [&](std::string_view) {
    if (seen++ == last) _exit(kDied);
  };
  const auto vault = Vault::open(std::getenv("CARTELLA_ROTATE_DIR"), kOld, small_options()).value();
  EXPECT_TRUE(what[0] == 'r' ? vault->rotate_root(kNew, step) : vault->rotate_shards(step));
}

TEST_F(VaultRotateTest, SKEYS_AfterARotationOnlyTheNewPassphraseOpens) {
  auto vault = create();
  const KeyId key = vault->owner_key(owner()).value();
  const StreamId stream = vault->new_stream().value();
  const Bytes before = key_bytes(*vault, key, stream);
  ASSERT_TRUE(vault->remember());

  ASSERT_TRUE(vault->rotate_root(kNew));
  EXPECT_TRUE(vault->verify());
  EXPECT_EQ(vault->named_secret("claims").has_value(), true);
  vault.reset();

  EXPECT_EQ(open_error(kOld), Errc::wrong_passphrase);
  vault = open(kNew).value();
  EXPECT_EQ(key_bytes(*vault, key, stream), before);
  EXPECT_FALSE(fs::exists(dir() / "keys" / "root.next"));
  EXPECT_FALSE(fs::exists(dir() / "keys" / "root.params.old"));
}

TEST_F(VaultRotateTest, F16_AKillAtAnyStepOfARootRotationLeavesTheOldKeyOrTheNewOne) {
  for (int step = 0; step < 3; ++step) {
    fs::remove_all(dir());
    auto vault = create();
    const StreamId stream = vault->new_stream().value();
    const KeyId key = vault->owner_key(owner()).value();
    const Bytes before = key_bytes(*vault, key, stream);
    ASSERT_TRUE(vault->remember());
    vault.reset();

    ASSERT_TRUE(dies_at("r", dir(), step)) << step;

    // Only the parameters were there: the old passphrase; from the shard file on, the new one.
    const Passphrase& opens = step == 0 ? kOld : kNew;
    EXPECT_EQ(open_error(step == 0 ? kNew : kOld), Errc::wrong_passphrase) << step;
    auto again = open(opens);
    ASSERT_TRUE(again) << step;
    EXPECT_EQ(key_bytes(*again.value(), key, stream), before) << step;
    EXPECT_TRUE(again.value()->verify()) << step;
    EXPECT_FALSE(fs::exists(dir() / "keys" / "root.next")) << step;
    ASSERT_TRUE(again.value()->rotate_root(kNew)) << step;
    again.value().reset();
    EXPECT_TRUE(open(kNew)) << step;
  }
}

TEST_F(VaultRotateTest, CR08_NewShardKeysChangeEveryWrappingAndNoKey) {
  auto vault = create();
  std::vector<StreamId> streams;
  std::vector<Bytes> before;
  const KeyId key = vault->owner_key(owner()).value();
  for (int i = 0; i < 40; ++i) {
    streams.push_back(vault->new_stream().value());
    before.push_back(key_bytes(*vault, key, streams.back()));
  }
  ASSERT_TRUE(vault->remember());
  fs::copy_file(dir() / "keys" / "shards", dir() / "shards.before");
  int steps = 0;

  ASSERT_TRUE(vault->rotate_shards([&](std::string_view) { ++steps; }));

  EXPECT_EQ(steps, 256);
  EXPECT_TRUE(vault->verify());
  vault.reset();
  vault = open(kOld).value();
  for (std::size_t i = 0; i < streams.size(); ++i)
    EXPECT_EQ(key_bytes(*vault, key, streams[i]), before[i]);
  vault.reset();
  // The shard file of before opens no row any more.
  fs::copy_file(dir() / "shards.before", dir() / "keys" / "shards",
                fs::copy_options::overwrite_existing);
  const auto stale = open(kOld);
  EXPECT_TRUE(stale.has_error() || stale.value()->verify().has_error());
}

TEST_F(VaultRotateTest, F16_AKillAtAShardIsFinishedByTheNextOpen) {
  auto vault = create();
  const KeyId key = vault->owner_key(owner()).value();
  const StreamId stream = vault->new_stream().value();
  const Bytes before = key_bytes(*vault, key, stream);
  ASSERT_TRUE(vault->remember());
  vault.reset();

  for (const int step : {0, 100, 255}) {
    ASSERT_TRUE(dies_at("s", dir(), step)) << step;
    vault = open(kOld).value();
    EXPECT_TRUE(vault->verify()) << step;
    EXPECT_EQ(key_bytes(*vault, key, stream), before) << step;
    vault.reset();
  }
}

TEST_F(VaultRotateTest, CR08_KeysAreTakenAndDerivedWhileEverythingRotates) {
  auto vault = create();
  const KeyId key = vault->owner_key(owner()).value();
  std::atomic<bool> stop = false;
  std::atomic<int> failures = 0;
  std::vector<std::pair<StreamId, Bytes>> made;
  std::thread load([&] {
    while (!stop) {
      const auto stream = vault->new_stream();
      if (!stream || !vault->segment_key(key, stream.value())) {
        ++failures;
        return;
      }
      made.emplace_back(stream.value(), key_bytes(*vault, key, stream.value()));
    }
  });

  ASSERT_TRUE(vault->rotate_shards());
  ASSERT_TRUE(vault->rotate_root(kNew));
  stop = true;
  load.join();
  ASSERT_TRUE(vault->remember());
  vault.reset();

  EXPECT_EQ(failures, 0);
  ASSERT_FALSE(made.empty());
  vault = open(kNew).value();
  for (const auto& [stream, bytes] : made) EXPECT_EQ(key_bytes(*vault, key, stream), bytes);
  EXPECT_TRUE(vault->verify());
}

TEST_F(VaultRotateTest, CR08_ANewGenerationGivesEachOwnerANewKeyAndTheOldOneGoesOnOpening) {
  auto vault = create();
  const KeyId old = vault->owner_key(owner()).value();
  const StreamId stream = vault->new_stream().value();
  const Bytes before = key_bytes(*vault, old, stream);

  ASSERT_TRUE(vault->rotate_owners());
  const KeyId next = vault->owner_key(owner()).value();
  EXPECT_NE(next, old);
  EXPECT_EQ(vault->owner_key(owner()).value(), next);
  EXPECT_EQ(key_bytes(*vault, old, stream), before);
  ASSERT_TRUE(vault->remember());
  vault.reset();

  vault = open(kOld).value();
  EXPECT_EQ(vault->owner_generation(), 1u);
  EXPECT_EQ(vault->owner_key(owner()).value(), next);
  EXPECT_EQ(key_bytes(*vault, old, stream), before);
  EXPECT_TRUE(vault->verify());
  // An erasure finds both.
  const auto all = vault->owner_keys_of(owner().domain, owner().owner, owner().controller);
  EXPECT_EQ(all.size(), 2u);
  ASSERT_TRUE(vault->destroy_keys(all, {}));
  EXPECT_EQ(vault->segment_key(old, stream).error().code, Errc::erased);
  EXPECT_EQ(vault->segment_key(next, stream).error().code, Errc::erased);
}

TEST_F(VaultRotateTest, F16_AKeyThatACrashForgotIsOfTheGenerationThatTookIt) {
  auto vault = create();
  const KeyId old = vault->owner_key(owner()).value();
  ASSERT_TRUE(vault->rotate_owners());  // remembers it
  const KeyId next = vault->owner_key(owner()).value();
  vault.reset();  // without remember

  vault = open(kOld).value();
  EXPECT_EQ(vault->owner_of(old), owner());
  ASSERT_TRUE(vault->bind_owner(owner(), next));  // what the replay of the log says
  EXPECT_EQ(vault->owner_key(owner()).value(), next);
}

}  // namespace
}  // namespace cartella::crypto
