#include "base/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>

namespace cartella {

namespace {

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  return "error";
}

void append_text(std::string& to, std::string_view text) {
  to.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      to.push_back('\\');
      to.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(to), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      to.push_back(c);
    }
  }
  to.push_back('"');
}

struct AppendJson {
  std::string& to;
  void operator()(bool value) const { to += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { fmt::format_to(std::back_inserter(to), "{}", value); }
  void operator()(std::uint64_t value) const {
    fmt::format_to(std::back_inserter(to), "{}", value);
  }
  void operator()(std::string_view value) const { append_text(to, value); }
  void operator()(const std::array<std::uint8_t, 16>& id) const { append_text(to, to_hex(id)); }
};

}  // namespace

void LogValue::append_json(std::string& to) const { std::visit(AppendJson{to}, x_value); }

std::string format_log_line(TimeUs time, LogLevel level, ConstantText event,
                            std::initializer_list<LogField> fields) {
  std::string line =
      fmt::format(R"({{"time":"{}","level":"{}","event":)", format_time(time), level_name(level));
  append_text(line, event.view());
  for (const LogField& field : fields) {
    line.push_back(',');
    append_text(line, field.name.view());
    line.push_back(':');
    field.value.append_json(line);
  }
  line.push_back('}');
  return line;
}

void Logger::write(LogLevel level, ConstantText event,
                   std::initializer_list<LogField> fields) const {
  if (level < x_least) return;
  std::string line = format_log_line(x_clock.wall(), level, event, fields);
  line.push_back('\n');
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(x_file_descriptor, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace cartella
