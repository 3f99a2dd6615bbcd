// What one principal may hold at a time, and which connections are let in when it is crowded.
#include "api/shares.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api/connections.h"

namespace cartella::api {
namespace {

class Sink final : public PushSink {
 public:
  bool send(std::string) override { return open; }
  bool is_open() const override { return open; }
  std::atomic<bool> open{true};
};

TEST(Shares, S_DOS_NobodyHasMoreRequestsInFlightThanTheirShareAndOthersHaveTheirs) {
  InFlight in_flight(2);
  const auto first = in_flight.take("operator/1");
  {
    const auto second = in_flight.take("operator/1");
    EXPECT_TRUE(first.is_held() && second.is_held());
    EXPECT_FALSE(in_flight.take("operator/1").is_held());
    EXPECT_TRUE(in_flight.take("operator/2").is_held());
  }
  EXPECT_TRUE(in_flight.take("operator/1").is_held()) << "what is answered counts no more";
}

TEST(Shares, S_DOS_TheShareHoldsAgainstManyThreads) {
  constexpr int kMax = 3;
  InFlight in_flight(kMax);
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  std::atomic<int> taken{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 2000; ++n) {
        const auto share = in_flight.take("operator/1");
        if (!share.is_held()) continue;
        const int here = ++now;
        for (int seen = most; seen < here && !most.compare_exchange_weak(seen, here);) continue;
        std::this_thread::yield();
        ++taken;
        --now;
      }
    });
  }
  threads.clear();
  EXPECT_LE(most, kMax);
  EXPECT_GT(taken, 2000);
  EXPECT_TRUE(in_flight.take("operator/1").is_held());
}

TEST(Shares, S_DOS_AStreamCountsUntilItGoesOrItsClientDoes) {
  LiveStreams streams;
  auto first = streams.take("operator/1", 2);
  const auto second = streams.take("operator/1", 2);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(streams.take("operator/1", 2), nullptr);
  EXPECT_NE(streams.take("operator/2", 2), nullptr);
  first.reset();  // it was never opened
  const auto third = streams.take("operator/1", 2);
  ASSERT_TRUE(third);
  const auto sink = std::make_shared<Sink>();
  third->bind(sink);
  EXPECT_EQ(streams.take("operator/1", 2), nullptr);
  sink->open = false;  // the hub has not noticed yet
  EXPECT_NE(streams.take("operator/1", 2), nullptr);
}

TEST(SharesDeathTest, NoStreamIsHeldLongerThanWhatCountsThem) {
  EXPECT_DEATH(
      {
        auto streams = std::make_unique<LiveStreams>();
        const auto held = streams->take("operator/1", 2);
        streams.reset();
      },
      "expired");
}

}  // namespace
}  // namespace cartella::api
