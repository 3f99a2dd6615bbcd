// tests/support/sanitizer.h: says whether a sanitizer watches the test, which takes tenfold then.
//
// A test may do the same with fewer repetitions there, never leave out a kind of thing that it
// claims: what it computes is checked at full size by the builds without a sanitizer.
// Threads: constants.
#pragma once

namespace cartella::tests {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace cartella::tests
