// store/notice_tail.h: what was appended last, kept once for all live subscriptions.
//
// One bounded queue for everybody instead of one for each: whoever is slower than its length is
// behind it and reads the index again, so that a slow consumer costs no memory and stops nobody.
// The first reader after a commit fetches the new leaves, the others find them here; the writer
// does no work for it. Threads: any.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/log_db.h"

namespace cartella::store {

// What a subscription may tell of an event: where it is, never what it says (ledger.md 7).
struct Notice {
  std::uint64_t position = 0;
  EventId event;
  StreamId stream;
  bool operator==(const Notice&) const = default;
};
// A notice and whether it may be told: access events never are.
struct TailNotice {
  Notice notice;
  bool is_access = false;
};

// Calls `each` for the leaves of [from, to). corrupt: one is missing. io.
Status read_notices(const LogDb& db, std::uint64_t from, std::uint64_t to,
                    const std::function<void(const TailNotice&)>& each);

class NoticeTail {
 public:
  // `kept_max` notices of 48 bytes stay.
  NoticeTail(const LogDb& db, std::size_t kept_max) : x_db(db), x_kept_max(kept_max) {}

  // Calls `each` for [from, to) of a log of `size` published events; false, and nothing is called,
  // where `from` is further back than what is kept. corrupt, io.
  Result<bool> read(std::uint64_t from, std::uint64_t to, std::uint64_t size,
                    const std::function<void(const TailNotice&)>& each);

 private:
  Status extend(std::uint64_t size);

  const LogDb& x_db;
  const std::size_t x_kept_max;
  std::mutex x_mutex;
  std::uint64_t x_begin = 0;      // position of the first kept one; under x_mutex
  std::deque<TailNotice> x_kept;  // without gaps; under x_mutex
};

}  // namespace cartella::store
