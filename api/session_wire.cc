#include "api/session_wire.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <optional>
#include <utility>

namespace cartella::api {

namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Socket =
    asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

constexpr std::size_t kLingerBytes = std::size_t{4} << 20;  // four bodies of the largest kind

}  // namespace

struct Wire::Impl {
  explicit Impl(asio::io_context& context) : socket(context.get_executor()) {}

  void linger(User user, std::size_t drained) {
    thread_local std::array<char, 16384> unwanted;
    socket.async_read_some(
        asio::buffer(unwanted),
        [this, user = std::move(user), drained](const ErrorCode& error, std::size_t count) mutable {
          if (error || drained + count > kLingerBytes) return user->on_end();
          linger(std::move(user), drained + count);
        });
  }
  void end_plain(User user) {
    ErrorCode ignored;
    socket.shutdown(Socket::shutdown_send, ignored);
    linger(std::move(user), 0);
  }

  Socket socket;
  std::optional<asio::ssl::stream<Socket&>> tls;
};

Wire::Wire(asio::io_context& context, int file, TlsContext tls)
    : x_impl(std::make_unique<Impl>(context)) {
  const int family = tls ? AF_INET : AF_UNIX;  // Asio only keeps it
  ErrorCode error;
  x_impl->socket.assign(asio::generic::stream_protocol(family, 0), file, error);
  if (error) {
    ::close(file);
    return;
  }
  if (!tls) return;
  asio::ssl::context owner(tls.release());  // OpenSSL counts the owners
  x_impl->tls.emplace(x_impl->socket, owner);
}

Wire::~Wire() { close(); }

bool Wire::is_open() const { return x_impl->socket.is_open(); }

void Wire::handshake(User user) {
  if (!x_impl->tls) return user->on_handshake(true);
  x_impl->tls->async_handshake(
      asio::ssl::stream_base::server,
      [user = std::move(user)](const ErrorCode& error) { user->on_handshake(!error); });
}

void Wire::read(std::span<char> to, User user) {
  const auto buffer = asio::buffer(to.data(), to.size());
  auto done = [user = std::move(user)](const ErrorCode& error, std::size_t count) {
    user->on_read(!error, count);
  };
  if (x_impl->tls)
    x_impl->tls->async_read_some(buffer, std::move(done));
  else
    x_impl->socket.async_read_some(buffer, std::move(done));
}

void Wire::write(std::string_view from, User user) {
  const auto buffer = asio::buffer(from.data(), from.size());
  auto done = [user = std::move(user)](const ErrorCode& error, std::size_t count) {
    user->on_written(!error, count);
  };
  if (x_impl->tls)
    x_impl->tls->async_write_some(buffer, std::move(done));
  else
    x_impl->socket.async_write_some(buffer, std::move(done));
}

void Wire::end(User user) {
  if (!x_impl->tls) return x_impl->end_plain(std::move(user));
  x_impl->tls->async_shutdown(
      [impl = x_impl.get(), user = std::move(user)](const ErrorCode& /*error*/) mutable {
        impl->end_plain(std::move(user));
      });
}

void Wire::cancel() {
  ErrorCode ignored;
  x_impl->socket.cancel(ignored);
}

void Wire::close() {
  ErrorCode ignored;
  x_impl->socket.close(ignored);
}

}  // namespace cartella::api
