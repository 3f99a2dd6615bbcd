// tests/fuzz/csv.cc: the predecessor's CSV files, through a real file (B-06).
//
// Every row given back without a fault has as many fields as the header, all of them UTF-8; line
// numbers rise; no input makes the reader run on. Threads: one.
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "ops/csv.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {

std::vector<std::string> seeds() {
  return {"ID;NOME;NOTE\n1;Anna;\"due; parole\"\n2;Bruno;\"con \"\"virgolette\"\"\"\n",
          "\xEF\xBB\xBFID;NOME\r\n1;\"su due\r\nrighe\"\r\n2;x;y\r\n",
          "ID;NOME\n1;\"mai chiuso\n2;dopo\n", "A;A\n", "ID\n\xFF\n"};
}

void judge(ByteView bytes) {
  const int file = memfd_create("csv", 0);
  CHECK(file >= 0);
  CHECK(bytes.empty() ||
        write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  const std::filesystem::path path = "/proc/self/fd/" + std::to_string(file);
  ops::CsvLimits limits;
  limits.record_bytes_max = 4096;
  limits.columns_max = 16;
  if (auto reader = ops::CsvReader::open(path, limits)) {
    ops::CsvRow row;
    std::uint64_t line = 0;
    for (std::size_t rows = 0;; ++rows) {
      CHECK(rows <= bytes.size());
      const auto more = reader.value().next(row);
      if (!more || !more.value()) break;
      CHECK(row.line > line);
      line = row.line;
      if (!row.fault.empty()) continue;
      CHECK(row.fields.size() == reader.value().header().size());
      for (const std::string& field : row.fields) CHECK(is_utf8(field));
    }
  }
  close(file);
}

}  // namespace cartella::fuzz
