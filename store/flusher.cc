#include "store/flusher.h"

namespace cartella::store {

void Flusher::request(std::uint64_t size) {
  {
    const std::lock_guard lock(x_mutex);
    if (x_wanted) return;
    x_wanted = size;
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

void Flusher::loop() {
  std::unique_lock lock(x_mutex);
  for (;;) {
    x_wake.wait(lock, [this] { return x_stopping || x_wanted; });
    if (x_stopping) return;
    const std::uint64_t size = *x_wanted;
    lock.unlock();
    const Status flushed = x_db.flush_all();
    if (!flushed) {
      x_state.fail_stop(flushed.error());
    } else if (Writer* writer = x_writer.load()) {
      writer->post([size](Journal& journal) { return journal.release_through(size); });
    }
    lock.lock();
    x_wanted.reset();
  }
}

}  // namespace cartella::store
