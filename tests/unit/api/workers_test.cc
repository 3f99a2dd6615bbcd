// Which workers run, and who gives way to whom.
#include "api/workers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "tests/unit/api/server_fixture.h"

namespace cartella::api {
namespace {

using testing::becomes_true;
using testing::settled;

struct Job final : Work {
  explicit Job(std::function<void()> given) : work(std::move(given)) {}
  void run() override { work(); }
  void drop() override { is_dropped = true; }
  std::function<void()> work;
  std::atomic<bool> is_dropped{false};
};

// Jobs that stay inside until they are let go, as waiting or not.
class WorkersThatRun : public ::testing::Test {
 protected:
  void submit_many(int count, bool say_that_they_wait) {
    for (int i = 0; i < count; ++i) {
      x_jobs.push_back(std::make_unique<Job>([this, say_that_they_wait] {
        ++x_inside;
        if (say_that_they_wait) {
          const Waiting waiting;
          x_go.wait();
        } else {
          x_go.wait();
        }
      }));
      ASSERT_TRUE(x_workers.submit(*x_jobs.back()));
    }
  }
  void let_go() { x_go.count_down(); }

  const int x_most = 2 * static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const int x_threads = 4 * x_most;  // more than may run, whatever the machine has
  Counters x_counters;
  std::vector<std::unique_ptr<Job>> x_jobs;
  std::atomic<int> x_inside{0};
  std::latch x_go{1};
  Workers x_workers{static_cast<unsigned>(x_threads), 1024, x_counters};
};

TEST_F(WorkersThatRun, AreWokenUntilThereAreTwoForEachCore) {
  submit_many(x_threads, false);
  EXPECT_EQ(settled(x_inside), x_most);
  let_go();
  EXPECT_TRUE(becomes_true([&] { return x_inside == x_threads; }));
}

TEST_F(WorkersThatRun, GiveTheirPlaceWhileTheyWait) {
  submit_many(x_threads, true);
  EXPECT_TRUE(becomes_true([&] { return x_inside == x_threads; }));
  let_go();
}

TEST_F(WorkersThatRun, AreRelievedWhereTheyWaitWithoutSayingSo) {
  submit_many(x_threads, false);
  settled(x_inside);
  x_workers.relieve();
  EXPECT_TRUE(becomes_true([&] { return x_inside == x_threads; }));
  let_go();
}

}  // namespace
}  // namespace cartella::api
