#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/store_probe.h"

namespace cartella::store {
namespace {

using crypto::kExpectAny;
using crypto::kExpectExists;
using crypto::kExpectNone;

class StoreAppend : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create();
  }
};

TEST_F(StoreAppend, GivesBackWhatWasAppended) {
  const Call call = maker.call(1, {{stream_number(1), kExpectNone}, {stream_number(2)}});
  const auto receipt = store->append(call);
  ASSERT_TRUE(receipt) << receipt.error().detail;
  EXPECT_EQ(receipt.value().first_position, 0u);
  EXPECT_EQ(receipt.value().event_count, 2u);
  EXPECT_EQ(receipt.value().tree_size, 2u);
  EXPECT_FALSE(receipt.value().duplicate);
  EXPECT_EQ(receipt.value().recorded_at.us, kStartUs);
  EXPECT_EQ(store->size(), 2u);
  const auto event = store->read(1);
  ASSERT_TRUE(event);
  EXPECT_EQ(event.value().leaf.event_id, call.events[1].leaf.event_id);
  EXPECT_EQ(event.value().leaf.position, 1u);
  EXPECT_EQ(event.value().body.segments, call.events[1].body.segments);
  EXPECT_EQ(store->position_of(call.events[1].leaf.event_id).value(), 1u);
  EXPECT_EQ(store->read(2).error().code, Errc::not_found);
  EXPECT_EQ(store->position_of(event_number(77)).error().code, Errc::not_found);
}

TEST_F(StoreAppend, ChainsTheEventsOfAStream) {
  add(1, 1);
  add(2, 2);
  add(3, 1, 0);
  const auto events = store->read_stream(stream_number(1), 0, 10).value();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].leaf.previous_leaf_hash, Hash32{});
  EXPECT_EQ(events[1].leaf.revision, 1u);
  EXPECT_EQ(events[1].leaf.position, 2u);
  EXPECT_EQ(events[1].leaf.previous_leaf_hash,
            crypto::leaf_hash(crypto::encode_leaf(events[0].leaf)));
  EXPECT_EQ(store->read_stream(stream_number(1), 1, 10).value().size(), 1u);
  EXPECT_EQ(store->read_stream(stream_number(1), 0, 1).value().size(), 1u);
  EXPECT_TRUE(store->read_stream(stream_number(9), 0, 10).value().empty());
  EXPECT_EQ(store->stream_head(stream_number(1)).value()->revision, 1u);
  EXPECT_FALSE(store->stream_head(stream_number(9)).value());
}

TEST_F(StoreAppend, ReportsEveryFailingStreamAtOnce) {
  add(1, 1);
  Call call = maker.call(2, {{stream_number(1), 5}, {stream_number(2), kExpectExists}});
  call.checks.push_back({stream_number(3), 0});
  const auto refused = store->append(call);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
  for (const std::uint64_t stream : {1u, 2u, 3u})
    EXPECT_NE(refused.error().detail.find(stream_number(stream).hex()), std::string::npos);
  EXPECT_EQ(store->size(), 1u);
}

TEST_F(StoreAppend, HoldsToEachKindOfExpectation) {
  EXPECT_EQ(refusal(maker.call(1, {{stream_number(1), 0}})), Errc::conflict);
  add(2, 1, kExpectNone);
  EXPECT_EQ(refusal(maker.call(3, {{stream_number(1), kExpectNone}})), Errc::conflict);
  add(4, 1, kExpectExists);
  add(5, 1, 1);
  EXPECT_EQ(refusal(maker.call(6, {{stream_number(1), 1}})), Errc::conflict);
  EXPECT_EQ(store->size(), 3u);
}

TEST_F(StoreAppend, ChecksStreamsThatItDoesNotWrite) {
  add(1, 1);
  Call good = maker.call(2, {{stream_number(2)}});
  good.checks = {{stream_number(1), 0}, {stream_number(3), kExpectNone}};
  EXPECT_TRUE(store->append(good));
  Call stale = maker.call(3, {{stream_number(2)}});
  stale.checks = {{stream_number(1), kExpectNone}};
  EXPECT_EQ(refusal(stale), Errc::conflict);
}

