#include "api/workers.h"

#include <utility>

namespace cartella::api {

Workers::Workers(unsigned thread_count, std::size_t queue_max, Counters& counters)
    : x_queue_max(queue_max), x_counters(counters) {
  x_workers.resize(thread_count);
  x_threads.reserve(thread_count);
  for (Worker& worker : x_workers) x_threads.emplace_back([this, &worker] { loop(worker); });
}

Workers::~Workers() { stop(); }

Workers::Worker* Workers::place(Work& work) {
  if (x_idle.empty()) {
    x_queue.push_back(&work);
    x_counters.queue_depth.store(x_queue.size(), std::memory_order_relaxed);
    return nullptr;
  }
  Worker* worker = x_idle.back();
  x_idle.pop_back();
  worker->given = &work;
  return worker;
}

bool Workers::submit(Work& work) {
  std::unique_lock lock(x_mutex);
  if (x_stopping || x_queue.size() >= x_queue_max) return false;
  Worker* woken = place(work);
  lock.unlock();
  if (woken != nullptr) woken->wake.notify_one();
  return true;
}

void Workers::resume(Work& work) {
  std::unique_lock lock(x_mutex);
  const bool stopping = x_stopping;
  Worker* woken = stopping ? nullptr : place(work);
  lock.unlock();
  if (stopping) work.drop();
  if (woken != nullptr) woken->wake.notify_one();
}

void Workers::stop() {
  std::deque<Work*> dropped;
  {
    const std::lock_guard lock(x_mutex);
    x_stopping = true;
    dropped.swap(x_queue);
    for (Worker* worker : x_idle) worker->wake.notify_one();
    x_idle.clear();
  }
  for (auto& thread : x_threads) thread.join();
  x_threads.clear();
  for (Work* work : dropped) work->drop();
}

void Workers::loop(Worker& self) {
  std::unique_lock lock(x_mutex);
  while (!x_stopping) {
    Work* work = nullptr;
    if (x_queue.empty()) {
      x_idle.push_back(&self);
      self.wake.wait(lock, [&] { return self.given != nullptr || x_stopping; });
      work = std::exchange(self.given, nullptr);
      if (work == nullptr) return;
    } else {
      work = x_queue.front();
      x_queue.pop_front();
      x_counters.queue_depth.store(x_queue.size(), std::memory_order_relaxed);
    }
    lock.unlock();
    work->run();
    lock.lock();
  }
}

}  // namespace cartella::api
