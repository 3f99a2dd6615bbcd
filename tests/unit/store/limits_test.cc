#include <sys/resource.h>

#include <csignal>

#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/store_probe.h"

namespace cartella::store {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kHourUs = 3600 * kSecondUs;

class StoreLimits : public StoreTest {
 protected:
  Call access(std::uint64_t command) {
    return maker.call(command, {{stream_number(50), crypto::kExpectAny, schema::LeafKind::access}});
  }
  Call confirmation(std::uint64_t command) { return maker.call(command, {{stream_number(60)}}); }
  Call command(std::uint64_t number) { return maker.call(number, {{stream_number(1)}}); }
};

TEST_F(StoreLimits, NeverRecordsATimeBeforeTheLastEvent) {
  create();
  add(1, 1);
  clock.set_wall(TimeUs{kStartUs - 2 * kSecondUs});
  EXPECT_EQ(add(2, 1).recorded_at.us, kStartUs);
}

TEST_F(StoreLimits, StopsCommandsAfterAJumpOfTheClockUntilAnOperatorConfirms) {
  create();
  add(1, 1);
  clock.advance_us(kSecondUs);
  clock.set_wall(TimeUs{kStartUs + 365 * 24 * kHourUs});
  EXPECT_EQ(refusal(command(2)), Errc::clock_suspect);
  // Access records go on, timed by the monotonic clock.
  EXPECT_EQ(store->append(access(3)).value().recorded_at.us, kStartUs + kSecondUs);
  clock.advance_us(kSecondUs);
  EXPECT_EQ(store->append(access(4)).value().recorded_at.us, kStartUs + 2 * kSecondUs);
  EXPECT_EQ(refusal(command(2)), Errc::clock_suspect);
  // A repeated command still finds its receipt.
  EXPECT_TRUE(store->append(command(1)).value().duplicate);
  const auto confirmed = store->confirm_clock(confirmation(5));
  ASSERT_TRUE(confirmed) << confirmed.error().detail;
  EXPECT_EQ(confirmed.value().recorded_at, clock.wall());
  EXPECT_EQ(add(6, 1).recorded_at, clock.wall());
}

TEST_F(StoreLimits, SuspectsAClockThatStartsBeforeTheHeadOrADayPastIt) {
  create();
  add(1, 1);
  for (const std::int64_t moved : {-kSecondUs, 25 * kHourUs}) {
    clock.set_wall(TimeUs{kStartUs + moved});
    reopen();
    EXPECT_EQ(refusal(command(2)), Errc::clock_suspect);
  }
  clock.set_wall(TimeUs{kStartUs + 23 * kHourUs});
  reopen();
  add(3, 1);
  clock.set_wall(TimeUs{kStartUs + 100 * kHourUs});
  reopen();
  EXPECT_TRUE(store->confirm_clock(confirmation(4)));
  add(5, 1);
}

TEST_F(StoreLimits, TellsWhichJumpOfTheClockIsDoubted) {
  create();
  add(1, 1);
  EXPECT_FALSE(store->clock_doubt().value());
  clock.set_wall(TimeUs{kStartUs + 25 * kHourUs});
  reopen();
  const auto doubt = store->clock_doubt().value();
  ASSERT_TRUE(doubt);
  EXPECT_EQ(doubt->wall.us, kStartUs + 25 * kHourUs);
  EXPECT_EQ(doubt->head.us, kStartUs);
}

TEST_F(StoreLimits, DoubtsTheClockStillWhenItsConfirmationIsNotRecorded) {
  create();
  add(1, 1);
  clock.set_wall(TimeUs{kStartUs + 25 * kHourUs});
  reopen();
  Call unwritten = maker.call(2, {{stream_number(1), crypto::kExpectNone}});
  EXPECT_EQ(store->confirm_clock(std::move(unwritten)).error().code, Errc::conflict);
  // Recorded once already: nothing new would tell of this jump.
  EXPECT_TRUE(store->confirm_clock(command(1)).value().duplicate);
  EXPECT_EQ(refusal(command(3)), Errc::clock_suspect);
  EXPECT_EQ(store->size(), 1u);
}

TEST_F(StoreLimits, ConfirmsNoClockThatIsBelieved) {
  create();
  add(1, 1);
  EXPECT_EQ(store->confirm_clock(confirmation(2)).error().code, Errc::invalid_argument);
  EXPECT_EQ(store->size(), 1u);
}

TEST_F(StoreLimits, StopsCommandsBelowTheDiskReserveAndTakesAccessRecords) {
  options.space_low_bytes = ~std::uint64_t{0};
  create();
  EXPECT_EQ(refusal(command(1)), Errc::out_of_space);
  EXPECT_TRUE(store->append(access(2)));
}

TEST_F(StoreLimits, AnswersNothingWhenTheDiskIsNearlyFull) {
  options.space_critical_bytes = ~std::uint64_t{0};
  create();
  EXPECT_EQ(refusal(command(1)), Errc::unavailable);
  EXPECT_EQ(refusal(access(2)), Errc::unavailable);
  EXPECT_EQ(store->size(), 0u);
}

TEST_F(StoreLimits, RefusesACallWhenTheQueueIsFull) {
  options.queue_calls_max = 2;
  create();
  std::promise<void> entered;
  std::promise<void> release;
  StoreProbe::writer(*store).post([&](Journal&) -> Status {
    entered.set_value();
    release.get_future().wait();
    return ok();
  });
  entered.get_future().wait();
  auto first = store->append_async(command(1));
  auto second = store->append_async(command(2));
  EXPECT_EQ(store->append_async(command(3)).get().error().code, Errc::unavailable);
  release.set_value();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
}

TEST_F(StoreLimits, StopsForGoodAfterAFailedWriteAndLosesNothingAcknowledged) {
  create();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{512 * 1024, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  std::uint64_t acknowledged = 0;
  Errc code = Errc::conflict;
  for (std::uint64_t i = 1; i < 100; ++i) {
    const auto answer = store->append(maker.call(i, {{stream_number(1)}}, 60'000));
    if (!answer) {
      code = answer.error().code;
      break;
    }
    ++acknowledged;
  }
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(code, Errc::io);
  EXPECT_GT(acknowledged, 0u);
  EXPECT_FALSE(store->health());
  // Room again, but the file's state is unknown: no retry.
  EXPECT_EQ(refusal(command(500)), Errc::unavailable);
  reopen();
  EXPECT_TRUE(store->health());
  EXPECT_GE(store->size(), acknowledged);
  add(600, 1);
}

}  // namespace
}  // namespace cartella::store
