#include "cases/access_month.h"

#include "base/check.h"
#include "base/local_time.h"

namespace cartella::cases {

namespace {

constexpr std::string_view kAdministrative = "/admin";
constexpr std::size_t kIdDigits = 32;
constexpr std::size_t kMonthDigits = 7;  // YYYY-MM

TimeUs begin_of(CivilMonth month) {
  const auto first = make_date(month.year(), month.month(), 1);
  CHECK(first.has_value());
  return from_local(start_of(*first));
}

}  // namespace

MonthSpan month_of(TimeUs time) {
  const CivilDate date = civil(local_day(time));
  const CivilMonth month{date.year * 12 + date.month - 1};
  return {month, begin_of(month), begin_of({month.number + 1})};
}

std::string access_month_key(const AccessMonthName& name) {
  const auto first = make_date(name.month.year(), name.month.month(), 1);
  CHECK(first.has_value());
  std::string key(kAccessMonthPrefix);
  key += name.controller.hex() + "/" + format_date(*first).substr(0, kMonthDigits);
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

crypto::OwnerKeyName month_key_name(const StreamId& month, const ControllerId& controller) {
  return {schema::KeyDomain::access_month, month.bytes, controller, schema::KeyClass::access};
}

crypto::OwnerKeyName reason_key_name(const SubjectId& subject, const ControllerId& controller) {
  return {schema::KeyDomain::subject, subject.bytes, controller, schema::KeyClass::access};
}

}  // namespace cartella::cases
