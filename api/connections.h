// api/connections.h: how many connections there are, in all and from each address.
//
// Threads: any.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace cartella::api {

class Connections {
 public:
  Connections(std::size_t total_max, std::size_t per_address_max)
      : x_total_max(total_max), x_per_address_max(per_address_max) {}

  // Counts one more. False: over a limit, and not counted. The last quarter of all is for addresses
  // that hold few, so that a handful of addresses cannot shut out the others. An empty address (the
  // Unix socket, which only its owner can open) is never refused: it is the way in when strangers
  // fill the port.
  bool admit(const std::string& address);
  void release(const std::string& address);
  // Waits until there is none; false: the time passed first.
  bool wait_for_none(std::int64_t timeout_ms);

 private:
  const std::size_t x_total_max;
  const std::size_t x_per_address_max;
  std::mutex x_mutex;
  std::condition_variable x_none;
  std::size_t x_total = 0;
  std::unordered_map<std::string, std::size_t> x_by_address;
};

}  // namespace cartella::api
