// What a vault forgets at start, and what it must not: the keys that events use.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "crypto/vault.h"

namespace cartella::crypto {
namespace {

namespace fs = std::filesystem;

class VaultRecoveryTest : public ::testing::Test {
 protected:
  VaultRecoveryTest()
      : x_dir(fs::path(::testing::TempDir()) /
              ("vault_recovery_" + std::to_string(getpid()) + "_" +
               std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    fs::remove_all(x_dir);
    x_options.fast_passphrase = true;
    x_options.pool_target = 8;
    x_options.cache_keys_max = 512;
  }
  ~VaultRecoveryTest() override { fs::remove_all(x_dir); }

  const fs::path& dir() const { return x_dir; }
  std::unique_ptr<Vault> create() const {
    return Vault::create(x_dir, Passphrase{"prova"}, x_options).value();
  }
  std::unique_ptr<Vault> open() const {
    return Vault::open(x_dir, Passphrase{"prova"}, x_options).value();
  }
  static OwnerKeyName owner() {
    OwnerKeyName name;
    name.owner.fill(1);
    name.controller.bytes.fill(7);
    return name;
  }

 private:
  fs::path x_dir;
  VaultOptions x_options;
};

// A start that fails half way closes the vault again; the next one must find the same work to do.
TEST_F(VaultRecoveryTest, SetsNoMarkWhileTheEarlierPoolIsNotSettled) {
  auto vault = create();
  const KeyId key = vault->owner_key(owner()).value();
  const StreamId stream = vault->new_stream().value();
  ASSERT_TRUE(vault->segment_key(key, stream));
  vault.reset();  // killed before remember()

  vault = open();
  EXPECT_EQ(vault->remember(10).error().code, Errc::invalid_argument);
  EXPECT_EQ(vault->remembered_through().value(), 0u);
  vault.reset();

  vault = open();
  ASSERT_TRUE(vault->mark_used(stream));
  ASSERT_TRUE(vault->bind_owner(owner(), key));
  ASSERT_TRUE(vault->remember());
  ASSERT_TRUE(vault->destroy_unused());
  ASSERT_TRUE(vault->remember(10));
  EXPECT_EQ(vault->remembered_through().value(), 10u);
  EXPECT_TRUE(vault->segment_key(key, stream));
}

TEST_F(VaultRecoveryTest, KeepsAUsedKeyWhoseOwnerIsNotTold) {
  auto vault = create();
  const KeyId key = vault->owner_key(owner()).value();
  const StreamId stream = vault->new_stream().value();
  vault.reset();  // killed before remember()

  vault = open();
  ASSERT_TRUE(vault->mark_used(stream));
  ASSERT_TRUE(vault->mark_used(key));
  ASSERT_TRUE(vault->remember());
  ASSERT_TRUE(vault->destroy_unused());
  ASSERT_TRUE(vault->remember(10));
  vault.reset();

  vault = open();  // the mark says that nothing is left to replay
  ASSERT_TRUE(vault->destroy_unused());
  EXPECT_TRUE(vault->segment_key(key, stream));
  EXPECT_FALSE(vault->owner_of(key));
  EXPECT_TRUE(vault->verify());
}

TEST_F(VaultRecoveryTest, StopsWhenTheNewShardKeysCannotBeSaved) {
  auto vault = create();
  const StreamId stream = vault->new_stream().value();
  const fs::path obstacle = dir() / "keys" / "shards.new";
  fs::create_directories(obstacle / "in-the-way");

  EXPECT_EQ(vault->destroy_keys({}, std::array{stream}).error().code, Errc::io);
  // A row wrapped with a key that only memory has would be lost with it.
  EXPECT_EQ(vault->named_secret("new").error().code, Errc::io);

  vault.reset();
  fs::remove_all(obstacle);
  vault = open();
  EXPECT_TRUE(vault->named_secret("new"));
  EXPECT_TRUE(vault->verify());
}

// What a failure after the rows have gone leaves: the old shard key is still on the disk.
TEST_F(VaultRecoveryTest, CallsNothingDestroyedWhileAnEarlierDestructionIsUnfinished) {
  auto vault = create();
  const StreamId stream = vault->new_stream().value();
  const fs::path obstacle = dir() / "keys" / "shards.new";
  fs::create_directories(obstacle / "in-the-way");
  EXPECT_EQ(vault->destroy_keys({}, std::array{stream}).error().code, Errc::io);
  fs::remove_all(obstacle);

  EXPECT_EQ(vault->destroy_keys({}, std::array{stream}).error().code, Errc::io);
  EXPECT_EQ(vault->destroy_keys({}, std::array{StreamId{}}).error().code, Errc::io);

  vault.reset();
  vault = open();
  EXPECT_TRUE(vault->destroy_keys({}, std::array{stream}));
}

}  // namespace
}  // namespace cartella::crypto
