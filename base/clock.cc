#include "base/clock.h"

#include <fmt/format.h>
#include <time.h>

namespace cartella {

namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

TimeUs read_clock(clockid_t id) {
  timespec ts{};
  clock_gettime(id, &ts);
  return TimeUs{static_cast<std::int64_t>(ts.tv_sec) * 1'000'000 + ts.tv_nsec / 1000};
}

// Days from civil and back: the well-known era arithmetic of the Gregorian calendar.
std::int32_t days_from_civil(int y, int m, int d) {
  y -= m <= 2;
  const int era = (y >= 0 ? y : y - 399) / 400;
  const int year_of_era = y - era * 400;
  const int day_of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

bool leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

// -1 where the text is not all digits.
int digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return text.empty() ? -1 : value;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

}  // namespace

TimeUs SystemClock::wall() const { return read_clock(CLOCK_REALTIME); }
std::int64_t SystemClock::monotonic_us() const { return read_clock(CLOCK_MONOTONIC).us; }

CivilDate civil(Date date) {
  const std::int32_t z = date.days + 719468;
  const std::int32_t era = (z >= 0 ? z : z - 146096) / 146097;
  const std::int32_t doe = z - era * 146097;
  const std::int32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::int32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int32_t mp = (5 * doy + 2) / 153;
  const int day = doy - (153 * mp + 2) / 5 + 1;
  const int month = mp < 10 ? mp + 3 : mp - 9;
  return {yoe + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

std::optional<Date> make_date(int year, int month, int day) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1000 || year > 9999 || month < 1 || month > 12 || day < 1) return std::nullopt;
  if (day > kDays[month - 1] + (month == 2 && leap(year) ? 1 : 0)) return std::nullopt;
  return Date{days_from_civil(year, month, day)};
}

Result<Date> parse_iso_date(std::string_view t) {
  if (t.size() == 10 && t[4] == '-' && t[7] == '-') {
    if (const auto d =
            make_date(digits(t.substr(0, 4)), digits(t.substr(5, 2)), digits(t.substr(8, 2))))
      return *d;
  }
  return fail(Errc::invalid_input, "not a date of the form YYYY-MM-DD");
}

Result<Date> parse_compact_date(std::string_view t) {
  if (t.size() == 8) {
    if (const auto d =
            make_date(digits(t.substr(0, 4)), digits(t.substr(4, 2)), digits(t.substr(6, 2))))
      return *d;
  }
  return fail(Errc::invalid_input, "not a date of the form YYYYMMDD");
}

Result<TimeUs> parse_timestamp(std::string_view t) {
  const Error bad = fail(Errc::invalid_input, "not a time of the form YYYY-MM-DD HH:MM:SS");
  if (t.size() < 19 || (t[10] != ' ' && t[10] != 'T') || t[13] != ':' || t[16] != ':') return bad;
  CARTELLA_TRY(auto date, parse_iso_date(t.substr(0, 10)));
  const int hour = digits(t.substr(11, 2));
  const int minute = digits(t.substr(14, 2));
  const int second = digits(t.substr(17, 2));
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return bad;
  std::string_view rest = t.substr(19);
  if (!rest.empty() && rest.back() == 'Z') rest.remove_suffix(1);
  std::int64_t micros = 0;
  if (!rest.empty()) {
    if (rest.front() != '.' || rest.size() < 2 || rest.size() > 7) return bad;
    const int fraction = digits(rest.substr(1));
    if (fraction < 0) return bad;
    micros = fraction;
    for (std::size_t i = rest.size() - 1; i < 6; ++i) micros *= 10;
  }
  const std::int64_t seconds = (hour * 60 + minute) * 60 + second;
  return TimeUs{start_of(date).us + seconds * 1'000'000 + micros};
}

namespace {

// Every answer and log line holds instants: the digits are set one by one.
void set_digits(char* to, std::int64_t value, int count) {
  for (int i = count - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::string format_date(Date date) {
  const CivilDate c = civil(date);
  if (c.year < 0 || c.year > 9999) return fmt::format("{:04}-{:02}-{:02}", c.year, c.month, c.day);
  std::string text = "0000-00-00";
  set_digits(text.data(), c.year, 4);
  set_digits(text.data() + 5, c.month, 2);
  set_digits(text.data() + 8, c.day, 2);
  return text;
}

std::string format_time(TimeUs time) {
  const Date day = date_of(time);
  const std::int64_t in_day = time.us - start_of(day).us;
  const std::int64_t s = in_day / 1'000'000;
  std::string text = format_date(day);
  const std::size_t at = text.size();
  text += "T00:00:00.000000Z";
  set_digits(text.data() + at + 1, s / 3600, 2);
  set_digits(text.data() + at + 4, s / 60 % 60, 2);
  set_digits(text.data() + at + 7, s % 60, 2);
  set_digits(text.data() + at + 10, in_day % 1'000'000, 6);
  return text;
}

Date date_of(TimeUs time) { return Date{static_cast<std::int32_t>(floor_div(time.us, kDayUs))}; }
TimeUs start_of(Date date) { return TimeUs{date.days * kDayUs}; }

int age_years(Date birth, Date at) {
  const CivilDate b = civil(birth);
  const CivilDate a = civil(at);
  const bool before_birthday = a.month < b.month || (a.month == b.month && a.day < b.day);
  return a.year - b.year - (before_birthday ? 1 : 0);
}

}  // namespace cartella
