// Frozen bytes of what the engine keeps beside the rows of a view: tests/golden/views.txt.
#include <gtest/gtest.h>

#include "projections/feeder.h"
#include "tests/support/golden.h"

namespace cartella::projections {
namespace {

using tests::golden_hash;
using tests::GoldenLines;

ViewState healthy() {
  ViewState state;
  state.cursor = 7;
  state.log_root = golden_hash("golden log root");
  state.recorded_at_us = 1'704'103'201'000'006;
  state.version = 3;
  return state;
}

ViewState faulted() {
  ViewState state = healthy();
  state.cursor = 5;
  state.faulted = true;
  state.fault_position = 5;
  state.fault_detail = "an exception";
  return state;
}

TEST(GoldenViews, CompareCursorRowsWithFrozenGolden) {
  GoldenLines lines;
  lines.add("state.key", as_bytes(kStateKey));
  lines.add("state.value", as_bytes(encode_state(healthy())));
  lines.add("state_of_a_fault.value", as_bytes(encode_state(faulted())));
  tests::compare_with_frozen("views.txt", lines.text());
}

TEST(GoldenViews, TheFrozenRowsAreRead) {
  const tests::GoldenValues frozen("views");
  const ViewState state = decode_state(as_text(frozen["state.value"])).value();
  EXPECT_EQ(state.cursor, 7u);
  EXPECT_EQ(state.log_root, golden_hash("golden log root"));
  EXPECT_EQ(state.version, 3u);
  EXPECT_FALSE(state.faulted);
  const ViewState fault = decode_state(as_text(frozen["state_of_a_fault.value"])).value();
  EXPECT_TRUE(fault.faulted);
  EXPECT_EQ(fault.fault_position, 5u);
  EXPECT_EQ(fault.fault_detail, "an exception");
}

}  // namespace
}  // namespace cartella::projections
