// base/local_time.h: civil time in Italy.
//
// The log holds UTC; people and the predecessor speak of days and hours in Italy. A fact without a
// time of day is stamped with the first instant of its day in UTC (start_of), which is the same day
// in Italy, one or two hours later. The rules come from the system's time zone database; the
// library knows no summer time beyond the database's last stated change, in 2037. Threads: free
// functions, any thread.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace cartella {

// io: the time zone database is missing. Asked once at the start of the process: the functions
// below are a bug without it.
Status check_local_time();

// The day that a calendar in Italy shows at that time.
Date local_day(TimeUs time);
// What clocks in Italy show at that time, written as if it were UTC.
TimeUs to_local(TimeUs time);
// The other way: `shown` is what clocks in Italy showed, written as if it were UTC. Of an hour that
// came twice the first is taken; an hour that was left out is the one after it.
TimeUs from_local(TimeUs shown);
// As parse_timestamp, but a time without a Z is Italian. invalid_input.
Result<TimeUs> parse_local_timestamp(std::string_view text);

}  // namespace cartella
