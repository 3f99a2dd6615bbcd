// tests/fuzz/registry.cc: one line of a comune's population registry, and a file's name (B-06).
//
// A line with a fault gives nothing but its matricola; one without is whole. Threads: one.
#include "base/check.h"
#include "ops/csv.h"
#include "ops/registry_file.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {

std::vector<std::string> seeds() {
  std::string line(665, ' ');
  line.replace(0, 10, "0000000042");
  return {line, std::string(664, '0'), "ANA_PER_E256_20260630.txt",
          "ANA_VIE_E256_202606301200.txt"};
}

void judge(ByteView bytes) {
  const std::string_view text = text_of(bytes);
  const auto record = ops::parse_registry_record(text, 1, Date{20'000});
  CHECK(record.line == 1);
  if (record.fault.empty()) CHECK(is_utf8(record.person.surname));
  if (bytes.size() < 255 && text.find('\0') == std::string_view::npos)
    (void)ops::parse_registry_file_name(std::string(text)).has_value();
}

}  // namespace cartella::fuzz
