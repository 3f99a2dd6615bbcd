// api/workers.h: the threads on which handlers run, behind a bounded queue.
//
// Work is queued by pointer: whoever queues it keeps it alive until run() or drop() begins. Of the
// workers that are idle, the last one to finish is woken first: its stack is still in the cache,
// and of 64 threads only as many stay warm as are needed. None is woken while two for each core
// run, those aside that say that they wait (base/waiting.h): what is queued meanwhile is taken by
// the next to finish, which costs no wake-up. relieve() keeps a wait that nobody told of
// from holding the queue up.
// Threads: submit(), resume() and relieve() from any thread; stop() once, from the owner.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "api/counters.h"
#include "base/waiting.h"

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
  // Gives what is queued to idle workers, however many run. For a timer.
  void relieve();
  // What runs is waited for, what is queued is dropped.
  void stop();

 private:
  // Told of its thread's waits.
  struct Worker final : WaitObserver {
    explicit Worker(Workers& workers) : of(workers) {}
    void wait_begins() override { of.leave(); }
    void wait_ends() override { of.enter(); }

    Workers& of;
    std::condition_variable wake;
    Work* given = nullptr;
  };

  void loop(Worker& self);
  Work* first_queued();  // takes it; under the lock, nullptr where there is none
  // Under the lock, both; who is to be woken after it. Gives the work to an idle worker, or queues
  // it.
  Worker* place(Work& work);
  Worker* give_first_queued();
  bool may_run_another() const { return !x_idle.empty() && x_running < x_running_max; }
  // A worker waits, and runs again.
  void leave();
  void enter();

  const std::size_t x_queue_max;
  const std::size_t x_running_max;
  Counters& x_counters;
  std::mutex x_mutex;
  std::deque<Worker> x_workers;
  std::vector<Worker*> x_idle;
  std::deque<Work*> x_queue;
  std::size_t x_running = 0;  // neither idle nor waiting
  bool x_stopping = false;
  std::vector<std::thread> x_threads;
};

}  // namespace cartella::api
