// projections/engine.h: one feeder that keeps every view at the head of the log.
//
// The feeder reads and opens each event once and fans it out (ledger.md 9). Rows, cursor and the
// log's root at that cursor change in one batch; the views are disposable and are continued from
// their cursor after a crash, or rebuilt when the log is not the one they were built from.
// Threads: catch_up, rebuild and the comparisons exclude each other inside; queries (view) run from
// any thread at any time. start() runs the feeder in a thread of its own until stop().
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/record.h"
#include "crypto/secret.h"
#include "projections/event_source.h"
#include "projections/projection.h"

namespace cartella::projections {

struct EngineOptions {
  unsigned worker_count = 0;            // threads that open events; 0 = one a core
  std::size_t chunk_events_max = 1000;  // one batch of rows; measured best between 500 and 2000
  std::size_t chunk_bytes_max = 4u << 20;
  std::uint64_t flush_events = 200'000;        // at most this much is applied again after a crash
  std::size_t write_buffer_bytes = 16u << 20;  // per view
};

// done and total events; called from the thread that called.
using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

struct ViewStatus {
  std::string name;
  std::uint64_t generation = 0;
  std::uint64_t cursor = 0;  // events [0, cursor) are in it
  Hash32 log_root{};         // of the tree of `cursor` leaves
  std::int64_t recorded_at_us = 0;
  bool faulted = false;
  std::uint64_t fault_position = 0;
  std::string fault_detail;
};

// A keyed Merkle root over the rows of a view in key order (amendment 9): equal for equal rows,
// tells nothing about them.
struct ViewRoot {
  std::uint64_t cursor = 0;
  std::uint64_t row_count = 0;
  Hash32 log_root{};
  Hash32 root{};
};

struct ViewComparison {
  std::string name;
  ViewRoot live;
  ViewRoot rebuilt;
  // The rebuilt view at the cursor that was asked for.
  std::optional<ViewRoot> earlier;
  bool equal = false;
  // First row that differs, as a keyed hash of its key: no personal data. Empty when equal.
  std::string first_difference;
};

// An earlier position of a view whose root is wanted as well, to compare it with an attestation.
struct EarlierCursor {
  std::string name;
  std::uint64_t cursor = 0;
};

class Engine {
 public:
  // All projections of the product.
  static std::vector<std::unique_ptr<Projection>> all_projections();

  // `dir` is the data directory; views live in <dir>/views. `secret` is the vault's "views".
  // in_use, corrupt, io. A view of another log, version or of a longer log starts from zero.
  // `source` and `keys` outlive the engine.
  static Result<std::unique_ptr<Engine>> open(const std::filesystem::path& dir,
                                              const EventSource& source, crypto::SegmentKeys& keys,
                                              const crypto::Secret32& secret,
                                              const EngineOptions& options,
                                              std::vector<std::unique_ptr<Projection>> projections);
  static Result<std::unique_ptr<Engine>> open(const std::filesystem::path& dir,
                                              const EventSource& source, crypto::SegmentKeys& keys,
                                              const crypto::Secret32& secret,
                                              const EngineOptions& options);
  ~Engine();

  // Applies everything up to `to` (at most the log's size; default: all) and flushes. corrupt or io
  // of the log; a poison event is no error here but a fault of its view (statuses()).
  Status catch_up(std::optional<std::uint64_t> to = std::nullopt, const Progress& progress = {});

  // Keeps the views at the head in a thread of its own. stop() flushes; the destructor calls it.
  void start();
  void stop();
  // Waits until every healthy view holds `position` (the event at it included): min_position.
  // unavailable: not within `timeout`, or the feeder stopped on an error.
  Status wait_for(std::uint64_t position, std::chrono::milliseconds timeout) const;

  std::vector<ViewStatus> statuses() const;
  // A view for reading. unavailable: the view is faulted (the detail names it and the position).
  // not_found: no such view.
  Result<std::unique_ptr<ViewReader>> view(std::string_view name) const;
  // Several views at one and the same position (faulted ones are refused as above).
  Result<std::vector<std::unique_ptr<ViewReader>>> views(
      const std::vector<std::string_view>& names) const;
  // One event, or a stream's events before `end_position`, opened and decoded; for as-of questions.
  const EventSource& source() const;
  crypto::SegmentKeys& keys() const;

  // Fills a new generation from zero, swaps to it, drops the old. Also mends a faulted view once
  // its cause is gone. not_found, corrupt, io; the old generation stays when it fails.
  Status rebuild(std::string_view name, const Progress& progress = {});
  Status rebuild_all(const Progress& progress = {});

  // not_found, unavailable (faulted), io, corrupt.
  Result<ViewRoot> view_root(std::string_view name) const;
  // Rebuilds into temporary generations up to the live cursors and compares row by row.
  Result<ViewComparison> compare_with_rebuild(std::string_view name, const Progress& progress = {});
  // Gives the roots at `earlier` cursors on the way; those beyond a live cursor are left out.
  Result<std::vector<ViewComparison>> compare_all_with_rebuild(
      const Progress& progress = {}, const std::vector<EarlierCursor>& earlier = {});
  // Throws all views away, for a directory whose files are damaged; the next open starts from zero.
  // The engine of that directory is not open. io.
  static Status discard(const std::filesystem::path& dir);
  // Whole-file checksums of the views of a directory whose engine is not open, arguments as in
  // open. corrupt names the file; io.
  static Status verify_files(const std::filesystem::path& dir, const crypto::Secret32& secret);
  Status flush();

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::projections
