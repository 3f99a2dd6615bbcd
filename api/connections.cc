#include "api/connections.h"

#include <chrono>

#include "base/check.h"

namespace cartella::api {

bool Connections::admit(const std::string& address) {
  const std::lock_guard lock(x_mutex);
  if (!address.empty()) {
    if (x_total >= x_total_max) return false;
    auto& count = x_by_address[address];
    if (count >= x_per_address_max) return false;  // not zero: the limit is not
    ++count;
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
