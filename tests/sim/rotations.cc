// New keys of every kind while the history goes on: no event changes (CR-08), and what the old keys
// signed stays valid (CR-09).
#include "tests/sim/history.h"
#include "tests/sim/wrong.h"

namespace cartella::sim {
namespace {

struct Killed {};

}  // namespace

// Every second one is killed after one of its steps; the next start finishes what was begun, where
// anything was written of it.
template <class Keys>
Status History::rotate_signer(Keys& keys, std::uint64_t events) {
  const std::uint64_t before = x_events.size();
  const std::uint64_t last = fault::below(x_random, 8);
  std::uint64_t steps = 0;
  const auto step = [&](std::string_view) {
    if (steps++ == last) throw Killed();
  };
  bool is_killed = false;
  try {
    CARTELLA_TRY(keys.rotate(x_place->for_rotation(), step));
  } catch (const Killed&) {
    is_killed = true;
  }
  if (is_killed) {
    CARTELLA_TRY(die());
    // The first step is the key in the vault alone.
    if (last == 0) events = 0;
  }
  CARTELLA_TRY(take_over_new(events));
  if (x_place->log->size() != before + events) return wrong("a rotation wrote something else");
  return is_killed ? compare() : ok();
}

Status History::rotate() {
  ++x_counts.rotations;
  switch (fault::below(x_random, 5)) {
    case 0: return x_place->vault->rotate_shards();
    case 1: return x_place->vault->rotate_root(fault::passphrase());
    case 2: return x_place->vault->rotate_owners();
    // The next key is enrolled, the one before revoked.
    case 3: return rotate_signer(*x_place->server_keys, 2);
    // The next key is named.
    default: return rotate_signer(*x_place->log_keys, 1);
  }
}

}  // namespace cartella::sim
