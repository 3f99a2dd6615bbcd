#include "store/commit_clock.h"

#include <algorithm>
#include <limits>

namespace cartella::store {

namespace {
constexpr std::int64_t kJumpUs = 5'000'000;       // ledger.md 4
constexpr std::int64_t kRestUs = 86'400'000'000;  // ledger.md 4: 24 h
}  // namespace

CommitClock::CommitClock(const Clock& clock, std::optional<TimeUs> head)
    : x_clock(clock), x_reference(read()), x_last_monotonic(x_reference.monotonic) {
  x_last.us = head ? head->us : std::numeric_limits<std::int64_t>::min();
  x_suspect = head && (x_reference.wall < head->us || x_reference.wall - head->us > kRestUs);
}

CommitClock::Reading CommitClock::read() const {
  return {x_clock.wall().us, x_clock.monotonic_us()};
}

void CommitClock::observe() {
  x_observed = read();
  const Reading& current = x_observed;
  const std::int64_t drift =
      (current.wall - x_reference.wall) - (current.monotonic - x_reference.monotonic);
  if (drift > kJumpUs || drift < -kJumpUs) x_suspect = true;
  if (!x_suspect) {
    x_now.us = std::max(x_last.us, current.wall);
    return;
  }
  const std::int64_t elapsed = std::max<std::int64_t>(0, current.monotonic - x_last_monotonic);
  // A log without events has nothing to count from but the wall clock.
  const bool empty = x_last.us == std::numeric_limits<std::int64_t>::min();
  x_now.us = empty ? current.wall : x_last.us + elapsed;
}

void CommitClock::committed() {
  x_last = x_now;
  x_last_monotonic = x_observed.monotonic;
  // The clocks as they were observed: a jump during the sync, where a busy writer spends its time,
  // is then seen by the next group.
  if (!x_suspect) x_reference = x_observed;
}

void CommitClock::accept() {
  x_suspect = false;
  x_reference = read();
}

}  // namespace cartella::store
