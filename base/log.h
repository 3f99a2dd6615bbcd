// base/log.h: structured log lines on standard error, one JSON object a line.
//
// A line names an event of the program and gives values whose types cannot hold personal data:
// numbers, truth values, opaque ids, error codes, and texts that are constants of the source. There
// is no way to pass a std::string.
//
// Who logs never waits for who reads: lines go through a queue with a bound, and one thread writes
// them within milliseconds, whole lines up to 4 KiB a write(2), so that they mix with nobody's.
// What finds the queue full is counted and dropped, and where it would have stood a line
// `log_lines_lost` says how many. What is queued when the process is killed is lost.
// Threads: any.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
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

inline constexpr std::size_t kLogQueueBytes = std::size_t{1} << 20;  // about 6,000 lines

class Logger {
 public:
  // `clock` and the descriptor outlive the logger. Lines below `least` are dropped. Starts the
  // thread, and takes SIGURG for the process, which ends a write that nobody reads.
  Logger(const Clock& clock, LogLevel least, int file_descriptor = 2,
         std::size_t queue_bytes_max = kLogQueueBytes);
  // Writes what is queued, for a second at most: then it is lost.
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;
  // A line that cannot be written is lost: the log is no reason to stop.
  void write(LogLevel level, ConstantText event, std::initializer_list<LogField> fields = {}) const;

 private:
  struct Queue;
  const Clock& x_clock;
  LogLevel x_least;
  std::unique_ptr<Queue> x_queue;
};

// For who ends the process without destructors: waits until the queued lines of all loggers are
// written, a second at most. Takes no lock.
void await_log_lines() noexcept;

}  // namespace cartella
