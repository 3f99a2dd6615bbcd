#include "ops/afterwards.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace cartella::ops {
namespace {

TEST(Afterwards, WhatWaitsIsDoneInOrderBeforeFinishReturns) {
  std::promise<void> gate;
  std::vector<int> done;
  Afterwards afterwards;
  afterwards.run([&] { gate.get_future().wait(); });
  for (int i = 0; i < 3; ++i) afterwards.run([&done, i] { done.push_back(i); });
  gate.set_value();
  afterwards.finish();
  EXPECT_EQ(done, (std::vector<int>{0, 1, 2}));
}

TEST(Afterwards, AfterTheEndEachCallerDoesItsOwn) {
  Afterwards afterwards;
  afterwards.finish();
  bool done = false;
  afterwards.run([&] { done = true; });
  EXPECT_TRUE(done);
  afterwards.finish();
}

TEST(Afterwards, WhoFindsTooManyWaitingDoesItsOwn) {
  std::promise<void> gate;
  std::promise<void> began;
  Afterwards afterwards(1);
  afterwards.run([&] {
    began.set_value();
    gate.get_future().wait();
  });
  began.get_future().wait();
  afterwards.run([] {});
  bool done = false;
  afterwards.run([&] { done = true; });
  EXPECT_TRUE(done);
  gate.set_value();
}

}  // namespace
}  // namespace cartella::ops
