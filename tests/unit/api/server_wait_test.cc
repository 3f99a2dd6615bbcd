// Answers that wait for something before they leave, while no worker does.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/server.h"
#include "tests/unit/api/server_fixture.h"

namespace cartella::api {
namespace {

using testing::becomes_true;
using testing::echo;
using testing::get;
using testing::text;

using Done = std::function<void()>;

// Waits until the test tells it, and says so in the answer.
class TestWait final : public AnswerWait {
 public:
  TestWait(std::function<void(Done)> started, bool is_short, std::atomic<std::thread::id>& ended_on)
      : x_started(std::move(started)), x_is_short(is_short), x_ended_on(ended_on) {}
  void start(const Response& /*response*/, Done done) override { x_started(std::move(done)); }
  void end(Response& response) override {
    response.body += "after";
    x_ended_on = std::this_thread::get_id();
  }
  bool is_short() const override { return x_is_short; }

 private:
  const std::function<void(Done)> x_started;
  const bool x_is_short;
  std::atomic<std::thread::id>& x_ended_on;
};

// With one worker, so that a wait that held it would hold up everybody.
class ServerWait : public testing::ServerTest, public ::testing::WithParamInterface<bool> {
 protected:
  void start_waiting(std::function<void(Done)> started) {
    x_options.worker_threads = 1;
    start([this, started = std::move(started)](const Request& request) {
      if (request.path != "/wait") return echo(request);
      Response response = text("before ");
      response.wait = std::make_unique<TestWait>(started, GetParam(), x_ended_on);
      return response;
    });
  }
  void start_waiting() {
    start_waiting([this](Done done) {
      const std::lock_guard lock(x_mutex);
      x_waits.push_back(std::move(done));
    });
  }
  bool has_waits(std::size_t count) {
    return becomes_true([&] {
      const std::lock_guard lock(x_mutex);
      return x_waits.size() == count;
    });
  }
  void end_waits() {
    std::vector<Done> waits;
    {
      const std::lock_guard lock(x_mutex);
      waits.swap(x_waits);
    }
    for (Done& done : waits) done();
  }

  std::atomic<std::thread::id> x_ended_on;
  std::mutex x_mutex;
  std::vector<Done> x_waits;
};

TEST_P(ServerWait, HoldsTheAnswerAndNoWorker) {
  start_waiting();
  const auto first = connect();
  const auto second = connect();
  const auto other = connect();
  first->send(get("/wait"));
  second->send(get("/wait"));
  ASSERT_TRUE(has_waits(2));
  EXPECT_EQ(other->ask(get("/other")).body, "GET /other ");
  EXPECT_FALSE(first->is_readable(0));
  end_waits();
  EXPECT_EQ(first->read_answer().body, "before after");
  EXPECT_EQ(second->read_answer().body, "before after");
  EXPECT_EQ(first->ask(get("/again")).body, "GET /again ");
}

TEST_P(ServerWait, EndsOnTheThreadThatTellsOnlyWhereItIsShort) {
  start_waiting();
  const auto client = connect();
  client->send(get("/wait"));
  ASSERT_TRUE(has_waits(1));
  end_waits();
  EXPECT_EQ(client->read_answer().body, "before after");
  EXPECT_EQ(x_ended_on.load() == std::this_thread::get_id(), GetParam());
}

TEST_P(ServerWait, MayBeOverBeforeItHasStarted) {
  start_waiting([](const Done& done) { done(); });
  const auto client = connect();
  EXPECT_EQ(client->ask(get("/wait")).body, "before after");
  EXPECT_EQ(client->ask(get("/wait")).body, "before after");
}

TEST_P(ServerWait, OfAClientThatWentAwayEndsWithoutIt) {
  start_waiting();
  const auto client = connect();
  client->send(get("/wait"));
  ASSERT_TRUE(has_waits(1));
  client->vanish();
  end_waits();
  EXPECT_TRUE(becomes_true([&] { return counters().connections_open == 0; }));
}

TEST_P(ServerWait, IsWaitedForByAStop) {
  start_waiting();
  const auto client = connect();
  client->send(get("/wait"));
  ASSERT_TRUE(has_waits(1));
  std::atomic<bool> is_stopped{false};
  std::thread stopper([&] {
    x_server->stop(50);
    is_stopped = true;
  });
  EXPECT_TRUE(client->is_closed());
  EXPECT_FALSE(is_stopped);
  end_waits();
  stopper.join();
  EXPECT_EQ(counters().connections_open, 0U);
}

INSTANTIATE_TEST_SUITE_P(OnEitherThread, ServerWait, ::testing::Bool(),
                         [](const auto& one) { return one.param ? "Short" : "OnAWorker"; });

}  // namespace
}  // namespace cartella::api
