#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "ops/workspace.h"

namespace cartella::ops {
namespace {

class PassphraseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    file = std::filesystem::path(::testing::TempDir()) /
           ("passphrase-" + std::to_string(getpid()) + "-" +
            ::testing::UnitTest::GetInstance()->current_test_info()->name());
  }
  void TearDown() override { std::filesystem::remove_all(file); }
  Result<crypto::Passphrase> read_of(std::string_view text, mode_t mode = 0600) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
    EXPECT_EQ(::chmod(file.c_str(), mode), 0);
    return read_passphrase(file);
  }
  Errc refusal_of(std::string_view text, mode_t mode = 0600) {
    const auto read = read_of(text, mode);
    EXPECT_FALSE(read);
    return read ? Errc::unsupported : read.error().code;
  }

  std::filesystem::path file;
};

TEST_F(PassphraseTest, IsTheFirstLineWithoutItsEnd) {
  EXPECT_EQ(read_of("una frase lunga").value().text, "una frase lunga");
  EXPECT_EQ(read_of("una frase\r\naltro\n").value().text, "una frase");
  EXPECT_EQ(read_of(std::string(4096, 'x')).value().text.size(), 4096u);
}

TEST_F(PassphraseTest, IsRefusedWhenItsFileIsOpenToItsGroupOrToOthers) {
  for (const mode_t mode : {0640u, 0620u, 0604u, 0602u, 0644u, 0610u}) {
    const auto read = read_of("una frase lunga", mode);
    ASSERT_FALSE(read) << mode;
    EXPECT_EQ(read.error().code, Errc::invalid_input);
    EXPECT_NE(read.error().detail.find("chmod 600"), std::string::npos);
  }
  EXPECT_TRUE(read_of("una frase lunga", 0400));
}

TEST_F(PassphraseTest, IsRefusedWhenItsFileIsEmptyTooLongOrNoFile) {
  EXPECT_EQ(refusal_of(""), Errc::invalid_input);
  EXPECT_EQ(refusal_of("\naltro"), Errc::invalid_input);
  EXPECT_EQ(refusal_of("\r\n"), Errc::invalid_input);
  EXPECT_EQ(refusal_of(std::string(4097, 'x')), Errc::invalid_input);
  EXPECT_EQ(refusal_of("breve\n" + std::string(5000, 'x')), Errc::invalid_input);
  std::filesystem::remove_all(file);
  EXPECT_EQ(read_passphrase(file).error().code, Errc::io);
  std::filesystem::create_directories(file);
  EXPECT_EQ(read_passphrase(file).error().code, Errc::invalid_input);
}

}  // namespace
}  // namespace cartella::ops
