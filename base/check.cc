#include "base/check.h"

#include <cstdio>
#include <cstdlib>

#include "base/log.h"

namespace cartella {

void check_failed(const char* condition, const char* file, int line,
                  const char* function) noexcept {
  std::fprintf(stderr, "CHECK failed: %s at %s:%d in %s\n", condition, file, line, function);
  await_log_lines();
  std::abort();
}

}  // namespace cartella
