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

// Whose the keys of an access record are: the month's for header and body, the subject's for the
// reason.
crypto::OwnerKeyName month_key_name(const StreamId& month, const ControllerId& controller);
crypto::OwnerKeyName reason_key_name(const SubjectId& subject, const ControllerId& controller);

}  // namespace cartella::cases
