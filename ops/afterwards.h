// ops/afterwards.h: small work that follows an answer, so that nobody waits for it.
//
// Jobs run one after the other on one thread; what waits at the end is still done. Where too many
// wait, the caller does its own. Threads: run() from any; finish() from the owner, once what the
// jobs use is about to go; the destructor calls it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace cartella::ops {

class Afterwards {
 public:
  explicit Afterwards(std::size_t waiting_max = 256);
  ~Afterwards();
  Afterwards(const Afterwards&) = delete;
  Afterwards& operator=(const Afterwards&) = delete;

  void run(std::function<void()> job);
  // Does what waits and joins the thread; from then on each caller does its own.
  void finish();

 private:
  void work();

  const std::size_t x_waiting_max;
  std::mutex x_mutex;
  std::condition_variable x_changed;
  std::deque<std::function<void()>> x_jobs;
  bool x_stopping = false;
  std::thread x_thread;
};

}  // namespace cartella::ops
