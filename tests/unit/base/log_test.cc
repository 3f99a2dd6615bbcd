#include "base/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "base/check.h"

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

struct Pipe {
  Pipe() {
    EXPECT_EQ(::pipe(ends), 0);
    EXPECT_EQ(::fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
  }
  ~Pipe() {
    close_writer();
    ::close(ends[0]);
  }
  void close_writer() {
    if (ends[1] >= 0) ::close(ends[1]);
    ends[1] = -1;
  }
  // Empty at the end.
  std::string read_line() {
    std::string line;
    char c = 0;
    while (::read(ends[0], &c, 1) == 1 && c != '\n') line.push_back(c);
    EXPECT_TRUE(line.empty() || (line.starts_with(R"({"time")") && line.ends_with('}'))) << line;
    return line;
  }
  int ends[2] = {-1, -1};
};

std::uint64_t number_after(const std::string& line, std::string_view name) {
  const std::size_t at = line.find("\"" + std::string(name) + "\":");
  return at == std::string::npos ? 0 : std::stoull(line.substr(at + name.size() + 3));
}

TEST(Logger, DropsLinesBelowItsLevelAndKeepsLinesOfThreadsWhole) {
  Pipe pipe;
  std::size_t lines = 0;
  std::thread reader([&] {
    while (!pipe.read_line().empty()) ++lines;
  });
  {
    const ManualClock clock(TimeUs{0});
    const Logger logger(clock, LogLevel::info, pipe.ends[1]);
    logger.write(LogLevel::debug, "dropped");
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&logger] {
        for (int j = 0; j < 50; ++j) logger.write(LogLevel::info, "kept", {{"number", j}});
      });
  }
  pipe.close_writer();
  reader.join();
  EXPECT_EQ(lines, 200u);
}

TEST(Logger, WaitsForNoReaderAndTellsWhereAndHowManyLinesWereLost) {
  constexpr std::uint64_t kWritten = 2000;  // many times what pipe and queue hold
  Pipe pipe;
  const ManualClock clock(TimeUs{0});
  const Logger logger(clock, LogLevel::info, pipe.ends[1], 16 << 10);
  for (std::uint64_t i = 1; i <= kWritten; ++i)
    logger.write(LogLevel::info, "numbered", {{"number", i}});
  std::uint64_t told = 0;
  std::uint64_t lost = 0;
  while (told < kWritten) {
    const std::string line = pipe.read_line();
    ASSERT_NE(line, "") << "the pipe ended";
    const std::uint64_t gap = number_after(line, "lines");
    if (gap == 0) {
      ASSERT_EQ(number_after(line, "number"), told + 1) << "a gap that no line tells";
    }
    told += gap == 0 ? 1 : gap;
    lost += gap;
  }
  EXPECT_EQ(told, kWritten);
  EXPECT_GT(lost, kWritten / 2);
  logger.write(LogLevel::info, "the_reader_is_back");
  EXPECT_NE(pipe.read_line().find("the_reader_is_back"), std::string::npos);
}

TEST(Logger, EndsWhereNobodyReads) {
  Pipe pipe;
  const ManualClock clock(TimeUs{0});
  {
    const Logger logger(clock, LogLevel::info, pipe.ends[1]);
    for (int i = 0; i < 200; ++i) logger.write(LogLevel::info, "numbered", {{"number", i}});
  }
  pipe.close_writer();
  std::string said(1 << 16, '\0');
  EXPECT_LE(::read(pipe.ends[0], said.data(), said.size()), 4096) << "the rest is lost";
}

TEST(Logger, ACheckThatFailsLosesNoLine) {
  const auto fail_after_a_line = [] {
    const ManualClock clock(TimeUs{0});
    const Logger logger(clock, LogLevel::info);
    logger.write(LogLevel::error, "last_words");
    CHECK(1 + 1 == 3);
  };
  EXPECT_DEATH(fail_after_a_line(), testing::AllOf(::testing::HasSubstr("CHECK failed"),
                                                   ::testing::HasSubstr("last_words")));
}

}  // namespace
}  // namespace cartella
