#include "api/throttle.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "api/peer_network.h"

namespace cartella::api {

namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::uint32_t kToldEvery = 100;  // refused tries of one record

constexpr std::uint32_t kNeverShut = UINT32_MAX;  // an address waits for a minute at most

struct Tries {
  std::uint32_t count = 0;
  std::int64_t last_us = 0;  // monotonic
  std::uint32_t untold = 0;  // refused since the last record
  bool told = false;         // a record tells of the present wait
};

std::int64_t full_wait_s(std::uint32_t count, std::uint32_t free, std::uint32_t max) {
  if (count < free) return 0;
  const std::uint32_t doublings = std::min(count - free, 30u);
  return std::min<std::int64_t>(1ll << doublings, max);
}

std::uint32_t remaining_s(std::int64_t wait_s, std::int64_t since_us) {
  const std::int64_t left_us = wait_s * kSecond - since_us;
  return left_us <= 0 ? 0 : static_cast<std::uint32_t>((left_us + kSecond - 1) / kSecond);
}

// Makes room in a full table. The keys that went. What is shut stays, up to half of the table: who
// is not yet needs places to be counted in, or nobody else could ever be shut.
template <class Map>
std::vector<typename Map::key_type> make_room(Map& map, std::size_t max, std::uint32_t shut_at) {
  const auto is_shut = [&](const auto& each) { return each.second.count >= shut_at; };
  std::vector<typename Map::key_type> gone;
  while (map.size() >= max) {
    const auto shut_count = static_cast<std::size_t>(std::ranges::count_if(map, is_shut));
    const bool stays = shut_count <= max / 2;
    const auto oldest = std::ranges::min_element(map, {}, [&](const auto& each) {
      return std::pair(stays && is_shut(each), each.second.last_us);
    });
    gone.push_back(oldest->first);
    map.erase(oldest);
  }
  return gone;
}

}  // namespace

struct Throttle::Tables {
  std::unordered_map<store::UsernameHash, Tries> usernames;
  std::unordered_map<std::string, Tries> addresses;
};

Throttle::Throttle(const Clock& clock, const ThrottleLimits& limits,
                   const std::vector<store::FailedTries>& known)
    : x_clock(clock), x_limits(limits), x_tables(std::make_unique<Mutex<Tables>>()) {
  const std::int64_t wall = clock.wall().us;
  const std::int64_t now = clock.monotonic_us();
  x_tables->with([&](Tables& tables) {
    for (const auto& each : known) {
      // A wall clock that went back must not make the wait longer.
      const std::int64_t since = std::max<std::int64_t>(0, wall - each.last.us);
      tables.usernames[each.username] = Tries{each.count, now - since, 0, false};
    }
  });
}
Throttle::~Throttle() = default;

std::uint32_t Throttle::wait_s(const store::UsernameHash& username,
                               std::string_view address) const {
  const std::int64_t now = x_clock.monotonic_us();
  return x_tables->with([&](const Tables& tables) {
    std::uint32_t wait = 0;
    if (const auto at = tables.usernames.find(username); at != tables.usernames.end()) {
      const Tries& tries = at->second;
      if (tries.count >= x_limits.failures_max) return x_limits.wait_s_max;
      wait = remaining_s(full_wait_s(tries.count, x_limits.free_tries, x_limits.wait_s_max),
                         now - tries.last_us);
    }
    if (address.empty()) return wait;
    const auto at = tables.addresses.find(peer_network(address));
    if (at == tables.addresses.end()) return wait;
    const std::int64_t full =
        full_wait_s(at->second.count, x_limits.address_free_tries, x_limits.address_wait_s_max);
    return std::max(wait, remaining_s(full, now - at->second.last_us));
  });
}

bool Throttle::is_doubtful(std::string_view address) const {
  if (address.empty()) return false;
  const std::int64_t now = x_clock.monotonic_us();
  return x_tables->with([&](const Tables& tables) {
    const auto at = tables.addresses.find(peer_network(address));
    return at != tables.addresses.end() && at->second.count >= x_limits.address_doubtful_tries &&
           now - at->second.last_us <= x_limits.address_forget_s * kSecond;
  });
}

Throttle::Failure Throttle::failed(const store::UsernameHash& username, std::string_view address) {
  const std::int64_t now = x_clock.monotonic_us();
  return x_tables->with([&](Tables& tables) {
    Failure failure;
    std::erase_if(tables.usernames, [&](const auto& each) {
      const bool old = each.first != username && each.second.count < x_limits.failures_max &&
                       now - each.second.last_us > x_limits.forget_s * kSecond;
      if (old) failure.forgotten.push_back(each.first);
      return old;
    });
    if (!tables.usernames.contains(username)) {
      for (const auto& gone :
           make_room(tables.usernames, x_limits.entries_max, x_limits.failures_max))
        failure.forgotten.push_back(gone);
    }
    Tries& tries = tables.usernames[username];
    ++tries.count;
    tries.last_us = now;
    tries.told = false;
    failure.tries = {username, tries.count, x_clock.wall()};
    failure.shut = tries.count == x_limits.failures_max;
    if (address.empty()) return failure;
    const std::string network = peer_network(address);
    std::erase_if(tables.addresses, [&](const auto& each) {
      return now - each.second.last_us > x_limits.address_forget_s * kSecond;
    });
    if (!tables.addresses.contains(network))
      make_room(tables.addresses, x_limits.entries_max, kNeverShut);
    Tries& of_address = tables.addresses[network];
    ++of_address.count;
    of_address.last_us = now;
    of_address.told = false;
    return failure;
  });
}

std::uint32_t Throttle::succeeded(const store::UsernameHash& username) {
  return x_tables->with([&](Tables& tables) {
    const auto known = tables.usernames.extract(username);
    return known ? known.mapped().count : 0;
  });
}

std::uint32_t Throttle::refused(const store::UsernameHash& username, std::string_view address) {
  return x_tables->with([&](Tables& tables) -> std::uint32_t {
    const auto of_name = tables.usernames.find(username);
    const auto of_address = tables.addresses.find(peer_network(address));
    if (of_name == tables.usernames.end() && of_address == tables.addresses.end()) return 1;
    // Whoever tries many usernames from one address is counted by the address.
    Tries& tries = of_name != tables.usernames.end() ? of_name->second : of_address->second;
    ++tries.untold;
    if (tries.told && tries.untold < kToldEvery) return 0;
    tries.told = true;
    return std::exchange(tries.untold, 0u);
  });
}

std::uint32_t Throttle::take_untold(const store::UsernameHash& username) {
  return x_tables->with([&](Tables& tables) -> std::uint32_t {
    const auto at = tables.usernames.find(username);
    return at == tables.usernames.end() ? 0 : std::exchange(at->second.untold, 0u);
  });
}

}  // namespace cartella::api
