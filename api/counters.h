// api/counters.h: what the transport counts, for /metrics; nothing of it tells who asked what.
//
// Threads: any; each figure is exact, several read one after the other may not belong together.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace cartella::api {

struct Counters {
  using Count = std::atomic<std::uint64_t>;
  Count connections_total{0};
  Count connections_open{0};     // now
  Count connections_refused{0};  // over a limit of connections
  Count handshakes_refused{0};   // over a limit of handshakes of one network
  Count handshakes_failed{0};    // of TLS
  Count requests_refused{0};     // by the gate
  Count timeouts{0};             // connections that passed a deadline, other than idle ones
  Count queue_depth{0};          // requests that wait for a worker, now
  Count queue_full{0};           // requests answered 503 because of it
  Count queue_expired{0};        // requests that waited too long, answered 503 unexecuted
  Count pushes_open{0};          // now
  Count pushes_dropped{0};       // because the peer read too slowly
  Count bytes_in{0};             // of HTTP, without TLS
  Count bytes_out{0};
  Count certificates_loaded{0};
  Count certificates_refused{0};   // the earlier one stays in use
  std::array<Count, 6> answers{};  // by the first digit of the status
};

}  // namespace cartella::api
