// CR-02, CR-03: what an erasure takes out of the log, and what stays.
#include <thread>

#include "tests/support/canary.h"
#include "tests/unit/store/verify_support.h"

namespace cartella::store {
namespace {

const KeyId kKey = numbered<KeyId>(1, 3);  // of every segment that CallMaker makes

class PurgeTest : public VerifyTest {
 protected:
  Bytes first_segment(std::uint64_t position) {
    return store->read(position).value().body.segments.at(0);
  }
  // Whether the bytes stand in any file below the data directory.
  bool is_on_disk(const Bytes& wanted) {
    return tests::files_with(dir(), {std::string(wanted.begin(), wanted.end())}) > 0;
  }
};

TEST_F(PurgeTest, CR03_AStreamLosesItsBytesInEveryFileAndTheLogStaysSound) {
  for (std::uint64_t i = 100; i < 140; ++i) add(i, i % 4);
  const std::uint64_t position = store->size() - 5;
  const StreamId doomed = store->read(position).value().leaf.stream_id;
  const Bytes bytes = first_segment(position);
  const Bytes kept = first_segment(position + 1);
  const auto leaf = crypto::encode_leaf(store->read(position).value().leaf);
  ASSERT_TRUE(is_on_disk(bytes));

  const auto counts = store->purge({{}, {doomed}, {}});
  ASSERT_TRUE(counts) << counts.error().detail;

  EXPECT_EQ(counts.value().events, 10u);
  EXPECT_FALSE(is_on_disk(bytes));
  EXPECT_TRUE(first_segment(position).empty());
  EXPECT_EQ(first_segment(position + 1), kept);
  EXPECT_EQ(crypto::encode_leaf(store->read(position).value().leaf), leaf);
  EXPECT_TRUE(store->prove(position));
  EXPECT_TRUE(verify_log(*store, {}).value().is_sound());
  EXPECT_EQ(store->purge({{}, {doomed}, {}}).value().events, 0u) << "done is done";
  reopen();
  EXPECT_TRUE(first_segment(position).empty());
  EXPECT_TRUE(verify_log(*store, {}).value().is_sound());
}

TEST_F(PurgeTest, CR03_TheBytesLeaveEveryTableThatLiesUnderALaterOne) {
  std::vector<Bytes> doomed;
  for (std::uint64_t i = 100; i < 148; ++i) {
    add(i, 1 + i % 2);
    if (i % 2 == 0) doomed.push_back(first_segment(store->size() - 1));
    if (i % 4 == 3) {
      ASSERT_TRUE(store->flush());  // a table each time
    }
    if (i % 16 == 15) reopen();
  }
  for (const Bytes& bytes : doomed) ASSERT_TRUE(is_on_disk(bytes));

  ASSERT_EQ(store->purge({{}, {stream_number(1)}, {}}).value().events, doomed.size());

  // RocksDB takes a file away in the moment after another has its place.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  for (const Bytes& bytes : doomed) {
    while (is_on_disk(bytes) && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    EXPECT_FALSE(is_on_disk(bytes));
  }
  EXPECT_TRUE(verify_log(*store, {}).value().is_sound());
}

TEST_F(PurgeTest, CR02_AKeyTakesItsSegmentsInWhateverStream) {
  for (std::uint64_t i = 100; i < 110; ++i) add(i, i);
  EXPECT_EQ(store->purge({{kKey}, {}, {}}).value().segments, 10u);
  EXPECT_TRUE(verify_log(*store, {}).value().is_sound());
}

TEST_F(PurgeTest, ClaimsThatGoAreNotBroughtBackByAReplay) {
  Call call = maker.call(101, {{stream_number(1)}});
  call.claims.push_back({ClaimOp::Kind::claim, hash_number(8), Bytes(16, 4)});
  call.claims.push_back({ClaimOp::Kind::claim, hash_number(9), Bytes(16, 5)});
  ASSERT_TRUE(store->append(std::move(call)));
  ASSERT_TRUE(store->purge({{}, {}, {hash_number(8)}}));
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(store->find_claim(hash_number(8)).value());
    EXPECT_TRUE(store->find_claim(hash_number(9)).value());
    reopen();
  }
}

TEST_F(PurgeTest, BehindAFenceACallIsRefusedAndItsNeighbourIsNot) {
  add(101, 1);
  ASSERT_TRUE(store->fence({}, std::array{stream_number(1)}));
  EXPECT_EQ(refusal(maker.call(102, {{stream_number(1)}})), Errc::subject_erased);
  Call checking = maker.call(103, {{stream_number(2)}});
  checking.checks.push_back({stream_number(1), 0});
  EXPECT_EQ(refusal(std::move(checking)), Errc::subject_erased);
  add(104, 2);
  ASSERT_TRUE(store->fence(std::array{kKey}, {}));
  EXPECT_EQ(refusal(maker.call(105, {{stream_number(3)}})), Errc::subject_erased);
}

TEST_F(PurgeTest, AFenceThatIsGivenUpLeavesThoseOfOthersStanding) {
  add(101, 1);
  const std::array streams{stream_number(1)};
  const std::array keys{kKey};
  ASSERT_TRUE(store->fence({}, streams));
  ASSERT_TRUE(store->fence(keys, streams));
  ASSERT_TRUE(store->lift_fence(keys, streams));
  EXPECT_EQ(refusal(maker.call(102, {{stream_number(1)}})), Errc::subject_erased);
  add(103, 2);
  ASSERT_TRUE(store->lift_fence({}, streams));
  add(104, 1);
  ASSERT_TRUE(store->lift_fence(keys, streams)) << "nothing stands: nothing changes";
  add(105, 1);
}

TEST_F(PurgeTest, AppendsGoOnWhileAStreamIsPurgedAndNoneSlipsBehindTheFence) {
  for (std::uint64_t i = 100; i < 400; ++i) add(i, 1);
  std::atomic<std::uint64_t> taken{0};
  std::atomic<bool> ended{false};
  std::thread writer([&] {
    CallMaker own;
    for (std::uint64_t i = 1000; !ended.load(); ++i) {
      const auto receipt = store->append(own.call(i, {{stream_number(i % 2 == 0 ? 1 : 2)}}));
      if (receipt) {
        ++taken;
      } else {
        EXPECT_EQ(receipt.error().code, Errc::subject_erased);
      }
    }
  });
  while (taken.load() < 4) std::this_thread::yield();
  ASSERT_TRUE(store->fence({}, std::array{stream_number(1)}));
  const std::uint64_t at_fence = store->size();
  ASSERT_TRUE(store->purge({{}, {stream_number(1)}, {}}));
  while (store->size() < at_fence + 4) std::this_thread::yield();
  ended = true;
  writer.join();
  ASSERT_TRUE(store->scan(0, store->size(), [&](const crypto::StoredEvent& event) -> Status {
    const bool is_doomed = event.leaf.stream_id == stream_number(1);
    EXPECT_EQ(event.body.segments.at(0).empty(), is_doomed) << event.leaf.position;
    EXPECT_TRUE(!is_doomed || event.leaf.position < at_fence);
    return ok();
  }));
  EXPECT_TRUE(verify_log(*store, {}).value().is_sound());
}

}  // namespace
}  // namespace cartella::store
