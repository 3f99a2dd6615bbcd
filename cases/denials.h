// cases/denials.h: records refusals without letting a flood of them fill the log (AT-12).
//
// The first refusals of one actor (or client, where nobody is logged in) for one kind of target are
// recorded one by one. Further ones in the same window are counted and written as one entry, with
// how many they were and up to kLookSubjectsMax of the people they were about, when the window ends
// or at flush(). Every refusal stands in exactly one entry's count. The table is bounded: who comes
// when it is full is counted together with the others of the same controller.
// Threads: any. No lock is held while something is written, so that nobody waits for another's
// flood.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "cases/access_log.h"
#include "cases/viewer.h"

namespace cartella::cases {

struct DenialOptions {
  std::uint32_t singles_max = 3;        // recorded one by one in a window
  std::int64_t window_us = 10'000'000;  // of the monotonic clock, from the first refusal
  std::size_t flooders_max = 1024;      // about 2 KiB each; more share one row a controller
};

class Denials {
 public:
  // Everything referred to outlives it.
  Denials(AccessLog& log, const Clock& clock, const DenialOptions& options);
  // Whatever is still only counted is lost: call flush() before.
  ~Denials();

  // `look` as it would have been recorded; operation, outcome and repeated are set here. What
  // AccessLog::record returns, of this refusal or of an earlier window that ended; what could not
  // be written is counted and written with the next entry.
  Status refuse(const Viewer& viewer, const Look& look);
  // Writes the windows that have ended; for a timer, about once a window. As refuse().
  Status write_ended();
  // Writes everything, at shutdown. As refuse().
  Status flush();

 private:
  struct Impl;
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::cases
