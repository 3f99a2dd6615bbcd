// Backup and restore of a real log with a real vault, and everything that must not pass for one.
#include "keeping/backup.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <random>
#include <thread>

#include "cases/key_account.h"
#include "keeping/backup_keys.h"
#include "keeping/backup_objects.h"
#include "keeping/erasure_register.h"
#include "keeping/restore.h"
#include "store/file_io.h"
#include "store/restored_log.h"
#include "tests/unit/cases/log_fixture.h"

namespace cartella::keeping {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kDayUs = 86'400'000'000;

class BackupTest : public cases::LogFixture {
 protected:
  void SetUp() override {
    LogFixture::SetUp();
    target_ = fs::path(x_dir.string() + "-copies");
    second_ = fs::path(x_dir.string() + "-second");
    restored_dir_ = fs::path(x_dir.string() + "-restored");
    for (const auto& dir : {target_, second_, restored_dir_}) fs::remove_all(dir);
    fs::create_directories(second_);
  }
  void TearDown() override {
    LogFixture::TearDown();
    for (const auto& dir : {target_, second_, restored_dir_}) fs::remove_all(dir);
  }

  Result<BackupReport> back_up(std::int64_t keep_us = 3650 * kDayUs) {
    const BackupSource source{x_dir,   *x_log,    *x_vault, nullptr,
                              nullptr, x_log_key, x_server, x_clock};
    return make_backup(source, {target_, second_, keep_us});
  }
  BackupReport must_back_up() {
    auto made = back_up();
    EXPECT_TRUE(made) << (made ? "" : made.error().detail);
    return made ? made.value() : BackupReport{};
  }
  Result<BackupCheck> check(std::optional<std::uint64_t> number = {}) const {
    return verify_backup(target_, second_, number);
  }
  // As `cartella restore` does; then the restored log and vault stand open.
  Status restore(std::optional<std::uint64_t> number = {}) {
    CARTELLA_TRY(const auto files, restore_files({target_, second_, restored_dir_, number}));
    CARTELLA_TRY(const auto held, store::make_restored_journal(restored_dir_, store_options()));
    EXPECT_EQ(held.size, files.manifest.checkpoint.size);
    EXPECT_EQ(held.root, files.manifest.checkpoint.root);
    {
      CARTELLA_TRY(const auto vault,
                   crypto::Vault::open(restored_dir_, passphrase(), vault_options()));
      CARTELLA_TRY(erasures_repeated_,
                   replay_erasures(*vault, files, second_, x_server.public_key()));
    }
    return finish_restore(restored_dir_);
  }
  // Goes on in the restored directory instead of the first one.
  void move_in() {
    close();
    fs::remove_all(x_dir);
    fs::rename(restored_dir_, x_dir);
    reopen();
    cases::KnownErasures known;
    const auto records = read_erasures(second_, x_log->log_id(), x_server.public_key());
    ASSERT_TRUE(records);
    for (const auto& record : records.value()) {
      known.owner_keys.insert(record.owner_keys.begin(), record.owner_keys.end());
      known.streams.insert(record.streams.begin(), record.streams.end());
    }
    const auto from = x_vault->remembered_through();
    ASSERT_TRUE(from);
    ASSERT_TRUE(cases::recover_keys(*x_log, *x_vault, from.value(), known));
    EXPECT_FALSE(cases::find_lost_key(*x_log, *x_vault, known).value());
    open_executor();
  }
  // The person's keys, as an erasure destroys them and tells the register.
  void erase(const cases::Outcome& person, std::uint8_t number) {
    ErasureRecord record;
    record.decision.bytes.fill(number);
    record.position = x_log->size();
    record.decided_at = x_clock.wall();
    record.owner_keys = x_vault->owner_keys_of(schema::KeyDomain::subject, person.subject.bytes,
                                               cases::controller_of(cases::kEnte));
    record.streams = {person.stream};
    ASSERT_FALSE(record.owner_keys.empty());
    ASSERT_TRUE(x_vault->destroy_keys(record.owner_keys, record.streams));
    ASSERT_TRUE(append_erasure(second_, x_log->log_id(), x_server, record));
  }
  std::vector<fs::path> objects() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(target_ / "objects"))
      if (entry.is_regular_file()) found.push_back(entry.path());
    std::ranges::sort(found);
    return found;
  }
  fs::path manifest_file(std::uint64_t number) const {
    const std::string digits = std::to_string(number);
    return target_ / "manifests" / (std::string(20 - digits.size(), '0') + digits);
  }
  static Bytes content(const fs::path& path) { return store::read_file(path, 1 << 28).value(); }
  static void write(const fs::path& path, const Bytes& bytes) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  }

  fs::path target_;
  fs::path second_;
  fs::path restored_dir_;
  std::size_t erasures_repeated_ = 0;
};

