// api/session_loop.h: an I/O thread and the sessions that live on it.
//
// Threads: adopt(), drain(), cut() and is_draining() from any; start() and stop() from the owner;
// the rest on the loop's own thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "api/connections.h"
#include "api/counters.h"
#include "api/gate.h"
#include "api/server.h"
#include "api/tls.h"
#include "api/workers.h"

namespace boost::asio {
class io_context;
}

namespace cartella::api {

// What all sessions use; outlives them.
struct Surroundings {
  const ServerOptions& options;
  const Handler& handler;
  const GateRules& rules;        // of the TCP port
  const GateRules& local_rules;  // of the Unix socket
  Workers& workers;
  Counters& counters;
  Connections& connections;
};

// A connection that was accepted and counted; the file is owned by whoever holds this.
struct Arrival {
  int file = -1;
  std::string peer;
  TlsContext tls;  // empty: the Unix socket
};

// A session as its loop sees it.
class Session {
 public:
  virtual ~Session() = default;
  virtual void look_at_deadline(std::int64_t now_ms) = 0;
  virtual void finish() = 0;  // as soon as what is in flight is answered
  virtual void cut() = 0;     // now
  std::size_t slot = 0;       // the loop's
};

class SessionLoop {
 public:
  explicit SessionLoop(const Surroundings& surroundings);
  ~SessionLoop();  // stop()

  void start();
  void adopt(Arrival arrival);
  // Sessions finish; those adopted later are closed at once.
  void drain();
  bool is_draining() const;
  void cut();
  // Cuts what is left and joins the thread. The workers have stopped.
  void stop();

  const Surroundings& surroundings() const;
  boost::asio::io_context& context();
  void add(Session& session);
  void remove(Session& session);

 private:
  struct Impl;
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::api
