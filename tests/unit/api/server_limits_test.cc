// What the server does with too much and too slow: deadlines, queues, connections, the stop.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "api/server.h"
#include "tests/unit/api/server_fixture.h"

namespace cartella::api {
namespace {

using testing::becomes_true;
using testing::echo;
using testing::get;
using testing::text;
using tests::HttpClient;
using tests::TlsChoice;

class ServerLimits : public testing::ServerTest {
 protected:
  // A handler that waits in "/hold" until the test lets go.
  Handler holding() {
    return [this](const Request& request) {
      ++x_called;
      if (request.path == "/hold") {
        std::unique_lock lock(x_mutex);
        ++x_held;
        x_changed.wait(lock, [this] { return x_let_go; });
      }
      return echo(request);
    };
  }
  bool holds(int count) {
    return becomes_true([&] {
      const std::lock_guard lock(x_mutex);
      return x_held >= count;
    });
  }
  void let_go() {
    const std::lock_guard lock(x_mutex);
    x_let_go = true;
    x_changed.notify_all();
  }

  std::atomic<int> x_called{0};
  std::mutex x_mutex;
  std::condition_variable x_changed;
  int x_held = 0;
  bool x_let_go = false;
};

TEST_F(ServerLimits, B01_AHeaderThatIsNotWholeAfterFiveSecondsIsRefused) {
  start();
  const auto client = connect();
  client->send("GET / HTTP/1.1\r\nHost: local");
  EXPECT_TRUE(becomes_true([&] { return counters().bytes_in > 0; }));
  const int seconds = seconds_until_readable(*client);
  EXPECT_GE(seconds, 5);
  EXPECT_LE(seconds, 7);
  EXPECT_EQ(client->read_answer().status, 408U);
  EXPECT_TRUE(client->is_closed());
  EXPECT_EQ(counters().timeouts, 1U);
}

TEST_F(ServerLimits, B01_AHeaderThatDripsIsHeldToTheSameDeadline) {
  start();
  const auto client = connect();
  client->send("GET / HTTP/1.1\r\nHost: localhost\r\n");
  int seconds = 0;
  while (!client->is_readable(50) && seconds < 100) {
    client->send("X: y\r\n");
    x_clock.advance_ms(1000);
    ++seconds;
  }
  EXPECT_GE(seconds, 5);
  EXPECT_LE(seconds, 8);
  EXPECT_EQ(client->read_answer().status, 408U);
}

TEST_F(ServerLimits, B01_ABodyMustComeAtALeastRateAndWithinHalfAMinute) {
  start();
  const auto silent = connect();
  silent->send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nabc");
  EXPECT_TRUE(becomes_true([&] { return counters().bytes_in > 0; }));
  EXPECT_LE(seconds_until_readable(*silent), 8);
  EXPECT_EQ(silent->read_answer().status, 408U);
  const auto steady = connect();
  steady->send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n");
  int seconds = 0;
  while (!steady->is_readable(50) && seconds < 100) {
    steady->send(std::string(2000, 'x'));
    x_clock.advance_ms(1000);
    ++seconds;
  }
  EXPECT_GE(seconds, 29);
  EXPECT_LE(seconds, 33);
  EXPECT_EQ(steady->read_answer().status, 408U);
}

TEST_F(ServerLimits, AnIdleConnectionIsClosedWithoutAnAnswer) {
  start();
  const auto client = connect();
  client->ask(get("/"));
  EXPECT_GE(seconds_until_readable(*client), 15);
  EXPECT_EQ(client->read_some(), "");
  EXPECT_EQ(counters().timeouts, 0U);
}

TEST_F(ServerLimits, B01_AClientThatNeverShakesHandsIsCut) {
  start();
  const auto client = connect({.handshake = false});
  EXPECT_TRUE(becomes_true([&] { return counters().connections_open == 1; }));
  const int seconds = seconds_until_readable(*client);
  EXPECT_GE(seconds, 5);
  EXPECT_LE(seconds, 7);
  EXPECT_TRUE(client->is_closed());
  const auto loud = connect({.handshake = false});
  loud->send(get("/"));  // plain HTTP where TLS is spoken
  EXPECT_TRUE(loud->is_closed());
  EXPECT_EQ(counters().handshakes_failed, 1U);
}

TEST_F(ServerLimits, B01_AClientThatDoesNotReadItsAnswerIsCut) {
  start([](const Request&) { return text(std::string(64'000'000, 'x')); });
  const auto client = connect();
  client->send(get("/"));
  EXPECT_TRUE(client->is_readable(10'000));
  EXPECT_TRUE(becomes_true([&] {
    x_clock.advance_ms(1000);
    return counters().connections_open == 0;
  }));
  EXPECT_EQ(counters().timeouts, 1U);
}

TEST_F(ServerLimits, S_DOS_AFullQueueAnswers503WithRetryAfter) {
  x_options.worker_threads = 1;
  x_options.queue_requests_max = 1;
  start(holding());
  const auto running = connect();
  running->send(get("/hold"));
  ASSERT_TRUE(holds(1));
  const auto waiting = connect();
  waiting->send(get("/a"));
  EXPECT_TRUE(becomes_true([&] { return counters().queue_depth == 1; }));
  const auto refused = connect();
  const auto answer = refused->ask(get("/b"));
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.header("Retry-After"), "1");
  EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(counters().queue_full, 1U);
  let_go();
  EXPECT_EQ(running->read_answer().status, 200U);
  EXPECT_EQ(waiting->read_answer().status, 200U);
  EXPECT_EQ(refused->ask(get("/c")).status, 200U);  // the connection stayed open
}

TEST_F(ServerLimits, S_DOS_WhoWaitedOverTenSecondsIsNotExecuted) {
  x_options.worker_threads = 1;
  start(holding());
  const auto running = connect();
  running->send(get("/hold"));
  ASSERT_TRUE(holds(1));
  const auto late = connect();
  late->send(get("/late"));
  EXPECT_TRUE(becomes_true([&] { return counters().queue_depth == 1; }));
  x_clock.advance_ms(10'001);
  let_go();
  const auto answer = late->read_answer();
  EXPECT_EQ(answer.status, 503U);
  EXPECT_EQ(answer.header("Retry-After"), "1");
  EXPECT_EQ(running->read_answer().status, 200U);
  EXPECT_EQ(x_called, 1);
  EXPECT_EQ(counters().queue_expired, 1U);
}

TEST_F(ServerLimits, S_DOS_ConnectionsOfOneAddressAreLimited) {
  x_options.connections.per_network = 2;
  start();
  const auto first = connect();
  auto second = connect();
  EXPECT_FALSE(connect()->is_connected());
  EXPECT_EQ(counters().connections_refused, 1U);
  EXPECT_EQ(first->ask(get("/")).status, 200U);
  second.reset();
  EXPECT_TRUE(becomes_true([&] { return connect()->is_connected(); }));
}

TEST_F(ServerLimits, S_DOS_HandshakesThatOneAddressLeavesHalfDoneAreLimited) {
  x_options.connections.handshakes_per_network = 2;
  start();
  const auto silent = [&] { return connect({.handshake = false}); };
  const auto first = silent();
  auto second = silent();
  EXPECT_TRUE(becomes_true([&] { return counters().connections_open == 2; }));
  EXPECT_TRUE(silent()->is_closed());
  EXPECT_EQ(counters().handshakes_refused, 1U);
  EXPECT_EQ(counters().connections_refused, 0U);
  second.reset();
  std::unique_ptr<HttpClient> made;
  const auto is_made = [&] {
    made = connect();
    return made->is_connected();
  };
  EXPECT_TRUE(becomes_true(is_made));
  // The client is done before the server knows it.
  EXPECT_TRUE(becomes_true([&] { return connect()->is_connected(); }))
      << "a handshake that is done counts no more";
}

TEST_F(ServerLimits, S_DOS_HandshakesOfOneAddressComeNoFasterThanTheirBucketFills) {
  x_options.connections.handshakes_burst = 3;
  x_options.connections.handshakes_per_second = 2;
  start();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(connect()->is_connected());
  EXPECT_FALSE(connect()->is_connected());
  EXPECT_EQ(counters().handshakes_refused, 1U);
  x_clock.advance_ms(1000);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(connect()->is_connected());
  EXPECT_FALSE(connect()->is_connected());
}

TEST_F(ServerLimits, S_DOS_AFullPortLeavesTheUnixSocketOpen) {
  x_options.connections.total = 1;
  x_options.unix_socket = x_folder.file("socket");
  start();
  const auto first = connect();
  EXPECT_FALSE(connect()->is_connected());
  EXPECT_EQ(HttpClient::on_path(x_options.unix_socket)->ask(get("/")).status, 200U);
}

TEST_F(ServerLimits, StopAnswersWhatIsInFlightAndClosesWhatIsIdle) {
  x_options.unix_socket = x_folder.file("socket");
  start(holding());
  const auto busy = connect();
  const auto idle = connect();
  const auto local = HttpClient::on_path(x_options.unix_socket);
  EXPECT_EQ(idle->ask(get("/")).status, 200U);
  busy->send(get("/hold"));
  local->send(get("/hold"));
  ASSERT_TRUE(holds(2));
  std::thread stopper([this] { x_server->stop(); });
  EXPECT_TRUE(idle->is_closed());
  idle->vanish();
  EXPECT_TRUE(becomes_true([&] { return !connect()->is_connected(); }));
  let_go();
  for (const auto& client : {busy.get(), local.get()}) {
    const auto answer = client->read_answer();
    EXPECT_EQ(answer.body, "GET /hold ");
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_TRUE(client->is_closed());
    client->vanish();
  }
  stopper.join();
  EXPECT_EQ(counters().connections_open, 0U);
}

TEST_F(ServerLimits, StopCutsWhatIsLeftAfterItsDeadline) {
  start();
  const auto half = connect();
  half->send("GET / HTTP/1.1\r\n");
  EXPECT_TRUE(becomes_true([&] { return counters().bytes_in > 0; }));
  x_server->stop(50);
  EXPECT_TRUE(half->is_closed());
  EXPECT_EQ(counters().connections_open, 0U);
}

TEST_F(ServerLimits, SeveralIoThreadsServeMoreThanOneClientEach) {
  x_options.io_threads = 2;
  start();
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(connect());
  for (int round = 0; round < 20; ++round) {
    for (const auto& client : clients) client->send(get("/a"));
    for (const auto& client : clients) EXPECT_EQ(client->read_answer().body, "GET /a ");
  }
}

}  // namespace
}  // namespace cartella::api
