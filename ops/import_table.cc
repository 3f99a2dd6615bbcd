#include "ops/import_table.h"

#include <algorithm>
#include <charconv>

#include "base/local_time.h"
#include "ops/csv.h"

namespace cartella::ops {

namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

void refuse(Rejects& rejects, const ImportTable& table, std::uint64_t line, std::string_view id,
            std::string_view reason) {
  rejects.add(
      {table.file(), line, table.name(), std::string(id), Severity::rejected, std::string(reason)});
}

// Whose row it is, where that can be told: with cells missing or too many, only the first one is
// surely in its place.
std::string key_of(const CsvRow& row, std::size_t key_index, std::size_t column_count) {
  const bool in_place = key_index == 0 || row.fields.size() == column_count;
  return in_place && key_index < row.fields.size() ? row.fields[key_index] : std::string{};
}

}  // namespace

Field<RowId> parse_row_id(std::string_view text) {
  if (text.empty()) return {};
  RowId value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return {std::nullopt, true};
  return {value, false};
}

Field<std::int64_t> parse_cents(std::string_view text) {
  if (text.empty()) return {};
  const bool negative = text.front() == '-';
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string_view decimals = point == std::string_view::npos ? "" : text.substr(point + 1);
  while (decimals.size() > 2 && decimals.back() == '0') decimals.remove_suffix(1);
  const Field<std::int64_t> bad{std::nullopt, true};
  if (!all_digits(whole) || whole.size() > 13 || decimals.size() > 2) return bad;
  if (point != std::string_view::npos && !all_digits(decimals)) return bad;
  std::int64_t cents = 0;
  for (const char c : whole) cents = cents * 10 + (c - '0');
  for (std::size_t i = 0; i < 2; ++i)
    cents = cents * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  return {negative ? -cents : cents, false};
}

Result<ImportTable> ImportTable::load(const std::filesystem::path& dir, std::string_view name,
                                      std::string_view key,
                                      std::initializer_list<std::string_view> columns,
                                      bool optional, Rejects& rejects) {
  ImportTable table;
  table.x_name = name;
  const std::filesystem::path file = dir / table.file();
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) {
    if (optional) return table;
    return fail(Errc::not_found, "the table " + table.x_name + " is missing");
  }
  CARTELLA_TRY(auto reader, CsvReader::open(file));
  table.x_columns = reader.header();
  for (const std::string_view column : columns)
    if (!reader.column(column))
      return fail(Errc::invalid_input,
                  "the table " + table.x_name + " lacks the column " + std::string(column));
  const bool keyed = !key.empty() && reader.column(key).has_value();
  const std::size_t key_index = reader.column(key).value_or(0);
  CsvRow row;
  while (true) {
    CARTELLA_TRY(const bool found, reader.next(row));
    if (!found) return table;
    ++table.x_rows_read;
    const std::string key_text =
        keyed ? key_of(row, key_index, table.x_columns.size()) : std::string{};
    const Field<RowId> id = parse_row_id(key_text);
    std::string_view fault = row.fault;
    if (fault.empty() && keyed && !id.value) fault = "bad_id";
    if (fault.empty() && keyed && table.x_by_key.contains(*id.value)) fault = "duplicate_id";
    if (!fault.empty()) {
      refuse(rejects, table, row.line, key_text, fault);
      continue;
    }
    if (keyed) table.x_by_key.emplace(*id.value, table.x_lines.size());
    table.x_keys.push_back(id.value.value_or(0));
    table.x_lines.push_back(row.line);
    std::ranges::move(row.fields, std::back_inserter(table.x_fields));
  }
}

std::optional<std::size_t> ImportTable::column_index(std::string_view column) const {
  const auto at = std::ranges::find(x_columns, column);
  if (at == x_columns.end()) return std::nullopt;
  return static_cast<std::size_t>(at - x_columns.begin());
}

std::string_view ImportTable::text(Row row, std::string_view column) const {
  const auto index = column_index(column);
  return index ? std::string_view(x_fields[row * x_columns.size() + *index]) : std::string_view{};
}

Field<RowId> ImportTable::id(Row row, std::string_view column) const {
  return parse_row_id(text(row, column));
}

Field<Date> ImportTable::date(Row row, std::string_view column) const {
  const std::string_view value = text(row, column);
  if (value.empty()) return {};
  if (value.size() > 10) {
    auto time = parse_local_timestamp(value);
    if (!time) return {std::nullopt, true};
    return {local_day(time.value()), false};
  }
  auto date = parse_iso_date(value);
  if (!date) return {std::nullopt, true};
  return {date.value(), false};
}

Field<TimeUs> ImportTable::time(Row row, std::string_view column) const {
  const std::string_view value = text(row, column);
  if (value.empty()) return {};
  if (value.size() == 10) {
    auto date = parse_iso_date(value);
    if (!date) return {std::nullopt, true};
    return {start_of(date.value()), false};
  }
  auto time = parse_local_timestamp(value);
  if (!time) return {std::nullopt, true};
  return {time.value(), false};
}

Field<std::int64_t> ImportTable::cents(Row row, std::string_view column) const {
  return parse_cents(text(row, column));
}

std::optional<ImportTable::Row> ImportTable::find(RowId key) const {
  const auto at = x_by_key.find(key);
  if (at == x_by_key.end()) return std::nullopt;
  return at->second;
}

std::optional<ImportTable::Row> ImportTable::find(const Field<RowId>& key) const {
  return key.value ? find(*key.value) : std::nullopt;
}

}  // namespace cartella::ops
