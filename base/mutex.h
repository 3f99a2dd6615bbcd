// base/mutex.h: a value that can only be reached under its lock.
//
// Threads: any. `with` runs the function under the lock; do not block inside it.
#pragma once

#include <mutex>
#include <utility>

namespace cartella {

template <class T>
class Mutex {
 public:
  template <class... Args>
  explicit Mutex(Args&&... args) : x_value(std::forward<Args>(args)...) {}

  template <class F>
  decltype(auto) with(F&& f) {
    const std::lock_guard lock(x_mutex);
    return std::forward<F>(f)(x_value);
  }
  template <class F>
  decltype(auto) with(F&& f) const {
    const std::lock_guard lock(x_mutex);
    return std::forward<F>(f)(x_value);
  }

 private:
  mutable std::mutex x_mutex;
  T x_value;
};

}  // namespace cartella
