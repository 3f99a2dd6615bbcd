#include "ops/rejects.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

namespace cartella::ops {

namespace {

// An id comes from the file and is bounded here: what is not a row number is not repeated.
std::string safe_id(const std::string& id) {
  const bool plain = id.size() <= 10 &&
                     std::ranges::all_of(id, [](unsigned char c) { return std::isdigit(c) != 0; });
  return plain ? id : std::string{};
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

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ::ssize_t count = ::write(file, text.data(), text.size());
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

void Rejects::add(Reject reject) {
  reject.id = safe_id(reject.id);
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
  std::filesystem::path temporary = to;
  temporary += ".tmp";
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return fail(Errc::io, "cannot write the rejects file");
  const bool written = write_all(file, text) && ::fsync(file) == 0;
  const bool closed = ::close(file) == 0;
  if (!written || !closed || ::rename(temporary.c_str(), to.c_str()) != 0) {
    ::unlink(temporary.c_str());
    return fail(Errc::io, "cannot write the rejects file");
  }
  return ok();
}

}  // namespace cartella::ops
