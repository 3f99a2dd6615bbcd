#include "api/workers.h"

#include <algorithm>
#include <utility>

namespace cartella::api {

namespace {

// Two for each core: whoever waits for a lock or a page of a file tells nobody.
std::size_t running_max() {
  return 2 * std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

}  // namespace

Workers::Workers(unsigned thread_count, std::size_t queue_max, Counters& counters)
    : x_queue_max(queue_max), x_running_max(running_max()), x_counters(counters) {
  for (unsigned i = 0; i < thread_count; ++i) x_idle.push_back(&x_workers.emplace_back(*this));
  x_threads.reserve(thread_count);
  for (Worker& worker : x_workers) x_threads.emplace_back([this, &worker] { loop(worker); });
}

Workers::~Workers() { stop(); }

Workers::Worker* Workers::place(Work& work) {
  x_queue.push_back(&work);
  x_counters.queue_depth.store(x_queue.size(), std::memory_order_relaxed);
  return may_run_another() ? give_first_queued() : nullptr;
}

Workers::Worker* Workers::give_first_queued() {
  Worker* worker = x_idle.back();
  x_idle.pop_back();
  worker->given = first_queued();
  ++x_running;
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

void Workers::relieve() {
  std::vector<Worker*> woken;
  {
    const std::lock_guard lock(x_mutex);
    while (!x_queue.empty() && !x_idle.empty()) woken.push_back(give_first_queued());
  }
  for (Worker* worker : woken) worker->wake.notify_one();
}

void Workers::leave() {
  std::unique_lock lock(x_mutex);
  --x_running;
  Worker* woken = !x_queue.empty() && may_run_another() ? give_first_queued() : nullptr;
  lock.unlock();
  if (woken != nullptr) woken->wake.notify_one();
}

void Workers::enter() {
  const std::lock_guard lock(x_mutex);
  ++x_running;
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

Work* Workers::first_queued() {
  if (x_queue.empty()) return nullptr;
  Work* work = x_queue.front();
  x_queue.pop_front();
  x_counters.queue_depth.store(x_queue.size(), std::memory_order_relaxed);
  return work;
}

void Workers::loop(Worker& self) {
  observe_waits(&self);
  std::unique_lock lock(x_mutex);
  for (;;) {  // idle here
    self.wake.wait(lock, [&] { return self.given != nullptr || x_stopping; });
    Work* work = std::exchange(self.given, nullptr);
    if (work == nullptr) return;
    for (; work != nullptr; work = x_stopping ? nullptr : first_queued()) {
      lock.unlock();
      work->run();
      lock.lock();
    }
    --x_running;
    x_idle.push_back(&self);
  }
}

}  // namespace cartella::api
