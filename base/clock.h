// base/clock.h: the time, injected.
//
// Units: microseconds since 1970-01-01T00:00:00Z, and civil dates as days since 1970-01-01.
// Nothing below ops/ reads the system clock by itself, so that tests and replays are deterministic.
// Threads: a Clock's methods may be called from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cartella {

struct TimeUs {
  std::int64_t us = 0;
  auto operator<=>(const TimeUs&) const = default;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimeUs wall() const = 0;
  virtual std::int64_t monotonic_us() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimeUs wall() const override;
  std::int64_t monotonic_us() const override;
};

// A clock for tests and for the generator: stands still until it is set.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimeUs start) : x_wall(start) {}
  TimeUs wall() const override { return x_wall; }
  std::int64_t monotonic_us() const override { return x_monotonic; }
  void advance_us(std::int64_t us) {
    x_wall.us += us;
    x_monotonic += us;
  }
  void set_wall(TimeUs t) { x_wall = t; }  // the monotonic clock stays: a jump

 private:
  TimeUs x_wall;
  std::int64_t x_monotonic = 0;
};

// A civil date of the proleptic Gregorian calendar, in days since 1970-01-01.
struct Date {
  std::int32_t days = 0;
  auto operator<=>(const Date&) const = default;
};
struct CivilDate {
  int year = 0;
  int month = 0;
  int day = 0;
};

CivilDate civil(Date date);
// Empty for an impossible date; years 1000 to 9999.
std::optional<Date> make_date(int year, int month, int day);
// invalid_input: not exactly YYYY-MM-DD, or impossible.
Result<Date> parse_iso_date(std::string_view text);
// invalid_input: not exactly YYYYMMDD, or impossible.
Result<Date> parse_compact_date(std::string_view text);
// "YYYY-MM-DD HH:MM:SS" or "YYYY-MM-DDTHH:MM:SS[.ffffff][Z]", read as UTC. invalid_input.
Result<TimeUs> parse_timestamp(std::string_view text);
std::string format_date(Date date);    // YYYY-MM-DD
std::string format_time(TimeUs time);  // RFC 3339, UTC, microseconds, Z (AT-16)
Date date_of(TimeUs time);             // the UTC day; people count days by local_time.h
TimeUs start_of(Date date);
// Whole years between two dates, as a birthday counts (29 February turns on 1 March).
int age_years(Date birth, Date at);

}  // namespace cartella
