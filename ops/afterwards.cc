#include "ops/afterwards.h"

#include <utility>

namespace cartella::ops {

Afterwards::Afterwards(std::size_t waiting_max)
    : x_waiting_max(waiting_max), x_thread([this] { work(); }) {}

Afterwards::~Afterwards() { finish(); }

void Afterwards::finish() {
  {
    const std::lock_guard lock(x_mutex);
    x_stopping = true;
  }
  x_changed.notify_all();
  if (x_thread.joinable()) x_thread.join();
}

void Afterwards::run(std::function<void()> job) {
  {
    const std::lock_guard lock(x_mutex);
    if (!x_stopping && x_jobs.size() < x_waiting_max) {
      x_jobs.push_back(std::move(job));
      x_changed.notify_one();
      return;
    }
  }
  job();
}

void Afterwards::work() {
  std::unique_lock lock(x_mutex);
  for (;;) {
    x_changed.wait(lock, [this] { return x_stopping || !x_jobs.empty(); });
    if (x_jobs.empty()) return;
    const auto job = std::move(x_jobs.front());
    x_jobs.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace cartella::ops
