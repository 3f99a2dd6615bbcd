#include "ops/pending_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace cartella::ops {
namespace {

struct PendingFileTest : ::testing::Test {
  PendingFileTest()
      : folder(std::filesystem::path(::testing::TempDir()) /
               ("pending" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }
  ~PendingFileTest() override { std::filesystem::remove_all(folder); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
  }
  std::filesystem::path folder;
};

TEST_F(PendingFileTest, AppearsWholeAndForItsOwnerAlone) {
  const auto target = folder / "a.zip";
  auto file = PendingFile::create(target);
  ASSERT_TRUE(file.has_value());
  EXPECT_FALSE(std::filesystem::exists(target));
  ASSERT_TRUE(file.value()->write(as_bytes("content")));
  EXPECT_FALSE(std::filesystem::exists(target));
  ASSERT_TRUE(file.value()->publish());

  std::ifstream in(target);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "content");
  struct stat status {};
  ASSERT_EQ(::stat(target.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  EXPECT_EQ(files(), 1u);
}

TEST_F(PendingFileTest, LeavesNothingWhenItIsNotPublished) {
  {
    auto file = PendingFile::create(folder / "a.zip");
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(file.value()->write(as_bytes("content")));
    EXPECT_EQ(files(), 1u);
  }
  EXPECT_EQ(files(), 0u);
}

TEST_F(PendingFileTest, ReplacesNoOtherFile) {
  const auto target = folder / "a.zip";
  auto file = PendingFile::create(target);
  ASSERT_TRUE(file.has_value());
  std::ofstream(target) << "somebody else's";
  EXPECT_EQ(file.value()->publish().error().code, Errc::invalid_argument);
  EXPECT_EQ(PendingFile::create(target).error().code, Errc::invalid_argument);
  EXPECT_EQ(PendingFile::create(folder / "no" / "a.zip").error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace cartella::ops
