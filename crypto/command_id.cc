#include "crypto/command_id.h"

#include <algorithm>

#include "base/mutex.h"
#include "crypto/secret.h"

namespace cartella::crypto {

namespace {

struct Last {
  std::uint64_t ticks = 0;  // milliseconds << 12 | counter
};

// Later than every id before it, even when the clock stands still or steps back.
std::uint64_t next_ticks(std::uint64_t now_ms) {
  static Mutex<Last> last;
  return last.with([&](Last& state) {
    state.ticks = std::max(state.ticks + 1, now_ms << 12);
    return state.ticks;
  });
}

}  // namespace

EventId new_command_id(const Clock& clock) {
  const std::uint64_t ticks = next_ticks(static_cast<std::uint64_t>(clock.wall().us / 1000));
  EventId id;
  random_fill(id.bytes);
  for (std::size_t i = 0; i < 6; ++i)
    id.bytes[i] = static_cast<std::uint8_t>(ticks >> (52 - 8 * i));
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | ((ticks >> 8) & 0x0f));
  id.bytes[7] = static_cast<std::uint8_t>(ticks);
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id;
}

}  // namespace cartella::crypto
