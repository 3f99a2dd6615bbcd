// tests/fault/memory.h: makes the n-th allocation of this process fail (F-12).
//
// It replaces operator new for the whole program, the libraries that it loads included: what they
// take from malloc itself never fails here. Threads: any.
#pragma once

#include <cstdint>

namespace cartella::fault {

// Counts from now on; the n-th throws std::bad_alloc, with `sticky` every later one, too. 0: none.
// Else the process ends with exit code 10 where that exception leaves a thread, as the product does
// (ops/main.cc).
void fail_allocation(std::uint64_t nth, bool sticky);
std::uint64_t allocations();

}  // namespace cartella::fault
