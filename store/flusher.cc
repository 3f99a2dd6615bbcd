#include "store/flusher.h"

#include <chrono>
#include <utility>

namespace cartella::store {

namespace {

// After each MiB: 64 MiB then take a third of a second, and a commit waits for one write of it.
constexpr std::chrono::milliseconds kPauseForCommits{4};

}  // namespace

void Flusher::request(std::uint64_t size) {
  {
    const std::lock_guard lock(x_mutex);
    if (x_wanted) return;
    x_wanted = size;
  }
  x_wake.notify_one();
}

void Flusher::request(SpareSegment spare) {
  {
    const std::lock_guard lock(x_mutex);
    x_spare = std::move(spare);
  }
  x_wake.notify_one();
}

void Flusher::stop() {
  {
    const std::lock_guard lock(x_mutex);
    x_stopping = true;
  }
  x_wake.notify_all();
  if (x_thread.joinable()) x_thread.join();
}

void Flusher::make(const SpareSegment& spare) {
  const auto go_on = [this] {
    std::unique_lock lock(x_mutex);
    return !x_wake.wait_for(lock, kPauseForCommits, [this] { return x_stopping; });
  };
  // Where it cannot be made now, the journal makes its next segment itself, and says why not.
  if (!make_spare(spare, go_on)) return;
  if (Writer* writer = x_writer.load())
    writer->post([spare](Journal& journal) { return journal.adopt_spare(spare); });
}

void Flusher::flush(std::uint64_t size) {
  const Status flushed = x_db.flush_all();
  if (!flushed) {
    x_state.fail_stop(flushed.error());
  } else if (Writer* writer = x_writer.load()) {
    writer->post([size](Journal& journal) { return journal.release_through(size); });
  }
}

void Flusher::loop() {
  std::unique_lock lock(x_mutex);
  for (;;) {
    x_wake.wait(lock, [this] { return x_stopping || x_wanted || x_spare; });
    if (x_stopping) return;
    if (const auto spare = std::exchange(x_spare, std::nullopt)) {
      lock.unlock();
      make(*spare);
      lock.lock();
      continue;
    }
    const std::uint64_t size = *x_wanted;
    lock.unlock();
    flush(size);
    lock.lock();
    x_wanted.reset();
  }
}

}  // namespace cartella::store
