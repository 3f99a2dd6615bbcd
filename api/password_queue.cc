#include "api/password_queue.h"

#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/waiting.h"

namespace cartella::api {

namespace {

constexpr int kNice = 10;

struct Job {
  const std::function<void()>& work;
  bool finished = false;
};

}  // namespace

struct PasswordQueue::Impl {
  const std::size_t waiting_max;
  std::mutex mutex;
  std::condition_variable arrived;
  std::condition_variable finished;
  std::deque<Job*> waiting;  // each lives on the stack of its caller
  bool stopping = false;
  std::thread thread;

  explicit Impl(std::size_t max) : waiting_max(max) {}

  void serve() {
    // A hash takes a core for a while: whoever is logged in already goes first.
    static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice));
    std::unique_lock lock(mutex);
    while (true) {
      arrived.wait(lock, [&] { return stopping || !waiting.empty(); });
      if (waiting.empty()) return;
      Job* const job = waiting.front();
      waiting.pop_front();
      lock.unlock();
      job->work();
      lock.lock();
      job->finished = true;
      finished.notify_all();
    }
  }
};

PasswordQueue::PasswordQueue(std::size_t waiting_max)
    : x_impl(std::make_unique<Impl>(waiting_max)) {
  x_impl->thread = std::thread([impl = x_impl.get()] { impl->serve(); });
}

PasswordQueue::~PasswordQueue() {
  {
    const std::lock_guard lock(x_impl->mutex);
    x_impl->stopping = true;
  }
  x_impl->arrived.notify_all();
  x_impl->thread.join();
}

Status PasswordQueue::run(const std::function<void()>& job, bool is_doubtful) {
  Job own{job};
  const Waiting waiting;
  std::unique_lock lock(x_impl->mutex);
  const std::size_t places = is_doubtful ? x_impl->waiting_max / 2 : x_impl->waiting_max;
  if (x_impl->waiting.size() >= places)
    return fail(Errc::unavailable, "troppi accessi insieme: riprovare fra poco");
  x_impl->waiting.push_back(&own);
  x_impl->arrived.notify_one();
  x_impl->finished.wait(lock, [&] { return own.finished; });
  return ok();
}

}  // namespace cartella::api
