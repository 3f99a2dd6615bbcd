// proofs/bundle_listing.h: the checkpoints of a bundle that its report tells of, in bounded memory.
//
// Their number grows with the range, to millions; what matters of them is what outsiders said.
// Threads: one.
#pragma once

#include <cstddef>
#include <deque>

#include "proofs/bundle_check.h"

namespace cartella::proofs {

class BundleListing {
 public:
  explicit BundleListing(std::size_t bytes_max) : x_bytes_max(bytes_max) {}
  // The next by size. Counts it in `report`, and what outsiders said of it.
  void add(CheckedCheckpoint checkpoint, BundleReport& report);
  // As BundleReport::checkpoints says. Once, last.
  std::deque<CheckedCheckpoint> take() { return std::move(x_listed); }

 private:
  void shorten();
  std::size_t x_bytes_max;
  std::size_t x_bytes = 0;
  bool x_is_full = false;  // those that nobody outside said anything of are no longer listed
  std::deque<CheckedCheckpoint> x_listed;
};

}  // namespace cartella::proofs
