// base/waiting.h: a thread says that it waits, to whoever decides how many threads go on.
//
// Where a pool lets only as many threads run as there are cores, one that waits for the disk or for
// another thread must give its place to the next. Threads: an observer belongs to one thread.
#pragma once

namespace cartella {

class WaitObserver {
 public:
  virtual ~WaitObserver() = default;
  virtual void wait_begins() = 0;
  virtual void wait_ends() = 0;
};

// Told of the waits of this thread from now on; nullptr: nobody. Outlives them.
void observe_waits(WaitObserver* observer);

// Stands where a thread may wait. Costs nothing where nobody observes; within another one it tells
// nothing.
class Waiting {
 public:
  Waiting();
  ~Waiting();
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  WaitObserver* x_told;
};

}  // namespace cartella
