#include "ops/source_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include "ops/csv.h"
#include "ops/import_source.h"
#include "ops/registry_file.h"

namespace cartella::ops {
namespace {

class SourceFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir = std::filesystem::path(::testing::TempDir()) /
          ("source_file-" + std::to_string(getpid()) + "-" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
  }
  void TearDown() override { std::filesystem::remove_all(dir); }
  std::filesystem::path file_with(std::string_view text) {
    std::ofstream(dir / "file", std::ios::binary | std::ios::trunc) << text;
    return dir / "file";
  }

  std::filesystem::path dir;
  std::array<char, 4> four{};
};

TEST_F(SourceFileTest, GivesTheBytesInOrderAndThenTheEnd) {
  auto file = SourceFile::open(file_with("abcdef"), 6);
  ASSERT_TRUE(file) << file.error().detail;
  EXPECT_EQ(file.value().size(), 6u);
  EXPECT_EQ(file.value().read(four).value(), 4u);
  EXPECT_EQ(std::string_view(four.data(), 4), "abcd");
  EXPECT_EQ(file.value().read(four).value(), 2u);
  EXPECT_EQ(std::string_view(four.data(), 2), "ef");
  EXPECT_EQ(file.value().read(four).value(), 0u);
}

TEST_F(SourceFileTest, RefusesWhatIsLongerThanItsBoundOrGrowsBeyondIt) {
  EXPECT_EQ(SourceFile::open(file_with("abcdef"), 5).error().code, Errc::invalid_input);
  auto file = SourceFile::open(file_with("abc"), 5);
  ASSERT_TRUE(file);
  file_with("abcdefgh");
  EXPECT_EQ(file.value().read(four).value(), 4u);
  EXPECT_EQ(file.value().read(four).error().code, Errc::invalid_input);
}

TEST_F(SourceFileTest, AnswersIoForAFolderAPipeAndAFileThatIsGone) {
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  for (const auto& path : {dir, dir / "pipe", dir / "none", dir / "file" / "below"}) {
    EXPECT_EQ(SourceFile::open(path, 100).error().code, Errc::io) << path;
    EXPECT_EQ(CsvReader::open(path).error().code, Errc::io) << path;
    EXPECT_EQ(LineReader::open(path, 100).error().code, Errc::io) << path;
  }
}

TEST_F(SourceFileTest, AnswersAnErrorForTablesThatCannotBeListed) {
  const std::filesystem::path loop = dir / "loop";
  std::filesystem::create_symlink(loop, loop);
  Rejects rejects;
  EXPECT_EQ(read_source(loop, rejects).error().code, Errc::io);
  EXPECT_EQ(read_source(file_with("x"), rejects).error().code, Errc::io);
  EXPECT_EQ(read_source(dir / "none", rejects).error().code, Errc::not_found);
  std::filesystem::create_directories(dir / "tables" / "SS_UFFICIO.csv");
  EXPECT_EQ(read_source(dir / "tables", rejects).error().code, Errc::io);
}

}  // namespace
}  // namespace cartella::ops
