// ops/output.h: what a command prints: tables as text, JSON or CSV, and progress on a terminal.
//
// Machines read JSON and CSV from standard output; people's messages and progress go to standard
// error, so that a pipe stays clean. CSV cells that a spreadsheet would take for a formula are
// prefixed with an apostrophe. JSON numbers stay numbers.
// Threads: one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cartella::ops {

struct Console;

enum class Format { table, json, csv };

using Cell = std::variant<std::string, std::int64_t>;

struct Table {
  std::string name;                  // machine name, JSON key
  std::string title;                 // Italian, for people
  std::vector<std::string> columns;  // Italian titles
  std::vector<std::string> keys;     // JSON member names, one a column
  std::vector<std::vector<Cell>> rows;
};

// Several tables become one JSON object, or CSV blocks parted by an empty line whose first column,
// `sezione`, is the table's machine name. One table alone has no such column.
void print_tables(std::ostream& to, const std::vector<Table>& tables, Format format);
// "1.234,56" from cents.
std::string euro(std::int64_t cents);

// A bar on a terminal; otherwise one line when a stage ends. Writes at most ten times a second. The
// console's stream outlives it.
class Progress {
 public:
  Progress(const Console& console, bool quiet);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void update(std::string_view stage, std::uint64_t done, std::uint64_t total);
  void finish();

 private:
  void draw(bool last);
  std::ostream& x_to;
  bool x_quiet;
  bool x_terminal;
  std::string x_stage;
  std::uint64_t x_done = 0;
  std::uint64_t x_total = 0;
  std::chrono::steady_clock::time_point x_started;
  std::chrono::steady_clock::time_point x_drawn;
};

}  // namespace cartella::ops
