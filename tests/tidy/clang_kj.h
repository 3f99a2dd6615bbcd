// tests/tidy/clang_kj.h: what clang needs before it reads a header of Cap'n Proto 0.9.
//
// kj leaves these comparisons out under C++20 and counts on the compiler to turn the operands
// round. GCC 12 does; clang 16 does not where operator!= is declared, too, and stops at
// capnp/blob.h. Threads: free functions, any thread.
#pragma once

#include <kj/string.h>

namespace kj {
inline bool operator==(const char* left, const StringPtr& right) {
  return right == StringPtr(left);
}
inline bool operator==(const char* left, const String& right) { return right == StringPtr(left); }
}  // namespace kj
