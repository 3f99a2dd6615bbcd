#include "cases/access_month.h"

#include <charconv>

#include "base/check.h"
#include "base/local_time.h"

namespace cartella::cases {

namespace {

constexpr std::string_view kAdministrative = "/admin";
constexpr std::size_t kIdDigits = 32;
constexpr std::size_t kMonthDigits = 7;  // YYYY-MM

Date first_day(CivilMonth month) {
  const auto first = make_date(month.year(), month.month(), 1);
  CHECK(first.has_value());
  return *first;
}

TimeUs begin_of(CivilMonth month) { return from_local(start_of(first_day(month))); }

}  // namespace

MonthSpan month_of(TimeUs time) {
  const CivilDate date = civil(local_day(time));
  const CivilMonth month{date.year * 12 + date.month - 1};
  return {month, begin_of(month), begin_of({month.number + 1})};
}

std::string access_month_key(const AccessMonthName& name) {
  std::string key(kAccessMonthPrefix);
  key += name.controller.hex() + "/" + format_date(first_day(name.month)).substr(0, kMonthDigits);
  if (name.administrative) key += kAdministrative;
  return key;
}

Result<AccessMonthName> parse_access_month_key(std::string_view key) {
  const auto malformed = [] {
    return fail(Errc::invalid_input, "not the key of a month's stream");
  };
  if (!key.starts_with(kAccessMonthPrefix)) return malformed();
  key.remove_prefix(kAccessMonthPrefix.size());
  AccessMonthName name;
  if (key.ends_with(kAdministrative)) {
    name.administrative = true;
    key.remove_suffix(kAdministrative.size());
  }
  if (key.size() != kIdDigits + 1 + kMonthDigits || key[kIdDigits] != '/') return malformed();
  CARTELLA_TRY(name.controller, ControllerId::parse(key.substr(0, kIdDigits)));
  const std::string day = std::string(key.substr(kIdDigits + 1)) + "-01";
  CARTELLA_TRY(const Date first, parse_iso_date(day));
  const CivilDate date = civil(first);
  name.month.number = date.year * 12 + date.month - 1;
  return name;
}

Status set_access_term(std::string_view key, std::string_view value, AccessTerms& terms) {
  const bool is_months = key == kAccessMonthsKey;
  const int least = is_months ? kAccessMonthsMin : 0;
  const int most = is_months ? kAccessMonthsMax : kAccessMarginDaysMax;
  int number = 0;
  const char* const end = value.data() + value.size();
  const auto read = std::from_chars(value.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end || number < least || number > most)
    return fail(Errc::invalid_input, "a term of the access log is out of bounds");
  (is_months ? terms.months : terms.margin_days) = number;
  return ok();
}

Date access_term_end(CivilMonth month, const AccessTerms& terms) {
  return {first_day({month.number + 1 + terms.months}).days + terms.margin_days};
}

crypto::OwnerKeyName month_key_name(const StreamId& month, const ControllerId& controller) {
  return {schema::KeyDomain::access_month, month.bytes, controller, schema::KeyClass::access};
}

crypto::OwnerKeyName reason_key_name(const SubjectId& subject, const ControllerId& controller) {
  return {schema::KeyDomain::subject, subject.bytes, controller, schema::KeyClass::access};
}

}  // namespace cartella::cases
