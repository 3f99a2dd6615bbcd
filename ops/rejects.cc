#include "ops/rejects.h"

#include <algorithm>
#include <cctype>

#include "store/file_io.h"

namespace cartella::ops {

namespace {

// An id comes from the file and is bounded here: what is not a row number is not repeated.
std::string safe_id(const std::string& id) {
  const bool plain = id.size() <= 10 &&
                     std::ranges::all_of(id, [](unsigned char c) { return std::isdigit(c) != 0; });
  return plain ? id : std::string{};
}

// A column's name, told of a whole column. A value that came to stand in a header by mistake, such
// as a codice fiscale with its seven digits, is not one.
constexpr std::size_t kColumnBytesMax = 40;
constexpr std::ptrdiff_t kColumnDigitsMax = 3;
bool is_column_name(const std::string& text) {
  const auto is_digit = [](unsigned char c) { return c >= '0' && c <= '9'; };
  return text.size() <= kColumnBytesMax &&
         std::ranges::count_if(text, is_digit) <= kColumnDigitsMax &&
         std::ranges::all_of(text, [&](unsigned char c) {
           return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
         });
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(";\"\n\r") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result.push_back('"');
    result.push_back(c);
  }
  result.push_back('"');
  return result;
}

std::string line_of(const Reject& reject) {
  return quoted(reject.file) + ';' + (reject.line == 0 ? "" : std::to_string(reject.line)) + ';' +
         quoted(reject.table) + ';' + reject.id + ';' +
         (reject.severity == Severity::rejected ? "rejected" : "warning") + ';' +
         quoted(reject.reason) + '\n';
}

}  // namespace

void Rejects::add(Reject reject) {
  const bool of_column = reject.line == 0 && is_column_name(reject.id);
  if (!of_column) reject.id = safe_id(reject.id);
  x_state.with([&](State& state) {
    if (reject.severity == Severity::rejected) ++state.rejected;
    state.rows.push_back(std::move(reject));
  });
}

std::uint64_t Rejects::rejected() const {
  return x_state.with([](const State& state) { return state.rejected; });
}

std::uint64_t Rejects::warnings() const {
  return x_state.with([](const State& state) { return state.rows.size() - state.rejected; });
}

std::vector<Reject> Rejects::sorted() const {
  std::vector<Reject> rows = x_state.with([](const State& state) { return state.rows; });
  std::ranges::sort(rows);
  return rows;
}

Status Rejects::write(const std::filesystem::path& to) const {
  std::string text = "file;line;table;id;severity;reason\n";
  for (const Reject& reject : sorted()) text += line_of(reject);
  if (!store::replace_file(to, as_bytes(text)))
    return fail(Errc::io, "cannot write the rejects file");
  return ok();
}

}  // namespace cartella::ops
