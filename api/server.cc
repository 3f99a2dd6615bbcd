#include "api/server.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "api/listener.h"
#include "api/ocsp_staple.h"
#include "api/session_loop.h"
#include "api/tls.h"
#include "api/workers.h"
#include "base/check.h"

namespace cartella::api {

namespace {

constexpr std::int64_t kStopMs = 10'000;  // systemd and F-14 wait no longer
constexpr std::int64_t kLookMs = 1'000;

// What tells that a file was replaced.
struct Stamp {
  ino_t file = 0;
  off_t bytes = 0;
  timespec changed{};
  bool operator==(const Stamp& other) const {
    return file == other.file && bytes == other.bytes && changed.tv_sec == other.changed.tv_sec &&
           changed.tv_nsec == other.changed.tv_nsec;
  }
};
using Stamps = std::array<Stamp, 3>;

Stamp stamp_of(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return {};
  return {found.st_ino, found.st_size, found.st_mtim};
}

GateRules local_rules_of(GateRules rules) {
  rules.hosts.emplace_back("localhost");
  return rules;
}

Status check(const ServerOptions& options) {
  CHECK(options.clock != nullptr);
  if (options.address.empty() && options.unix_socket.empty())
    return fail(Errc::invalid_argument, "neither an address nor a socket to listen on");
  if (options.io_threads == 0 || options.io_threads > 16 || options.worker_threads == 0 ||
      options.worker_threads > 1024 || options.queue_requests_max == 0 ||
      options.connections.total == 0 || options.connections.per_network == 0 ||
      options.connections.handshakes_per_network == 0 ||
      options.connections.handshakes_per_second == 0 || options.connections.handshakes_burst == 0 ||
      options.requests_per_connection_max == 0 || options.push_bytes_max == 0)
    return fail(Errc::invalid_argument, "a limit of the server is out of range");
  if (!options.address.empty() && options.hosts.empty())
    return fail(Errc::invalid_argument, "no host name is allowed");
  return ok();
}

}  // namespace

struct Server::Impl {
  Impl(const ServerOptions& given, Handler given_handler)
      : options(given),
        handler(std::move(given_handler)),
        rules{options.hosts},
        local_rules(local_rules_of(rules)),
        connections(options.connections),
        workers(options.worker_threads, options.queue_requests_max, counters) {
    for (unsigned i = 0; i < options.io_threads; ++i)
      loops.push_back(std::make_unique<SessionLoop>(surroundings));
  }

  Stamps stamps() const {
    return {stamp_of(options.certificate_file), stamp_of(options.key_file),
            stamp_of(options.ocsp_response_file)};
  }

  Result<TlsContext> make_tls() const {
    CARTELLA_TRY(auto tls, make_tls_context({options.certificate_file, options.key_file}));
    if (options.ocsp_response_file.empty()) return tls;
    // Without it the server serves all the same: clients that insist ask the authority.
    const Status stapled = staple_ocsp_response(tls.get(), options.ocsp_response_file);
    if (options.logger == nullptr) return tls;
    if (stapled)
      options.logger->write(LogLevel::info, "ocsp_response_loaded");
    else
      options.logger->write(LogLevel::error, "ocsp_response_refused",
                            {{"code", stapled.error().code}});
    return tls;
  }

  Status listen() {
    std::vector<SessionLoop*> all;
    for (const auto& loop : loops) all.push_back(loop.get());
    if (!options.address.empty()) {
      seen = stamps();
      CARTELLA_TRY(auto tls, make_tls());
      CARTELLA_TRY(auto made,
                   Listener::on_port(options.address, options.port, all, std::move(tls)));
      on_port = std::move(made);
    }
    if (!options.unix_socket.empty()) {
      CARTELLA_TRY(auto made, Listener::on_path(options.unix_socket, all));
      on_path = std::move(made);
    }
    return ok();
  }

  void run() {
    for (const auto& listener : {on_port.get(), on_path.get()})
      if (listener != nullptr) listener->start();
    for (const auto& loop : loops) loop->start();
    if (on_port && options.certificate_watch_ms > 0) watcher = std::thread([this] { watch(); });
  }

  Status reload() {
    if (!on_port) return ok();
    auto tls = make_tls();
    if (!tls) {
      counters.certificates_refused.fetch_add(1);
      if (options.logger != nullptr)
        options.logger->write(LogLevel::error, "certificate_refused", {{"code", tls.error().code}});
      return std::move(tls).error();
    }
    on_port->set_tls(std::move(tls).value());
    counters.certificates_loaded.fetch_add(1);
    if (options.logger != nullptr) options.logger->write(LogLevel::info, "certificate_loaded");
    return ok();
  }

  void watch() {
    std::unique_lock lock(mutex);
    const std::chrono::milliseconds pause(options.certificate_watch_ms);
    while (!stop_asked.wait_for(lock, pause, [this] { return stopping; })) {
      lock.unlock();
      const Stamps now = stamps();
      // A pair that is refused is tried again when one of the files changes.
      if (now != std::exchange(seen, now)) static_cast<void>(reload());
      lock.lock();
    }
  }

  void stop(std::int64_t deadline_ms) {
    {
      const std::lock_guard lock(mutex);
      if (std::exchange(stopping, true)) return;
    }
    stop_asked.notify_all();
    if (watcher.joinable()) watcher.join();
    for (const auto& listener : {on_port.get(), on_path.get()})
      if (listener != nullptr) listener->close();
    for (const auto& loop : loops) loop->drain();
    if (!connections.wait_for_none(deadline_ms))
      for (const auto& loop : loops) loop->cut();
    workers.stop();
    // An answer that waits for the log has neither a worker nor a place in a queue, but a session.
    while (!connections.wait_for_none(kLookMs)) {
    }
    for (const auto& loop : loops) loop->stop();
  }

  const ServerOptions options;
  const Handler handler;
  const GateRules rules;
  const GateRules local_rules;
  Counters counters;
  Connections connections;
  Workers workers;
  const Surroundings surroundings{options, handler,  rules,      local_rules,
                                  workers, counters, connections};
  std::vector<std::unique_ptr<SessionLoop>> loops;
  std::unique_ptr<Listener> on_port;  // their sockets belong to the first loop
  std::unique_ptr<Listener> on_path;
  std::uint16_t port = 0;
  std::mutex mutex;
  std::condition_variable stop_asked;
  bool stopping = false;
  std::thread watcher;
  Stamps seen;  // of the watcher
};

Server::Server(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
Server::~Server() { stop(kStopMs); }

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Handler handler) {
  CARTELLA_TRY(check(options));
  auto impl = std::make_unique<Impl>(options, std::move(handler));
  CARTELLA_TRY(impl->listen());
  if (impl->on_port) impl->port = impl->on_port->port();
  impl->run();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const { return x_impl->port; }

const Counters& Server::counters() const { return x_impl->counters; }

Status Server::reload_certificate() { return x_impl->reload(); }

void Server::stop(std::int64_t deadline_ms) { x_impl->stop(deadline_ms); }

}  // namespace cartella::api
