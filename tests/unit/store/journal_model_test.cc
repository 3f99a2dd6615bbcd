#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/unit/store/journal_support.h"

namespace cartella::store {
namespace {

class JournalModelTest : public JournalTest {
 protected:
  // The retained records are the newest ones, none that was not released is missing.
  void check_against_model(std::uint64_t released) {
    RC_ASSERT(read_.size() <= kept_.size());
    const std::size_t first = kept_.size() - read_.size();
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      if (i < first) {
        RC_ASSERT(kept_[i].new_size <= released);
        continue;
      }
      RC_ASSERT(read_[i - first].seq == kept_[i].seq);
      RC_ASSERT(read_[i - first].new_size == kept_[i].new_size);
      RC_ASSERT(read_[i - first].root == kept_[i].root);
      RC_ASSERT(read_[i - first].payload == kept_[i].payload);
    }
    RC_ASSERT(scan_.highest_later_seq == 0u);
    RC_ASSERT(scan_.chain_end == (kept_.empty() ? 0u : kept_.back().new_size));
  }

  void run_random_operations() {
    clean();
    auto journal = create();
    std::uint64_t released = 0;
    const int steps = *rc::gen::inRange(4, 16);
    for (int i = 0; i < steps; ++i) {
      const int what = *rc::gen::inRange(0, 12);
      if (what < 6) {
        const auto bytes = *rc::gen::element<std::size_t>(0, 100, 3905, 60000, 400000, 900000);
        RC_ASSERT(add(*journal, bytes, *rc::gen::inRange(1u, 5u)).has_value());
      } else if (what == 6) {
        RC_ASSERT(journal->rotate().has_value());
      } else if (what <= 8) {
        const auto to = *rc::gen::inRange<std::uint64_t>(0, journal->end_size() + 1);
        released = std::max(released, to);
        RC_ASSERT(journal->release_through(to).has_value());
      } else if (what == 9) {
        RC_ASSERT(journal->zero_free().has_value());
      } else {
        journal.reset();
        journal = open();
        check_against_model(released);
        RC_ASSERT(journal->resume().has_value());
      }
    }
    journal.reset();
    journal = open();
    check_against_model(released);
  }
};

TEST_F(JournalModelTest, RandomOperationsReadBackAsTheModelSays) {
  EXPECT_TRUE(rc::check("plain", [this] { run_random_operations(); }));
}

TEST_F(JournalModelTest, RandomOperationsWithAMirrorReadBackAsTheModelSays) {
  use_mirror();
  EXPECT_TRUE(rc::check("mirrored", [this] { run_random_operations(); }));
}

}  // namespace
}  // namespace cartella::store
