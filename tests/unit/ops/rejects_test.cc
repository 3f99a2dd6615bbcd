#include "ops/rejects.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace cartella::ops {
namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST(Rejects, WritesRowsInTheOrderOfTheSourceAndReplacesTheFile) {
  const auto to = std::filesystem::path(::testing::TempDir()) /
                  ("rejects-" + std::to_string(getpid()) + ".csv");
  std::ofstream(to) << "old";
  Rejects rejects;
  rejects.add({"b.csv", 7, "T", "12", Severity::rejected, "unknown_need"});
  rejects.add({"a.csv", 9, "T", "3", Severity::warning, "cf_mismatch_name"});

  ASSERT_TRUE(rejects.write(to).has_value());

  EXPECT_EQ(text_of(to),
            "file;line;table;id;severity;reason\n"
            "a.csv;9;T;3;warning;cf_mismatch_name\n"
            "b.csv;7;T;12;rejected;unknown_need\n");
  EXPECT_FALSE(std::filesystem::exists(to.string() + ".new"));
  EXPECT_EQ(rejects.rejected(), 1u);
  EXPECT_EQ(rejects.warnings(), 1u);
}

TEST(Rejects, NeverRepeatsAnIdThatIsNotAPlainKey) {
  Rejects rejects;
  rejects.add({"a.csv", 1, "T", "PRVFTZ59A41D653B", Severity::rejected, "x"});
  rejects.add({"a.csv", 2, "T", "1;2", Severity::rejected, "x"});

  for (const Reject& reject : rejects.sorted()) EXPECT_TRUE(reject.id.empty());
}

TEST(Rejects, TellsWhenItCannotBeWritten) {
  EXPECT_EQ(Rejects().write("/nonexistent/rejects.csv").error().code, Errc::io);
}

}  // namespace
}  // namespace cartella::ops
