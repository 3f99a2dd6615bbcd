// ops/csv.h: a bounded streaming reader of the predecessor's CSV files.
//
// RFC 4180 with a semicolon, UTF-8, header row. The files come from outside, so every size is
// bounded and a broken row costs itself only: it is given back with its fault and reading goes on
// at the next line, even after a quote that is never closed.
// Threads: one reader belongs to one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ops/source_file.h"

namespace cartella::ops {

struct CsvLimits {
  std::size_t record_bytes_max = 1 << 20;  // the longest diary text is a tenth of it
  std::size_t columns_max = 256;
  // The rows of a table are held in memory. The largest table of a sample has fewer rows than half
  // its residents; the largest comune has 2.8 million.
  std::uint64_t file_bytes_max = 1 << 30;
  std::uint64_t rows_max = 4'000'000;
  std::uint64_t cells_max = 100'000'000;
};

struct CsvRow {
  std::uint64_t line = 0;  // of the record's first byte, from 1
  // As many as the header has, when there is no fault; of a line given up: those before it broke.
  std::vector<std::string> fields;
  // Empty, or: bad_utf8, bad_character, bad_quote, line_too_long, wrong_column_count.
  std::string_view fault;
};

class CsvReader {
 public:
  // io: cannot be read. invalid_input: no header, a header that is faulty or names a column twice,
  // a file that is too long.
  static Result<CsvReader> open(const std::filesystem::path& file, const CsvLimits& limits = {});

  const std::vector<std::string>& header() const { return x_header; }
  std::optional<std::size_t> column(std::string_view name) const;
  // False at the end. io. invalid_input: more rows or cells than its limits.
  Result<bool> next(CsvRow& row);

 private:
  enum class Parse { record, need_more, bad_quote };

  CsvReader(SourceFile file, const CsvLimits& limits) : x_limits(limits), x_file(std::move(file)) {}
  Result<bool> next_record(CsvRow& row);
  Status fill();
  Parse parse_record(CsvRow& row, std::size_t& end) const;
  Status skip_physical_line();
  void consume(std::size_t end);
  void check(CsvRow& row) const;

  CsvLimits x_limits;
  SourceFile x_file;
  std::string x_buffer;
  std::size_t x_at = 0;
  bool x_eof = false;
  std::uint64_t x_line = 1;
  std::uint64_t x_rows = 0;
  std::uint64_t x_cells = 0;
  std::vector<std::string> x_header;
};

}  // namespace cartella::ops
