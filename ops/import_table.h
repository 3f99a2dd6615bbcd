// ops/import_table.h: one table of the predecessor, read from its CSV file.
//
// Columns are named as in the predecessor's schema. Values are read through typed accessors that
// tell an absent value from an impossible one, because a bad row is refused with its reason.
// Threads: loaded by one thread, then immutable.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ops/rejects.h"

namespace cartella::ops {

using RowId = std::uint64_t;

// A value that may be absent and may be wrong.
template <class T>
struct Field {
  std::optional<T> value;
  bool bad = false;
};

class ImportTable {
 public:
  using Row = std::size_t;

  // Reads DIR/NAME.csv. A missing file is an empty table when `optional`. Faulty rows, rows without
  // a usable key and repeated keys go to `rejects`. `key` names the primary key column; empty:
  // none. not_found: no file. invalid_input: a column is missing, no header. io.
  static Result<ImportTable> load(const std::filesystem::path& dir, std::string_view name,
                                  std::string_view key,
                                  std::initializer_list<std::string_view> columns, bool optional,
                                  Rejects& rejects);

  const std::string& name() const { return x_name; }
  std::string file() const { return x_name + ".csv"; }
  std::size_t size() const { return x_lines.size(); }
  std::uint64_t rows_read() const { return x_rows_read; }
  std::uint64_t line(Row row) const { return x_lines[row]; }

  // Empty when the column is not in the file (optional columns).
  std::string_view text(Row row, std::string_view column) const;
  Field<RowId> id(Row row, std::string_view column) const;
  Field<Date> date(Row row, std::string_view column) const;  // a time of day is allowed and ignored
  // The predecessor writes what its clocks in Italy show; a date alone is the start of its day.
  Field<TimeUs> time(Row row, std::string_view column) const;
  Field<std::int64_t> cents(Row row, std::string_view column) const;
  bool flag(Row row, std::string_view column) const { return text(row, column) == "1"; }

  RowId key(Row row) const { return x_keys[row]; }
  std::optional<Row> find(RowId key) const;
  std::optional<Row> find(const Field<RowId>& key) const;

 private:
  std::optional<std::size_t> column_index(std::string_view column) const;

  std::string x_name;
  std::vector<std::string> x_columns;
  std::vector<std::uint64_t> x_lines;
  std::vector<RowId> x_keys;
  std::vector<std::string> x_fields;  // row after row
  std::unordered_map<RowId, Row> x_by_key;
  std::uint64_t x_rows_read = 0;
};

// "306.05", "-2", "7.5" exactly; no exponent, no thousands separator. bad: more than two decimals
// that are not zero, or more than 15 digits.
Field<std::int64_t> parse_cents(std::string_view text);
Field<RowId> parse_row_id(std::string_view text);

}  // namespace cartella::ops
