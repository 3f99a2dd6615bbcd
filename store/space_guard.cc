#include "store/space_guard.h"

#include <utility>

#include "store/file_io.h"

namespace cartella::store {

namespace {
constexpr std::int64_t kLookEveryUs = 100'000;
constexpr std::uint64_t kFreePercentMin = 5;
}  // namespace

SpaceGuard::SpaceGuard(std::filesystem::path dir, const Clock& clock, std::uint64_t low_bytes,
                       std::uint64_t critical_bytes)
    : x_dir(std::move(dir)),
      x_clock(clock),
      x_low_bytes(low_bytes),
      x_critical_bytes(critical_bytes) {}

Result<Space> SpaceGuard::look() {
  const std::int64_t now = x_clock.monotonic_us();
  if (x_looked_at && now - *x_looked_at < kLookEveryUs) return x_space;
  CARTELLA_TRY(const SpaceOfDisk disk, space_of_disk(x_dir));
  x_looked_at = now;
  if (disk.free_bytes < x_critical_bytes) {
    x_space = Space::critical;
  } else if (x_low_bytes > 0 && (disk.free_bytes < x_low_bytes ||
                                 disk.free_bytes / kFreePercentMin < disk.total_bytes / 100)) {
    x_space = Space::low;
  } else {
    x_space = Space::enough;
  }
  return x_space;
}

}  // namespace cartella::store
