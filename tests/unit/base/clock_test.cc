#include "base/clock.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace cartella {
namespace {

Date date(int year, int month, int day) { return make_date(year, month, day).value(); }

TEST(Dates, CountDaysFromTheEpoch) {
  EXPECT_EQ(date(1970, 1, 1).days, 0);
  EXPECT_EQ(date(1969, 12, 31).days, -1);
  EXPECT_EQ(date(2000, 3, 1).days, 11017);
  EXPECT_EQ(date(2024, 2, 29).days, 19782);
}

TEST(Dates, RefuseWhatTheCalendarDoesNotHave) {
  EXPECT_FALSE(make_date(2023, 2, 29));
  EXPECT_FALSE(make_date(1900, 2, 29));
  EXPECT_TRUE(make_date(2000, 2, 29));
  EXPECT_FALSE(make_date(2024, 4, 31));
  EXPECT_FALSE(make_date(2024, 13, 1));
  EXPECT_FALSE(make_date(2024, 0, 1));
  EXPECT_FALSE(make_date(2024, 1, 0));
  EXPECT_FALSE(make_date(999, 1, 1));
  EXPECT_FALSE(make_date(10000, 1, 1));
}

RC_GTEST_PROP(Dates, RoundTripThroughTheCalendarAndText, ()) {
  const Date day{*rc::gen::inRange(date(1000, 1, 1).days, date(9999, 12, 31).days + 1)};
  const CivilDate c = civil(day);
  RC_ASSERT(make_date(c.year, c.month, c.day).value() == day);
  const std::string text = format_date(day);
  RC_ASSERT(parse_iso_date(text).value() == day);
  std::string compact = text;
  std::erase(compact, '-');
  RC_ASSERT(parse_compact_date(compact).value() == day);
}

TEST(Dates, AcceptOnlyTheExactForms) {
  for (const char* bad : {"", "2024-1-01", "2024-01-1", "24-01-01", "2024/01/01", "2024-01-01 ",
                          " 2024-01-01", "2024-02-30", "+024-01-01", "2024-0x-01"})
    EXPECT_FALSE(parse_iso_date(bad).has_value()) << bad;
  for (const char* bad : {"", "2024011", "202401011", "20240230", "2024 101", "2024-1-1"})
    EXPECT_FALSE(parse_compact_date(bad).has_value()) << bad;
  EXPECT_EQ(parse_iso_date("bad").error().code, Errc::invalid_input);
}

TEST(Timestamps, ReadEveryAcceptedForm) {
  const std::int64_t noon = start_of(date(2024, 2, 29)).us + 12LL * 3'600'000'000;
  EXPECT_EQ(parse_timestamp("2024-02-29 12:00:00").value().us, noon);
  EXPECT_EQ(parse_timestamp("2024-02-29T12:00:00Z").value().us, noon);
  EXPECT_EQ(parse_timestamp("2024-02-29T12:00:00.5Z").value().us, noon + 500'000);
  EXPECT_EQ(parse_timestamp("2024-02-29T12:00:00.000001").value().us, noon + 1);
}

TEST(Timestamps, RefuseImpossibleTimesAndForeignForms) {
  for (const char* bad :
       {"", "2024-02-29", "2024-02-29 24:00:00", "2024-02-29 12:60:00", "2024-02-29 12:00:60",
        "2024-02-30 12:00:00", "2024-02-29 12:00:00.", "2024-02-29 12:00:00.1234567",
        "2024-02-29 12:00:00+01:00", "2024-02-29_12:00:00", "2024-02-29 12:00:0a"}) {
    const auto result = parse_timestamp(bad);
    ASSERT_FALSE(result.has_value()) << bad;
    EXPECT_EQ(result.error().code, Errc::invalid_input);
  }
}

RC_GTEST_PROP(Timestamps, RoundTripThroughText, ()) {
  const TimeUs time{
      *rc::gen::inRange(start_of(date(1000, 1, 1)).us, start_of(date(9999, 12, 31)).us)};
  RC_ASSERT(parse_timestamp(format_time(time)).value() == time);
}

TEST(Timestamps, BeforeTheEpochBelongToTheDayThatBeganBeforeThem) {
  EXPECT_EQ(date_of(TimeUs{-1}).days, -1);
  EXPECT_EQ(format_time(TimeUs{-1}), "1969-12-31T23:59:59.999999Z");
}

TEST(Age, CountsBirthdays) {
  EXPECT_EQ(age_years(date(2000, 5, 10), date(2024, 5, 9)), 23);
  EXPECT_EQ(age_years(date(2000, 5, 10), date(2024, 5, 10)), 24);
}

TEST(Age, OfSomeoneBornOnThe29thOfFebruaryTurnsOnThe1stOfMarch) {
  EXPECT_EQ(age_years(date(2000, 2, 29), date(2023, 2, 28)), 22);
  EXPECT_EQ(age_years(date(2000, 2, 29), date(2023, 3, 1)), 23);
  EXPECT_EQ(age_years(date(2000, 2, 29), date(2024, 2, 29)), 24);
}

TEST(ManualClock, JumpsOnlyItsWallWhenItIsSet) {
  ManualClock clock(TimeUs{1000});
  clock.advance_us(5);
  EXPECT_EQ(clock.wall().us, 1005);
  EXPECT_EQ(clock.monotonic_us(), 5);
  clock.set_wall(TimeUs{1});
  EXPECT_EQ(clock.wall().us, 1);
  EXPECT_EQ(clock.monotonic_us(), 5);
}

}  // namespace
}  // namespace cartella
