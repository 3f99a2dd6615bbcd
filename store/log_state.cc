#include "store/log_state.h"

#include <utility>

namespace cartella::store {

void LogState::publish(const TreeEdge& edge, const Hash32& root) {
  // The edge first: whoever knows the head finds its hashes.
  x_edge.with([&](TreeEdge& published) { published.follow(edge); });
  x_head.with([&](Head& published) { published = {edge.size(), root}; });
  x_size.store(edge.size(), std::memory_order_seq_cst);
  if (x_waiting.load(std::memory_order_seq_cst) == 0) return;
  { const std::lock_guard lock(x_wait_mutex); }
  x_grown.notify_all();
}

std::uint64_t LogState::wait_past(std::uint64_t position, std::chrono::milliseconds timeout) const {
  if (size() > position) return size();
  std::unique_lock lock(x_wait_mutex);
  x_waiting.fetch_add(1, std::memory_order_seq_cst);
  x_grown.wait_for(lock, timeout,
                   [&] { return x_stopping || x_size.load(std::memory_order_seq_cst) > position; });
  x_waiting.fetch_sub(1, std::memory_order_seq_cst);
  return size();
}

void LogState::fail_stop(const Error& error) {
  x_failure.with([&](std::optional<Error>& first) {
    if (!first) first = error;
  });
  x_failed.store(true, std::memory_order_release);
}

Status LogState::failure() const {
  return x_failure.with([](const std::optional<Error>& first) -> Status {
    if (first) return *first;
    return ok();
  });
}

void LogState::declare_rollback(std::string detail) {
  x_rollback.with([&](std::string& first) {
    if (first.empty()) first = std::move(detail);
  });
  x_rolled_back.store(true, std::memory_order_release);
}

Status LogState::rollback() const {
  if (!x_rolled_back.load(std::memory_order_acquire)) return ok();
  return x_rollback.with(
      [](const std::string& first) -> Status { return fail(Errc::rollback, first); });
}

void LogState::stop() {
  {
    const std::lock_guard lock(x_wait_mutex);
    x_stopping = true;
  }
  x_grown.notify_all();
}

}  // namespace cartella::store
