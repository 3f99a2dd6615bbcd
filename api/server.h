// api/server.h: HTTPS on a TCP port, and plain HTTP on a Unix socket, in front of one handler.
//
// Only what passes api/gate.h reaches the handler. A handler may block: 64 of them in flight share
// one sync of the log. Nothing waits without a limit: connections, queue, every phase of a request
// and of an answer have theirs, and what is over is refused. A second request on a connection is
// not read before the first is answered.
// Threads: start() starts I/O threads, workers and one that watches the certificate; stop() joins
// them. Methods from any thread; the handler runs on workers, several at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/connections.h"
#include "api/counters.h"
#include "api/http.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"

namespace cartella::api {

// Where the numbers are not explained: reliability.md 6.
struct Deadlines {
  std::int64_t handshake_ms = 5'000;
  std::int64_t header_ms = 5'000;  // from its first byte to its last
  std::int64_t body_ms = 30'000;
  std::int64_t body_grace_ms = 5'000;  // from then on the least rate is asked for
  std::int64_t body_bytes_per_second_min = 1024;
  std::int64_t idle_ms = 15'000;   // between requests
  std::int64_t queue_ms = 10'000;  // whoever waited longer has most likely gone
  std::int64_t write_ms = 30'000;  // for each 64 KiB of an answer
  std::int64_t linger_ms =
      1'000;                   // a refused client may still be sending; the answer must reach it
  std::int64_t tick_ms = 250;  // how often deadlines are looked at
};

struct ServerOptions {
  std::string address = "127.0.0.1";  // IPv4 or IPv6; empty: no TCP
  std::uint16_t port = 8443;          // 0: one that is free
  std::vector<std::string> hosts = {"localhost", "127.0.0.1", "[::1]"};  // names without port
  std::string certificate_file;                                          // PEM, with the chain
  std::string key_file;                                                  // PEM
  std::string ocsp_response_file;  // DER, of the certificate's authority; empty: none is sent
  std::int64_t certificate_watch_ms = 5'000;  // how often the files are looked at; 0: never
  std::string unix_socket;  // path, made with mode 0600; empty: none; only the host "localhost"

  unsigned io_threads = 1;  // 1 or 2: one encrypts 20 thousand small answers a second
  unsigned worker_threads = 64;
  std::size_t queue_requests_max = 1024;  // 64 workers at 6 thousand a second: 0.2 s of work
  ConnectionLimits connections;
  // A browser's page makes tens of requests, a machine client thousands. A connection must end at
  // some time so that load spreads and memory is given back; a handshake in 1,000 costs under 1 %.
  std::size_t requests_per_connection_max = 1000;
  std::size_t push_bytes_max = std::size_t{256} * 1024;  // that wait for one subscriber
  Deadlines deadlines;

  const Clock* clock = nullptr;    // required; outlives the server
  const Logger* logger = nullptr;  // may be absent
};

class Server {
 public:
  // invalid_argument: no address and no socket, a bad address or limit; in_use: the port or the
  // socket is taken; corrupt: certificate or key cannot be used; io.
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Handler handler);
  ~Server();  // stop(10 s)

  std::uint16_t port() const;  // 0 without TCP
  const Counters& counters() const;

  // New connections get the files as they are now. corrupt, io: the earlier ones stay in use.
  Status reload_certificate();

  // No new connections; requests in flight are answered with `Connection: close`, pushes end; after
  // the deadline what is left is cut. Returns when all threads are joined: a handler that is
  // running is waited for. Once is enough, more do no harm.
  void stop(std::int64_t deadline_ms = 10'000);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::api
