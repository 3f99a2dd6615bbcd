// store/log_state.h: what the writer publishes and readers see.
//
// The tree here is always that of a synced journal record whose rows are in the index, so a root
// taken from it may be signed, and a position below its size can be read.
// Threads: any; only the writer publishes.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "store/tree_edge.h"

namespace cartella::store {

class LogState {
 public:
  explicit LogState(TreeEdge edge)
      : x_size(edge.size()), x_head(Head{edge.size(), edge.root()}), x_edge(std::move(edge)) {}

  std::uint64_t size() const { return x_size.load(std::memory_order_acquire); }
  template <class F>
  decltype(auto) with_edge(F&& f) const {
    return x_edge.with(std::forward<F>(f));
  }
  struct Head {
    std::uint64_t size = 0;
    Hash32 root{};
  };
  Head head() const {
    return x_head.with([](const Head& newest) { return newest; });
  }
  // `edge` is later than the one published before; `root` is its root.
  void publish(const TreeEdge& edge, const Hash32& root);
  // Answers size() once it is past `position`, at the deadline, or when stopping.
  std::uint64_t wait_past(std::uint64_t position, std::chrono::milliseconds timeout) const;

  // Fail-stop: the first failure of a durable write ends all writing (ledger.md 4).
  void fail_stop(const Error& error);
  bool failed() const { return x_failed.load(std::memory_order_acquire); }
  Status failure() const;
  void stop();  // wakes the waiters

  // The log is older than what is known of it: read-only from now on. The first reason stays.
  void declare_rollback(std::string detail);
  Status rollback() const;

 private:
  std::atomic<std::uint64_t> x_size;
  Mutex<Head> x_head;
  Mutex<TreeEdge> x_edge;
  std::atomic<bool> x_failed{false};
  Mutex<std::optional<Error>> x_failure;
  std::atomic<bool> x_rolled_back{false};
  Mutex<std::string> x_rollback;
  mutable std::mutex x_wait_mutex;
  mutable std::condition_variable x_grown;
  mutable std::atomic<int> x_waiting{0};
  bool x_stopping = false;  // under x_wait_mutex
};

}  // namespace cartella::store
