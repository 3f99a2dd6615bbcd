// Rotation of the key with which the log signs its checkpoints (CR-08).
#include "keeping/log_keys.h"

#include "cases/log_key.h"
#include "store/verify.h"
#include "tests/unit/cases/executor_fixture.h"

namespace cartella::keeping {
namespace {

class LogKeysTest : public cases::ExecutorTest {
 protected:
  void SetUp() override {
    crypto::start();
    dir = std::filesystem::path(::testing::TempDir()) /
          ("log-keys-" + std::to_string(getpid()) + "-" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
    crypto::VaultOptions options;
    options.fast_passphrase = true;
    options.pool_target = 64;
    vault = crypto::Vault::create(dir, crypto::Passphrase{"prova"}, options).value();
    ambito.name = "Ambito di prova";
    ambito.slug = "prova";
    ambito.mode = "test";
    identity = cases::new_log_identity(ambito).value();
    keys = LogKeys::open(*vault, std::nullopt).value();
    log = store::Store::create(dir, identity.log, identity.origin, keys->in_force(), clock,
                               store_options())
              .value();
    ASSERT_TRUE(cases::initialise(*log, *vault, keys->in_force(), server, clock, ambito));
    open_executor();
  }
  void TearDown() override {
    executor.reset();
    log.reset();
    keys.reset();
    ExecutorTest::TearDown();
  }
  // Another run over what is on the disk.
  void open_again() {
    executor.reset();
    log.reset();
    keys = LogKeys::open(*vault, store::Store::log_key_of(dir).value()).value();
    log = store::Store::open(dir, keys->in_force(), clock, store_options()).value();
    open_executor();
    ASSERT_TRUE(keys->finish(on()));
  }
  LogKeys::On on() { return {*log, *vault, *executor, clock}; }
  void append() {
    cases::CommandContext by = context();
    by.actor = cases::installation_actor();
    by.controller = cases::installation_controller();
    ASSERT_TRUE(executor->execute(by, cases::SetConfiguration{"prova", std::to_string(++count)}));
  }
  bool is_signed_by(const std::string& note, const crypto::PublicKey& key) {
    return crypto::open_checkpoint(note, log->origin(), key).has_value();
  }
  void expect_sound(std::string_view when) {
    const auto report = store::verify_log(*log, {}).value();
    EXPECT_TRUE(report.findings.empty())
        << when << ": " << (report.findings.empty() ? "" : report.findings[0].detail);
  }

  std::unique_ptr<LogKeys> keys;
  int count = 0;
};

TEST_F(LogKeysTest, CR08_OneCheckpointCarriesBothKeysAndLaterOnesTheNewOneAlone) {
  append();
  const auto old = log->log_key();
  const std::string before = log->signed_checkpoint().value();

  ASSERT_TRUE(keys->rotate(on()));

  const auto next = log->log_key();
  ASSERT_NE(next, old);
  EXPECT_EQ(cases::last_genesis(*log).value().log_key, next);
  const std::string crossing = log->signed_checkpoint().value();
  EXPECT_TRUE(is_signed_by(crossing, old));
  EXPECT_TRUE(is_signed_by(crossing, next));
  append();
  const std::string after = log->signed_checkpoint().value();
  EXPECT_FALSE(is_signed_by(after, old));
  EXPECT_TRUE(is_signed_by(after, next));
  EXPECT_EQ(vault->named_secrets("log-signing-key").value().size(), 1u);
  ASSERT_TRUE(log->publish());
  expect_sound("live");

  open_again();
  EXPECT_EQ(log->log_key(), next);
  expect_sound("again");
  store::VerifyOptions against;
  against.against = before;
  EXPECT_TRUE(store::verify_log(*log, against).value().findings.empty());
}

TEST_F(LogKeysTest, CR08_ARotationThatStopsAtAnyStepIsFinishedByTheNextStart) {
  struct Stopped {};
  for (const std::string_view last : {"created", "named", "adopted"}) {
    append();
    const auto old = log->log_key();
    const auto stop = [&](std::string_view step) {
      if (step == last) throw Stopped();
    };
    EXPECT_THROW(static_cast<void>(keys->rotate(on(), stop).has_value()), Stopped) << last;
    expect_sound(last);

    open_again();

    EXPECT_EQ(log->log_key() != old, last != "created") << last;
    append();
    expect_sound(last);
    ASSERT_TRUE(keys->rotate(on())) << last;
    EXPECT_EQ(vault->named_secrets("log-signing-key").value().size(), 1u) << last;
  }
}

TEST_F(LogKeysTest, CR08_ACopyOfTheLogFromBeforeARotationOpensReadOnlyWithTheNewerVault) {
  append();
  const auto old = log->log_key();
  const auto kept = std::filesystem::path(dir.string() + "-kept");
  ASSERT_TRUE(log->publish());
  executor.reset();
  log.reset();
  std::filesystem::remove_all(kept);
  std::filesystem::copy(dir, kept, std::filesystem::copy_options::recursive);
  open_again();
  ASSERT_TRUE(keys->rotate(on()));
  append();
  const auto newest = log->log_key();
  executor.reset();
  log.reset();
  for (const char* part : {"log.meta", "log", "journal", "head"}) {
    std::filesystem::remove_all(dir / part);
    std::filesystem::rename(kept / part, dir / part);
  }
  std::filesystem::remove_all(kept);

  keys = LogKeys::open(*vault, old).value();

  EXPECT_EQ(keys->in_force().public_key(), newest);
  EXPECT_EQ(store::Store::open(dir, keys->in_force(), clock, store_options()).error().code,
            Errc::invalid_argument);
  auto options = store_options();
  options.open_older = true;
  log = store::Store::open(dir, keys->in_force(), clock, options).value();
  EXPECT_EQ(log->rollback().error().code, Errc::rollback);
  EXPECT_EQ(log->signed_checkpoint().error().code, Errc::rollback);
  // The next era must not be signed by a key that signed what is lost.
  EXPECT_NE(keys->fresh(*vault).value(), newest);
  log.reset();
}

TEST_F(LogKeysTest, AVaultThatNeverHeldTheKeyOfTheLogIsRefused) {
  EXPECT_EQ(LogKeys::open(*vault, crypto::PublicKey{1}).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace cartella::keeping
