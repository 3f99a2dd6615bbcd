#include "ops/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <ostream>

#include "ops/console.h"

namespace cartella::ops {

namespace {

std::string text_of(const Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  return std::to_string(std::get<std::int64_t>(cell));
}

// Code points, not bytes, so that accented names stay in their columns.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(std::string_view text, std::size_t width, bool right) {
  const std::string fill(width - std::min(width, width_of(text)), ' ');
  return right ? fill + std::string(text) : std::string(text) + fill;
}

void print_text(std::ostream& to, const Table& table) {
  std::vector<std::size_t> widths;
  widths.reserve(table.columns.size());
  for (const auto& column : table.columns) widths.push_back(width_of(column));
  for (const auto& row : table.rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width_of(text_of(row[i])));
  if (!table.title.empty()) to << table.title << "\n";
  std::string line;
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    line += (i == 0 ? "" : "  ") + padded(table.columns[i], widths[i], false);
  to << line << "\n" << std::string(width_of(line), '-') << "\n";
  for (const auto& row : table.rows) {
    line.clear();
    for (std::size_t i = 0; i < row.size(); ++i)
      line += (i == 0 ? "" : "  ") +
              padded(text_of(row[i]), widths[i], std::holds_alternative<std::int64_t>(row[i]));
    to << line.substr(0, line.find_last_not_of(' ') + 1) << "\n";
  }
  to << "\n";
}

std::string csv_cell(const Cell& cell) {
  std::string text = text_of(cell);
  const bool number = std::holds_alternative<std::int64_t>(cell);
  if (!number && !text.empty() &&
      std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos)
    text.insert(text.begin(), '\'');
  if (text.find_first_of(";\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

void print_csv_row(std::ostream& to, const std::vector<Cell>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) to << (i == 0 ? "" : ";") << csv_cell(cells[i]);
  to << "\r\n";
}

// `with_section`: each row starts with the table's machine name, so that a block tells what it is.
void print_csv(std::ostream& to, const Table& table, bool with_section) {
  std::vector<Cell> cells;
  if (with_section) cells.emplace_back("sezione");
  cells.insert(cells.end(), table.columns.begin(), table.columns.end());
  print_csv_row(to, cells);
  for (const auto& row : table.rows) {
    cells.clear();
    if (with_section) cells.emplace_back(table.name);
    cells.insert(cells.end(), row.begin(), row.end());
    print_csv_row(to, cells);
  }
}

boost::json::array json_rows(const Table& table) {
  boost::json::array rows;
  for (const auto& row : table.rows) {
    boost::json::object object;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (const auto* text = std::get_if<std::string>(&row[i]))
        object[table.keys[i]] = *text;
      else
        object[table.keys[i]] = std::get<std::int64_t>(row[i]);
    }
    rows.push_back(std::move(object));
  }
  return rows;
}

}  // namespace

void print_tables(std::ostream& to, const std::vector<Table>& tables, Format format) {
  if (format == Format::json) {
    boost::json::object all;
    for (const Table& table : tables) all[table.name] = json_rows(table);
    to << boost::json::serialize(all) << "\n";
    return;
  }
  bool first = true;
  for (const Table& table : tables) {
    if (format == Format::table) {
      print_text(to, table);
    } else {
      if (!first) to << "\r\n";
      print_csv(to, table, tables.size() > 1);
    }
    first = false;
  }
}

std::string euro(std::int64_t cents) {
  const bool negative = cents < 0;
  const std::uint64_t value =
      negative ? ~static_cast<std::uint64_t>(cents) + 1 : static_cast<std::uint64_t>(cents);
  std::string whole = std::to_string(value / 100);
  for (std::size_t i = whole.size(); i > 3; i -= 3) whole.insert(i - 3, ".");
  return fmt::format("{}{},{:02}", negative ? "-" : "", whole, value % 100);
}

Progress::Progress(const Console& console, bool quiet)
    : x_to(console.err),
      x_quiet(quiet),
      x_terminal(console.is_terminal),
      x_started(std::chrono::steady_clock::now()) {}

Progress::~Progress() { finish(); }

void Progress::update(std::string_view stage, std::uint64_t done, std::uint64_t total) {
  if (x_quiet) return;
  if (stage != x_stage) {
    finish();
    x_stage = stage;
    x_started = std::chrono::steady_clock::now();
    x_drawn = {};
  }
  x_done = done;
  x_total = total;
  const auto now = std::chrono::steady_clock::now();
  if (x_terminal && now - x_drawn > std::chrono::milliseconds(100)) {
    x_drawn = now;
    draw(false);
  }
}

void Progress::draw(bool last) {
  constexpr std::uint64_t kWidth = 30;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - x_started).count();
  const std::uint64_t filled = x_total == 0 ? 0 : std::min(kWidth, x_done * kWidth / x_total);
  const std::string bar =
      x_total == 0 ? "" : "[" + std::string(filled, '#') + std::string(kWidth - filled, '.') + "] ";
  const double rate = seconds > 0.01 ? static_cast<double>(x_done) / seconds : 0;
  x_to << (x_terminal ? "\r\033[K" : "")
       << fmt::format("{:<28} {}{}/{}  {:.0f}/s", x_stage, x_terminal ? bar : "", x_done,
                      std::max(x_total, x_done), rate)
       << (last ? "\n" : "") << std::flush;
}

void Progress::finish() {
  if (!x_quiet && !x_stage.empty()) draw(true);
  x_stage.clear();
}

}  // namespace cartella::ops