TEST_F(StoreAppend, CountsUpTheExpectationsOfOneStreamInACall) {
  const StreamId stream = stream_number(1);
  EXPECT_TRUE(store->append(maker.call(1, {{stream, kExpectNone}, {stream, 0}, {stream, 1}})));
  EXPECT_TRUE(store->append(maker.call(2, {{stream, kExpectAny}, {stream, kExpectAny}})));
  EXPECT_EQ(refusal(maker.call(3, {{stream, 4}, {stream, 4}})), Errc::invalid_argument);
  EXPECT_EQ(refusal(maker.call(4, {{stream, -3}})), Errc::invalid_argument);
  const auto events = store->read_stream(stream, 0, 10).value();
  ASSERT_EQ(events.size(), 5u);
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].leaf.revision, i);
  EXPECT_EQ(events[2].leaf.expected_revision, 1);
}

TEST_F(StoreAppend, AnswersARepeatedCommandWithTheFirstReceipt) {
  const Call call = maker.call(1, {{stream_number(1), kExpectNone}, {stream_number(2)}});
  const Receipt first = store->append(call).value();
  add(2, 3);
  const Receipt again = store->append(call).value();
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.first_position, first.first_position);
  EXPECT_EQ(again.event_count, first.event_count);
  EXPECT_EQ(again.tree_size, first.tree_size);
  EXPECT_EQ(again.recorded_at, first.recorded_at);
  EXPECT_EQ(store->size(), 3u);
  EXPECT_TRUE(store->find_command(event_number(1), hash_number(1)).value()->duplicate);
  EXPECT_FALSE(store->find_command(event_number(9), hash_number(9)).value());
}

TEST_F(StoreAppend, RefusesACommandIdUsedForAnotherCommand) {
  const Call call = maker.call(1, {{stream_number(1)}, {stream_number(2)}});
  ASSERT_TRUE(store->append(call));
  Call other = call;
  other.command_digest = hash_number(2);
  EXPECT_EQ(refusal(other), Errc::idempotency_conflict);
  EXPECT_EQ(store->find_command(event_number(1), hash_number(2)).error().code,
            Errc::idempotency_conflict);
  // The id of an event that is not the first of its call is no command id either.
  Call inner = maker.call(3, {{stream_number(3)}});
  inner.events[0] = call.events[1];
  EXPECT_EQ(refusal(inner), Errc::idempotency_conflict);
  Call reuses = maker.call(4, {{stream_number(4)}});
  reuses.events.push_back(call.events[0]);
  EXPECT_EQ(refusal(reuses), Errc::idempotency_conflict);
}

