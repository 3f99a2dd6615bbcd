// Answers that are pulled or pushed.
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "api/server.h"
#include "tests/unit/api/server_fixture.h"

namespace cartella::api {
namespace {

using testing::becomes_true;
using testing::get;

class ServerStream : public testing::ServerTest {
 protected:
  // Answers with a stream whose sink the test gets.
  Handler pushing() {
    return [this](const Request&) {
      Response response;
      response.content_type = "text/event-stream";
      response.push = [this](std::shared_ptr<PushSink> sink) {
        const std::lock_guard lock(x_mutex);
        x_sinks.push_back(std::move(sink));
        x_arrived.notify_all();
      };
      return response;
    };
  }
  std::shared_ptr<PushSink> next_sink() {
    std::unique_lock lock(x_mutex);
    x_arrived.wait_for(lock, std::chrono::seconds(10), [this] { return !x_sinks.empty(); });
    CHECK(!x_sinks.empty());
    auto sink = std::move(x_sinks.back());
    x_sinks.pop_back();
    return sink;
  }

  std::mutex x_mutex;
  std::condition_variable x_arrived;
  std::vector<std::shared_ptr<PushSink>> x_sinks;
};

// Counts how far it was pulled; ends, or fails at a piece.
class Pieces final : public PullBody {
 public:
  Pieces(std::atomic<int>& pulled, int count, int fails_at = -1)
      : x_pulled(pulled), x_count(count), x_fails_at(fails_at) {}
  Result<std::string> next() override {
    const int piece = x_pulled++;
    if (piece == x_fails_at) return fail(Errc::io, "the disk");
    return piece == x_count ? std::string()
                            : std::string(65536, static_cast<char>('a' + piece % 26));
  }

