// Where the command line takes the root key from (S-KEYS).
#include "ops/root_key_choice.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace cartella::ops {
namespace {

namespace fs = std::filesystem;

class RootKeyChoiceTest : public ::testing::Test {
 protected:
  RootKeyChoiceTest()
      : x_dir(fs::path(::testing::TempDir()) / ("root_key_" + std::to_string(getpid()))) {
    fs::remove_all(x_dir);
    fs::create_directories(x_dir);
  }
  ~RootKeyChoiceTest() override {
    unsetenv("CREDENTIALS_DIRECTORY");
    fs::remove_all(x_dir);
  }
  void write(const char* name, const std::string& text) const {
    std::ofstream(x_dir / name) << text;
    fs::permissions(x_dir / name, fs::perms::owner_read | fs::perms::owner_write);
  }
  const fs::path& dir() const { return x_dir; }

 private:
  fs::path x_dir;
};

TEST_F(RootKeyChoiceTest, ReadsEveryForm) {
  const auto file = parse_root_key("passphrase-file:frase", "/etc/cartella").value();
  EXPECT_EQ(file.file, "/etc/cartella/frase");
  EXPECT_EQ(parse_root_key("prompt").value().kind, RootKeyChoice::Kind::prompt);
  EXPECT_EQ(parse_root_key("credential:radice").value().credential, "radice");
  const auto token =
      parse_root_key("pkcs11:/usr/lib/m.so?token=ambito&object=radice&pin-credential=pin").value();
  ASSERT_TRUE(token.token);
  EXPECT_EQ(token.token->module, "/usr/lib/m.so");
  EXPECT_EQ(token.token->token, "ambito");
  EXPECT_EQ(token.token->object, "radice");
  EXPECT_EQ(token.credential, "pin");
}

TEST_F(RootKeyChoiceTest, RefusesWhatIsNoSource) {
  for (const char* text :
       {"", "frase", "passphrase-file:", "credential:", "credential:../radice", "credential:.x",
        "pkcs11:/m.so", "pkcs11:/m.so?token=a",
        "pkcs11:/m.so?object=a&token=", "pkcs11:/m.so?token=a&object=b&pin-value=1234"}) {
    const auto parsed = parse_root_key(text);
    ASSERT_TRUE(parsed.has_error()) << text;
    EXPECT_EQ(parsed.error().code, Errc::invalid_argument) << text;
  }
  Options both;
  both.passphrase_file = "frase";
  both.root_key = "prompt";
  EXPECT_TRUE(chosen_root_key(both).has_error());
}

TEST_F(RootKeyChoiceTest, TakesACredentialOfSystemdAsTextOrAs32Bytes) {
  const auto choice = parse_root_key("credential:radice").value();
  EXPECT_EQ(read_root_source(choice).error().code, Errc::not_found);
  setenv("CREDENTIALS_DIRECTORY", dir().c_str(), 1);
  EXPECT_EQ(read_root_source(choice).error().code, Errc::not_found);
  write("radice", "una frase\naltro\n");
  EXPECT_EQ(read_root_source(choice).value().secret.text, "una frase");
  const std::string raw("0123456789\n\0abcdefghijklmnopqrst", 32);
  write("radice", raw);
  EXPECT_EQ(read_root_source(choice).value().secret.text, raw);
}

TEST_F(RootKeyChoiceTest, TakesTheLineThatAClientSent) {
  std::istringstream line("battuta al terminale\n");
  const auto source = read_root_source(parse_root_key("prompt").value(), {true, &line});
  EXPECT_EQ(source.value().secret.text, "battuta al terminale");
  std::istringstream too_long(std::string(4097, 'x'));
  EXPECT_EQ(read_root_source(parse_root_key("prompt").value(), {true, &too_long}).error().code,
            Errc::invalid_input)
      << "nothing of a secret is cut off in silence";
  std::istringstream empty("\n");
  EXPECT_EQ(read_root_source(parse_root_key("prompt").value(), {true, &empty}).error().code,
            Errc::invalid_input);
}

TEST_F(RootKeyChoiceTest, TellsAFileBesideTheDataFromOneElsewhere) {
  write("frase", "una frase\n");
  const auto beside = parse_root_key("passphrase-file:" + (dir() / "frase").string()).value();
  EXPECT_TRUE(lies_beside_data(beside, dir() / "non" / "ancora").value());
  // Another file system on every Linux.
  EXPECT_FALSE(lies_beside_data(beside, "/proc").value());
  EXPECT_FALSE(lies_beside_data(parse_root_key("prompt").value(), dir()).value());
  EXPECT_EQ(beside_data_error(beside).code, Errc::refused);
}

}  // namespace
}  // namespace cartella::ops
