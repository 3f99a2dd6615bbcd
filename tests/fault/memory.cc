#include "tests/fault/memory.h"

#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <new>

namespace cartella::fault {
namespace {

std::atomic<std::uint64_t> g_count{0};
std::atomic<std::uint64_t> g_nth{0};
std::atomic<bool> g_sticky{false};

void* allocate(std::size_t size, std::size_t alignment) {
  const std::uint64_t number = g_count.fetch_add(1, std::memory_order_relaxed) + 1;
  const std::uint64_t nth = g_nth.load(std::memory_order_relaxed);
  const bool fails = nth != 0 && (number == nth || (number > nth && g_sticky.load()));
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* const memory =
      fails ? nullptr : std::aligned_alloc(alignment, rounded > 0 ? rounded : alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

[[noreturn]] void end_for_want_of_memory() {
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    ::_exit(10);
  } catch (...) {
    ::_exit(1);
  }
  // A function of a library that may not throw, on whose way an exception is.
  if (std::uncaught_exceptions() > 0) ::_exit(10);
  std::abort();
}

}  // namespace

void fail_allocation(std::uint64_t nth, bool sticky) {
  if (nth != 0) std::set_terminate(end_for_want_of_memory);
  g_count = 0;
  g_sticky = sticky;
  g_nth = nth;
}

std::uint64_t allocations() { return g_count.load(); }

// The operators themselves, by their names in the object file; what they give is freed as before.
void* take(std::size_t size) asm("_Znwm");
void* take_aligned(std::size_t size, std::align_val_t alignment) asm("_ZnwmSt11align_val_t");

void* take(std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
void* take_aligned(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}

}  // namespace cartella::fault
