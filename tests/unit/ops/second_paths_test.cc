// Paths outside the data directory are written once and never forgotten.
#include "ops/second_paths.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace cartella::ops {
namespace {

namespace fs = std::filesystem;

class SecondPathsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root = fs::path(::testing::TempDir()) /
           ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(root);
    fs::create_directories(root / "data");
    data = root / "data";
  }
  void TearDown() override { fs::remove_all(root); }
  fs::path root;
  fs::path data;
};

TEST_F(SecondPathsTest, WhatInitWasGivenIsReadAtEachOpen) {
  const auto paths = second_paths_for(data, root / "head", root / "mirror");
  ASSERT_TRUE(paths) << paths.error().detail;
  ASSERT_TRUE(write_second_paths(data, paths.value()));
  const auto read = read_second_paths(data);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read.value().head_copy, fs::weakly_canonical(root / "head"));
  EXPECT_EQ(read.value().journal_mirror, fs::weakly_canonical(root / "mirror"));
}

TEST_F(SecondPathsTest, WhereInitWasGivenNoneThereAreNone) {
  ASSERT_TRUE(write_second_paths(data, SecondPaths{}));
  const auto read = read_second_paths(data);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read.value().head_copy.empty());
  EXPECT_TRUE(read.value().journal_mirror.empty());
}

TEST_F(SecondPathsTest, AStoreWithoutItsFileIsDamaged) {
  EXPECT_TRUE(read_second_paths(data)) << "no store, no paths";
  fs::create_directories(data / "vault");
  EXPECT_EQ(read_second_paths(data).error().code, Errc::corrupt);
}

TEST_F(SecondPathsTest, APathInTheDataDirectoryIsRefused) {
  EXPECT_EQ(second_paths_for(data, data / "head", {}).error().code, Errc::invalid_argument);
  EXPECT_EQ(second_paths_for(data, {}, data).error().code, Errc::invalid_argument);
  EXPECT_EQ(second_paths_for(data, {}, root).error().code, Errc::invalid_argument);
  EXPECT_EQ(second_paths_for(data, root / "one", root / "one").error().code,
            Errc::invalid_argument);
}

TEST_F(SecondPathsTest, ADiskThatIsNotMountedIsNotTakenForAnEmptyOne) {
  ASSERT_TRUE(write_second_paths(data, {root / "head", {}}));
  fs::remove_all(root / "head");
  EXPECT_EQ(read_second_paths(data).error().code, Errc::unavailable);
}

TEST_F(SecondPathsTest, AFileThatInitDidNotWriteIsFound) {
  for (const char* text : {"", "{", "[]", "{}", R"({"head-copy": 1})", R"({"sha256": 1})"}) {
    std::ofstream(data / "second-paths.json", std::ios::trunc) << text;
    EXPECT_EQ(read_second_paths(data).error().code, Errc::corrupt) << text;
  }
}

TEST_F(SecondPathsTest, EveryFlippedBitIsFound) {
  ASSERT_TRUE(write_second_paths(data, {root / "head", root / "mirror"}));
  std::string whole;
  std::getline(std::ifstream(data / "second-paths.json", std::ios::binary), whole, '\0');
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    std::ofstream(data / "second-paths.json", std::ios::binary | std::ios::trunc) << damaged;
    const auto read = read_second_paths(data);
    ASSERT_FALSE(read) << bit;
    EXPECT_EQ(read.error().code, Errc::corrupt) << bit;
  }
}

}  // namespace
}  // namespace cartella::ops
