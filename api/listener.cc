#include "api/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <utility>
#include <vector>

#include "api/socket_path.h"
#include "base/mutex.h"

namespace cartella::api {

namespace {

namespace asio = boost::asio;

constexpr int kBacklog = 1024;
constexpr int kAcceptsInARow = 64;    // then sessions get their turn
constexpr int kNoFilesPauseMs = 100;  // the process has no more file descriptors

// A file descriptor that is closed unless it is given away.
class File {
 public:
  explicit File(int number) : x_number(number) {}
  ~File() {
    if (x_number >= 0) ::close(x_number);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int number() const { return x_number; }
  int give() { return std::exchange(x_number, -1); }

 private:
  int x_number;
};

Error failed(const char* what) {
  const Errc code = errno == EADDRINUSE ? Errc::in_use : Errc::io;
  return fail(code, std::string(what) + ": " + std::strerror(errno));
}

// The system's interface is written in terms of the general type.
template <class Address>
sockaddr* general(Address& address) {
  return reinterpret_cast<sockaddr*>(&address);
}

Status bind_port(int file, const std::string& address, std::uint16_t port) {
  sockaddr_in six_less{};
  six_less.sin_family = AF_INET;
  six_less.sin_port = htons(port);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  int bound = -1;
  if (inet_pton(AF_INET, address.c_str(), &six_less.sin_addr) == 1)
    bound = ::bind(file, general(six_less), sizeof six_less);
  else if (inet_pton(AF_INET6, address.c_str(), &six.sin6_addr) == 1)
    bound = ::bind(file, general(six), sizeof six);
  return bound == 0 ? Status(ok()) : Status(failed("bind"));
}

std::string address_of(const sockaddr_storage& from) {
  char text[INET6_ADDRSTRLEN] = {};
  if (from.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &from, sizeof four);
    inet_ntop(AF_INET, &four.sin_addr, text, sizeof text);
  } else if (from.ss_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &from, sizeof six);
    inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof text);
  }
  const std::string address(text);
  return address.starts_with("::ffff:") ? address.substr(7) : address;
}

// Removes a socket that a killed server left behind. in_use: a server answers there.
Status remove_stale(const std::string& path, sockaddr_un& address) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return ok();
  if (!S_ISSOCK(found.st_mode)) return fail(Errc::in_use, path + ": a file that is no socket");
  const File probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(probe.number(), general(address), sizeof address) == 0)
    return fail(Errc::in_use, path + ": a server listens there");
  if (unlink(path.c_str()) != 0) return failed("unlink");
  return ok();
}

}  // namespace

struct Listener::Impl {
  Impl(int file, std::span<SessionLoop* const> given, TlsContext context)
      : loops(given.begin(), given.end()),
        socket(loops[0]->context(), file),
        pause(loops[0]->context()),
        is_tls(context != nullptr),
        tls(std::move(context)) {}

  void wait() {
    socket.async_wait(asio::posix::stream_descriptor::wait_read,
                      [this](const boost::system::error_code& error) {
                        if (!error) accept();
                      });
  }
  void accept() {
    for (int i = 0; i < kAcceptsInARow; ++i) {
      sockaddr_storage from{};
      socklen_t from_bytes = sizeof from;
      const int file =
          accept4(socket.native_handle(), general(from), &from_bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (file >= 0) {
        take(file, is_tls ? address_of(from) : std::string());
        continue;
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
        return wait_for_files();
      // Otherwise the connection was gone before it was accepted.
    }
    wait();
  }
  void wait_for_files() {
    pause.expires_after(std::chrono::milliseconds(kNoFilesPauseMs));
    pause.async_wait([this](const boost::system::error_code& error) {
      if (!error) accept();
    });
  }
  void take(int file, std::string peer) {
    const auto& all = loops[0]->surroundings();
    const auto admission = all.connections.admit(peer, all.options.clock->monotonic_us());
    if (admission != Admission::admitted) {
      auto& counters = all.counters;
      const bool is_hurried = admission == Admission::hurried;
      (is_hurried ? counters.handshakes_refused : counters.connections_refused)
          .fetch_add(1, std::memory_order_relaxed);
      ::close(file);
      return;
    }
    const int on = 1;
    if (is_tls) setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    next = (next + 1) % loops.size();
    auto context = is_tls ? tls.with([](const TlsContext& now) { return share(now); }) : nullptr;
    loops[next]->adopt({file, std::move(peer), std::move(context)});
  }

  std::vector<SessionLoop*> loops;
  asio::posix::stream_descriptor socket;
  asio::steady_timer pause;
  const bool is_tls;
  Mutex<TlsContext> tls;
  std::uint16_t port = 0;
  std::string path;
  std::size_t next = 0;
};

Listener::Listener(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
Listener::~Listener() = default;

Result<std::unique_ptr<Listener>> Listener::on_port(const std::string& address, std::uint16_t port,
                                                    std::span<SessionLoop* const> loops,
                                                    TlsContext tls) {
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  const bool four = inet_pton(AF_INET, address.c_str(), parsed.data()) == 1;
  if (!four && inet_pton(AF_INET6, address.c_str(), parsed.data()) != 1)
    return fail(Errc::invalid_argument, "the address to listen on is not numeric");
  File file(socket(four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (file.number() < 0 || setsockopt(file.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
    return failed("socket");
  CARTELLA_TRY(bind_port(file.number(), address, port));
  if (listen(file.number(), kBacklog) != 0) return failed("listen");
  sockaddr_storage bound{};
  socklen_t bound_bytes = sizeof bound;
  if (getsockname(file.number(), general(bound), &bound_bytes) != 0) return failed("getsockname");
  auto impl = std::make_unique<Impl>(file.give(), loops, std::move(tls));
  std::uint16_t network_port = 0;  // at the same place in both kinds of address
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  std::memcpy(&network_port, reinterpret_cast<char*>(&bound) + offsetof(sockaddr_in, sin_port), 2);
  impl->port = ntohs(network_port);
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

Result<std::unique_ptr<Listener>> Listener::on_path(const std::string& path,
                                                    std::span<SessionLoop* const> loops) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  CARTELLA_TRY(const auto named, SocketPath::of(path));
  std::memcpy(address.sun_path, named.text().data(), named.text().size());
  CARTELLA_TRY(remove_stale(path, address));
  File file(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (file.number() < 0) return failed("socket");
  if (::bind(file.number(), general(address), sizeof address) != 0) return failed("bind");
  // Nobody can connect before listen().
  if (chmod(path.c_str(), 0600) != 0 || listen(file.number(), kBacklog) != 0) {
    const Error error = failed("listen");
    unlink(path.c_str());
    return error;
  }
  auto impl = std::make_unique<Impl>(file.give(), loops, nullptr);
  impl->path = path;
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

void Listener::start() { x_impl->wait(); }

std::uint16_t Listener::port() const { return x_impl->port; }

void Listener::set_tls(TlsContext tls) {
  x_impl->tls.with([&](TlsContext& now) { now.swap(tls); });
}

void Listener::close() {
  if (!x_impl->path.empty()) unlink(x_impl->path.c_str());
  asio::post(x_impl->loops[0]->context(), [impl = x_impl.get()] {
    boost::system::error_code ignored;
    impl->socket.close(ignored);
    impl->pause.cancel();
  });
}

}  // namespace cartella::api
