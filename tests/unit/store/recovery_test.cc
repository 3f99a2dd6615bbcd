#include <gtest/gtest.h>

#include "store/journal.h"

namespace cartella::store {
namespace {

using Action = RecoveryDecision::Action;

struct Row {
  const char* claim;
  RecoveryInput input;  // J, R, H, S, start, roots match
  RecoveryDecision expected;
};

const Row kRows[] = {
    {"a new store", {0, 0, 0, 0, 0, true}, {Action::cut_tail, 0, 0, 0}},
    {"all agree", {10, 10, 10, 0, 0, true}, {Action::cut_tail, 10, 0, 0}},
    {"rows behind the journal", {10, 4, 8, 0, 2, true}, {Action::cut_tail, 10, 0, 0}},
    {"rows at the journal's start", {10, 2, 0, 0, 2, true}, {Action::cut_tail, 10, 0, 0}},
    {"no head copy", {10, 10, 0, 0, 5, true}, {Action::cut_tail, 10, 0, 0}},
    {"stale later record", {10, 9, 10, 7, 0, false}, {Action::cut_tail, 10, 0, 0}},
    {"rows cover a lost tail", {8, 10, 9, 0, 0, true}, {Action::rejournal_from_rows, 10, 0, 0}},
    {"rows cover the head", {8, 10, 10, 0, 0, true}, {Action::rejournal_from_rows, 10, 0, 0}},
    {"rows cover a hole", {3, 12, 9, 12, 0, true}, {Action::rejournal_from_rows, 12, 0, 0}},
    {"rows with wrong roots", {8, 10, 9, 0, 0, false}, {Action::refuse, 0, 8, 10}},
    {"head beyond all", {8, 8, 10, 0, 0, true}, {Action::refuse, 0, 8, 10}},
    {"head beyond the rows", {6, 8, 10, 0, 0, true}, {Action::refuse, 0, 8, 10}},
    {"hole that rows do not reach", {3, 3, 0, 12, 0, true}, {Action::refuse, 0, 3, 12}},
    {"hole that rows cover in part", {3, 7, 0, 12, 0, true}, {Action::refuse, 0, 7, 12}},
    {"wrong rows do not count", {3, 7, 0, 12, 0, false}, {Action::refuse, 0, 3, 12}},
    {"rows end before the journal", {10, 1, 10, 0, 4, true}, {Action::refuse, 0, 1, 4}},
    {"rows gone, journal released", {10, 0, 0, 0, 4, false}, {Action::refuse, 0, 0, 4}},
    {"empty journal, rows whole", {10, 10, 10, 0, 10, true}, {Action::cut_tail, 10, 0, 0}},
};

TEST(Recovery, DecidesEachRowOfTheTable) {
  for (const Row& row : kRows) {
    const RecoveryDecision decision = decide_recovery(row.input);
    EXPECT_EQ(decision.action, row.expected.action) << row.claim;
    EXPECT_EQ(decision.head, row.expected.head) << row.claim;
    EXPECT_EQ(decision.missing_from, row.expected.missing_from) << row.claim;
    EXPECT_EQ(decision.missing_to, row.expected.missing_to) << row.claim;
  }
}

TEST(Recovery, NeverServesLessThanAnyKnownEnd) {
  for (std::uint64_t bits = 0; bits < 4 * 4 * 4 * 4 * 4 * 2; ++bits) {
    const RecoveryInput input{bits % 4,      bits / 4 % 4,   bits / 16 % 4,
                              bits / 64 % 4, bits / 256 % 4, bits / 1024 % 2 == 1};
    const RecoveryDecision decision = decide_recovery(input);
    if (decision.action == Action::refuse) {
      EXPECT_LT(decision.missing_from, decision.missing_to);
      continue;
    }
    EXPECT_GE(decision.head, input.journal_end);
    EXPECT_GE(decision.head, input.rows_end);
    EXPECT_GE(decision.head, input.head_copy);
    EXPECT_GE(decision.head, input.later_end);
  }
}

}  // namespace
}  // namespace cartella::store