TEST_F(BackupTest, ARestoredLogHasTheSameTreeAndEveryWordOfIt) {
  execute(cases::person_with("PRVFTZ59A41D653B"));
  const auto made = must_back_up();
  const auto before = x_log->checkpoint().value();
  ASSERT_EQ(made.size, before.size);
  ASSERT_EQ(made.root, before.root);

  ASSERT_TRUE(restore());
  move_in();

  EXPECT_EQ(x_log->checkpoint().value().root, before.root);
  EXPECT_EQ(closed_segments(), 0u);
  EXPECT_TRUE(x_vault->verify());
  execute(cases::anonymous_person("Ospite"));  // and the log goes on
  EXPECT_GT(x_log->size(), before.size);
}

TEST_F(BackupTest, IsTakenWhileTheLogGoesOn) {
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) execute(cases::anonymous_person("Ospite " + std::to_string(i)));
  });
  std::vector<BackupReport> made;
  for (int i = 0; i < 3; ++i) made.push_back(must_back_up());
  stop = true;
  writer.join();

  for (const auto& one : made) {
    fs::remove_all(restored_dir_);
    ASSERT_TRUE(check(one.number));
    const auto restored = restore(one.number);
    ASSERT_TRUE(restored) << restored.error().detail;
  }
  move_in();
  EXPECT_EQ(x_log->size(), made.back().size);
  EXPECT_EQ(closed_segments(), 0u);
}

TEST_F(BackupTest, TheSecondOneWritesOnlyWhatIsNew) {
  const auto first = must_back_up();
  EXPECT_EQ(first.new_files, first.files);

  const auto second = must_back_up();

  EXPECT_EQ(second.number, first.number + 1);
  EXPECT_LT(second.new_bytes, first.new_bytes);
  EXPECT_LT(second.new_files, second.files);
  EXPECT_TRUE(check(first.number));
  EXPECT_TRUE(check(second.number));
}

TEST_F(BackupTest, HoldsNothingThatCanBeReadWithoutItsKeys) {
  must_back_up();
  const Bytes meta = content(x_dir / "log.meta");
  const auto is_in = [](const Bytes& hay, const Bytes& needle) {
    return std::ranges::search(hay, needle).begin() != hay.end();
  };

  for (const auto& path : objects()) EXPECT_FALSE(is_in(content(path), meta)) << path;
  fs::remove(backup_keys_file(second_));

  const auto checked = check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Errc::not_found);
  const auto again = back_up();  // a new key would lock the old backups for ever
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::refused);
}

TEST_F(BackupTest, TakesNoAnchorThatIsStillBeingWritten) {
  fs::create_directories(x_dir / "anchors");
  write(x_dir / "anchors" / "00000000000000000005.anchor", Bytes(10, 1));
  write(x_dir / "anchors" / "00000000000000000006.anchor.new", Bytes(10, 1));

  must_back_up();

  const auto checked = check().value();
  std::vector<std::string> anchors;
  for (const auto& file : checked.manifest.files)
    if (file.path.starts_with("anchors/")) anchors.push_back(file.path);
  EXPECT_EQ(anchors, std::vector<std::string>{"anchors/00000000000000000005.anchor"});
}

TEST_F(BackupTest, LeavesNoKeyInTheDataDirectory) {
  must_back_up();

  EXPECT_FALSE(fs::exists(x_dir / "snapshot"));
}

TEST_F(BackupTest, NoBlockOfTheSnapshotsKeysCanBeRead) {
  ASSERT_TRUE(x_vault->snapshot(x_dir / "snapshot"));
  const auto shards = store::File::open_read(x_dir / "snapshot" / "keys" / "shards");
  ASSERT_TRUE(shards);

  ASSERT_TRUE(remove_snapshot(x_dir));

  Bytes left(shards.value().size().value(), 1);
  ASSERT_GT(left.size(), 256u * 32);
  ASSERT_TRUE(store::pread_all(shards.value(), 0, left));
  EXPECT_EQ(left, Bytes(left.size(), 0));
}

TEST_F(BackupTest, NoBlockOfTheKeysOfAnInterruptedRestoreCanBeRead) {
  must_back_up();
  ASSERT_TRUE(restore_files({target_, second_, restored_dir_, {}}));  // and never finished
  const auto shards = store::File::open_read(restored_dir_ / "keys" / "shards");
  ASSERT_TRUE(shards);

  ASSERT_TRUE(restore());

  Bytes left(shards.value().size().value(), 1);
  ASSERT_GT(left.size(), 256u * 32);
  ASSERT_TRUE(store::pread_all(shards.value(), 0, left));
  EXPECT_EQ(left, Bytes(left.size(), 0));
}

