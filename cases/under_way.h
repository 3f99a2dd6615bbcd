// cases/under_way.h: how many commands or looks are under way, and who waits until there is none.
//
// A mark may be let go of by another thread than took it, since nobody holds a thread while a
// command or a look waits for the log. Ownership: marks and whoever is alone go before the object.
// Threads: any.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

#include "base/waiting.h"

namespace cartella::cases {

class UnderWay {
 public:
  class Mark {
   public:
    explicit Mark(UnderWay& of) : x_of(&of) {}
    ~Mark() {
      if (x_of != nullptr) x_of->end();
    }
    // One more, which waits for nobody: what it is copied from is held.
    Mark(const Mark& other) : x_of(other.x_of) {
      if (x_of != nullptr) x_of->add();
    }
    Mark(Mark&& other) noexcept : x_of(std::exchange(other.x_of, nullptr)) {}
    Mark& operator=(const Mark&) = delete;
    Mark& operator=(Mark&&) = delete;

   private:
    UnderWay* x_of;
  };
  class Alone {
   public:
    explicit Alone(UnderWay& of) : x_of(of) {}
    ~Alone() { x_of.end_alone(); }
    Alone(const Alone&) = delete;
    Alone& operator=(const Alone&) = delete;

   private:
    UnderWay& x_of;
  };

  // Waits while somebody is alone. Not by whoever holds a mark.
  Mark begin() {
    std::unique_lock lock(x_mutex);
    if (x_is_alone) {
      const Waiting waiting;
      x_changed.wait(lock, [this] { return !x_is_alone; });
    }
    ++x_marks;
    return Mark(*this);
  }
  // Lets nobody begin, and waits until every mark has gone.
  Alone alone() {
    const Waiting waiting;
    std::unique_lock lock(x_mutex);
    x_changed.wait(lock, [this] { return !x_is_alone; });
    x_is_alone = true;
    x_changed.wait(lock, [this] { return x_marks == 0; });
    return Alone(*this);
  }

 private:
  void add() {
    const std::lock_guard lock(x_mutex);
    ++x_marks;
  }
  void end() {
    const std::lock_guard lock(x_mutex);
    if (--x_marks == 0 && x_is_alone) x_changed.notify_all();
  }
  void end_alone() {
    const std::lock_guard lock(x_mutex);
    x_is_alone = false;
    x_changed.notify_all();
  }

  std::mutex x_mutex;
  std::condition_variable x_changed;
  std::size_t x_marks = 0;
  bool x_is_alone = false;
};

}  // namespace cartella::cases
