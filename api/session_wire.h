// api/session_wire.h: the socket of a session, with TLS or without.
//
// Every call that waits keeps its user alive until it answers; false means that the wire failed,
// was cancelled or closed. One read and one write may wait at a time. Threads: its loop's.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "api/tls.h"

namespace boost::asio {
class io_context;
}

namespace cartella::api {

class WireUser {
 public:
  virtual ~WireUser() = default;
  virtual void on_handshake(bool ok) = 0;
  virtual void on_read(bool ok, std::size_t count) = 0;
  virtual void on_written(bool ok, std::size_t count) = 0;
  virtual void on_end() = 0;
};

class Wire {
 public:
  using User = std::shared_ptr<WireUser>;

  // Takes the file, and closes it. Without `tls`: plain.
  Wire(boost::asio::io_context& context, int file, TlsContext tls);
  ~Wire();

  bool is_open() const;
  void handshake(User user);
  void read(std::span<char> to, User user);      // some
  void write(std::string_view from, User user);  // some
  // Says that nothing more will be written, and throws away what the peer still sends until it goes
  // or has sent too much: closing with unread bytes would take the last answer from it.
  void end(User user);
  void cancel();  // what waits is answered false
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::api
