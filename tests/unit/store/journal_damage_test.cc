#include <gtest/gtest.h>

#include "tests/unit/store/journal_support.h"

namespace cartella::store {
namespace {

class JournalDamageTest : public JournalTest {
 protected:
  // Three segments: records 1 to 4 (positions 0 to 3), 5 to 8, 9 to 12; one page each.
  void make_three_segments() {
    auto journal = create();
    for (int i = 0; i < 3; ++i) {
      if (i > 0) {
        ASSERT_TRUE(journal->rotate());
      }
      add_many(*journal, 4);
    }
  }
  void expect_corrupt(const std::string& first, const std::string& second) {
    const auto opened = try_open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::corrupt);
    EXPECT_NE(opened.error().detail.find(first), std::string::npos) << opened.error().detail;
    EXPECT_NE(opened.error().detail.find(second), std::string::npos) << opened.error().detail;
  }
};

TEST_F(JournalDamageTest, DropsATornTailRecordAtEvery512ByteCut) {
  auto journal = create();
  add_many(*journal, 2);
  ASSERT_TRUE(add(*journal, 10000));
  journal.reset();
  const Bytes whole = load(segment(1));
  const std::size_t start = 2 * 4096;
  const std::size_t record_bytes = 160 + 10000 + 32;

  for (std::size_t cut = 0; cut < 3 * 4096; cut += 512) {
    Bytes torn = whole;
    for (std::size_t i = start + cut; i < start + 3 * 4096; ++i) torn[i] = 0;
    save(segment(1), torn);

    auto opened = open();

    expect_read(0, cut < record_bytes ? 2 : 3);
    EXPECT_EQ(scan_.highest_later_seq, 0u);
    ASSERT_TRUE(opened->resume());
    const Bytes healed = load(segment(1));
    if (cut < record_bytes) {
      EXPECT_EQ(Bytes(healed.begin() + start, healed.end()), Bytes(healed.size() - start));
    }
  }
}

TEST_F(JournalDamageTest, DropsATornTailWhoseSectorsArrivedInAnyOrder) {
  auto journal = create();
  add_many(*journal, 2);
  ASSERT_TRUE(add(*journal, 10000));
  journal.reset();
  const Bytes whole = load(segment(1));

  for (std::size_t sector = 0; sector < 160 + 10000 + 32; sector += 512) {
    Bytes torn = whole;
    for (std::size_t i = 0; i < 512; ++i) torn[2 * 4096 + sector + i] = 0;
    save(segment(1), torn);
    open();
    expect_read(0, 2);
  }
}

TEST_F(JournalDamageTest, AFlippedBitAnywhereInTheLastRecordEndsTheChainBeforeIt) {
  auto journal = create();
  add_many(*journal, 3, 200);
  journal.reset();
  const Bytes whole = load(segment(1));

  for (std::size_t offset = 0; offset < 160 + 200 + 32; offset += 7) {
    Bytes damaged = whole;
    damaged[2 * 4096 + offset] ^= 0x40;
    save(segment(1), damaged);
    open();
    expect_read(0, 2);
    EXPECT_EQ(scan_.chain_end, 2u);
  }
}

TEST_F(JournalDamageTest, AFlippedBitInAMiddleRecordIsReportedAsAHole) {
  make_three_segments();
  flip_bit(segment(1), 4096 + 170);

  open();

  expect_read(0, 1);
  EXPECT_EQ(scan_.chain_end, 1u);
  EXPECT_EQ(scan_.highest_later_seq, 12u);
  EXPECT_EQ(scan_.highest_later_size, 12u);
  EXPECT_EQ(scan_.first_missing_position, 1u);
}

TEST_F(JournalDamageTest, ADamagedFirstRetainedRecordIsReportedAsAHole) {
  make_three_segments();
  zero_bytes(segment(1), 0, 4096);

  open();

  EXPECT_EQ(scan_.records, 0u);
  EXPECT_EQ(scan_.chain_end, 0u);
  EXPECT_EQ(scan_.highest_later_size, 12u);
  EXPECT_EQ(scan_.first_missing_position, 0u);
}

TEST_F(JournalDamageTest, ALostTailOfAnEarlierSegmentIsSeenFromTheList) {
  auto journal = create();
  add_many(*journal, 4);
  ASSERT_TRUE(journal->rotate());  // the new segment holds no record yet
  journal.reset();
  zero_bytes(segment(1), 3 * 4096, 4096);

  open();

  EXPECT_EQ(scan_.chain_end, 3u);
  EXPECT_EQ(scan_.highest_later_seq, 4u);
  EXPECT_EQ(scan_.highest_later_size, 4u);
  EXPECT_EQ(scan_.first_missing_position, 3u);
}

TEST_F(JournalDamageTest, ADuplicatedOrMovedRecordEndsTheChain) {
  make_three_segments();
  Bytes bytes = load(segment(1));
  std::copy_n(bytes.begin(), 4096, bytes.begin() + 4096);  // record 1 in the place of record 2
  save(segment(1), bytes);

  open();

  expect_read(0, 1);
  EXPECT_EQ(scan_.highest_later_size, 12u);
}

TEST_F(JournalDamageTest, NamesAMissingFirstMiddleOrLastSegment) {
  const std::vector<std::string> ranges{"positions 0 to 4 ", "positions 4 to 8 ",
                                        "positions from 8 on"};
  for (int number = 1; number <= 3; ++number) {
    clean();
    make_three_segments();
    std::filesystem::remove(segment(number));
    expect_corrupt(segment(number).filename().string(),
                   ranges[static_cast<std::size_t>(number) - 1]);
  }
}

TEST_F(JournalDamageTest, NamesAShortAnEmptyAndALongSegment) {
  make_three_segments();
  for (const std::uint64_t bytes :
       {std::uint64_t{0}, std::uint64_t{5000}, 2u * options_.segment_bytes}) {
    std::filesystem::resize_file(segment(2), bytes);
    expect_corrupt("000002.seg", "positions 4 to 8 ");
  }
}

TEST_F(JournalDamageTest, ALostOrDamagedListOfSegmentsIsNamed) {
  make_three_segments();
  const auto list = root_ / "journal" / "segments";
  flip_bit(list, 70);
  expect_corrupt("segments", "hash");
  save(list, Bytes{});
  expect_corrupt("segments", "list");
  std::filesystem::remove(list);
  expect_corrupt("segments", "missing");
}

TEST_F(JournalDamageTest, AnOlderListOfSegmentsDoesNotHideLaterRecords) {
  auto journal = create();
  add_many(*journal, 4);
  const auto list = root_ / "journal" / "segments";
  const Bytes old_list = load(list);
  ASSERT_TRUE(journal->rotate());
  add_many(*journal, 4);
  journal.reset();
  save(list, old_list);

  open();

  EXPECT_EQ(scan_.chain_end, 4u);
  EXPECT_EQ(scan_.highest_later_size, 8u);
  EXPECT_EQ(scan_.first_missing_position, 4u);
}

TEST_F(JournalDamageTest, IgnoresAnUnlistedSegmentThatWasBeingMade) {
  make_three_segments();
  save(segment(4), Bytes(5000));

  auto journal = open();

  expect_read(0, 12);
  ASSERT_TRUE(journal->resume());
  EXPECT_FALSE(std::filesystem::exists(segment(4)));
}

TEST_F(JournalDamageTest, MakesAMissingFreeSegmentAgain) {
  make_three_segments();
  auto journal = open();
  ASSERT_TRUE(journal->resume());
  ASSERT_TRUE(journal->release_through(4));
  journal.reset();
  std::filesystem::remove(segment(1));

  journal = open();
  ASSERT_TRUE(journal->resume());

  expect_read(4, 12);
  EXPECT_EQ(load(segment(1)), Bytes(options_.segment_bytes));
}

TEST_F(JournalDamageTest, ResumeCutsWhatLiesBehindAHoleAndTheChainGoesOn) {
  make_three_segments();
  flip_bit(segment(2), 4096 + 30);  // record 6
  auto journal = open();
  EXPECT_EQ(scan_.chain_end, 5u);
  EXPECT_EQ(scan_.highest_later_size, 12u);

  ASSERT_TRUE(journal->resume());
  kept_.resize(5);
  add_many(*journal, 7);  // rebuilt from the rows

  journal = open();
  expect_read(0, 12);
  EXPECT_EQ(scan_.highest_later_seq, 0u);
}

TEST_F(JournalDamageTest, AStaleRecordOfAnOlderGenerationIsNoHole) {
  make_three_segments();
  auto journal = open();
  ASSERT_TRUE(journal->resume());
  ASSERT_TRUE(journal->release_through(8));
  ASSERT_TRUE(journal->rotate());  // 000001.seg again, with records 1 to 4 in it
  add_many(*journal, 1);           // over record 1
  journal.reset();

  open();

  EXPECT_EQ(scan_.chain_end, 13u);
  EXPECT_EQ(scan_.highest_later_seq, 0u);
}

TEST_F(JournalDamageTest, OpeningWritesNothing) {
  make_three_segments();
  flip_bit(segment(2), 4096 + 30);
  const Bytes before = load(segment(2));
  const Bytes list = load(root_ / "journal" / "segments");

  open().reset();

  EXPECT_EQ(load(segment(2)), before);
  EXPECT_EQ(load(root_ / "journal" / "segments"), list);
}

}  // namespace
}  // namespace cartella::store
