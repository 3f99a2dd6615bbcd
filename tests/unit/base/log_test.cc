#include "base/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace cartella {
namespace {

static_assert(!std::is_constructible_v<LogValue, std::string>, "a log line takes no free text");
static_assert(!std::is_constructible_v<LogValue, std::string_view>);
static_assert(!std::is_constructible_v<LogValue, const char*>);
static_assert(!std::is_constructible_v<LogValue, double>);

TEST(LogLine, IsOneJsonObjectWithTimeLevelEventAndFields) {
  StreamId stream;
  stream.bytes[0] = 0xab;
  EXPECT_EQ(format_log_line(TimeUs{0}, LogLevel::warning, "append_refused",
                            {{"stream", stream},
                             {"position", std::uint64_t{18446744073709551615u}},
                             {"delta", -3},
                             {"retry", true},
                             {"code", Errc::conflict},
                             {"where", "writer"}}),
            R"({"time":"1970-01-01T00:00:00.000000Z","level":"warning","event":"append_refused",)"
            R"("stream":"ab000000000000000000000000000000","position":18446744073709551615,)"
            R"("delta":-3,"retry":true,"code":"conflict","where":"writer"})");
}

TEST(LogLine, EscapesWhatJsonForbids) {
  EXPECT_EQ(format_log_line(TimeUs{0}, LogLevel::info, "a\"b\\c\nd", {}),
            R"({"time":"1970-01-01T00:00:00.000000Z","level":"info","event":"a\"b\\c\u000ad"})");
}

std::string read_all(int file_descriptor) {
  std::string text;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = ::read(file_descriptor, buffer, sizeof buffer)) > 0)
    text.append(buffer, static_cast<std::size_t>(count));
  return text;
}

TEST(Logger, DropsLinesBelowItsLevelAndKeepsLinesOfThreadsWhole) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const ManualClock clock(TimeUs{0});
  const Logger logger(clock, LogLevel::info, ends[1]);
  logger.write(LogLevel::debug, "dropped");
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&logger] {
        for (int j = 0; j < 50; ++j) logger.write(LogLevel::info, "kept", {{"number", j}});
      });
  }
  ::close(ends[1]);
  const std::string text = read_all(ends[0]);
  ::close(ends[0]);

  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string_view line(text.data() + at, end - at);
    EXPECT_TRUE(line.starts_with(R"({"time")") && line.ends_with('}')) << line;
    ++lines;
    at = end + 1;
  }
  EXPECT_EQ(lines, 200u);
}

}  // namespace
}  // namespace cartella
