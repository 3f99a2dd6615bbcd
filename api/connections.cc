#include "api/connections.h"

#include <chrono>

#include "base/check.h"

namespace cartella::api {

namespace {
constexpr std::size_t kFew = 16;  // of one address: a small office's
}

bool Connections::admit(const std::string& address) {
  const std::lock_guard lock(x_mutex);
  if (!address.empty()) {
    if (x_total >= x_total_max) return false;
    const auto found = x_by_address.find(address);
    const std::size_t held = found == x_by_address.end() ? 0 : found->second;
    const bool is_crowded = x_total >= x_total_max - x_total_max / 4;
    if (held >= x_per_address_max || (is_crowded && held >= kFew)) return false;
    ++x_by_address[address];
  }
  ++x_total;
  return true;
}

void Connections::release(const std::string& address) {
  const std::lock_guard lock(x_mutex);
  if (!address.empty()) {
    const auto found = x_by_address.find(address);
    CHECK(found != x_by_address.end());
    if (--found->second == 0) x_by_address.erase(found);
  }
  if (--x_total == 0) x_none.notify_all();
}

bool Connections::wait_for_none(std::int64_t timeout_ms) {
  std::unique_lock lock(x_mutex);
  return x_none.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                         [this] { return x_total == 0; });
}

}  // namespace cartella::api