TEST_F(BackupTest, F25_AnErasedPersonStaysErasedInTheRestoreOfAnOlderBackup) {
  const auto person = execute(cases::person_with("PRVFTZ59A41D653B"));
  const auto made = must_back_up();
  erase(person, 1);
  const std::size_t closed = closed_segments();
  ASSERT_GT(closed, 0u);

  ASSERT_TRUE(restore(made.number));  // its own copy of the vault, made before the erasure
  EXPECT_EQ(erasures_repeated_, 1u);
  move_in();

  EXPECT_EQ(closed_segments(), closed);
  EXPECT_TRUE(x_vault
                  ->owner_keys_of(schema::KeyDomain::subject, person.subject.bytes,
                                  cases::controller_of(cases::kEnte))
                  .empty());
}

TEST_F(BackupTest, F25_ABackupAfterAnErasureLocksTheOlderCopiesOfTheVault) {
  const auto person = execute(cases::person_with("PRVFTZ59A41D653B"));
  const auto first = must_back_up();
  erase(person, 1);

  const auto second = must_back_up();

  EXPECT_EQ(second.forgotten_keys, 1u);
  ASSERT_TRUE(check(first.number));
  EXPECT_FALSE(check(first.number).value().vault_is_kept);
  EXPECT_TRUE(check(second.number).value().vault_is_kept);
  ASSERT_TRUE(restore(first.number));  // with the newer vault
  move_in();
  EXPECT_EQ(x_log->size(), first.size);
  EXPECT_GT(closed_segments(), 0u);
}

TEST_F(BackupTest, F25_RefusesARegisterOfErasuresThatLacksTheNewest) {
  const auto person = execute(cases::person_with("PRVFTZ59A41D653B"));
  erase(person, 1);
  must_back_up();
  fs::remove(erasure_register_path(second_));

  const auto restored = restore();

  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, Errc::refused);
  EXPECT_TRUE(is_unfinished_restore(restored_dir_));
}

TEST_F(BackupTest, RefusesAnOldBackupWhoseVaultsAreAllGone) {
  const auto first = must_back_up();
  x_clock.advance_us(31 * kDayUs);
  auto keys = read_backup_keys(second_).value();
  forget_vault_keys(keys, x_clock.wall(), std::nullopt);
  ASSERT_TRUE(write_backup_keys(second_, keys));

  const auto restored = restore(first.number);

  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, Errc::refused);
}

TEST_F(BackupTest, F16_NoChangedCutOrMissingFileOfABackupPasses) {
  must_back_up();
  const auto seed = std::random_device{}();
  std::mt19937 rng(seed);
  const auto all = objects();
  ASSERT_GT(all.size(), 5u);
  for (const fs::path& path : all) {
    const Bytes genuine = content(path);
    Bytes flipped = genuine;
    flipped[rng() % flipped.size()] ^= 1;
    write(path, flipped);
    EXPECT_EQ(check().error().code, Errc::corrupt) << path << " seed " << seed;
    write(path, Bytes(genuine.begin(), genuine.end() - 1));
    EXPECT_EQ(check().error().code, Errc::corrupt) << path << " seed " << seed;
    fs::remove(path);
    EXPECT_EQ(check().error().code, Errc::corrupt) << path << " seed " << seed;
    write(path, genuine);
  }
  EXPECT_TRUE(check());
}

TEST_F(BackupTest, TheNextBackupWritesWhatTheMediumDamagedAgain) {
  must_back_up();
  ASSERT_EQ(must_back_up().damaged, 0u);
  for (const fs::path& path : objects()) {
    Bytes bytes = content(path);
    bytes[bytes.size() / 2] ^= 1;
    write(path, bytes);
  }
  ASSERT_EQ(check().error().code, Errc::corrupt);

  const auto made = must_back_up();

  EXPECT_GT(made.damaged, 0u);
  EXPECT_TRUE(check(made.number));
  EXPECT_TRUE(restore());
}

TEST_F(BackupTest, NeverRestoresADamagedOne) {
  must_back_up();
  const fs::path path = objects().back();
  Bytes bytes = content(path);
  bytes[bytes.size() / 2] ^= 1;
  write(path, bytes);

  const auto restored = restore();

  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, Errc::corrupt);
  EXPECT_TRUE(is_unfinished_restore(restored_dir_));
}

