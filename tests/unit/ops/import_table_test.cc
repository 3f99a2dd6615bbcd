#include "ops/import_table.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace cartella::ops {
namespace {

class ImportTableTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir = std::filesystem::path(::testing::TempDir()) /
          ("import_table-" + std::to_string(getpid()) + "-" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
  }
  void TearDown() override { std::filesystem::remove_all(dir); }
  // Line, id and reason of every row refused, one a line.
  std::string refused_of(std::string_view text) {
    std::ofstream(dir / "T.csv", std::ios::binary | std::ios::trunc) << text;
    Rejects rejects;
    const auto table = ImportTable::load(dir, "T", "ID", {"ID"}, false, rejects);
    EXPECT_TRUE(table) << table.error().detail;
    std::string all;
    for (const Reject& reject : rejects.sorted())
      all += std::to_string(reject.line) + ' ' + reject.id + ' ' + reject.reason + '\n';
    return all;
  }

  std::filesystem::path dir;
};

TEST_F(ImportTableTest, NamesTheIdOfARefusedLineWhereItsFirstCellIsTheId) {
  const std::string refused = refused_of(
      "ID;NOTA\n"
      "7;a;b\n"
      "8\n"
      "9;a\"b\n"
      "10;\"never closed\n"
      "11;\xE0\n"
      "\"12;x\n"
      "PRVFTZ59A41D653B;x;y\n"
      "13;fine\n");

  EXPECT_EQ(refused,
            "2 7 wrong_column_count\n"
            "3 8 wrong_column_count\n"
            "4 9 bad_quote\n"
            "5 10 bad_quote\n"
            "6 11 bad_utf8\n"
            "7  bad_quote\n"
            "8  wrong_column_count\n");
}

TEST_F(ImportTableTest, NamesNoIdWhereMissingOrAddedCellsMayHaveMovedIt) {
  const std::string refused = refused_of(
      "NOTA;ID\n"
      "1;2;7\n"
      "8\n"
      "\xE0;9\n"
      "\xE0;9;10\n");

  EXPECT_EQ(refused,
            "2  wrong_column_count\n"
            "3  wrong_column_count\n"
            "4 9 bad_utf8\n"
            "5  bad_utf8\n");
}

}  // namespace
}  // namespace cartella::ops
