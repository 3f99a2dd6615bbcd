// api/connections.h: how many connections there are, in all and from each network, and how fast one
// network may begin new ones.
//
// Networks are those of api/peer_network.h. Three limits for each: connections that are open, TLS
// handshakes that are under way, and handshakes begun in a second, a token bucket; a handshake
// costs the server a signature before the peer has shown anything. The table is bounded: of the
// networks without a connection so many are remembered, and the one that was idle longest makes
// room. Threads: any.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cartella::api {

struct ConnectionLimits {
  std::size_t total = 4096;
  std::size_t per_network = 1024;            // a comune's offices share an address
  std::size_t handshakes_per_network = 256;  // under way: half of them slow is a bad line
  std::uint32_t handshakes_per_second = 100;
  std::uint32_t handshakes_burst = 1024;  // all of an address come back after a restart
  std::size_t idle_networks = 16'384;     // remembered without a connection: about 3 MiB
};

enum class Admission : std::uint8_t {
  admitted,
  crowded,  // too many connections
  hurried   // too many handshakes
};

class Connections {
 public:
  explicit Connections(const ConnectionLimits& limits) : x_limits(limits) {}

  // Counts one more, with a handshake that begins. The last quarter of all is for networks that
  // hold few, so that a handful cannot shut out the others. An empty address (the Unix socket,
  // which only its owner can open) is never refused: it is the way in when strangers fill the port.
  Admission admit(std::string_view address, std::int64_t now_us);
  // Of an admitted one, once: its handshake has ended, well or not.
  void shaken(std::string_view address);
  // Of an admitted one that is gone, after shaken().
  void release(std::string_view address);
  // Waits until there is none; false: the time passed first.
  bool wait_for_none(std::int64_t timeout_ms);

 private:
  struct Network {
    std::size_t open = 0;
    std::size_t shaking = 0;
    double tokens = 0;
    std::int64_t filled_at_us = 0;
    std::list<std::string>::iterator idle;  // where nothing is open
  };
  using Networks = std::unordered_map<std::string, Network>;
  Networks::iterator find_or_make(const std::string& name, std::int64_t now_us);

  const ConnectionLimits x_limits;
  std::mutex x_mutex;
  std::condition_variable x_none;
  std::size_t x_total = 0;
  Networks x_networks;
  std::list<std::string> x_idle;  // names; the one idle longest comes last
};

}  // namespace cartella::api
