#include "api/password_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace cartella::api {
namespace {

TEST(PasswordQueue, RunsAJobOnAThreadOfItsOwnAndWaitsForIt) {
  PasswordQueue queue(1);
  std::thread::id ran_on;
  ASSERT_TRUE(queue.run([&] { ran_on = std::this_thread::get_id(); }).has_value());
  EXPECT_NE(ran_on, std::thread::id());
  EXPECT_NE(ran_on, std::this_thread::get_id());
  std::thread::id second;
  ASSERT_TRUE(queue.run([&] { second = std::this_thread::get_id(); }).has_value());
  EXPECT_EQ(second, ran_on);
}

TEST(PasswordQueue, RunsOneJobAtATime) {
  PasswordQueue queue(8);
  std::atomic<int> at_once{0};
  std::atomic<int> most{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i)
    callers.emplace_back([&] {
      EXPECT_TRUE(queue
                      .run([&] {
                        most = std::max(most.load(), ++at_once);
                        std::this_thread::yield();
                        --at_once;
                      })
                      .has_value());
    });
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(most, 1);
}

TEST(PasswordQueue, S_DOS_WhoIsDoubtfulLeavesHalfOfThePlacesToOthers) {
  PasswordQueue queue(2);
  std::promise<void> started;
  std::promise<void> let_go;
  std::thread running([&] {
    static_cast<void>(queue.run([&] {
      started.set_value();
      let_go.get_future().wait();
    }));
  });
  started.get_future().wait();
  std::atomic<int> refused{0};
  std::atomic<int> ran{0};
  const auto ask = [&](bool is_doubtful) {
    const auto outcome = queue.run([&] { ++ran; }, is_doubtful);
    if (outcome.has_error() && outcome.error().code == Errc::unavailable) ++refused;
  };
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) callers.emplace_back(ask, true);
  while (refused < 3) std::this_thread::yield();
  callers.emplace_back(ask, false);
  callers.emplace_back(ask, false);  // one of them finds the last place, the other none
  while (refused < 4) std::this_thread::yield();
  EXPECT_EQ(ran, 0);
  let_go.set_value();
  for (auto& caller : callers) caller.join();
  running.join();
  EXPECT_EQ(refused, 4);
  EXPECT_EQ(ran, 2) << "one who is doubtful and one who is not";
}

TEST(PasswordQueue, S_AUTHN_AFullQueueAnswersAtOnce) {
  PasswordQueue queue(1);
  std::promise<void> started;
  std::promise<void> let_go;
  std::thread running([&] {
    EXPECT_TRUE(queue
                    .run([&] {
                      started.set_value();
                      let_go.get_future().wait();
                    })
                    .has_value());
  });
  started.get_future().wait();
  // One place for four callers: it is taken by one of them, whichever comes first.
  std::atomic<int> refused{0};
  std::atomic<int> ran{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i)
    callers.emplace_back([&] {
      const auto outcome = queue.run([&] { ++ran; });
      if (outcome.has_error() && outcome.error().code == Errc::unavailable) ++refused;
    });
  while (refused < 3) std::this_thread::yield();
  EXPECT_EQ(ran, 0);
  let_go.set_value();
  for (auto& caller : callers) caller.join();
  running.join();
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(ran, 1);
}

}  // namespace
}  // namespace cartella::api
