// base/check.h: CHECK aborts on our own bugs, in every build.
//
// Never use it for what the world can do (bytes, disks, people): that is a Result. The message may
// not contain personal data or keys.
// Threads: any.
#pragma once

namespace cartella {
[[noreturn]] void check_failed(const char* condition, const char* file, int line,
                               const char* function) noexcept;
}  // namespace cartella

#define CHECK(condition)        \
  (static_cast<bool>(condition) \
       ? static_cast<void>(0)   \
       : ::cartella::check_failed(#condition, __FILE__, __LINE__, __func__))
