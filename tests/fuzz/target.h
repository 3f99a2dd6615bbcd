// tests/fuzz/target.h: what a fuzz target gives: one function over bytes, and what to start from.
//
// Each target is one file. libFuzzer drives it in the campaign (tests/fuzz/run), replay.cc in
// ctest. A broken promise aborts with CHECK; a refusal is no failure. Threads: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace cartella::fuzz {

// Reads the bytes as the product would and aborts where a promise is broken.
void judge(ByteView bytes);
// Valid inputs of the target: mutations of these reach further than noise does.
std::vector<std::string> seeds();

inline std::string_view text_of(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A file of tests/golden as it is; aborts where it is missing.
std::string golden(std::string_view name);
// The bytes of every hexadecimal value that stands in it ("name: hex" or hex lines).
std::vector<std::string> golden_bytes(std::string_view name);

}  // namespace cartella::fuzz
