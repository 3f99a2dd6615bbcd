#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "base/check.h"
#include "cases/executor.h"

namespace cartella::cases {

namespace {

using Job = std::function<void(Executor&)>;

// One thread and its queue.
class Lane {
 public:
  Lane(Executor& executor, std::size_t queued_max)
      : x_executor(executor), x_queued_max(queued_max), x_thread([this] { work(); }) {}
  ~Lane() {
    {
      const std::lock_guard lock(x_mutex);
      x_stopping = true;
    }
    x_changed.notify_all();
    x_thread.join();
  }

  void push(Job job) {
    std::unique_lock lock(x_mutex);
    x_changed.wait(lock, [&] { return x_jobs.size() < x_queued_max; });
    x_jobs.push_back(std::move(job));
    x_changed.notify_all();
  }

  void drain() {
    std::unique_lock lock(x_mutex);
    x_changed.wait(lock, [&] { return x_jobs.empty() && !x_working; });
  }

 private:
  void work() {
    std::unique_lock lock(x_mutex);
    for (;;) {
      x_changed.wait(lock, [&] { return x_stopping || !x_jobs.empty(); });
      if (x_jobs.empty()) return;
      const Job job = std::move(x_jobs.front());
      x_jobs.pop_front();
      x_working = true;
      lock.unlock();
      x_changed.notify_all();
      job(x_executor);
      lock.lock();
      x_working = false;
      x_changed.notify_all();
    }
  }

  Executor& x_executor;
  const std::size_t x_queued_max;
  std::mutex x_mutex;
  std::condition_variable x_changed;
  std::deque<Job> x_jobs;
  bool x_working = false;
  bool x_stopping = false;
  std::thread x_thread;  // last: it uses all of the above
};

}  // namespace

struct BatchExecutor::Impl {
  std::vector<std::unique_ptr<Lane>> lanes;
};

BatchExecutor::BatchExecutor(Executor& executor, std::size_t lanes, std::size_t queued_max)
    : x_impl(std::make_unique<Impl>()) {
  CHECK(lanes > 0 && queued_max > 0);
  for (std::size_t i = 0; i < lanes; ++i)
    x_impl->lanes.push_back(std::make_unique<Lane>(executor, queued_max));
}

BatchExecutor::~BatchExecutor() = default;

void BatchExecutor::run(std::uint64_t key, std::function<void(Executor&)> job) {
  x_impl->lanes[key % x_impl->lanes.size()]->push(std::move(job));
}

std::future<Result<Outcome>> BatchExecutor::submit(std::uint64_t key, CommandContext context,
                                                   Command command) {
  // std::function wants to be copied, a promise cannot be.
  const auto promise = std::make_shared<std::promise<Result<Outcome>>>();
  auto future = promise->get_future();
  run(key, [promise, context = std::move(context), command = std::move(command)](
               Executor& executor) { promise->set_value(executor.execute(context, command)); });
  return future;
}

void BatchExecutor::drain() {
  for (const auto& lane : x_impl->lanes) lane->drain();
}

}  // namespace cartella::cases
