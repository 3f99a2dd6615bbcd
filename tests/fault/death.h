// tests/fault/death.h: in whose code did a process die?
//
// The library of the tables has its assertions on and is not made for want of memory: it can end
// the process, and the next start is clean. A death of our own code is a mistake. They are told
// apart by the stack of the thread that died: what calls the innermost frame that has a name of
// ours or of the library's. Threads: tell_of_death before others start.
#pragma once

#include <string>

namespace cartella::fault {

// From now on this process, where it dies of SIGSEGV, SIGBUS, SIGFPE or SIGABRT, writes first the
// addresses of its stack on standard error.
void tell_of_death();

struct Death {
  bool in_library = false;
  std::string function;  // where; empty where the text tells of no death, or no symbol fits
};
// `said` is what a child of this process, forked and not started anew, wrote on standard error.
Death death_in(const std::string& said);

}  // namespace cartella::fault
