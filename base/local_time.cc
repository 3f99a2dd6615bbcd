#include "base/local_time.h"

#include <date/tz.h>

#include <chrono>
#include <exception>
#include <new>

#include "base/check.h"

namespace cartella {

namespace {

using Us = std::chrono::microseconds;

// Null where the database does not have it.
const date::time_zone* italy() {
  static const date::time_zone* const zone = []() -> const date::time_zone* {
    try {
      return date::locate_zone("Europe/Rome");
    } catch (const std::bad_alloc&) {
      throw;  // says nothing about the database; who asks again reads it again
    } catch (const std::exception&) {
      return nullptr;
    }
  }();
  return zone;
}

}  // namespace

Status check_local_time() {
  if (italy() == nullptr) return fail(Errc::io, "manca il fuso Europe/Rome: installare tzdata");
  return ok();
}

TimeUs to_local(TimeUs time) {
  CHECK(italy() != nullptr);
  const date::sys_time<Us> at{Us(time.us)};
  const Us offset = italy()->get_info(at).offset;
  TimeUs shown;
  return __builtin_add_overflow(time.us, offset.count(), &shown.us) ? time : shown;
}

Date local_day(TimeUs time) { return date_of(to_local(time)); }

TimeUs from_local(TimeUs shown) {
  CHECK(italy() != nullptr);
  const date::local_time<Us> at{Us(shown.us)};
  const Us offset = italy()->get_info(at).first.offset;
  TimeUs time;
  return __builtin_sub_overflow(shown.us, offset.count(), &time.us) ? shown : time;
}

Result<TimeUs> parse_local_timestamp(std::string_view text) {
  CARTELLA_TRY(const TimeUs time, parse_timestamp(text));
  return text.ends_with('Z') ? time : from_local(time);
}

}  // namespace cartella