TEST_F(BackupTest, F21_AnOlderListUnderTheNewestNameIsRefused) {
  const auto first = must_back_up();
  execute(cases::anonymous_person("Ospite"));
  const auto second = must_back_up();
  write(manifest_file(second.number), content(manifest_file(first.number)));
  EXPECT_EQ(check().error().code, Errc::corrupt);

  fs::remove(manifest_file(second.number));  // nor does a removed one hide that it was there

  const auto checked = check();
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, Errc::corrupt);
  EXPECT_NE(checked.error().detail.find(std::to_string(second.number)), std::string::npos);
}

TEST_F(BackupTest, F07_HandsNoDamagedTableOn) {
  execute(cases::person_with("PRVFTZ59A41D653B"));
  ASSERT_TRUE(x_log->flush());
  fs::path table;
  for (const auto& entry : fs::directory_iterator(x_dir / "log"))
    if (entry.path().extension() == ".sst") table = entry.path();
  ASSERT_FALSE(table.empty());
  Bytes bytes = content(table);
  bytes[bytes.size() / 3] ^= 1;
  write(table, bytes);

  const auto made = back_up();

  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::corrupt);
  EXPECT_TRUE(!fs::exists(target_ / "manifests") || fs::is_empty(target_ / "manifests"));
  EXPECT_FALSE(fs::exists(x_dir / "snapshot"));
}

TEST_F(BackupTest, F16_GoesOnFromWhatAKilledBackupLeft) {
  must_back_up();
  // What is there at a kill: a snapshot, half an object, an object that no list names, a spare key.
  fs::create_directories(x_dir / "snapshot" / "vault");
  write(x_dir / "snapshot" / "vault" / "leftover", Bytes(10, 1));
  const fs::path half = target_ / "objects" / "00" / (std::string(64, '0') + ".part");
  const fs::path unnamed = target_ / "objects" / "00" / std::string(64, '0');
  fs::create_directories(half.parent_path());
  write(half, Bytes(10, 1));
  write(unnamed, Bytes(10, 1));
  execute(cases::anonymous_person("Ospite"));

  const auto made = must_back_up();

  EXPECT_FALSE(fs::exists(half));
  EXPECT_FALSE(fs::exists(unnamed));
  EXPECT_TRUE(check(made.number));
  ASSERT_TRUE(restore());
  move_in();
  EXPECT_EQ(x_log->size(), made.size);
}

TEST_F(BackupTest, F16_AnInterruptedRestoreIsRepeated) {
  const auto made = must_back_up();
  ASSERT_TRUE(restore_files({target_, second_, restored_dir_, {}}));
  ASSERT_TRUE(is_unfinished_restore(restored_dir_));

  ASSERT_TRUE(restore());

  EXPECT_FALSE(is_unfinished_restore(restored_dir_));
  move_in();
  EXPECT_EQ(x_log->size(), made.size);
}

TEST_F(BackupTest, RestoresIntoNoDirectoryThatHoldsSomething) {
  must_back_up();
  fs::create_directories(restored_dir_);
  write(restored_dir_ / "somebody's", Bytes(1, 1));

  const auto restored = restore();

  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, Errc::invalid_argument);
  EXPECT_TRUE(fs::exists(restored_dir_ / "somebody's"));
}

TEST_F(BackupTest, OldBackupsGoAndTheNewestStays) {
  const auto first = must_back_up();
  x_clock.advance_us(40 * kDayUs);

  const auto second = back_up(30 * kDayUs);

  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_EQ(second.value().removed_backups, 1u);
  EXPECT_FALSE(check(first.number));
  EXPECT_TRUE(check(second.value().number));
  x_clock.advance_us(400 * kDayUs);
  EXPECT_TRUE(check());
}

TEST_F(BackupTest, AClockThatJumpedEndsNoEarlierCopy) {
  const auto first = must_back_up();
  x_clock.set_wall({x_clock.wall().us + 366 * kDayUs});

  const auto second = back_up(30 * kDayUs);

  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_TRUE(second.value().is_clock_in_doubt);
  EXPECT_EQ(second.value().forgotten_keys, 0u);
  EXPECT_EQ(second.value().removed_backups, 0u);
  ASSERT_TRUE(check(first.number));
  EXPECT_TRUE(check(first.number).value().vault_is_kept);
  EXPECT_TRUE(check(second.value().number).value().vault_is_kept);
}

TEST_F(BackupTest, OfAnotherLogIsNotMixedIn) {
  must_back_up();
  auto keys = read_backup_keys(second_).value();
  keys.log.bytes.fill(1);
  ASSERT_TRUE(write_backup_keys(second_, keys));

  const auto made = back_up();

  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::refused);
  EXPECT_FALSE(check());
}

}  // namespace
}  // namespace cartella::keeping
