#include "api/workers.h"

#include <utility>

namespace cartella::api {

Workers::Workers(unsigned thread_count, std::size_t queue_max, Counters& counters)
    : x_queue_max(queue_max), x_counters(counters) {
  x_threads.reserve(thread_count);
  for (unsigned i = 0; i < thread_count; ++i) x_threads.emplace_back([this] { loop(); });
}

Workers::~Workers() { stop(); }

bool Workers::submit(Work& work) {
  {
    const std::lock_guard lock(x_mutex);
    if (x_stopping || x_queue.size() >= x_queue_max) return false;
    x_queue.push_back(&work);
    x_counters.queue_depth.store(x_queue.size(), std::memory_order_relaxed);
  }
  x_filled.notify_one();
  return true;
}

void Workers::resume(Work& work) {
  {
    const std::unique_lock lock(x_mutex);
    if (!x_stopping) {
      x_queue.push_back(&work);
      x_filled.notify_one();
      return;
    }
  }
  work.drop();
}

void Workers::stop() {
  std::deque<Work*> dropped;
  {
    const std::lock_guard lock(x_mutex);
    x_stopping = true;
    dropped.swap(x_queue);
  }
  x_filled.notify_all();
  for (auto& thread : x_threads) thread.join();
  x_threads.clear();
  for (Work* work : dropped) work->drop();
}

void Workers::loop() {
  std::unique_lock lock(x_mutex);
  while (true) {
    x_filled.wait(lock, [this] { return x_stopping || !x_queue.empty(); });
    if (x_stopping) return;
    Work* work = x_queue.front();
    x_queue.pop_front();
    x_counters.queue_depth.store(x_queue.size(), std::memory_order_relaxed);
    lock.unlock();
    work->run();
    lock.lock();
  }
}

}  // namespace cartella::api
