#include "api/throttle.h"

#include <gtest/gtest.h>

namespace cartella::api {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr TimeUs kStart{1'790'000'000'000'000};

store::UsernameHash name(std::uint8_t number) {
  store::UsernameHash hash;
  hash.bytes.fill(number);
  return hash;
}

class ThrottleTest : public ::testing::Test {
 protected:
  void fail_times(int count, std::uint8_t who, std::string_view address) {
    for (int i = 0; i < count; ++i) x_throttle.failed(name(who), address);
  }
  void pass_s(std::int64_t seconds) { x_clock.advance_us(seconds * kSecond); }

  ManualClock x_clock{kStart};
  Throttle x_throttle{x_clock, {}, {}};
};

TEST_F(ThrottleTest, S_AUTHN_TheWaitDoublesAfterFiveFailuresUpToFifteenMinutes) {
  fail_times(4, 1, "");
  EXPECT_EQ(x_throttle.wait_s(name(1), ""), 0u);
  for (const std::uint32_t expected :
       {1u, 2u, 4u, 8u, 16u, 32u, 64u, 128u, 256u, 512u, 900u, 900u}) {
    fail_times(1, 1, "");
    EXPECT_EQ(x_throttle.wait_s(name(1), ""), expected);
    pass_s(expected - 1);
    EXPECT_EQ(x_throttle.wait_s(name(1), ""), 1u);
    pass_s(1);
    EXPECT_EQ(x_throttle.wait_s(name(1), ""), 0u);
  }
  EXPECT_EQ(x_throttle.wait_s(name(2), ""), 0u);
}

TEST_F(ThrottleTest, S_AUTHN_AfterAHundredFailuresInARowTheUsernameStaysShut) {
  fail_times(99, 1, "");
  EXPECT_TRUE(x_throttle.failed(name(1), "").shut);
  EXPECT_FALSE(x_throttle.failed(name(1), "").shut);  // told once
  pass_s(1000ll * 24 * 3600);
  fail_times(1, 2, "");  // forgets what is old
  EXPECT_EQ(x_throttle.wait_s(name(1), ""), 900u);
}

TEST_F(ThrottleTest, S_AUTHN_ASuccessClearsTheUsernameAndNotTheAddress) {
  fail_times(31, 1, "192.0.2.1");
  EXPECT_EQ(x_throttle.succeeded(name(1)), 31u);
  EXPECT_EQ(x_throttle.succeeded(name(1)), 0u);
  EXPECT_EQ(x_throttle.wait_s(name(1), ""), 0u);
  EXPECT_EQ(x_throttle.wait_s(name(1), "192.0.2.1"), 2u);
}

TEST_F(ThrottleTest, S_AUTHN_ManyUsernamesFromOneAddressWait) {
  for (std::uint8_t who = 0; who < 40; ++who) x_throttle.failed(name(who), "192.0.2.1");
  EXPECT_EQ(x_throttle.wait_s(name(200), "192.0.2.1"), 60u);
  EXPECT_EQ(x_throttle.wait_s(name(200), "192.0.2.2"), 0u);
  pass_s(60);
  EXPECT_EQ(x_throttle.wait_s(name(200), "192.0.2.1"), 0u);
  pass_s(3600);
  fail_times(1, 1, "192.0.2.1");  // the address begins anew
  EXPECT_EQ(x_throttle.wait_s(name(200), "192.0.2.1"), 0u);
}

TEST_F(ThrottleTest, S_AUTHN_AnIpv6CustomerIsOneAddress) {
  for (int i = 0; i < 40; ++i) x_throttle.failed(name(1), "2001:db8:1:2::" + std::to_string(i + 1));
  EXPECT_EQ(x_throttle.wait_s(name(2), "2001:db8:1:2:ffff::1"), 60u);
  EXPECT_EQ(x_throttle.wait_s(name(2), "2001:db8:1:3::1"), 0u);
  for (int i = 0; i < 40; ++i) x_throttle.failed(name(1), "::ffff:192.0.2.1");
  EXPECT_EQ(x_throttle.wait_s(name(2), "::ffff:192.0.2.1"), 60u);
  EXPECT_EQ(x_throttle.wait_s(name(2), "::ffff:192.0.2.2"), 0u);
}

TEST_F(ThrottleTest, S_AUTHN_ARestartKeepsTheWaitAndAClockThatWentBackMakesItNoLonger) {
  const std::vector<store::FailedTries> known = {
      {name(1), 9, TimeUs{kStart.us - 10 * kSecond}},  // 16 s, of which 10 have passed
      {name(2), 9, TimeUs{kStart.us + 3600 * kSecond}},
      {name(3), 100, TimeUs{0}}};
  const Throttle throttle(x_clock, {}, known);
  EXPECT_EQ(throttle.wait_s(name(1), ""), 6u);
  EXPECT_EQ(throttle.wait_s(name(2), ""), 16u);
  EXPECT_EQ(throttle.wait_s(name(3), ""), 900u);
}

TEST_F(ThrottleTest, S_AUTHN_AFullTableForgetsWhoFailedLongestAgoAndSaysWho) {
  ThrottleLimits limits;
  limits.entries_max = 3;
  Throttle throttle(x_clock, limits, {});
  for (std::uint8_t who = 1; who <= 3; ++who) {
    EXPECT_TRUE(throttle.failed(name(who), "").forgotten.empty());
    pass_s(1);
  }
  const auto failure = throttle.failed(name(4), "");
  ASSERT_EQ(failure.forgotten.size(), 1u);
  EXPECT_EQ(failure.forgotten[0], name(1));
  EXPECT_EQ(failure.tries.count, 1u);
}

TEST_F(ThrottleTest, S_AUTHN_AFullTableForgetsNobodyWhoIsShut) {
  ThrottleLimits limits;
  limits.entries_max = 3;
  Throttle throttle(x_clock, limits, {});
  for (int i = 0; i < 100; ++i) throttle.failed(name(1), "");
  for (std::uint8_t who = 2; who <= 4; ++who) {
    pass_s(1);
    const auto forgotten = throttle.failed(name(who), "").forgotten;
    const std::vector<store::UsernameHash> oldest{name(2)};
    EXPECT_EQ(forgotten, who == 4 ? oldest : std::vector<store::UsernameHash>{});
  }
  EXPECT_EQ(throttle.wait_s(name(1), ""), 900u);
}

TEST_F(ThrottleTest, S_AUTHN_WhoIsShutLeavesHalfOfTheTableToOthers) {
  ThrottleLimits limits;
  limits.entries_max = 4;
  Throttle throttle(x_clock, limits, {});
  for (std::uint8_t who = 1; who <= 3; ++who) {
    for (int i = 0; i < 100; ++i) throttle.failed(name(who), "");
    pass_s(1);
  }
  EXPECT_TRUE(throttle.failed(name(4), "").forgotten.empty());
  pass_s(1);
  // Beyond half the one that was shut longest ago goes.
  EXPECT_EQ(throttle.failed(name(5), "").forgotten, std::vector{name(1)});
  EXPECT_EQ(throttle.failed(name(6), "").forgotten, std::vector{name(4)});
  EXPECT_EQ(throttle.wait_s(name(2), ""), 900u);
}

TEST_F(ThrottleTest, S_DOS_AnAddressFromWhichManyTriesFailedIsDoubtfulForAnHour) {
  for (std::uint8_t i = 0; i < 9; ++i) fail_times(1, i, "192.0.2.1");
  EXPECT_FALSE(x_throttle.is_doubtful("192.0.2.1"));
  fail_times(1, 9, "192.0.2.1");
  EXPECT_TRUE(x_throttle.is_doubtful("192.0.2.1"));
  EXPECT_FALSE(x_throttle.is_doubtful("192.0.2.2"));
  EXPECT_FALSE(x_throttle.is_doubtful("")) << "the Unix socket";
  pass_s(3601);
  EXPECT_FALSE(x_throttle.is_doubtful("192.0.2.1"));
}

TEST_F(ThrottleTest, FailuresOfADayAgoAreForgotten) {
  fail_times(4, 1, "");
  pass_s(24 * 3600 + 1);
  const auto failure = x_throttle.failed(name(2), "");
  ASSERT_EQ(failure.forgotten.size(), 1u);
  EXPECT_EQ(failure.forgotten[0], name(1));
  EXPECT_EQ(x_throttle.failed(name(1), "").tries.count, 1u);
}

TEST_F(ThrottleTest, RefusedTriesAreToldFirstThenByHundreds) {
  fail_times(6, 1, "");
  EXPECT_EQ(x_throttle.refused(name(1), ""), 1u);
  for (int i = 0; i < 99; ++i) EXPECT_EQ(x_throttle.refused(name(1), ""), 0u);
  EXPECT_EQ(x_throttle.refused(name(1), ""), 100u);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(x_throttle.refused(name(1), ""), 0u);
  EXPECT_EQ(x_throttle.take_untold(name(1)), 7u);
  EXPECT_EQ(x_throttle.take_untold(name(1)), 0u);
}

TEST_F(ThrottleTest, RefusedTriesOfManyUsernamesAreToldByTheirAddress) {
  fail_times(40, 1, "192.0.2.1");
  std::uint32_t told = 0;
  int records = 0;
  for (int i = 0; i < 201; ++i) {
    const std::uint32_t now =
        x_throttle.refused(name(static_cast<std::uint8_t>(2 + i)), "192.0.2.1");
    told += now;
    records += now != 0 ? 1 : 0;
  }
  EXPECT_EQ(records, 3);
  EXPECT_EQ(told, 201u);
}

}  // namespace
}  // namespace cartella::api
