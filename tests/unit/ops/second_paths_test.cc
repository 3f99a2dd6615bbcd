// Paths outside the data directory are written once and never forgotten.
#include "ops/second_paths.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace cartella::ops {
namespace {

namespace fs = std::filesystem;

class SecondPathsTest : public testing::Test {
 protected:
  void SetUp() override {
    root = fs::path(testing::TempDir()) /
           testing::UnitTest::GetInstance()->current_test_info()->name();
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

TEST_F(SecondPathsTest, WithoutAFileThereAreNone) {
  ASSERT_TRUE(write_second_paths(data, SecondPaths{}));
  const auto read = read_second_paths(data);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read.value().head_copy.empty());
  EXPECT_TRUE(read.value().journal_mirror.empty());
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

TEST_F(SecondPathsTest, ADamagedFileIsFound) {
  for (const char* text : {"", "{", "[]", R"({"head-copy": 1})", R"({"head-copy": "head"})",
                           R"({"iead-copy": "/"})"}) {
    std::ofstream(data / "second-paths.json", std::ios::trunc) << text;
    EXPECT_EQ(read_second_paths(data).error().code, Errc::corrupt) << text;
  }
}

}  // namespace
}  // namespace cartella::ops
