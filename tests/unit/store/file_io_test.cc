#include "store/file_io.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace cartella::store {
namespace {

class FileIoTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = std::filesystem::path(::testing::TempDir()) /
           ("file_io_" + std::to_string(getpid()) + "_" +
            ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::filesystem::path dir_;
};

TEST_F(FileIoTest, ReplacesAFileAsAWhole) {
  const auto path = dir_ / "small";
  ASSERT_TRUE(replace_file(path, as_bytes("first content")));
  ASSERT_TRUE(replace_file(path, as_bytes("second")));

  const auto content = read_file(path, 100);

  ASSERT_TRUE(content);
  EXPECT_EQ(as_text(content.value()), "second");
  EXPECT_FALSE(std::filesystem::exists(dir_ / "small.new"));
}

TEST_F(FileIoTest, ReplacesAFileWhoseLastReplacementWasInterrupted) {
  ASSERT_TRUE(replace_file(dir_ / "small.new", as_bytes("half wri")));

  ASSERT_TRUE(replace_file(dir_ / "small", as_bytes("whole")));

  EXPECT_EQ(as_text(read_file(dir_ / "small", 100).value()), "whole");
}

TEST_F(FileIoTest, LeavesTheOldFileAloneWhenItsReplacementFails) {
  std::filesystem::create_directories(dir_ / "folder" / "full");

  EXPECT_FALSE(replace_file(dir_ / "folder", as_bytes("content")));

  EXPECT_TRUE(std::filesystem::exists(dir_ / "folder" / "full"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "folder.new"));
}

TEST_F(FileIoTest, KeepsDirectAndOtherWritesToOneFileApart) {
  auto made = File::create(dir_ / "segment");
  ASSERT_TRUE(made);
  File& file = made.value();
  file.prefer_direct();
  AlignedBuffer buffer;
  const auto pages = buffer.room(3 * kDirectAlignment);
  ASSERT_EQ(reinterpret_cast<std::uintptr_t>(pages.data()) % kDirectAlignment, 0u);
  std::fill(pages.begin(), pages.end(), std::uint8_t{'a'});
  ASSERT_TRUE(pwrite_all(file, 0, pages));
  const std::array<ByteView, 2> parts{as_bytes("odd"), as_bytes("parts")};
  ASSERT_TRUE(pwrite_all_dsync(file, kDirectAlignment + 1, parts));
  std::fill(pages.begin(), pages.end(), std::uint8_t{'b'});
  const std::array<ByteView, 1> page{ByteView(pages).first(kDirectAlignment)};
  ASSERT_TRUE(pwrite_all_dsync(file, 2 * kDirectAlignment, page));

  const auto content = read_file(dir_ / "segment", 1 << 20);

  ASSERT_TRUE(content);
  std::string expected(3 * kDirectAlignment, 'a');
  expected.replace(kDirectAlignment + 1, 8, "oddparts");
  expected.replace(2 * kDirectAlignment, kDirectAlignment, kDirectAlignment, 'b');
  EXPECT_EQ(as_text(content.value()), expected);
}

TEST_F(FileIoTest, SaysWhatIsWrongWithAFile) {
  EXPECT_EQ(File::open_read(dir_ / "none").error().code, Errc::not_found);
  EXPECT_EQ(read_file(dir_ / "none", 10).error().code, Errc::not_found);
  ASSERT_TRUE(replace_file(dir_ / "ten", as_bytes("0123456789")));
  EXPECT_EQ(read_file(dir_ / "ten", 9).error().code, Errc::invalid_input);
  EXPECT_EQ(File::create(dir_ / "ten").error().code, Errc::invalid_argument);
  const auto file = File::open_read(dir_ / "ten");
  ASSERT_TRUE(file);
  Bytes bytes(11);
  EXPECT_EQ(pread_all(file.value(), 0, bytes).error().code, Errc::io);
}

TEST_F(FileIoTest, ListsADirectoryInOrderOrSaysWhyItCannot) {
  ASSERT_TRUE(replace_file(dir_ / "b", {}));
  ASSERT_TRUE(replace_file(dir_ / "a", {}));
  std::filesystem::create_symlink(dir_ / "loop", dir_ / "loop");

  EXPECT_EQ(names_in(dir_).value(), (std::vector<std::string>{"a", "b", "loop"}));
  EXPECT_EQ(names_in(dir_ / "none").error().code, Errc::not_found);
  EXPECT_EQ(names_in(dir_ / "a").error().code, Errc::io);
  EXPECT_EQ(names_in(dir_ / "loop").error().code, Errc::io);
}

TEST_F(FileIoTest, GathersPartsIntoOneSyncedWrite) {
  const auto file = File::create(dir_ / "parts");
  ASSERT_TRUE(file);
  const std::array<ByteView, 3> parts{as_bytes("one "), as_bytes(""), as_bytes("two")};

  ASSERT_TRUE(pwrite_all_dsync(file.value(), 2, parts));

  EXPECT_EQ(as_text(read_file(dir_ / "parts", 100).value()), std::string_view("\0\0one two", 9));
}

TEST_F(FileIoTest, AWriteThatTheSystemCutsShortIsAnError) {
  const auto file = File::create(dir_ / "limited");
  ASSERT_TRUE(file);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limited = before;
  limited.rlim_cur = 4096;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limited), 0);
  const Bytes bytes(8192);
  const std::array<ByteView, 1> parts{ByteView(bytes)};

  const Status cut_short = pwrite_all_dsync(file.value(), 0, parts);
  const Status beyond = pwrite_all_dsync(file.value(), 8192, parts);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);

  ASSERT_FALSE(cut_short);
  EXPECT_EQ(cut_short.error().code, Errc::io);
  ASSERT_FALSE(beyond);
}

TEST_F(FileIoTest, MakesDirectoriesOnTheWay) {
  ASSERT_TRUE(make_directories(dir_ / "a" / "b" / ""));
  ASSERT_TRUE(make_directories(dir_ / "a" / "b"));
  EXPECT_TRUE(std::filesystem::is_directory(dir_ / "a" / "b"));
}

TEST_F(FileIoTest, RefusesASecondHolderOfADirectoryAndNamesIt) {
  auto first = DirectoryLock::acquire(dir_);
  ASSERT_TRUE(first);

  const auto second = DirectoryLock::acquire(dir_);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::in_use);
  EXPECT_NE(second.error().detail.find(dir_.string()), std::string::npos);
  { const DirectoryLock released = std::move(first).value(); }
  EXPECT_TRUE(DirectoryLock::acquire(dir_));
}

TEST_F(FileIoTest, MeasuresTheSpaceThatIsLeft) {
  const auto free_bytes = free_space_bytes(dir_);
  ASSERT_TRUE(free_bytes);
  EXPECT_GT(free_bytes.value(), 0u);
  EXPECT_GE(space_of_disk(dir_).value().total_bytes, free_bytes.value());
  EXPECT_EQ(free_space_bytes(dir_ / "none").error().code, Errc::not_found);
}

}  // namespace
}  // namespace cartella::store
