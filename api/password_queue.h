// api/password_queue.h: the one thread on which passwords are hashed, and the queue before it.
//
// Argon2 needs 64 MiB and 0.2 s of a core each time, so it runs once at a time and never on a
// thread that serves sockets. The caller, a worker, waits for its job; when the queue is full it is
// told at once. Threads: run() from any thread but its own; made and destroyed by one, while nobody
// is inside run().
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/result.h"

namespace cartella::api {

class PasswordQueue {
 public:
  // At most `waiting_max` callers wait at once, the running one not counted; doubtful ones only
  // where less than half of the places are taken, so that guessers do not shut out everybody.
  explicit PasswordQueue(std::size_t waiting_max);
  ~PasswordQueue();

  // Runs `job` and returns when it is done. unavailable: full; then it did not run.
  Status run(const std::function<void()>& job, bool is_doubtful = false);

 private:
  struct Impl;
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::api
