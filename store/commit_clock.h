// store/commit_clock.h: which time an event is recorded at, and when the clock is not believed.
//
// recorded_at never goes back: max(last, now). If the wall clock moved more than 5 s against the
// monotonic one since the last commit, or at start stands before the head or more than 24 h past
// it, commands stop until an operator confirms (ledger.md 4). Access records go on, timed by the
// monotonic clock from the last event, so that a wrong clock cannot push the log into the future.
// Threads: belongs to the writer.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace cartella::store {

class CommitClock {
 public:
  // `head` is the time of the last event, where there is one.
  CommitClock(const Clock& clock, std::optional<TimeUs> head);

  // Looks at the clocks; call it once per group, before `now`.
  void observe();
  bool suspect() const { return x_suspect; }
  TimeUs now() const { return x_now; }
  TimeUs wall() const { return {x_observed.wall}; }  // as observed
  TimeUs last() const { return x_last; }  // the least time there is where the log has no event
  // The group was committed with `now`.
  void committed();
  // The operator confirms the clock as it stands.
  void accept();
  // The confirmation could not be recorded, so it does not hold.
  void withdraw() { x_suspect = true; }

 private:
  struct Reading {
    std::int64_t wall = 0;
    std::int64_t monotonic = 0;
  };
  Reading read() const;

  const Clock& x_clock;
  bool x_suspect = false;
  Reading x_reference;  // both clocks when they were last believed
  Reading x_observed;   // by the newest observe()
  std::int64_t x_last_monotonic = 0;
  TimeUs x_last;  // recorded_at of the last event
  TimeUs x_now;
};

}  // namespace cartella::store
