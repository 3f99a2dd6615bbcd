// tests/fault/restore.h: a backup, an erasure, and the restore of the older backup (F-16, F-25).
//
// Everything may be interrupted anywhere and done again: the commands have ids of their own, the
// backup is taken once, and an erasure or a restore under way is gone on with. Afterwards the
// harness asks the restored log itself, not the register of erasures: what the living log cannot
// read any more must be unreadable there, and everything else must be the same bytes.
// Threads: one, in a process of its own.
#pragma once

#include <cstdint>
#include <filesystem>

namespace cartella::fault {

struct Keeping {
  std::filesystem::path dir;       // the store
  std::filesystem::path notebook;  // what its clients know
  std::filesystem::path copies, second, restored;
  std::uint64_t run_seed = 0;
  std::uint64_t choice = 0;  // of whom to erase
};

// Exit code: 0 what was erased is gone in both and all else is there; 1 not (said on standard
// error).
int erase_and_restore(const Keeping& keeping);

}  // namespace cartella::fault
