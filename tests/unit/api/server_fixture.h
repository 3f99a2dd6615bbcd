// tests/unit/api/server_fixture.h: a real server on a port that the kernel chose, and a clock that
// moves when a test says so.
//
// Deadlines are those of production: the clock is moved over them. Threads: a fixture's test; the
// handler runs on the server's workers.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>

#include "api/server.h"
#include "api/tls.h"
#include "base/check.h"
#include "tests/support/http_client.h"

namespace cartella::api::testing {

using tests::HttpAnswer;
using tests::HttpClient;
using tests::TlsChoice;

class SteppedClock final : public Clock {
 public:
  TimeUs wall() const override { return {x_us.load()}; }
  std::int64_t monotonic_us() const override { return x_us.load(); }
  void advance_ms(std::int64_t ms) { x_us += ms * 1000; }

 private:
  std::atomic<std::int64_t> x_us{1'780'000'000'000'000};  // 2026-05-28
};

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "api-XXXXXX").string();
    CHECK(mkdtemp(pattern.data()) != nullptr);
    x_path = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(x_path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return (x_path / name).string(); }

 private:
  std::filesystem::path x_path;
};

// Until it holds, or ten seconds have passed.
inline bool becomes_true(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// Waits until a count has stood still for a tenth of a second.
inline int settled(const std::atomic<int>& count) {
  int before = -1;
  while (before != count) {
    before = count;
    poll(nullptr, 0, 100);
  }
  return before;
}

inline Response text(std::string body) {
  Response response;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

inline Response echo(const Request& request) {
  return text(std::string(method_name(request.method)) + " " + request.path + " " + request.body);
}

inline std::string get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    const auto made =
        make_self_signed(x_folder.file("cert.pem"), x_folder.file("key.pem"), "localhost");
    CHECK(made.has_value());
    x_options.port = 0;
    x_options.certificate_file = x_folder.file("cert.pem");
    x_options.key_file = x_folder.file("key.pem");
    x_options.certificate_watch_ms = 0;
    x_options.worker_threads = 4;
    x_options.deadlines.tick_ms = 5;
    x_options.clock = &x_clock;
  }
  // Before what handlers of a derived fixture use.
  void TearDown() override { x_server.reset(); }

  void start(Handler handler = echo) {
    auto started = Server::start(x_options, std::move(handler));
    ASSERT_TRUE(started) << started.error().detail;
    x_server = std::move(started).value();
  }
  std::unique_ptr<HttpClient> connect(const TlsChoice& choice = {}) {
    return HttpClient::on_port(x_server->port(), choice);
  }
  std::uint64_t count(const Counters::Count& counter) const { return counter.load(); }
  const Counters& counters() const { return x_server->counters(); }

  // Moves the clock a second at a time until the client has something to read; answers the seconds.
  int seconds_until_readable(HttpClient& client) {
    for (int second = 0; second < 100; ++second) {
      if (client.is_readable(50)) return second;
      x_clock.advance_ms(1000);
    }
    return 100;
  }

  Folder x_folder;
  SteppedClock x_clock;
  ServerOptions x_options;
  std::unique_ptr<Server> x_server;
};

}  // namespace cartella::api::testing
