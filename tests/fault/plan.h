// tests/fault/plan.h: what goes wrong in one life of the ledger, chosen from a seed.
//
// Threads: values and free functions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace cartella::fault {

using Random = std::mt19937_64;

inline std::uint64_t below(Random& random, std::uint64_t end) { return random() % end; }
inline bool one_in(Random& random, std::uint64_t times) { return below(random, times) == 0; }
// The same number for the same two, and unlike its neighbours'.
std::uint64_t mixed(std::uint64_t seed, std::uint64_t number);

// What a run is about; the words of --mode.
enum class Mode {
  crash,    // F-01, F-02: death at the n-th operation, whole or torn
  fail,     // F-04, F-06: EIO or ENOSPC, once or for ever, short writes
  read,     // F-05: EIO or a short read
  power,    // F-03: death, then what was not synced is gone; needs the forgetful file system
  journal,  // F-08: a flipped bit or a page of zeros in the journal
  table,    // F-07, F-11: a flipped bit, swapped or older blocks in the index
  missing,  // F-09: a file is gone, empty, half, or cut at a block
  head,     // F-10: the head copy is damaged, gone or older
  space,    // F-06: a disk that is really full, then larger
  time,     // F-13: the clock jumps
  tamper,   // F-20: rows rewritten with all checksums right
  memory,   // F-12: the n-th allocation fails, once or for ever
  restore,  // F-16, F-25: a backup, erasures, a restore of it, killed anywhere and done again
};
// False: no such mode.
bool parse_mode(std::string_view word, Mode& mode);
const char* mode_word(Mode mode);

// One fault for tests/fault/inject.cc.
struct Plan {
  std::string ops = "all";
  std::string path;
  std::uint64_t nth = 0;  // 0: nothing happens
  std::string act = "kill";
  bool sticky = false;
  unsigned cut = 50;
};
std::string text_of(const Plan& plan);  // for people
// As the injector reads it.
std::string injector_text(const Plan& plan, const std::filesystem::path& root,
                          const std::filesystem::path& report);
// One operation that changed something, as the injector lists it.
struct Call {
  std::string op;
  std::string path;
};
std::vector<Call> read_calls(const std::filesystem::path& report);
// A fault for a life in the mode; `calls` are those of a life that nothing disturbs.
Plan choose_plan(Mode mode, const std::vector<Call>& calls, Random& random);
// A death while a backup or a restore works, which make about so many operations.
Plan restore_plan(std::uint64_t calls, Random& random);
Plan memory_plan(std::uint64_t allocations, Random& random);

}  // namespace cartella::fault
