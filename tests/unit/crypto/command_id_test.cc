#include "crypto/command_id.h"

#include <gtest/gtest.h>

namespace cartella::crypto {
namespace {

TEST(CommandId, IsAVersion7Uuid) {
  const ManualClock clock(TimeUs{1'790'000'000'000'000});
  const EventId id = new_command_id(clock);
  EXPECT_EQ(id.bytes[6] >> 4, 7);
  EXPECT_EQ(id.bytes[8] >> 6, 2);
}

TEST(CommandId, GrowsWhileTheClockStandsStillAndWhenItStepsBack) {
  ManualClock clock(TimeUs{1'790'000'000'000'000});
  EventId last = new_command_id(clock);
  for (int i = 0; i < 10'000; ++i) {
    if (i == 5'000) clock.set_wall(TimeUs{1'780'000'000'000'000});
    const EventId next = new_command_id(clock);
    ASSERT_LT(last, next) << i;
    last = next;
  }
}

}  // namespace
}  // namespace cartella::crypto
