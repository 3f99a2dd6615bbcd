#include "ops/csv.h"

#include <algorithm>
#include <set>

namespace cartella::ops {

namespace {

constexpr char kSeparator = ';';
constexpr std::size_t kReadBytes = 256 * 1024;

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
  });
}

}  // namespace

Result<CsvReader> CsvReader::open(const std::filesystem::path& file, const CsvLimits& limits) {
  CARTELLA_TRY(auto opened, SourceFile::open(file, limits.file_bytes_max));
  CsvReader reader(std::move(opened), limits);
  CARTELLA_TRY(reader.fill());
  if (reader.x_buffer.starts_with("\xEF\xBB\xBF")) reader.x_at = 3;
  CsvRow row;
  CARTELLA_TRY(const bool found, reader.next_record(row));
  if (!found || !row.fault.empty())
    return fail(Errc::invalid_input, file.filename().string() + ": no usable header row");
  const std::set<std::string> names(row.fields.begin(), row.fields.end());
  if (names.size() != row.fields.size())
    return fail(Errc::invalid_input, file.filename().string() + ": a column is named twice");
  reader.x_header = std::move(row.fields);
  return reader;
}

std::optional<std::size_t> CsvReader::column(std::string_view name) const {
  const auto at = std::ranges::find(x_header, name);
  if (at == x_header.end()) return std::nullopt;
  return static_cast<std::size_t>(at - x_header.begin());
}

Result<bool> CsvReader::next(CsvRow& row) {
  CARTELLA_TRY(const bool found, next_record(row));
  if (!found) return false;
  ++x_rows;
  x_cells += row.fields.size();
  if (x_rows > x_limits.rows_max || x_cells > x_limits.cells_max)
    return fail(Errc::invalid_input, x_file.name() + " has more than " +
                                         std::to_string(x_limits.rows_max) + " rows or " +
                                         std::to_string(x_limits.cells_max) + " cells");
  return true;
}

Result<bool> CsvReader::next_record(CsvRow& row) {
  while (true) {
    row.line = x_line;
    row.fields.clear();
    row.fault = {};
    std::size_t end = 0;
    Parse parsed = parse_record(row, end);
    while (parsed == Parse::need_more && !x_eof &&
           x_buffer.size() - x_at <= x_limits.record_bytes_max) {
      CARTELLA_TRY(fill());
      parsed = parse_record(row, end);
    }
    if (x_at == x_buffer.size() && x_eof) return false;
    if (parsed == Parse::record && end - x_at <= x_limits.record_bytes_max) {
      const bool blank = row.fields.size() == 1 && row.fields[0].empty();
      consume(end);
      if (blank) continue;
      check(row);
      return true;
    }
    // Only the physical line where the trouble starts is given up; what follows is read again.
    if (!row.fields.empty()) row.fields.pop_back();
    const std::size_t line_end = x_buffer.find('\n', x_at);
    const bool too_long =
        line_end == std::string::npos ? !x_eof : line_end - x_at > x_limits.record_bytes_max;
    row.fault = too_long ? "line_too_long" : "bad_quote";
    CARTELLA_TRY(skip_physical_line());
    return true;
  }
}

Status CsvReader::fill() {
  if (x_eof) return ok();
  x_buffer.erase(0, x_at);
  x_at = 0;
  const std::size_t had = x_buffer.size();
  x_buffer.resize(had + kReadBytes);
  CARTELLA_TRY(const std::size_t got, x_file.read(std::span(x_buffer).subspan(had)));
  x_buffer.resize(had + got);
  if (got < kReadBytes) x_eof = true;
  return ok();
}

CsvReader::Parse CsvReader::parse_record(CsvRow& row, std::size_t& end) const {
  row.fields.clear();
  std::size_t at = x_at;
  const auto size = x_buffer.size();
  const Parse at_end = x_eof ? Parse::record : Parse::need_more;
  while (row.fields.size() <= x_limits.columns_max) {
    std::string& field = row.fields.emplace_back();
    if (at < size && x_buffer[at] == '"') {
      while (true) {
        const std::size_t quote = x_buffer.find('"', at + 1);
        if (quote == std::string::npos) return x_eof ? Parse::bad_quote : Parse::need_more;
        field.append(x_buffer, at + 1, quote - at - 1);
        at = quote + 1;
        if (at == size && !x_eof) return Parse::need_more;
        if (at == size || x_buffer[at] != '"') break;
        field.push_back('"');
      }
    } else {
      const std::size_t stop = x_buffer.find_first_of(";\n", at);
      const std::size_t until = stop == std::string::npos ? size : stop;
      field.assign(x_buffer, at, until - at);
      at = until;
      if (at < size && x_buffer[at] == '\n' && field.ends_with('\r')) field.pop_back();
      if (field.find('"') != std::string::npos) return Parse::bad_quote;
    }
    if (at < size && x_buffer[at] == '\r') ++at;
    end = at;
    if (at >= size) return at_end;
    end = at + 1;
    if (x_buffer[at] == '\n') return Parse::record;
    if (x_buffer[at] != kSeparator) return Parse::bad_quote;
    ++at;
  }
  return Parse::bad_quote;
}

Status CsvReader::skip_physical_line() {
  while (true) {
    const std::size_t newline = x_buffer.find('\n', x_at);
    if (newline != std::string::npos) {
      consume(newline + 1);
      return ok();
    }
    x_at = x_buffer.size();
    if (x_eof) return ok();
    CARTELLA_TRY(fill());
  }
}

void CsvReader::consume(std::size_t end) {
  x_line += static_cast<std::uint64_t>(
      std::count(x_buffer.begin() + static_cast<std::ptrdiff_t>(x_at),
                 x_buffer.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
  x_at = end;
}

void CsvReader::check(CsvRow& row) const {
  for (const std::string& field : row.fields) {
    if (!is_utf8(field))
      row.fault = "bad_utf8";
    else if (has_control(field))
      row.fault = "bad_character";
    if (!row.fault.empty()) return;
  }
  if (!x_header.empty() && row.fields.size() != x_header.size()) row.fault = "wrong_column_count";
}

}  // namespace cartella::ops
