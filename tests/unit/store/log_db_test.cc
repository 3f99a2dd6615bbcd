#include "store/log_db.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "store/group_batch.h"

namespace cartella::store {
namespace {

constexpr std::size_t kBodyBytes = 1024;
constexpr std::uint64_t kMuchRoom = 1ull << 40;

class LogDbTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::path(::testing::TempDir()) /
           ("log_db_" + std::to_string(getpid()) + "_" +
            ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(dir_);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::unique_ptr<LogDb> open() { return LogDb::open(dir_, LogDb::Use::serve).value(); }

  // Leaves and bodies alone, as the last `count` positions, and a table of each.
  void add_table(LogDb& db, std::uint64_t count) {
    LogBatch batch(db);
    for (const std::uint64_t end = size_ + count; size_ < end; ++size_) {
      batch.put(Family::leaves, position_key(size_), Bytes(256, 1));
      batch.put(Family::bodies, position_key(size_), Bytes(kBodyBytes, 2));
    }
    put_end_rows(batch, size_, Hash32{}, kPositional);
    ASSERT_TRUE(db.write(batch));
    ASSERT_TRUE(db.flush_all());
  }

  std::set<std::string> tables() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir_)) {
      if (entry.path().extension() == ".sst") names.insert(entry.path().filename());
    }
    return names;
  }

  static constexpr std::array<Family, 2> kPositional = {Family::leaves, Family::bodies};
  std::filesystem::path dir_;
  std::uint64_t size_ = 0;
};

TEST_F(LogDbTest, NeverWritesATableOfLeavesOrBodiesAgain) {
  std::set<std::string> written;
  {
    const auto db = open();
    for (int i = 0; i < 12; ++i) {
      add_table(*db, 5);
      const auto now = tables();
      EXPECT_TRUE(std::ranges::includes(now, written)) << "table " << i;
      written = now;
    }
  }
  EXPECT_EQ(written.size(), 24u);
  const auto db = open();
  EXPECT_EQ(tables(), written);
  EXPECT_EQ(db->end(Family::leaves).value().size, size_);
  EXPECT_EQ(db->end(Family::bodies).value().size, size_);
}

TEST_F(LogDbTest, JoinsTheSmallTablesThatRestartsLeave) {
  for (int i = 0; i < 60; ++i) {
    const auto db = open();
    ASSERT_TRUE(db->join_small_tables(kMuchRoom));
    add_table(*db, 2);
  }

  const auto db = open();

  EXPECT_LT(tables().size(), 60u);  // of 120
  EXPECT_EQ(db->end(Family::bodies).value().size, size_);
  Bytes row;
  for (std::uint64_t position = 0; position < size_; ++position) {
    ASSERT_TRUE(db->get(Family::leaves, position_key(position), row).value()) << position;
    ASSERT_TRUE(db->get(Family::bodies, position_key(position), row).value()) << position;
  }
  EXPECT_TRUE(db->verify_files());
}

TEST_F(LogDbTest, JoinsNothingWhereThereIsNoRoomOrABlockIsDamaged) {
  for (int i = 0; i < 24; ++i) add_table(*open(), 2);
  const auto db = open();
  const auto before = tables();
  ASSERT_TRUE(db->join_small_tables(1000));
  EXPECT_EQ(tables(), before);
  for (const std::string& name : before) {
    std::fstream file(dir_ / name, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100);
    file.put('!');
  }
  ASSERT_TRUE(db->join_small_tables(kMuchRoom)) << "an opening is not refused for that";
  EXPECT_EQ(tables(), before);
  EXPECT_EQ(db->verify_files().error().code, Errc::corrupt);
}

TEST_F(LogDbTest, FindsNoEndWhereTheLastKeyIsNoPosition) {
  const auto db = open();
  for (const Bytes& key : {Bytes(9, 7), Bytes(8, 0xff)}) {
    LogBatch batch(*db);
    batch.put(Family::bodies, key, Bytes(4, 1));
    ASSERT_TRUE(db->write(batch));
    EXPECT_EQ(db->end(Family::bodies).error().code, Errc::corrupt);
  }
}

TEST_F(LogDbTest, LeavesNothingBehindWhereItOnlyInspects) {
  add_table(*open(), 3);
  {
    const auto db = LogDb::open(dir_, LogDb::Use::inspect).value();
    LogBatch batch(*db);
    batch.put(Family::leaves, position_key(3), Bytes(256, 1));
    ASSERT_TRUE(db->write(batch));
    EXPECT_EQ(db->end(Family::leaves).value().size, 4u);
  }
  EXPECT_EQ(open()->end(Family::leaves).value().size, 3u);
}

}  // namespace
}  // namespace cartella::store