 private:
  std::atomic<int>& x_pulled;
  int x_count;
  int x_fails_at;
};

TEST_F(ServerStream, PullsAnAnswerPieceByPiece) {
  std::atomic<int> pulled{0};
  start([&](const Request&) {
    pulled = 0;
    Response response;
    response.content_type = "application/octet-stream";
    response.pull = std::make_unique<Pieces>(pulled, 50);
    return response;
  });
  const auto client = connect();
  for (int round = 0; round < 2; ++round) {
    const auto answer = client->ask(get("/"));
    EXPECT_TRUE(answer.whole);
    ASSERT_EQ(answer.body.size(), 50U * 65536);
    EXPECT_EQ(answer.body[65536 * 27], 'b');
    EXPECT_EQ(pulled, 51);
  }
}

TEST_F(ServerStream, PullsNoFasterThanTheClientReads) {
  std::atomic<int> pulled{0};
  start([&](const Request&) {
    Response response;
    response.content_type = "application/octet-stream";
    response.pull = std::make_unique<Pieces>(pulled, 2000);  // 125 MiB
    return response;
  });
  const auto client = connect();
  client->send(get("/"));
  EXPECT_TRUE(client->is_readable(10'000));
  const int stalled = testing::settled(pulled);
  EXPECT_LT(stalled, 1000);  // what the sockets of both sides hold, and no more
  EXPECT_TRUE(becomes_true([&] {
    x_clock.advance_ms(1000);
    return counters().connections_open == 0;  // cut: it read nothing
  }));
  EXPECT_LT(pulled, 1000);
}

TEST_F(ServerStream, APullThatFailsCutsTheAnswer) {
  std::atomic<int> pulled{0};
  start([&](const Request&) {
    Response response;
    response.content_type = "application/octet-stream";
    response.pull = std::make_unique<Pieces>(pulled, 50, 3);
    return response;
  });
  const auto client = connect();
  const auto answer = client->ask(get("/"));
  EXPECT_EQ(answer.status, 200U);
  EXPECT_FALSE(answer.whole);
  EXPECT_TRUE(client->is_closed());
}

TEST_F(ServerStream, PushesWhatTheOwnerSendsAndEndsWhenHeLetsGo) {
  start(pushing());
  const auto client = connect();
  client->send(get("/"));
  const auto head = client->read_head();
  EXPECT_EQ(head.status, 200U);
  EXPECT_EQ(head.header("Content-Type"), "text/event-stream");
  EXPECT_EQ(head.header("Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'");
  auto sink = next_sink();
  EXPECT_TRUE(sink->send("data: 1\n\n"));
  EXPECT_EQ(client->read_until("\n\n\r\n"), "9\r\ndata: 1\n\n\r\n");
  // The server knows that it was written, and then a stream may be silent.
  EXPECT_TRUE(becomes_true([&] { return counters().bytes_out >= client->received(); }));
  x_clock.advance_ms(3'600'000);
  EXPECT_FALSE(client->is_readable(50));
  EXPECT_TRUE(sink->send("data: 2\n\n"));
  EXPECT_EQ(client->read_until("\n\n\r\n"), "9\r\ndata: 2\n\n\r\n");
  EXPECT_EQ(counters().pushes_open, 1U);
  sink->send("data: 3\n\n");
  sink.reset();
  EXPECT_EQ(client->read_until("0\r\n\r\n"), "9\r\ndata: 3\n\n\r\n0\r\n\r\n");
  EXPECT_TRUE(client->is_closed());
  EXPECT_TRUE(becomes_true([&] { return counters().pushes_open == 0; }));
}

TEST_F(ServerStream, APeerThatReadsTooSlowlyIsCutWhenItsQueueIsFull) {
  start(pushing());
  const auto client = connect();
  client->send(get("/"));
  const auto sink = next_sink();
  const std::string piece(16384, 'x');
  std::size_t sent = 0;
  while (sink->send(piece) && sent < std::size_t{1} << 30) sent += piece.size();
  EXPECT_LT(sent, std::size_t{1} << 30);
  EXPECT_FALSE(sink->is_open());
  EXPECT_FALSE(sink->send("x"));
  EXPECT_EQ(counters().pushes_dropped, 1U);
  EXPECT_TRUE(becomes_true([&] { return counters().connections_open == 0; }));
}

TEST_F(ServerStream, APieceLargerThanTheQueueIsNeverSent) {
  x_options.push_bytes_max = 1000;
  start(pushing());
  const auto client = connect();
  client->send(get("/"));
  const auto sink = next_sink();
  EXPECT_TRUE(sink->send(std::string(1000, 'x')));
  EXPECT_FALSE(sink->send(std::string(1001, 'x')));
}

TEST_F(ServerStream, AClosedPeerIsNoticedWithoutSending) {
  start(pushing());
  auto client = connect();
  client->send(get("/"));
  EXPECT_EQ(client->read_head().status, 200U);
  const auto sink = next_sink();
  EXPECT_TRUE(sink->is_open());
  client.reset();
  EXPECT_TRUE(becomes_true([&] { return !sink->is_open(); }));
  EXPECT_FALSE(sink->send("x"));
}

TEST_F(ServerStream, APeerThatTalksDuringAPushIsCut) {
  start(pushing());
  const auto client = connect();
  client->send(get("/"));
  EXPECT_EQ(client->read_head().status, 200U);
  const auto sink = next_sink();
  client->send(get("/again"));
  EXPECT_TRUE(client->is_closed());
  EXPECT_TRUE(becomes_true([&] { return !sink->is_open(); }));
}

TEST_F(ServerStream, StopEndsPushesProperlyAndTheSinkOutlivesTheServer) {
  start(pushing());
  const auto client = connect();
  client->send(get("/"));
  EXPECT_EQ(client->read_head().status, 200U);
  const auto sink = next_sink();
  EXPECT_TRUE(sink->send("x"));
  std::thread stopper([this] { x_server->stop(); });
  EXPECT_EQ(client->read_until("0\r\n\r\n"), "1\r\nx\r\n0\r\n\r\n");
  EXPECT_TRUE(client->is_closed());
  client->vanish();
  stopper.join();
  x_server.reset();
  EXPECT_FALSE(sink->is_open());
  EXPECT_FALSE(sink->send("y"));
}

}  // namespace
}  // namespace cartella::api
