#include "base/log.h"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <csignal>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

namespace cartella {

namespace {

using std::chrono::milliseconds;

// Under load the thread wakes for many lines at once.
constexpr milliseconds kGather{5};
constexpr milliseconds kEndWait{1000};
constexpr milliseconds kInterruptEvery{10};
constexpr int kInterrupt = SIGURG;  // ignored where nobody takes it; nothing else here raises it

std::atomic<std::size_t> unwritten_bytes{0};  // of all loggers

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

struct Logger::Queue {
  Queue(const Clock& time, int to, std::size_t most)
      : clock(time), file_descriptor(to), bytes_max(most) {
    lines.reserve(most);
    writer = std::thread([this] { work(); });
  }
  ~Queue();

  void add(std::string_view line);
  void work();
  void write_out(std::string_view rest);
  void write_whole(std::string_view chunk);

  const Clock& clock;
  const int file_descriptor;
  const std::size_t bytes_max;
  std::atomic<bool> is_given_up{false};
  std::atomic<std::size_t> in_hand{0};  // bytes that the thread took and has not written
  std::mutex mutex;                     // guards what follows
  std::condition_variable changed;
  std::string lines;       // not taken by the thread yet
  std::uint64_t lost = 0;  // lines, after those in `lines`
  bool is_ending = false;
  bool has_ended = false;
  std::thread writer;  // last: uses all of the above
};

void Logger::Queue::add(std::string_view line) {
  const std::lock_guard lock(mutex);
  const std::size_t before = lines.size();
  // After a lost line none is queued until the thread has taken notice: the gap is where it is
  // told.
  if (lost > 0 || before + in_hand + line.size() > bytes_max) {
    ++lost;
    return;
  }
  lines += line;
  unwritten_bytes += line.size();
  const bool is_half = before < bytes_max / 2 && lines.size() >= bytes_max / 2;
  if (before == 0 || is_half) changed.notify_one();
}

void Logger::Queue::work() {
  std::string taken;
  taken.reserve(bytes_max);
  std::unique_lock lock(mutex);
  for (;;) {
    changed.wait(lock, [this] { return is_ending || !lines.empty() || lost > 0; });
    changed.wait_for(lock, kGather, [this] { return is_ending || lines.size() >= bytes_max / 2; });
    if (lines.empty() && lost == 0) break;  // the end
    taken.swap(lines);
    if (lost > 0) {
      const std::string told = format_log_line(clock.wall(), LogLevel::warning, "log_lines_lost",
                                               {{"lines", std::exchange(lost, 0)}});
      taken.append(told).append("\n");
      unwritten_bytes += told.size() + 1;
    }
    in_hand = taken.size();
    lock.unlock();
    write_out(taken);
    taken.clear();
    lock.lock();
  }
  has_ended = true;
  changed.notify_all();
}

// Whole lines, as many as are written to a pipe without another's between them.
void Logger::Queue::write_out(std::string_view rest) {
  while (!rest.empty()) {
    std::size_t size = rest.size();
    if (size > PIPE_BUF) size = rest.rfind('\n', PIPE_BUF - 1) + 1;
    if (size == 0) size = rest.find('\n') + 1;
    write_whole(rest.substr(0, size));
    in_hand -= size;
    unwritten_bytes -= size;
    rest.remove_prefix(size);
  }
}

void Logger::Queue::write_whole(std::string_view chunk) {
  while (!chunk.empty()) {
    if (is_given_up) return;
    const ssize_t written = ::write(file_descriptor, chunk.data(), chunk.size());
    if (written > 0) {
      chunk.remove_prefix(static_cast<std::size_t>(written));
    } else if (written < 0 && errno == EAGAIN) {  // somebody else made it so
      pollfd writable{file_descriptor, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (written == 0 || errno != EINTR) {
      return;
    }
  }
}

Logger::Queue::~Queue() {
  {
    std::unique_lock lock(mutex);
    is_ending = true;
    changed.notify_all();
    changed.wait_for(lock, kEndWait, [this] { return has_ended; });
    is_given_up = true;
    // Again, since one that comes before the write does nothing.
    while (!changed.wait_for(lock, kInterruptEvery, [this] { return has_ended; }))
      pthread_kill(writer.native_handle(), kInterrupt);
  }
  writer.join();
}

Logger::Logger(const Clock& clock, LogLevel least, int file_descriptor, std::size_t queue_bytes_max)
    : x_clock(clock), x_least(least) {
  struct sigaction action {};
  action.sa_handler = [](int) {};  // without SA_RESTART: the write returns
  sigaction(kInterrupt, &action, nullptr);
  x_queue = std::make_unique<Queue>(clock, file_descriptor, queue_bytes_max);
}

Logger::~Logger() = default;

void Logger::write(LogLevel level, ConstantText event,
                   std::initializer_list<LogField> fields) const {
  if (level < x_least) return;
  std::string line = format_log_line(x_clock.wall(), level, event, fields);
  line.push_back('\n');
  x_queue->add(line);
}

// Asks again and again, since the lock that a condition needs may be held by whoever ends here.
void await_log_lines() noexcept {
  for (milliseconds waited{0}; waited < kEndWait && unwritten_bytes > 0; ++waited)
    ::poll(nullptr, 0, 1);
}

}  // namespace cartella
