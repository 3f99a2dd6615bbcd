// tests/support/console.h: a console of strings, for tests of the command line.
//
// Threads: one.
#pragma once

#include <sstream>
#include <string>

#include "ops/console.h"

namespace cartella::tests {

struct ConsoleOfTest {
  explicit ConsoleOfTest(const std::string& typed = {}) : in(typed) {}
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  ops::Console console{in, out, err, false, nullptr};
};

}  // namespace cartella::tests
