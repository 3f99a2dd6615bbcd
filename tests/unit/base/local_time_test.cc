#include "base/local_time.h"

#include <gtest/gtest.h>

#include <limits>

namespace cartella {
namespace {

std::string utc(std::string_view italian) {
  const auto time = parse_local_timestamp(italian);
  return time ? format_time(time.value()) : std::string(errc_name(time.error().code));
}
std::string day(std::string_view utc_time) {
  return format_date(local_day(parse_timestamp(utc_time).value()));
}

TEST(LocalTime, FindsTheDatabase) { EXPECT_TRUE(check_local_time().has_value()); }

TEST(LocalTime, ReadsATimeWithoutAZoneAsItalian) {
  EXPECT_EQ(utc("2026-01-10 10:00:00"), "2026-01-10T09:00:00.000000Z");
  EXPECT_EQ(utc("2026-07-10 10:00:00"), "2026-07-10T08:00:00.000000Z");
  EXPECT_EQ(utc("1970-07-10 10:00:00"), "1970-07-10T08:00:00.000000Z");
  EXPECT_EQ(utc("1965-07-10 10:00:00"), "1965-07-10T09:00:00.000000Z");  // no summer time yet
  EXPECT_EQ(utc("2026-07-10T10:00:00Z"), "2026-07-10T10:00:00.000000Z");
  EXPECT_EQ(utc("2026-07-10 25:00:00"), "invalid_input");
}

TEST(LocalTime, TakesTheFirstOfAnHourThatCameTwiceAndTheNextOfOneLeftOut) {
  EXPECT_EQ(utc("2026-10-25 02:30:00"), "2026-10-25T00:30:00.000000Z");
  EXPECT_EQ(utc("2026-03-29 02:30:00"), "2026-03-29T01:30:00.000000Z");
}

TEST(LocalTime, CountsTheDayAsACalendarInItalyDoes) {
  EXPECT_EQ(day("2026-01-10T22:59:59Z"), "2026-01-10");
  EXPECT_EQ(day("2026-01-10T23:00:00Z"), "2026-01-11");
  EXPECT_EQ(day("2026-07-10T22:00:00Z"), "2026-07-11");
}

TEST(LocalTime, ShowsTheHourOfClocksInItaly) {
  const auto shown = [](std::string_view utc_time) {
    return format_time(to_local(parse_timestamp(utc_time).value()));
  };
  EXPECT_EQ(shown("2026-01-10T09:00:00Z"), "2026-01-10T10:00:00.000000Z");
  EXPECT_EQ(shown("2026-07-10T22:30:00Z"), "2026-07-11T00:30:00.000000Z");
}

TEST(LocalTime, KeepsTheDayOfAFactWithoutATimeOfDay) {
  for (std::int32_t days = -30'000; days < 40'000; ++days)
    ASSERT_EQ(local_day(start_of(Date{days})).days, days);
}

TEST(LocalTime, EndsAtTheEndsOfTimeWithoutOverflow) {
  const TimeUs last{std::numeric_limits<std::int64_t>::max()};
  const TimeUs first{std::numeric_limits<std::int64_t>::min()};
  EXPECT_GE(local_day(last), date_of(last));
  EXPECT_LE(from_local(first), TimeUs{first.us + 7'200'000'000});
}

}  // namespace
}  // namespace cartella
