#include "store/journal.h"

#include <gtest/gtest.h>

#include "store/journal_copy.h"
#include "tests/unit/store/journal_support.h"

namespace cartella::store {
namespace {

bool contains(const Bytes& bytes, ByteView needle) {
  return as_text(bytes).find(as_text(needle)) != std::string_view::npos;
}

TEST_F(JournalTest, ReadsBackEveryRecordInOrderAfterReopening) {
  auto journal = create();
  for (std::size_t bytes : {0u, 1u, 3903u, 3904u, 3905u, 100000u, 700000u, 700000u, 5u}) {
    ASSERT_TRUE(add(*journal, bytes, 3));
  }
  journal.reset();

  journal = open();

  expect_read(0, kept_.size());
  EXPECT_EQ(scan_.records, kept_.size());
  EXPECT_EQ(scan_.first_seq, 1u);
  EXPECT_EQ(scan_.chain_end, 27u);
  EXPECT_EQ(scan_.chain_root, kept_.back().root);
  EXPECT_EQ(scan_.highest_later_seq, 0u);
  EXPECT_EQ(scan_.oldest_position, 0u);
}

TEST_F(JournalTest, AnEmptyJournalEndsAtTheEmptyTree) {
  create().reset();

  open();

  EXPECT_EQ(scan_.records, 0u);
  EXPECT_EQ(scan_.chain_end, 0u);
  EXPECT_EQ(to_hex(scan_.chain_root),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_F(JournalTest, GoesOnWhereItEndedAfterResume) {
  auto journal = create();
  add_many(*journal, 3);
  journal = open();
  ASSERT_TRUE(journal->resume());
  add_many(*journal, 3);

  journal = open();

  expect_read(0, 6);
}

// One that a quarter of the present segment asks for, made as the flusher makes it.
TEST_F(JournalTest, FollowsOnASpareSegmentThatWasMadeAheadOfNeed) {
  auto journal = create();
  EXPECT_FALSE(journal->wanted_spare());
  ASSERT_TRUE(add(*journal, 300'000));
  const auto spare = journal->wanted_spare();
  ASSERT_TRUE(spare);
  EXPECT_FALSE(journal->wanted_spare());
  ASSERT_TRUE(make_spare(*spare, [] { return true; }));
  ASSERT_TRUE(journal->adopt_spare(*spare));
  EXPECT_EQ(journal->segment_count(), 2u);

  ASSERT_TRUE(add(*journal, 900'000));

  EXPECT_EQ(journal->segment_count(), 2u);
  EXPECT_EQ(segment_file_name(spare->number), spare->files.front().filename().string());
  journal = open();
  expect_read(0, 2);
}

TEST_F(JournalTest, MakesItsOwnSegmentWhereTheSpareOneIsLate) {
  use_mirror();
  auto journal = create();
  ASSERT_TRUE(add(*journal, 300'000));
  const auto spare = journal->wanted_spare();
  ASSERT_TRUE(spare);
  ASSERT_EQ(spare->files.size(), 2u);
  ASSERT_TRUE(add(*journal, 900'000));
  ASSERT_TRUE(make_spare(*spare, [] { return true; }));
  ASSERT_TRUE(journal->adopt_spare(*spare));
  ASSERT_TRUE(add(*journal, 900'000));
  EXPECT_EQ(journal->segment_count(), 3u);

  journal = open();
  expect_read(0, 3);
}

TEST_F(JournalTest, ForgetsASpareSegmentThatACrashCameBefore) {
  auto journal = create();
  ASSERT_TRUE(add(*journal, 300'000));
  const auto spare = journal->wanted_spare();
  ASSERT_TRUE(spare);
  ASSERT_TRUE(make_spare(*spare, [] { return true; }));

  journal = open();
  ASSERT_TRUE(journal->resume());

  EXPECT_FALSE(std::filesystem::exists(spare->files.front()));
  expect_read(0, 1);
}

TEST_F(JournalTest, LeavesNoSpareFileWhereItWasStopped) {
  auto journal = create();
  ASSERT_TRUE(add(*journal, 300'000));
  const auto spare = journal->wanted_spare();
  ASSERT_TRUE(spare);

  const Status made = make_spare(*spare, [] { return false; });

  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::unavailable);
  EXPECT_FALSE(std::filesystem::exists(spare->files.front()));
}

TEST_F(JournalTest, MakesNoSpareSegmentWhereTheDiskHasNotRoomForSeveral) {
  auto journal = create();
  ASSERT_TRUE(add(*journal, 300'000));
  auto spare = journal->wanted_spare();
  ASSERT_TRUE(spare);
  spare->bytes = std::filesystem::space(spare->files.front().parent_path()).available / 4;

  const Status made = make_spare(*spare, [] { return true; });

  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Errc::out_of_space);
  EXPECT_FALSE(std::filesystem::exists(spare->files.front()));
}

TEST_F(JournalTest, StartsAtTheSizeOfARestoredTree) {
  options_.start_size = 40;
  options_.start_root.fill(9);
  auto journal = create();
  EXPECT_EQ(journal->end_size(), 40u);
  journal = open();
  EXPECT_EQ(scan_.chain_end, 40u);
  EXPECT_EQ(scan_.chain_root, options_.start_root);
  ASSERT_TRUE(journal->resume());
  add_many(*journal, 1);

  journal = open();

  EXPECT_EQ(scan_.oldest_position, 40u);
  EXPECT_EQ(scan_.chain_end, 41u);
}

TEST_F(JournalTest, PutsARecordThatDoesNotFitIntoTheNextSegment) {
  auto journal = create();
  add_many(*journal, 3, 600 * 1024);

  EXPECT_EQ(journal->segment_count(), 3u);
  journal = open();
  expect_read(0, 3);
  EXPECT_LT(read_[0].generation, read_[1].generation);
  EXPECT_LT(read_[1].generation, read_[2].generation);
}

TEST_F(JournalTest, RefusesWhatDoesNotFollowOrIsTooLongAndStaysUsable) {
  auto journal = create();
  const Bytes long_payload(kJournalPayloadBytesMax + 1);
  const Bytes longer_than_segment(options_.segment_bytes);
  const Bytes small(10);
  auto skipping = next_append(*journal, small);
  skipping.old_size = skipping.first_position = 5;
  skipping.new_size = 6;
  auto miscounted = next_append(*journal, small);
  miscounted.new_size = 7;

  for (const auto& append : {next_append(*journal, long_payload),
                             next_append(*journal, longer_than_segment), skipping, miscounted}) {
    const Status refused = journal->append(append);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  }

  EXPECT_TRUE(journal->append(next_append(*journal, small)));
}

TEST_F(JournalTest, RefusesToBeMadeTwiceOrWithAnOddSegmentSize) {
  create().reset();
  const auto again = Journal::create(root_, log_, options_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::invalid_argument);

  for (const std::uint64_t bytes : {(1u << 20) - 4096u, (1u << 20) + 512u}) {
    options_.segment_bytes = bytes;
    const auto refused = Journal::create(root_ / "other", log_, options_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
  }
}

TEST_F(JournalTest, RefusesAJournalThatIsAbsentOrOfAnotherLog) {
  const auto absent = try_open();
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, Errc::not_found);

  create().reset();
  log_.bytes.fill(8);
  const auto foreign = try_open();
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code, Errc::invalid_argument);
}

TEST_F(JournalTest, HandsOnTheErrorOfTheCallback) {
  auto journal = create();
  add_many(*journal, 2);

  const auto opened =
      Journal::open(root_, log_, options_, scan_, [](const JournalRecord& record) -> Status {
        if (record.seq == 2) return fail(Errc::out_of_space, "planted");
        return ok();
      });

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::out_of_space);
}

TEST_F(JournalTest, ReleasesOnlySegmentsThatEndAtOrBeforeThePosition) {
  auto journal = create();
  for (int i = 0; i < 3; ++i) {
    add_many(*journal, 2);  // ends at 2, 4, 6
    ASSERT_TRUE(journal->rotate());
  }
  EXPECT_EQ(journal->retained_bytes(), 4 * options_.segment_bytes);

  ASSERT_TRUE(journal->release_through(1));
  EXPECT_EQ(journal->retained_bytes(), 4 * options_.segment_bytes);
  ASSERT_TRUE(journal->release_through(5));
  EXPECT_EQ(journal->retained_bytes(), 2 * options_.segment_bytes);
  EXPECT_EQ(journal->segment_count(), 4u);

  journal = open();
  expect_read(4, 6);
  EXPECT_EQ(scan_.oldest_position, 4u);
  EXPECT_EQ(scan_.first_seq, 5u);
}

TEST_F(JournalTest, NeverReleasesTheSegmentThatIsWrittenTo) {
  auto journal = create();
  add_many(*journal, 2);

  ASSERT_TRUE(journal->release_through(1000));

  journal = open();
  expect_read(0, 2);
}

TEST_F(JournalTest, KeepsItsEndWhenEveryRecordWasReleased) {
  auto journal = create();
  add_many(*journal, 3);
  ASSERT_TRUE(journal->rotate());
  ASSERT_TRUE(journal->rotate());  // nothing to do: it is empty
  EXPECT_EQ(journal->segment_count(), 2u);
  ASSERT_TRUE(journal->release_through(3));

  journal = open();

  EXPECT_EQ(scan_.records, 0u);
  EXPECT_EQ(scan_.chain_end, 3u);
  EXPECT_EQ(scan_.chain_seq, 3u);
  EXPECT_EQ(scan_.chain_root, kept_.back().root);
  ASSERT_TRUE(journal->resume());
  add_many(*journal, 1);
  open();
  expect_read(3, 4);
}

TEST_F(JournalTest, RecyclesSegmentsUnderAHigherGenerationAndIgnoresWhatIsStale) {
  auto journal = create();
  for (int round = 0; round < 5; ++round) {
    add_many(*journal, 5 - round);  // each round leaves records of older rounds behind its end
    ASSERT_TRUE(journal->rotate());
    ASSERT_TRUE(journal->release_through(journal->end_size()));
    add_many(*journal, 1);
  }
  EXPECT_LE(journal->segment_count(), 3u);

  journal = open();

  EXPECT_EQ(scan_.highest_later_seq, 0u);
  EXPECT_EQ(scan_.chain_end, kept_.back().new_size);
  EXPECT_GT(read_.back().generation, journal->segment_count());
}

TEST_F(JournalTest, ZeroFreeLeavesNoByteOfReleasedRecordsInAnyFile) {
  use_mirror();
  auto journal = create();
  const Bytes secret(2000, 0xA7);
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(journal->append(next_append(*journal, secret)));
  ASSERT_TRUE(journal->rotate());
  ASSERT_TRUE(journal->release_through(journal->end_size()));
  add_many(*journal, 1);
  ASSERT_TRUE(journal->rotate());  // into the recycled segment, old records behind its end
  ASSERT_TRUE(contains(load(segment(1)), secret));

  ASSERT_TRUE(journal->zero_free());

  for (const int number : {1, 2}) {
    EXPECT_FALSE(contains(load(segment(number)), secret));
    EXPECT_FALSE(contains(load(segment(number, true)), secret));
  }
  open();
  EXPECT_EQ(scan_.chain_end, 7u);
}

TEST_F(JournalTest, StopsForGoodAfterAFailedWrite) {
  for (const Errc code : {Errc::io, Errc::out_of_space}) {
    clean();
    FailingOps ops;
    options_.file_ops = &ops;
    auto journal = create();
    add_many(*journal, 2);
    ops.fail_at = ops.writes;
    ops.torn_bytes = 100;
    ops.code = code;

    const Status failed = add(*journal, 5000);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, code);
    const int writes = ops.writes;
    for (const Status& later : {add(*journal, 10), journal->rotate(), journal->release_through(9),
                                journal->zero_free(), journal->resume()}) {
      ASSERT_FALSE(later);
      EXPECT_EQ(later.error().code, Errc::io);
    }
    EXPECT_EQ(ops.writes, writes);

    journal = open();
    expect_read(0, 2);
  }
}

TEST_F(JournalTest, AFailureAtAnyWriteOfRotationOrResumeLosesNoRecord) {
  for (int fail_at = 0; fail_at < 12; ++fail_at) {
    clean();
    use_mirror();
    FailingOps ops;
    options_.file_ops = &ops;
    auto journal = create();
    add_many(*journal, 3);
    ops.writes = 0;
    ops.fail_at = fail_at;
    std::size_t acknowledged = kept_.size();
    for (int i = 0; i < 3; ++i) {
      if (journal->rotate() && add(*journal, 100)) ++acknowledged;
    }
    ops.fail_at = -1;

    journal = open();

    // A record that failed after one of two copies was written may be there, too; none is lost.
    ASSERT_GE(read_.size(), acknowledged);
    ops.writes = 0;
    ops.fail_at = fail_at % 4;
    if (!journal->resume()) {
      ops.fail_at = -1;
      journal = open();
      ASSERT_GE(read_.size(), acknowledged);
      ASSERT_TRUE(journal->resume());
    }
  }
}

TEST_F(JournalTest, RecordBytesAreAsDocumented) {
  auto journal = create();
  const Bytes payload{1, 2, 3};
  ASSERT_TRUE(journal->append(next_append(*journal, payload, 2)));

  const Bytes bytes = load(segment(1));

  EXPECT_EQ(as_text(ByteView(bytes).first(4)), "CRJ1");
  EXPECT_EQ(load_be32(&bytes[4]), 1u);
  EXPECT_EQ(load_be64(&bytes[8]), 1u);   // generation
  EXPECT_EQ(load_be64(&bytes[16]), 1u);  // seq
  EXPECT_EQ(load_be64(&bytes[24]), 0u);
  EXPECT_EQ(load_be32(&bytes[32]), 2u);
  EXPECT_EQ(load_be32(&bytes[36]), 3u);
  EXPECT_EQ(load_be64(&bytes[40]), 0u);
  EXPECT_EQ(load_be64(&bytes[48]), 2u);
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(88, 32)), std::string(64, '0'));
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(120, 32)), to_hex(log_.bytes));
  EXPECT_EQ(bytes[160], 1);
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(163, 32)),
            to_hex(crypto::sha256(ByteView(bytes).first(163))));
  EXPECT_EQ(bytes.size(), options_.segment_bytes);
}

}  // namespace
}  // namespace cartella::store
