// tests/fuzz/shared.cc: what every target shares: the frozen examples as seeds, libFuzzer's entry.
// See target.h. Threads: one.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/bytes.h"
#include "crypto/secret.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {

std::string golden(std::string_view name) {
  std::ifstream from(std::string(CARTELLA_SOURCE_DIR) + "/tests/golden/" + std::string(name),
                     std::ios::binary);
  if (!from) {
    std::fprintf(stderr, "tests/golden/%s is missing\n", std::string(name).c_str());
    std::abort();
  }
  std::ostringstream text;
  text << from.rdbuf();
  return text.str();
}

std::vector<std::string> golden_bytes(std::string_view name) {
  std::vector<std::string> all;
  std::istringstream lines(golden(name));
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find(" = ");
    if (equals == std::string::npos) continue;
    if (const auto bytes = from_hex(line.substr(equals + 3)))
      all.emplace_back(bytes.value().begin(), bytes.value().end());
  }
  return all;
}

}  // namespace cartella::fuzz

// Named by libFuzzer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool started = (cartella::crypto::start(), true);
  (void)started;
  cartella::fuzz::judge({data, size});
  return 0;
}
