// ops/demo_data.h: an invented ambito: registries, predecessor tables and the totals they hold.
//
// For demonstrations, training and tests: 28 comuni in three zones, residents in the registry's
// format, two years of intake and casework as the predecessor exports them, with a few faulty rows,
// and expected.json with what a correct reader reaches. The generator counts while it invents and
// uses nothing of the import, so that it can judge it. The same seed gives the same bytes.
// All people are invented; names and places are combined at random.
// Threads: one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "base/result.h"

namespace cartella::ops {

struct DemoOptions {
  std::uint64_t seed = 1;
  std::uint32_t people = 0;  // residents; 0: 8000
  std::function<void(std::string_view stage, std::uint64_t done, std::uint64_t total)> progress;
};

// Makes DIR/registry, DIR/predecessor and DIR/expected.json. invalid_argument: DIR exists and is
// not empty, or fewer than 500 or more than 1 000 000 people. io.
Status write_demo_data(const std::filesystem::path& dir, const DemoOptions& options);

}  // namespace cartella::ops
