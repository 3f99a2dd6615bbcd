#include <algorithm>

#include "store/journal.h"

namespace cartella::store {

RecoveryDecision decide_recovery(const RecoveryInput& input) {
  using Action = RecoveryDecision::Action;
  const std::uint64_t known =
      std::max({input.journal_end, input.rows_end, input.head_copy, input.later_end});
  if (input.rows_end < input.journal_start) {
    return {Action::refuse, 0, input.rows_end, input.journal_start};
  }
  if (input.journal_end == known) return {Action::cut_tail, known, 0, 0};
  if (input.rows_end == known && input.rows_root_matches) {
    return {Action::rejournal_from_rows, known, 0, 0};
  }
  // Rows whose root is wrong cover nothing.
  const std::uint64_t covered =
      input.rows_root_matches ? std::max(input.journal_end, input.rows_end) : input.journal_end;
  return {Action::refuse, 0, covered, known};
}

}  // namespace cartella::store
