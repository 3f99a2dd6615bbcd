// api/workers.h: the threads on which handlers run, behind a bounded queue.
//
// Work is queued by pointer: whoever queues it keeps it alive until run() or drop() begins. Of the
// workers that wait, the last one to finish is woken first: its stack is still in the cache, and of
// 64 threads only as many stay warm as are needed.
// Threads: submit() from any thread; stop() once, from the owner.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "api/counters.h"

namespace cartella::api {

class Work {
 public:
  virtual ~Work() = default;
  virtual void run() = 0;   // on a worker
  virtual void drop() = 0;  // instead of run(): the workers stopped first
};

class Workers {
 public:
  // `counters` outlive it.
  Workers(unsigned thread_count, std::size_t queue_max, Counters& counters);
  ~Workers();  // stop()

  // False: the queue is full, or the workers stop; the work is not queued.
  bool submit(Work& work);
  // The next part of work that was admitted before: not bounded by itself, since there is at most
  // one for each connection. After stop() the work is dropped at once.
  void resume(Work& work);
  // What runs is waited for, what is queued is dropped.
  void stop();

 private:
  struct Worker {
    std::condition_variable wake;
    Work* given = nullptr;
  };

  void loop(Worker& self);
  // Gives the work to a worker that waits, or queues it. Under the lock; who is to be woken after
  // it.
  Worker* place(Work& work);

  const std::size_t x_queue_max;
  Counters& x_counters;
  std::mutex x_mutex;
  std::deque<Worker> x_workers;
  std::vector<Worker*> x_idle;
  std::deque<Work*> x_queue;  // empty while a worker waits
  bool x_stopping = false;
  std::vector<std::thread> x_threads;
};

}  // namespace cartella::api
