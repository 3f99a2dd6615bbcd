// store/flusher.h: what keeps the writer from waiting for a journal segment: flushes and spares.
//
// Moves rows to disk in the background, so that segments become free, and makes the next one where
// none is.
// A segment may be released only after a flush of ALL column families, begun after its last rows
// were applied, has returned (ledger.md 4). Threads: `request` from the writer; one thread inside.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

#include "store/log_db.h"
#include "store/log_state.h"
#include "store/writer.h"

namespace cartella::store {

class Flusher {
 public:
  Flusher(LogDb& db, LogState& state) : x_db(db), x_state(state), x_thread([this] { loop(); }) {}
  ~Flusher() { stop(); }
  Flusher(const Flusher&) = delete;
  Flusher& operator=(const Flusher&) = delete;

  // Set once before the first request; the writer releases what a flush made free.
  void release_by(Writer& writer) { x_writer.store(&writer); }
  // Rows below `size` are applied. Does nothing while a flush is under way.
  void request(std::uint64_t size);
  // Makes it, and lets the writer adopt it.
  void request(SpareSegment spare);
  void stop();

 private:
  void loop();
  void make(const SpareSegment& spare);
  void flush(std::uint64_t size);

  LogDb& x_db;
  LogState& x_state;
  std::atomic<Writer*> x_writer{nullptr};
  std::mutex x_mutex;
  std::condition_variable x_wake;
  std::optional<std::uint64_t> x_wanted;  // under x_mutex, as all that follows
  std::optional<SpareSegment> x_spare;
  bool x_stopping = false;
  std::thread x_thread;
};

}  // namespace cartella::store
