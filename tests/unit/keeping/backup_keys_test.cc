// The keys of backups: how long they live, and what the file refuses.
#include "keeping/backup_keys.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace cartella::keeping {
namespace {

VaultCopyKey key_of(std::uint8_t number, std::int64_t made_at_us, std::uint64_t erasures) {
  VaultCopyKey key;
  key.id.bytes.fill(number);
  key.made_at = {made_at_us};
  key.erasures = erasures;
  key.key = crypto::Secret32::random();
  return key;
}

class Keys : public ::testing::Test {
 protected:
  void SetUp() override { crypto::start(); }
  std::vector<int> left() const {
    std::vector<int> numbers;
    for (const auto& key : keys_.vault_keys) numbers.push_back(key.id.bytes[0]);
    return numbers;
  }
  BackupKeys keys_;
};

TEST_F(Keys, ReadBackWhatWasWrittenAndAreClosedToOthers) {
  const auto folder =
      std::filesystem::path(::testing::TempDir()) / ("backup_keys_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  keys_.newest = 9;
  keys_.log.bytes.fill(4);
  keys_.files_key = crypto::Secret32::random();
  keys_.log_keys.resize(2);
  keys_.vault_keys.push_back(key_of(1, 5, 2));
  ASSERT_TRUE(write_backup_keys(folder, keys_));

  const auto found = read_backup_keys(folder);

  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(found.value().newest, 9u);
  EXPECT_EQ(found.value().log, keys_.log);
  EXPECT_EQ(encode_backup_keys(found.value()), encode_backup_keys(keys_));
  EXPECT_EQ(std::filesystem::status(backup_keys_file(folder)).permissions() &
                (std::filesystem::perms::group_all | std::filesystem::perms::others_all),
            std::filesystem::perms::none);
  std::filesystem::remove_all(folder);
}

TEST_F(Keys, TellWhichCopiesCouldStillUndoAnErasureAndUntilWhen) {
  const auto folder =
      std::filesystem::path(::testing::TempDir()) / ("vault_copies_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  EXPECT_TRUE(vault_copies(folder).empty()) << "no backup was made";
  keys_.files_key = crypto::Secret32::random();
  keys_.log_keys.resize(1);
  keys_.vault_keys.push_back(key_of(1, 5, 2));
  keys_.vault_keys.push_back(key_of(2, 7, 2));
  ASSERT_TRUE(write_backup_keys(folder, keys_));

  const auto copies = vault_copies(folder);

  ASSERT_EQ(copies.size(), 2u);
  EXPECT_EQ(copies[0].id, keys_.vault_keys[0].id);
  EXPECT_EQ(copies[1].made_at.us, 7);
  EXPECT_EQ(copies[1].expires_at.us, 7 + kVaultCopyLifeUs);
  std::filesystem::remove_all(folder);
}

TEST_F(Keys, RefuseEveryFlippedByteAndEveryPrefix) {
  keys_.vault_keys.push_back(key_of(1, 5, 2));
  const Bytes bytes = encode_backup_keys(keys_);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    Bytes flipped = bytes;
    flipped[at] ^= 0x20;
    ASSERT_FALSE(decode_backup_keys(flipped)) << at;
    ASSERT_FALSE(decode_backup_keys(ByteView(bytes).first(at))) << at;
  }
}

TEST_F(Keys, OfACopyOfTheVaultLiveThirtyDaysAndNotAMomentLonger) {
  keys_.vault_keys.push_back(key_of(1, 1000, 0));
  keys_.vault_keys.push_back(key_of(2, 2000, 0));

  EXPECT_EQ(forget_vault_keys(keys_, {999 + kVaultCopyLifeUs}, std::nullopt), 0u);
  EXPECT_EQ(forget_vault_keys(keys_, {1000 + kVaultCopyLifeUs}, std::nullopt), 1u);
  EXPECT_EQ(left(), (std::vector<int>{2}));
  EXPECT_EQ(forget_vault_keys(keys_, {2000 + kVaultCopyLifeUs}, std::nullopt), 1u);
  EXPECT_TRUE(left().empty());
}

TEST_F(Keys, PastTheirLifeGoFromTheFileAtAStart) {
  const auto folder = std::filesystem::path(::testing::TempDir()) /
                      ("backup_keys_start_" + std::to_string(getpid()));
  ASSERT_TRUE(expire_vault_keys(folder, {0}));  // no file, nothing to do
  std::filesystem::create_directories(folder);
  keys_.vault_keys.push_back(key_of(1, 1000, 5));
  keys_.vault_keys.push_back(key_of(2, 2000, 6));
  ASSERT_TRUE(write_backup_keys(folder, keys_));

  ASSERT_TRUE(expire_vault_keys(folder, {1000 + kVaultCopyLifeUs}));

  const auto left = read_backup_keys(folder).value();
  ASSERT_EQ(left.vault_keys.size(), 1u);
  EXPECT_EQ(left.vault_keys[0].id.bytes[0], 2);
  std::filesystem::remove_all(folder);
}

TEST_F(Keys, F25_OfCopiesOlderThanAnErasureGoAsSoonAsThereIsANewerOne) {
  keys_.vault_keys.push_back(key_of(1, 1000, 0));
  keys_.vault_keys.push_back(key_of(2, 2000, 1));
  keys_.vault_keys.push_back(key_of(3, 3000, 2));

  EXPECT_EQ(forget_vault_keys(keys_, {4000}, 2), 2u);
  EXPECT_EQ(left(), (std::vector<int>{3}));
}

TEST_F(Keys, F25_CR04_OfCopiesByARegisterThatWasWrittenAnewGoAsSoonAsThereIsANewerOne) {
  keys_.vault_keys.push_back(key_of(1, 1000, 7));  // the lost register knew of more
  keys_.vault_keys.push_back(key_of(2, 2000, 3));
  keys_.vault_keys.push_back(key_of(3, 3000, 3));

  EXPECT_EQ(forget_vault_keys(keys_, {4000}, 3), 1u);
  EXPECT_EQ(left(), (std::vector<int>{2, 3}));
}

TEST_F(Keys, MadeByAClockThatWasAheadGoOnceThereIsANewerCopy) {
  keys_.vault_keys.push_back(key_of(1, 1000, 0));
  keys_.vault_keys.push_back(key_of(2, 9000, 0));

  EXPECT_EQ(forget_later_vault_keys(keys_, {2000}), 0u);  // the newest there is
  keys_.vault_keys.push_back(key_of(3, 2000, 0));
  EXPECT_EQ(forget_later_vault_keys(keys_, {2000}), 1u);
  EXPECT_EQ(left(), (std::vector<int>{1, 3}));
}

TEST_F(Keys, TheNewestCopyStaysThoughAnErasureCameAfterIt) {
  keys_.vault_keys.push_back(key_of(1, 1000, 0));
  keys_.vault_keys.push_back(key_of(2, 2000, 0));

  EXPECT_EQ(forget_vault_keys(keys_, {3000}, 1), 1u);
  EXPECT_EQ(left(), (std::vector<int>{2}));
}

}  // namespace
}  // namespace cartella::keeping
