#include <gtest/gtest.h>

#include "tests/unit/store/journal_support.h"

namespace cartella::store {
namespace {

class JournalMirrorTest : public JournalTest {
 protected:
  void make_two_segments() {
    use_mirror();
    auto journal = create();
    add_many(*journal, 4);
    ASSERT_TRUE(journal->rotate());
    add_many(*journal, 4);
  }
  void expect_equal_copies() {
    for (const int number : {1, 2}) EXPECT_EQ(load(segment(number)), load(segment(number, true)));
    EXPECT_EQ(load(root_ / "journal" / "segments"), load(options_.mirror_dir / "segments"));
  }
  // Opens, expects all eight records, `healed` of them from the mirror, and equal copies at the
  // end.
  void expect_healed(std::uint64_t healed) {
    auto journal = open();
    expect_read(0, 8);
    EXPECT_EQ(scan_.healed, healed);
    EXPECT_EQ(scan_.highest_later_seq, 0u);
    ASSERT_TRUE(journal->resume());
    journal.reset();
    expect_equal_copies();
    journal = open();
    expect_read(0, 8);
    EXPECT_EQ(scan_.healed, 0u);
  }
};

TEST_F(JournalMirrorTest, HealsAFlippedBitInAnyRecord) {
  make_two_segments();
  for (const int number : {1, 2}) {
    for (std::size_t record = 0; record < 4; ++record) {
      flip_bit(segment(number), record * 4096 + 500);
      expect_healed(1);
    }
  }
}

TEST_F(JournalMirrorTest, HealsDifferentRecordsInBothCopies) {
  make_two_segments();
  flip_bit(segment(1), 4096 + 500);
  flip_bit(segment(1, true), 3 * 4096 + 500);
  flip_bit(segment(2, true), 100);
  expect_healed(1);
}

TEST_F(JournalMirrorTest, HealsAZeroedPageAMissingAndAShortSegment) {
  make_two_segments();
  zero_bytes(segment(2), 0, 4096);
  expect_healed(1);
  std::filesystem::remove(segment(1));
  expect_healed(4);
  std::filesystem::resize_file(segment(2), 4096);
  expect_healed(4);
}

TEST_F(JournalMirrorTest, HealsALostOrDamagedListOfSegments) {
  make_two_segments();
  std::filesystem::remove(root_ / "journal" / "segments");
  expect_healed(0);
  flip_bit(root_ / "journal" / "segments", 80);
  expect_healed(0);
}

TEST_F(JournalMirrorTest, RebuildsALostMirror) {
  make_two_segments();
  std::filesystem::remove_all(options_.mirror_dir);
  expect_healed(0);
}

TEST_F(JournalMirrorTest, BringsAMirrorThatWasAwayUpToDate) {
  make_two_segments();
  const auto mirror = options_.mirror_dir;
  options_.mirror_dir.clear();
  auto journal = open();
  ASSERT_TRUE(journal->resume());
  ASSERT_TRUE(journal->release_through(4));
  ASSERT_TRUE(journal->rotate());  // recycles 000001.seg
  add_many(*journal, 3);
  options_.mirror_dir = mirror;

  journal = open();
  expect_read(4, 11);
  EXPECT_EQ(scan_.healed, 0u);
  EXPECT_EQ(scan_.highest_later_seq, 0u);
  ASSERT_TRUE(journal->resume());
  std::filesystem::remove(segment(1));
  open();
  expect_read(4, 11);
}

TEST_F(JournalMirrorTest, FindsTheTailRecordThatReachedOneCopyOnly) {
  make_two_segments();
  zero_bytes(segment(2), 3 * 4096, 4096);
  expect_healed(1);
  zero_bytes(segment(2, true), 3 * 4096, 4096);
  expect_healed(0);
}

TEST_F(JournalMirrorTest, ARecordDamagedInBothCopiesIsAHole) {
  make_two_segments();
  flip_bit(segment(1), 4096 + 500);
  flip_bit(segment(1, true), 4096 + 600);

  open();

  EXPECT_EQ(scan_.chain_end, 1u);
  EXPECT_EQ(scan_.highest_later_size, 8u);
}

TEST_F(JournalMirrorTest, ASegmentMissingInBothCopiesIsNamed) {
  make_two_segments();
  std::filesystem::remove(segment(1));
  std::filesystem::remove(segment(1, true));

  const auto opened = try_open();

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corrupt);
  EXPECT_NE(opened.error().detail.find("positions 0 to 4"), std::string::npos);
}

TEST_F(JournalMirrorTest, AFailedWriteToTheMirrorIsAFailedWrite) {
  FailingOps ops;
  options_.file_ops = &ops;
  use_mirror();
  auto journal = create();
  add_many(*journal, 1);
  ops.fail_at = ops.writes + 1;  // the second copy of the next record

  EXPECT_FALSE(add(*journal, 100));
  EXPECT_FALSE(add(*journal, 100));
}

}  // namespace
}  // namespace cartella::store
