#include "ops/csv.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace cartella::ops {
namespace {

std::filesystem::path file_with(std::string_view text) {
  const auto path = std::filesystem::path(::testing::TempDir()) /
                    ("csv_test-" + std::to_string(getpid()) + ".csv");
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  return path;
}

struct Read {
  std::vector<CsvRow> rows;
};

Read read_all(std::string_view text, const CsvLimits& limits = {}) {
  Read read;
  auto reader = CsvReader::open(file_with(text), limits);
  EXPECT_TRUE(reader.has_value());
  if (!reader) return read;
  CsvRow row;
  while (true) {
    auto more = reader.value().next(row);
    EXPECT_TRUE(more.has_value());
    if (!more || !more.value()) return read;
    read.rows.push_back(row);
  }
}

TEST(Csv, ReadsRowsQuotesAndEmptyFields) {
  const Read read = read_all("ID;NOTA\r\n1;\"a;\"\"b\"\"\nc\"\r\n2;\n");

  ASSERT_EQ(read.rows.size(), 2u);
  EXPECT_EQ(read.rows[0].fields, (std::vector<std::string>{"1", "a;\"b\"\nc"}));
  EXPECT_EQ(read.rows[0].line, 2u);
  EXPECT_EQ(read.rows[1].fields, (std::vector<std::string>{"2", ""}));
  EXPECT_EQ(read.rows[1].line, 4u);
}

TEST(Csv, SkipsAByteOrderMarkAndBlankLinesAndNeedsNoLastNewline) {
  const Read read = read_all("\xEF\xBB\xBFID;A\n\n1;x\n\n2;y");

  ASSERT_EQ(read.rows.size(), 2u);
  EXPECT_EQ(read.rows[1].fields[1], "y");
}

TEST(Csv, GivesBackABrokenRowAndGoesOnAtTheNextLine) {
  const Read read = read_all("ID;A\n1;\"never closed\n2;ok\n3;a\"b\n4;x;y\n5;fine\n");

  ASSERT_EQ(read.rows.size(), 5u);
  EXPECT_EQ(read.rows[0].fault, "bad_quote");
  EXPECT_EQ(read.rows[1].fields[0], "2");
  EXPECT_EQ(read.rows[2].fault, "bad_quote");
  EXPECT_EQ(read.rows[3].fault, "wrong_column_count");
  EXPECT_EQ(read.rows[4].fields[1], "fine");
  EXPECT_EQ(read.rows[4].line, 6u);
}

TEST(Csv, RefusesBytesThatAreNotUtf8AndControlCharacters) {
  const Read read = read_all(std::string("ID;A\n1;\xE0x\n2;\xC0\x80\n3;a") + '\0' + "b\n4;è\n");

  ASSERT_EQ(read.rows.size(), 4u);
  EXPECT_EQ(read.rows[0].fault, "bad_utf8");
  EXPECT_EQ(read.rows[1].fault, "bad_utf8");
  EXPECT_EQ(read.rows[2].fault, "bad_character");
  EXPECT_TRUE(read.rows[3].fault.empty());
}

TEST(Csv, BoundsTheLengthOfARecord) {
  const Read read =
      read_all("ID;A\n1;" + std::string(700'000, 'x') + "\n2;ok\n", {.record_bytes_max = 1000});

  ASSERT_EQ(read.rows.size(), 2u);
  EXPECT_EQ(read.rows[0].fault, "line_too_long");
  EXPECT_EQ(read.rows[1].fields[1], "ok");
}

TEST(Csv, RefusesAFileWithMoreBytesRowsOrCellsThanItsLimits) {
  const auto last_of = [](const CsvLimits& limits) {
    auto reader = CsvReader::open(file_with("ID;A\n1;x\n2;y\n3;z\n"), limits);
    if (!reader) return reader.error().code == Errc::invalid_input ? 0 : -1;
    CsvRow row;
    for (int read = 1;; ++read) {
      const auto more = reader.value().next(row);
      if (!more) return more.error().code == Errc::invalid_input ? read : -1;
      if (!more.value()) return 100;
    }
  };

  EXPECT_EQ(last_of({.file_bytes_max = 16}), 0);
  EXPECT_EQ(last_of({.rows_max = 2}), 3);
  EXPECT_EQ(last_of({.cells_max = 5}), 3);
  EXPECT_EQ(last_of({.file_bytes_max = 17, .rows_max = 3, .cells_max = 6}), 100);
}

TEST(Csv, RefusesALineWithMoreColumnsThanItsLimit) {
  const Read read = read_all("ID;A\n1;" + std::string(300, ';') + "\n2;ok\n");

  ASSERT_EQ(read.rows.size(), 2u);
  EXPECT_EQ(read.rows[0].fault, "bad_quote");
  EXPECT_EQ(read.rows[1].fields[1], "ok");
}

TEST(Csv, RefusesAFileWithoutAHeaderOrWithAColumnTwice) {
  EXPECT_EQ(CsvReader::open(file_with("")).error().code, Errc::invalid_input);
  EXPECT_EQ(CsvReader::open(file_with("A;A\n")).error().code, Errc::invalid_input);
  EXPECT_EQ(CsvReader::open("/nonexistent/x.csv").error().code, Errc::io);
}

RC_GTEST_PROP(Csv, ReadsWhateverBytesItIsGivenWithoutLosingLaterLines, (std::string noise)) {
  std::erase(noise, '\n');
  std::erase(noise, '"');
  const Read read = read_all("ID;A\n" + noise + "\n9;end\n");

  RC_ASSERT(!read.rows.empty());
  RC_ASSERT(read.rows.back().fields == (std::vector<std::string>{"9", "end"}));
}

}  // namespace
}  // namespace cartella::ops
