// projections/past_views.h: all views as they were at an earlier position of the log.
//
// They are built from zero in a place of their own, encrypted like the live ones, and thrown away
// afterwards; building reads and opens every event up to the position once. What was erased since
// is not in them.
// Ownership: the source and the keys outlive it; it owns <dir>/past while it lives, and finds it
// free: one process owns a data directory. Threads: one.
#pragma once

#include <filesystem>
#include <memory>

#include "projections/engine.h"

namespace cartella::projections {

class PastViews {
 public:
  // invalid_argument: the position is past the end. corrupt, io, out_of_space.
  static Result<PastViews> build(const std::filesystem::path& dir, const EventSource& source,
                                 crypto::SegmentKeys& keys, const crypto::Secret32& secret,
                                 std::uint64_t position, const Progress& progress = {});
  PastViews(PastViews&&) = default;
  PastViews& operator=(PastViews&&) = delete;
  ~PastViews();
  const Engine& engine() const { return *x_engine; }

 private:
  PastViews(std::filesystem::path dir, std::unique_ptr<Engine> engine)
      : x_dir(std::move(dir)), x_engine(std::move(engine)) {}
  std::filesystem::path x_dir;
  std::unique_ptr<Engine> x_engine;
};

}  // namespace cartella::projections
