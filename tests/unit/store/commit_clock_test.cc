#include "store/commit_clock.h"

#include <gtest/gtest.h>

namespace cartella::store {
namespace {

constexpr TimeUs kStart{1'700'000'000'000'000};
constexpr std::int64_t kSecondUs = 1'000'000;

// A busy writer spends nearly all of its time between observing the clock and the end of the sync.
TEST(CommitClock, SuspectsAJumpThatHappensDuringTheSync) {
  ManualClock clock(kStart);
  CommitClock commits(clock, std::nullopt);
  commits.observe();
  clock.set_wall({kStart.us + 60 * kSecondUs});
  commits.committed();

  commits.observe();

  EXPECT_TRUE(commits.suspect());
  EXPECT_LT(commits.now().us, kStart.us + kSecondUs);
}

TEST(CommitClock, BelievesAClockThatOnlyRan) {
  ManualClock clock(kStart);
  CommitClock commits(clock, std::nullopt);
  commits.observe();
  clock.advance_us(30 * kSecondUs);
  commits.committed();
  clock.advance_us(30 * kSecondUs);

  commits.observe();

  EXPECT_FALSE(commits.suspect());
  EXPECT_EQ(commits.now().us, kStart.us + 60 * kSecondUs);
}

TEST(CommitClock, GoesOnFromTheClockThatWasConfirmed) {
  ManualClock clock(kStart);
  CommitClock commits(clock, TimeUs{kStart.us + kSecondUs});
  ASSERT_TRUE(commits.suspect());

  commits.accept();
  commits.observe();

  EXPECT_FALSE(commits.suspect());
  EXPECT_EQ(commits.now().us, kStart.us + kSecondUs);
}

}  // namespace
}  // namespace cartella::store
