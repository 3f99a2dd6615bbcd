// base/log.h: structured log lines on standard error, one JSON object a line.
//
// A line names an event of the program and gives values whose types cannot hold personal data:
// numbers, truth values, opaque ids, error codes, and texts that are constants of the source. There
// is no way to pass a std::string. Every line is one write(2), so lines of several threads never
// mix. Threads: any.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace cartella {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

// A text that stands in the source: it can only be made from a literal, at compile time.
class ConstantText {
 public:
  template <std::size_t N>
  consteval ConstantText(const char (&text)[N])  // NOLINT(google-explicit-constructor)
      : x_text(text, N - 1) {}
  constexpr std::string_view view() const { return x_text; }

 private:
  std::string_view x_text;
};

// One value of a line. Implicit on purpose: a call reads as a list of names and values.
class LogValue {
 public:
  template <std::integral T>
  LogValue(T value) {  // NOLINT(google-explicit-constructor)
    if constexpr (std::same_as<T, bool>) {
      x_value = value;
    } else if constexpr (std::unsigned_integral<T>) {
      x_value = static_cast<std::uint64_t>(value);
    } else {
      x_value = static_cast<std::int64_t>(value);
    }
  }
  template <class Tag>
  LogValue(const Id16<Tag>& id) : x_value(id.bytes) {}   // NOLINT(google-explicit-constructor)
  LogValue(Errc code) : x_value(errc_name(code)) {}      // NOLINT(google-explicit-constructor)
  LogValue(ConstantText text) : x_value(text.view()) {}  // NOLINT(google-explicit-constructor)
  template <std::size_t N>
  consteval LogValue(const char (&text)[N])  // NOLINT(google-explicit-constructor)
      : x_value(std::string_view(text, N - 1)) {}

  void append_json(std::string& to) const;

 private:
  std::variant<bool, std::int64_t, std::uint64_t, std::string_view, std::array<std::uint8_t, 16>>
      x_value;
};

struct LogField {
  ConstantText name;
  LogValue value;
};

// The line, without the newline: {"time":"...","level":"info","event":"...",fields}.
std::string format_log_line(TimeUs time, LogLevel level, ConstantText event,
                            std::initializer_list<LogField> fields);

class Logger {
 public:
  // `clock` outlives the logger. Lines below `least` are dropped.
  Logger(const Clock& clock, LogLevel least, int file_descriptor = 2)
      : x_clock(clock), x_least(least), x_file_descriptor(file_descriptor) {}
  // A line that cannot be written is lost: the log is no reason to stop.
  void write(LogLevel level, ConstantText event, std::initializer_list<LogField> fields = {}) const;

 private:
  const Clock& x_clock;
  LogLevel x_least;
  int x_file_descriptor;
};

}  // namespace cartella
