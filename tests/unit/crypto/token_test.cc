// A root key on a PKCS#11 token, played by SoftHSM 2 (S-KEYS, F-26).
#include "crypto/token.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/unit/crypto/vault_child.h"

namespace cartella::crypto {
namespace {

namespace fs = std::filesystem;
using testing::dies_as_child;
using testing::kDied;
using testing::small_options;

const fs::path kModule = "/usr/lib/softhsm/libsofthsm2.so";
const Passphrase kPin{"135790"};

bool run(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

// The allocator of AddressSanitizer is not made ready for a fork, as that of glibc is: beside
// threads that take memory, what works apart may hang there and be given up (crypto/apart.h). Then
// again.
Status rotate(Vault& vault, const RootSource& to, const Vault::Step& step = {}) {
  Status done = vault.rotate_root(to, step);
  for (int i = 0; i < 4 && !done && done.error().code == Errc::unavailable; ++i)
    done = vault.rotate_root(to, step);
  return done;
}

class TokenTest : public ::testing::Test {
 protected:
  TokenTest() : x_dir(fs::path(::testing::TempDir()) / ("token_" + std::to_string(getpid()))) {}
  ~TokenTest() override { fs::remove_all(x_dir); }

  void SetUp() override {
    const bool here = fs::exists(kModule) && run("which softhsm2-util pkcs11-tool");
    if (!here && std::getenv("CI") != nullptr) FAIL() << "CI has softhsm2 and opensc";
    if (!here) GTEST_SKIP() << "softhsm2 and opensc are not installed";
    fs::remove_all(x_dir);
    fs::create_directories(x_dir / "tokens");
    std::ofstream(x_dir / "softhsm2.conf")
        << "directories.tokendir = " << (x_dir / "tokens").string() << "\nlog.level = ERROR\n";
    ASSERT_EQ(setenv("SOFTHSM2_CONF", (x_dir / "softhsm2.conf").c_str(), 1), 0);
    make_token("cartella", "radice");
  }
  void make_token(const std::string& label, const std::string& key) {
    ASSERT_TRUE(run("softhsm2-util --init-token --free --so-pin 24680246 --label " + label +
                    " --pin " + kPin.text));
    make_key(label, key, "--sensitive");
  }
  void make_key(const std::string& label, const std::string& key, const std::string& more) {
    ASSERT_TRUE(run("pkcs11-tool --module " + kModule.string() + " --token-label " + label +
                    " --login --pin " + kPin.text + " --keygen --key-type AES:32 --label " + key +
                    " " + more));
  }
  static TokenAddress address(const std::string& token = "cartella",
                              const std::string& object = "radice") {
    return {kModule, token, object};
  }
  const fs::path& dir() const { return x_dir; }
  fs::path data() const { return x_dir / "data"; }
  Errc open_error(const RootSource& with) const {
    const auto opened = Vault::open(data(), with, small_options());
    return opened.has_error() ? opened.error().code : Errc::unsupported;
  }
  // Rotates in a process of its own that dies, without any destructor, at the step of that name.
  bool dies_at(const char* step, const std::string& token, const std::string& key) const {
    return dies_as_child("MovingChild", {{"CARTELLA_MOVE_STEP", step},
                                         {"CARTELLA_MOVE_DIR", data().string()},
                                         {"CARTELLA_MOVE_TOKEN", token},
                                         {"CARTELLA_MOVE_KEY", key}});
  }
  // A vault under the first token whose root key moves, and a kill at that step.
  void die_at(const char* step, const std::string& token, const std::string& key) const {
    fs::remove_all(data());
    ASSERT_TRUE(Vault::create(data(), RootSource(address(), kPin), small_options()));
    ASSERT_TRUE(dies_at(step, token, key)) << step;
  }

 private:
  fs::path x_dir;
};

Errc error_of(const TokenAddress& at, const Passphrase& pin, const WrappedRoot& wrapped) {
  const auto opened = unwrap_on_token(at, pin, wrapped);
  return opened.has_error() ? opened.error().code : Errc::unsupported;
}

TEST_F(TokenTest, SKEYS_UnwrapsWhatTheTokenWrappedAndNothingElse) {
  const Secret32 root = Secret32::random();
  const WrappedRoot wrapped = wrap_on_token(address(), kPin, root).value();

  EXPECT_TRUE(
      equal_constant_time(unwrap_on_token(address(), kPin, wrapped).value().view(), root.view()));
  for (std::size_t at = 0; at < wrapped.sealed.size(); at += 5) {
    WrappedRoot changed = wrapped;
    changed.sealed[at] ^= 1;
    EXPECT_EQ(error_of(address(), kPin, changed), Errc::corrupt) << at;
  }
}

TEST_F(TokenTest, F26_TellsAWrongPinFromAnotherTokenFromNone) {
  const WrappedRoot wrapped = wrap_on_token(address(), kPin, Secret32::random()).value();
  make_token("altro", "radice");

  EXPECT_EQ(error_of(address(), Passphrase{"000000"}, wrapped), Errc::wrong_passphrase);
  EXPECT_EQ(error_of(address("altro"), kPin, wrapped), Errc::not_found);
  EXPECT_EQ(error_of(address("cartella", "manca"), kPin, wrapped), Errc::not_found);
  TokenAddress nowhere = address();
  nowhere.module = dir() / "manca.so";
  EXPECT_EQ(error_of(nowhere, kPin, wrapped), Errc::not_found);
  fs::rename(dir() / "tokens", dir() / "tolti");
  fs::create_directories(dir() / "tokens");
  EXPECT_EQ(error_of(address(), kPin, wrapped), Errc::not_found);
}

TEST_F(TokenTest, RefusesAKeyThatMayLeaveTheToken) {
  make_key("cartella", "fuggitiva", "--extractable");
  EXPECT_EQ(wrap_on_token(address("cartella", "fuggitiva"), kPin, Secret32::random()).error().code,
            Errc::invalid_argument);
}

TEST_F(TokenTest, SKEYS_AVaultMovesFromAPassphraseToATokenAndBack) {
  const Passphrase phrase{"una frase"};
  const RootSource token(address(), kPin);
  auto vault = Vault::create(data(), phrase, small_options()).value();
  const StreamId stream = vault->new_stream().value();

  ASSERT_TRUE(rotate(*vault, token));
  vault.reset();
  EXPECT_EQ(open_error(phrase), Errc::invalid_argument);
  EXPECT_EQ(open_error(RootSource(address(), Passphrase{"999999"})), Errc::wrong_passphrase);
  vault = Vault::open(data(), token, small_options()).value();
  EXPECT_TRUE(vault->verify());
  ASSERT_TRUE(rotate(*vault, Passphrase{"un'altra frase"}));
  vault.reset();

  EXPECT_EQ(open_error(token), Errc::invalid_argument);
  EXPECT_TRUE(Vault::open(data(), Passphrase{"un'altra frase"}, small_options()));
  EXPECT_FALSE(stream.is_zero());
}

// The process that dies_at starts; by itself it has nothing to move.
TEST(MovingChild, DISABLED_DiesAtTheStepItIsTold) {
  const char* const last = std::getenv("CARTELLA_MOVE_STEP");
  if (last == nullptr) GTEST_SKIP() << "only as a child of TokenTest";
  const TokenAddress from{kModule, "cartella", "radice"};
  const TokenAddress to{kModule, std::getenv("CARTELLA_MOVE_TOKEN"),
                        std::getenv("CARTELLA_MOVE_KEY")};
  const auto vault =
      Vault::open(std::getenv("CARTELLA_MOVE_DIR"), RootSource(from, kPin), small_options())
          .value();
  EXPECT_TRUE(rotate(*vault, RootSource(to, kPin), [&](std::string_view step) {
    if (step == last) _exit(kDied);
  }));
}

TEST_F(TokenTest, F16_AKillWhileTheRootMovesToAnotherTokenLeavesTheOldOneOrTheNewOne) {
  make_token("altro", "radice");
  const RootSource before(address(), kPin);
  const RootSource after(address("altro"), kPin);
  for (const char* const step : {"root.next", "shards", "root.params"}) {
    die_at(step, "altro", "radice");
    const bool is_old = std::string_view(step) == "root.next";

    // Only the parameters were there: the old token; from the shard file on, the new one.
    EXPECT_NE(open_error(is_old ? after : before), Errc::unsupported) << step;
    const auto again = Vault::open(data(), is_old ? before : after, small_options());
    ASSERT_TRUE(again) << step << ": " << again.error().detail;
    EXPECT_TRUE(again.value()->verify()) << step;
    EXPECT_FALSE(fs::exists(data() / "keys" / "root.next")) << step;
  }
}

TEST_F(TokenTest, F16_AKillWhileTheRootMovesToAnotherKeyOfTheTokenLeavesTheOldOneOrTheNewOne) {
  make_key("cartella", "seconda", "--sensitive");
  die_at("shards", "cartella", "seconda");

  EXPECT_NE(open_error(RootSource(address(), kPin)), Errc::unsupported);
  EXPECT_EQ(open_error(RootSource(address("cartella", "seconda"), kPin)), Errc::unsupported);
  EXPECT_FALSE(fs::exists(data() / "keys" / "root.next"));
}

TEST_F(TokenTest, F16_AfterAKillAWrongPinOfTheNewTokenIsToldAsOne) {
  make_token("altro", "radice");
  die_at("shards", "altro", "radice");

  EXPECT_EQ(open_error(RootSource(address("altro"), Passphrase{"000000"})), Errc::wrong_passphrase);
  EXPECT_TRUE(fs::exists(data() / "keys" / "root.next"));
  EXPECT_EQ(open_error(RootSource(address("altro"), kPin)), Errc::unsupported);
}

}  // namespace
}  // namespace cartella::crypto
