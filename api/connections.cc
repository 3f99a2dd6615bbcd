#include "api/connections.h"

#include <algorithm>
#include <chrono>

#include "api/peer_network.h"
#include "base/check.h"

namespace cartella::api {

namespace {
constexpr std::size_t kFew = 16;  // of one network: a small office's
}  // namespace

Connections::Networks::iterator Connections::find_or_make(const std::string& name,
                                                          std::int64_t now_us) {
  const auto found = x_networks.find(name);
  if (found != x_networks.end()) {
    if (found->second.open == 0) x_idle.splice(x_idle.begin(), x_idle, found->second.idle);
    return found;
  }
  if (x_idle.size() >= x_limits.idle_networks && !x_idle.empty()) {
    x_networks.erase(x_idle.back());
    x_idle.pop_back();
  }
  x_idle.push_front(name);
  Network made;
  made.tokens = x_limits.handshakes_burst;
  made.filled_at_us = now_us;
  made.idle = x_idle.begin();
  return x_networks.emplace(name, made).first;
}

Admission Connections::admit(std::string_view address, std::int64_t now_us) {
  const std::lock_guard lock(x_mutex);
  if (address.empty()) {
    ++x_total;
    return Admission::admitted;
  }
  if (x_total >= x_limits.total) return Admission::crowded;
  Network& network = find_or_make(peer_network(address), now_us)->second;
  const bool is_crowded = x_total >= x_limits.total - x_limits.total / 4;
  if (network.open >= x_limits.per_network || (is_crowded && network.open >= kFew))
    return Admission::crowded;
  const double seconds = static_cast<double>(now_us - network.filled_at_us) / 1e6;
  network.tokens =
      std::min<double>(x_limits.handshakes_burst,
                       network.tokens + std::max(0.0, seconds) * x_limits.handshakes_per_second);
  network.filled_at_us = now_us;
  if (network.shaking >= x_limits.handshakes_per_network || network.tokens < 1)
    return Admission::hurried;
  network.tokens -= 1;
  if (network.open == 0) x_idle.erase(network.idle);
  ++network.open;
  ++network.shaking;
  ++x_total;
  return Admission::admitted;
}

void Connections::shaken(std::string_view address) {
  if (address.empty()) return;
  const std::lock_guard lock(x_mutex);
  const auto found = x_networks.find(peer_network(address));
  CHECK(found != x_networks.end() && found->second.shaking > 0);
  --found->second.shaking;
}

void Connections::release(std::string_view address) {
  const std::lock_guard lock(x_mutex);
  if (!address.empty()) {
    const auto found = x_networks.find(peer_network(address));
    CHECK(found != x_networks.end() && found->second.open > found->second.shaking);
    if (--found->second.open == 0) {
      x_idle.push_front(found->first);
      found->second.idle = x_idle.begin();
    }
  }
  if (--x_total == 0) x_none.notify_all();
}

bool Connections::wait_for_none(std::int64_t timeout_ms) {
  std::unique_lock lock(x_mutex);
  return x_none.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                         [this] { return x_total == 0; });
}

}  // namespace cartella::api
