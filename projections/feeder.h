// projections/feeder.h: reads the log once, opens it on all cores, and applies it in order.
//
// A pipeline: chunks of the log are read and opened by several threads at a time, then applied in
// order; the views of one chunk are written side by side, each in one batch with its cursor and the
// log's root there. The order of events within a view is the log's, whatever the threads do.
// Threads: one feed at a time for one target; feeds over different targets may run at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "crypto/merkle.h"
#include "projections/decoded_event.h"
#include "projections/engine.h"
#include "projections/event_source.h"
#include "projections/projection.h"
#include "projections/views_db.h"

namespace cartella::projections {

// What stands beside the rows of a generation.
struct ViewState {
  std::uint64_t cursor = 0;
  Hash32 log_root = crypto::empty_root();
  std::int64_t recorded_at_us = 0;
  std::uint32_t version = 0;
  bool faulted = false;
  std::uint64_t fault_position = 0;
  std::string fault_detail;
};

// Keys of the engine start with a zero byte and are no part of a view's root.
inline constexpr std::string_view kStateKey{"\0state", 6};
std::string encode_state(const ViewState& state);
Result<ViewState> decode_state(std::string_view row);  // corrupt

// One generation that is being filled.
struct Target {
  const Projection* projection = nullptr;
  ViewsDb::Table* table = nullptr;
  std::uint64_t generation = 0;
  std::optional<std::uint64_t> until;  // events from here on are not applied
  Mutex<ViewState> state;
};

class Feeder {
 public:
  // All references outlive the feeder.
  Feeder(ViewsDb& views, const EventSource& source, crypto::SegmentKeys& keys, const Tokens& tokens,
         const EngineOptions& options);

  // Applies [smallest cursor, to) to every healthy target. A poison event faults its target and is
  // no error. corrupt, io, vault errors: of the log; what was applied before stays. Ends early,
  // without an error, when `stop` becomes true.
  Status feed(std::span<Target* const> targets, std::uint64_t to, const Progress& progress,
              const std::atomic<bool>& stop) const;

  // Held while a chunk is applied to its targets: whoever holds it sees all live views at the same
  // position.
  std::mutex& chunk_mutex() const { return x_chunk_mutex; }

 private:
  struct Chunk {
    std::vector<DecodedEvent> events;
    std::uint64_t end = 0;  // events [.., end) of the wished range were read
  };
  Result<Chunk> read_chunk(std::uint64_t from, std::uint64_t to) const;
  Status apply_chunk(std::span<Target* const> targets, const Chunk& chunk,
                     crypto::Frontier& frontier) const;
  Status apply_to(Target& target, const Chunk& chunk, const crypto::Frontier& before,
                  const Hash32& root_after) const;
  Result<crypto::Frontier> frontier_at(std::uint64_t size) const;

  ViewsDb& x_views;
  const EventSource& x_source;
  crypto::SegmentKeys& x_keys;
  const Tokens& x_tokens;
  EngineOptions x_options;
  unsigned x_worker_count;
  mutable std::mutex x_chunk_mutex;
};

}  // namespace cartella::projections