TEST_F(StoreAppend, RefusesCallsThatAreNotWellFormed) {
  EXPECT_EQ(refusal(Call{}), Errc::invalid_argument);
  Call twice = maker.call(1, {{stream_number(1)}});
  twice.events.push_back(twice.events[0]);
  EXPECT_EQ(refusal(twice), Errc::invalid_argument);
  Call altered = maker.call(2, {{stream_number(1)}});
  altered.events[0].body.segments[0].back() ^= 1;
  EXPECT_EQ(refusal(altered), Errc::corrupt);
  Call unsigned_event = maker.call(3, {{stream_number(1)}});
  unsigned_event.events[0].leaf.flags = 0;
  EXPECT_EQ(refusal(unsigned_event), Errc::invalid_argument);
  Call claim = maker.call(4, {{stream_number(1)}});
  claim.claims.push_back({ClaimOp::Kind::claim, hash_number(1), Bytes(65)});
  EXPECT_EQ(refusal(claim), Errc::invalid_argument);
  std::vector<Wanted> many(kCallEventsMax + 1, {stream_number(1)});
  EXPECT_EQ(refusal(maker.call(5, many)), Errc::invalid_argument);
  std::vector<Wanted> large(5, {stream_number(1)});
  EXPECT_EQ(refusal(maker.call(6, large, 180'000)), Errc::invalid_argument);
  EXPECT_EQ(store->size(), 0u);
}

TEST_F(StoreAppend, TakesACallOfTheLargestCount) {
  std::vector<Wanted> many(kCallEventsMax, {stream_number(1)});
  ASSERT_TRUE(store->append(maker.call(1, many)));
  EXPECT_EQ(store->size(), kCallEventsMax);
}

TEST_F(StoreAppend, LetsOneClaimOfAnIdentifierWin) {
  const auto claim = [&](std::uint64_t command, ClaimOp::Kind kind, std::uint8_t subject) {
    Call call = maker.call(command, {{stream_number(command)}});
    call.claims.push_back({kind, hash_number(1), Bytes(16, subject)});
    return call;
  };
  ASSERT_TRUE(store->append(claim(1, ClaimOp::Kind::claim, 1)));
  EXPECT_EQ(refusal(claim(2, ClaimOp::Kind::claim, 2)), Errc::claim_taken);
  EXPECT_EQ(refusal(claim(3, ClaimOp::Kind::assert_free, 2)), Errc::claim_taken);
  EXPECT_EQ(refusal(claim(4, ClaimOp::Kind::release, 2)), Errc::conflict);
  EXPECT_EQ(store->find_claim(hash_number(1)).value(), Bytes(16, 1));
  ASSERT_TRUE(store->append(claim(5, ClaimOp::Kind::release, 1)));
  EXPECT_FALSE(store->find_claim(hash_number(1)).value());
  EXPECT_TRUE(store->append(claim(6, ClaimOp::Kind::assert_free, 1)));
  EXPECT_TRUE(store->append(claim(7, ClaimOp::Kind::claim, 2)));
}

TEST_F(StoreAppend, LetsExactlyOneOfEightThreadsClaim) {
  constexpr std::uint64_t kThreads = 8;
  constexpr std::uint64_t kRounds = 20;
  std::atomic<std::uint64_t> wins{0};
  std::atomic<std::uint64_t> taken{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      CallMaker own;
      for (std::uint64_t round = 0; round < kRounds; ++round) {
        const std::uint64_t command = 1 + t * kRounds + round;
        Call call = own.call(command, {{stream_number(command), kExpectNone}});
        call.claims.push_back(
            {ClaimOp::Kind::claim, hash_number(round), Bytes(16, static_cast<std::uint8_t>(t))});
        const auto answer = store->append(std::move(call));
        if (answer) ++wins;
        if (!answer && answer.error().code == Errc::claim_taken) ++taken;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wins.load(), kRounds);
  EXPECT_EQ(taken.load(), kRounds * (kThreads - 1));
  EXPECT_EQ(store->size(), kRounds);
}

TEST_F(StoreAppend, TellsWhoDoesNotWaitOnceWhenItIsDurableOrRefused) {
  constexpr std::uint64_t kCalls = 100;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Result<Receipt>> told;
  const auto tell = [&](Result<Receipt> outcome) {
    EXPECT_TRUE(!outcome || store->size() > outcome.value().first_position);
    const std::lock_guard lock(mutex);
    told.push_back(std::move(outcome));
    changed.notify_all();
  };
  for (std::uint64_t i = 0; i < kCalls; ++i)
    store->append(maker.call(i + 1, {{stream_number(i), kExpectNone}}), tell);
  store->append(Call{}, tell);  // refused before it is queued
  std::unique_lock lock(mutex);
  ASSERT_TRUE(
      changed.wait_for(lock, std::chrono::seconds(10), [&] { return told.size() == kCalls + 1; }));
  EXPECT_EQ(std::ranges::count_if(told, [](const auto& outcome) { return outcome.has_value(); }),
            static_cast<std::ptrdiff_t>(kCalls));
}

TEST_F(StoreAppend, LetsCallsOfOneGroupSeeEachOther) {
  std::vector<std::future<Result<Receipt>>> answers;
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto expected = static_cast<std::int64_t>(i) - 1;
    answers.push_back(store->append_async(maker.call(i + 1, {{stream_number(1), expected}})));
    answers.push_back(store->append_async(maker.call(i + 1, {{stream_number(1), expected}})));
    answers.push_back(store->append_async(maker.call(1000 + i, {{stream_number(1), expected}})));
  }
  for (std::size_t i = 0; i < answers.size(); i += 3) {
    const auto first = answers[i].get();
    const auto again = answers[i + 1].get();
    const auto stale = answers[i + 2].get();
    ASSERT_TRUE(first);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again.value().duplicate);
    EXPECT_EQ(again.value().first_position, first.value().first_position);
    EXPECT_EQ(again.value().tree_size, first.value().tree_size);
    ASSERT_FALSE(stale);
    EXPECT_EQ(stale.error().code, Errc::conflict);
  }
  EXPECT_EQ(store->size(), 200u);
}

// The caller that waits often leads its call while the thread inside still writes the rows of the
// claim before it.
TEST_F(StoreAppend, JudgesACallByTheGroupBeforeWhoseRowsMayNotBeWrittenYet) {
  const auto claim = [&](std::uint64_t command, ClaimOp::Kind kind) {
    Call call = maker.call(command, {{stream_number(command)}});
    call.claims.push_back({kind, hash_number(1), Bytes(16, 1)});
    return call;
  };
  for (std::uint64_t i = 1; i < 600; i += 3) {
    auto first = store->append_async(claim(i, ClaimOp::Kind::claim));
    EXPECT_EQ(refusal(claim(i + 1, ClaimOp::Kind::claim)), Errc::claim_taken);
    const auto again = store->append(claim(i, ClaimOp::Kind::claim));
    const auto receipt = first.get();
    ASSERT_TRUE(receipt);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again.value().duplicate);
    EXPECT_EQ(again.value().tree_size, receipt.value().tree_size);
    auto released = store->append_async(claim(i + 2, ClaimOp::Kind::release));
    EXPECT_TRUE(store->append(maker.call(1000 + i, {{stream_number(i + 2), 0}})));
    EXPECT_TRUE(released.get());
  }
  EXPECT_FALSE(store->find_claim(hash_number(1)).value());
}

TEST_F(StoreAppend, RunsATaskWhenTheRowsOfAllDurableGroupsAreWritten) {
  std::vector<std::future<Result<Receipt>>> answers;
  for (std::uint64_t i = 1; i <= 400; ++i) {
    answers.push_back(store->append_async(maker.call(i, {{stream_number(i)}})));
    if (i % 20 != 0) continue;
    EXPECT_TRUE(store->append(maker.call(1000 + i, {{stream_number(1000 + i)}})));
    const Status ran = StoreProbe::writer(*store).run([&](Journal& journal) -> Status {
      EXPECT_EQ(journal.end_size(), store->size());
      EXPECT_EQ(StoreProbe::db(*store).end(Family::bodies).value().size, store->size());
      return ok();
    });
    EXPECT_TRUE(ran);
  }
  for (auto& answer : answers) EXPECT_TRUE(answer.get());
  EXPECT_EQ(store->size(), 420u);
}

// Remembers who asked for the time: the thread at the tail.
class AskedClock final : public Clock {
 public:
  TimeUs wall() const override {
    asked_by = std::this_thread::get_id();
    return TimeUs{kStartUs};
  }
  std::int64_t monotonic_us() const override { return 0; }
  mutable std::thread::id asked_by;
};

TEST_F(StoreAppend, CommitsACallThatComesAloneOnTheCallersThread) {
  const AskedClock asked;
  const auto other =
      Store::create(root / "other", test_log(), "cartella/test/1", log_key, asked, options);
  ASSERT_TRUE(other);
  ASSERT_TRUE(other.value()->append(maker.call(1, {{stream_number(1)}})));
  EXPECT_EQ(asked.asked_by, std::this_thread::get_id());
}

TEST_F(StoreAppend, ScansInOrderAndStopsAtTheFirstError) {
  for (std::uint64_t i = 0; i < 20; ++i) add(i + 1, i % 3);
  std::uint64_t next = 5;
  EXPECT_TRUE(store->scan(5, 1000, [&](const crypto::StoredEvent& event) -> Status {
    EXPECT_EQ(event.leaf.position, next++);
    return ok();
  }));
  EXPECT_EQ(next, 20u);
  const Status stopped = store->scan(0, 20, [&](const crypto::StoredEvent& event) -> Status {
    if (event.leaf.position == 3) return fail(Errc::refused, "enough");
    return ok();
  });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::refused);
}

TEST_F(StoreAppend, WakesAReaderThatWaits) {
  std::thread reader([&] { EXPECT_GT(store->wait_past(0, std::chrono::hours(1)), 0u); });
  add(1, 1);
  reader.join();
  EXPECT_EQ(store->wait_past(1, std::chrono::milliseconds(0)), 1u);
}

}  // namespace
}  // namespace cartella::store
