// crypto/log_eras.h: which log id stands where in one tree.
//
// A log that goes on from an older head is a new log on the same tree (cases/new_era.h): from the
// genesis of the new era on, events are sealed and signed with another log id, so that nothing of
// the history that was given up can be put into the one that goes on. Threads: a value.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"

namespace cartella::crypto {

class LogEras {
 public:
  explicit LogEras(const LogId& first) : x_eras{{0, first}} {}

  // From `position`, which is 1 or more, events stand under `log`. Eras that began there or later
  // were given up.
  void begin(std::uint64_t position, const LogId& log) {
    while (x_eras.size() > 1 && x_eras.back().from >= position) x_eras.pop_back();
    x_eras.push_back({position, log});
  }
  // Of the event that stands there.
  const LogId& at(std::uint64_t position) const {
    auto era = x_eras.rbegin();
    while (era->from > position) ++era;
    return era->log;
  }
  // What does not change with an era, such as the ids of fixed streams, hangs on the first one.
  const LogId& first() const { return x_eras.front().log; }
  // Of an event that is not placed yet.
  const LogId& current() const { return x_eras.back().log; }

 private:
  struct Era {
    std::uint64_t from = 0;
    LogId log;
  };
  std::vector<Era> x_eras;  // by position; the first from 0
};

}  // namespace cartella::crypto
