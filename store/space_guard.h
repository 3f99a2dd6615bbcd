// store/space_guard.h: stops commands before the disk is full (ledger.md 4).
//
// Below the low mark, or 5 % free, commands answer out_of_space and access records go on; below the
// critical mark everything answers unavailable. A low mark of zero turns the reserve off. The file
// system is asked at most every 100 ms. Threads: belongs to the writer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/clock.h"
#include "base/result.h"

namespace cartella::store {

enum class Space { enough, low, critical };

class SpaceGuard {
 public:
  SpaceGuard(std::filesystem::path dir, const Clock& clock, std::uint64_t low_bytes,
             std::uint64_t critical_bytes);
  // io: the file system does not answer.
  Result<Space> look();

 private:
  std::filesystem::path x_dir;
  const Clock& x_clock;
  std::uint64_t x_low_bytes;
  std::uint64_t x_critical_bytes;
  std::optional<std::int64_t> x_looked_at;
  Space x_space = Space::enough;
};

}  // namespace cartella::store
