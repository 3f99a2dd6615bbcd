// cases/access_month.h: which stream the looks of one month are recorded in.
//
// Each controller has one stream of accesses for each month of Italian civil time, and one for
// log-ins and acts of administrators, so that a month's key can be destroyed alone (ledger.md 7).
// Where it is stands in clear in the organisation, as a setting
// "access-month/<controller>/<YYYY-MM>[/admin]" = stream. Threads: values and free functions.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/vault.h"

namespace cartella::cases {

inline constexpr std::string_view kAccessMonthPrefix = "access-month/";

struct CivilMonth {
  std::int32_t number = 0;  // year * 12 + month - 1
  int year() const { return number / 12; }
  int month() const { return number % 12 + 1; }
  auto operator<=>(const CivilMonth&) const = default;
};

// A month and the instants it lasts, so that most times are placed without the calendar.
struct MonthSpan {
  CivilMonth month;
  TimeUs begin;
  TimeUs end;  // not in it
  bool contains(TimeUs time) const { return begin <= time && time < end; }
};
MonthSpan month_of(TimeUs time);

struct AccessMonthName {
  ControllerId controller;
  bool administrative = false;
  CivilMonth month;
  auto operator<=>(const AccessMonthName&) const = default;
};
std::string access_month_key(const AccessMonthName& name);
// invalid_input: not such a key.
Result<AccessMonthName> parse_access_month_key(std::string_view key);

// How long a month's records are read: settings of the organisation, in whole months and days. Less
// than 24 months is refused (AT-03).
inline constexpr std::string_view kAccessMonthsKey = "terms.access_months";
inline constexpr std::string_view kAccessMarginKey = "terms.access_margin_days";
inline constexpr int kAccessMonthsMin = 24;
inline constexpr int kAccessMonthsMax = 1200;
inline constexpr int kAccessMarginDaysMax = 3650;
struct AccessTerms {
  int months = kAccessMonthsMin;
  int margin_days = 30;
};
// Takes the value of one of those two settings. invalid_input: no whole number, or out of bounds.
Status set_access_term(std::string_view key, std::string_view value, AccessTerms& terms);
// The first day, in Italy, on which the month is past its term: it counts from the month's end.
Date access_term_end(CivilMonth month, const AccessTerms& terms);

// Whose the keys of an access record are: the month's for header and body, the subject's for the
// reason.
crypto::OwnerKeyName month_key_name(const StreamId& month, const ControllerId& controller);
crypto::OwnerKeyName reason_key_name(const SubjectId& subject, const ControllerId& controller);

}  // namespace cartella::cases
