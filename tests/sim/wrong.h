// tests/sim/wrong.h: how a history says what does not hold. Threads: free functions.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace cartella::sim {

inline Error wrong(const std::string& what) { return fail(Errc::corrupt, what); }
inline std::string text(std::uint64_t value) { return std::to_string(value); }

}  // namespace cartella::sim
