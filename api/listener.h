// api/listener.h: a listening socket that hands what it accepts to the loops in turn.
//
// Accepts on the first loop's thread. Over a limit of connections, what is accepted is closed at
// once. Threads: close() and set_tls() from any; outlives the loops' threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "api/session_loop.h"

namespace cartella::api {

class Listener {
 public:
  // invalid_argument: no numeric address, or a path too long; in_use; io. Neither accepts before
  // start().
  static Result<std::unique_ptr<Listener>> on_port(const std::string& address, std::uint16_t port,
                                                   std::span<SessionLoop* const> loops,
                                                   TlsContext tls);
  // Mode 0600. A socket file that nobody listens on any more is replaced.
  static Result<std::unique_ptr<Listener>> on_path(const std::string& path,
                                                   std::span<SessionLoop* const> loops);
  ~Listener();

  void start();
  std::uint16_t port() const;
  void set_tls(TlsContext tls);  // for connections from now on
  void close();                  // and the socket's file goes

 private:
  struct Impl;
  explicit Listener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::api
