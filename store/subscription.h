// store/subscription.h: what happens in the log, from any position on and then live.
//
// A subscription is a cursor. Behind the newest few thousand events it reads the index (of streams,
// where it is filtered), near the head the tail that all share; both read up to the same published
// size, so that the hand-over is at an exact position: nothing twice, nothing left out. It tells
// positions and ids only, the content is fetched by a read that is recorded, and it never tells of
// access events (ledger.md 7). Each delivery has a checkpoint, also when nothing matched, so that a
// consumer of rare events need not begin again from far back (ledger.md 9).
// Threads: a Subscription belongs to one thread; it ends before its store.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <unordered_set>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/notice_tail.h"
#include "store/store.h"

namespace cartella::store {

inline constexpr std::size_t kSubscriptionStreamsMax = 4096;
inline constexpr std::size_t kSubscriptionNoticesMax = 4096;

struct SubscriptionOptions {
  std::uint64_t from = 0;         // the first position that is wanted
  std::vector<StreamId> streams;  // empty: all
  std::size_t notices_max = 256;  // of one delivery
};

struct Delivery {
  std::vector<Notice> notices;   // in order of position
  std::uint64_t checkpoint = 0;  // everything before this position was told or does not match
  bool live = false;             // from the shared tail, not from the index
};

class Subscription {
 public:
  // invalid_argument: an option is out of range, or `from` lies beyond the log: the caller knows
  // another history. unavailable: too many subscriptions.
  static Result<std::unique_ptr<Subscription>> open(const Store& store,
                                                    const SubscriptionOptions& options);
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Waits until there is something past the cursor, at most `timeout`. A delivery without notices
  // still has its checkpoint. corrupt, io; the cursor is then unchanged. unavailable: the log has
  // stopped after a failed write.
  Result<Delivery> next(std::chrono::milliseconds timeout);

 private:
  // The place in one stream of a filtered subscription.
  struct Lane {
    StreamId stream;
    std::uint64_t revision = 0;  // its events before this revision lie before the cursor
  };

  Subscription(const Store& store, const SubscriptionOptions& options);
  bool matches(const TailNotice& notice) const;
  Result<Delivery> read_all(std::uint64_t size) const;
  Result<Delivery> read_streams(std::uint64_t size);
  Status collect(Lane& lane, std::uint64_t size, std::vector<std::uint64_t>& positions) const;
  Status advance(Lane& lane) const;

  const Store& x_store;
  const std::size_t x_notices_max;
  std::uint64_t x_cursor = 0;
  std::unordered_set<StreamId> x_streams;
  std::vector<Lane> x_lanes;
};

}  // namespace cartella::store
