// tests/fault/damage.h: bytes of a closed store changed behind its back.
//
// Threads: free functions, one at a time.
#pragma once

#include <filesystem>
#include <string>

#include "tests/fault/plan.h"

namespace cartella::fault {

struct Damage {
  std::string what;
  // A changed byte of a table: verification sees it, whatever a reader happens to meet.
  bool must_be_found = false;
};

// One damage of the mode's kind. `earlier` is an older copy of the store, for blocks and files that
// were kept; `number` chooses file and way in turn where every file has to come up.
Damage do_damage(Mode mode, const std::filesystem::path& store,
                 const std::filesystem::path& earlier, std::uint64_t number, Random& random);

// Rewrites rows of the index through the database, so that its own checksums are right. 0: done.
int tamper(const std::filesystem::path& store, std::uint64_t choice);

}  // namespace cartella::fault
