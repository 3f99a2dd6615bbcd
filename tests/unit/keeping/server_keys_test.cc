// Rotation of the key with which the server signs (CR-08, CR-09, T4).
#include "keeping/server_keys.h"

#include <atomic>
#include <thread>

#include "cases/server_key.h"
#include "store/verify.h"
#include "tests/unit/cases/executor_fixture.h"

namespace cartella::keeping {
namespace {

using cases::DefineZone;

class ServerKeysTest : public cases::ExecutorTest {
 protected:
  // A log as init makes it: its server key is the vault's.
  void SetUp() override {
    crypto::start();
    dir = std::filesystem::path(::testing::TempDir()) /
          ("server-keys-" + std::to_string(getpid()) + "-" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
    vault = crypto::Vault::create(dir, crypto::Passphrase{"prova"}, vault_options()).value();
    ambito.name = "Ambito di prova";
    ambito.slug = "prova";
    ambito.mode = "test";
    identity = cases::new_log_identity(ambito).value();
    log = store::Store::create(dir, identity.log, identity.origin, log_key, clock, store_options())
              .value();
    keys = ServerKeys::begin(*vault).value();
    ASSERT_TRUE(cases::initialise(*log, *vault, log_key, keys->in_force(), clock, ambito));
    open();
  }
  void TearDown() override {
    executor.reset();
    keys.reset();
    ExecutorTest::TearDown();
  }
  static crypto::VaultOptions vault_options() {
    crypto::VaultOptions options;
    options.fast_passphrase = true;
    options.pool_target = 64;
    return options;
  }
  void open() {
    executor.reset();
    keys = ServerKeys::open(*vault, *log).value();
    executor = cases::Executor::open(*log, *vault, keys->in_force(), clock, codes, {}).value();
    ASSERT_TRUE(keys->finish(on()));
  }
  ServerKeys::On on() { return {*log, *vault, *executor, clock}; }
  bool define_zone(std::uint8_t number) {
    DefineZone zone;
    zone.zone.bytes.fill(number);
    zone.name = "Zona " + std::to_string(number);
    zone.code = std::to_string(number);
    cases::CommandContext by = context();
    by.actor = cases::installation_actor();
    by.controller = cases::installation_controller();
    return executor->execute(by, zone).has_value();
  }
  SignerId signer_at(std::uint64_t position) { return log->read(position).value().leaf.signer_id; }
  // Every signature, by the keys that were in force at its position.
  store::VerifyReport verified() {
    EXPECT_TRUE(log->signed_checkpoint());
    return store::verify_log(*log, {}).value();
  }

  std::unique_ptr<ServerKeys> keys;
};

TEST_F(ServerKeysTest, CR09_TheOldKeyIsRefusedFromItsRevocationOnAndStaysValidBefore) {
  ASSERT_TRUE(define_zone(1));
  const std::uint64_t before = log->size() - 1;
  const crypto::Signer& old = keys->in_force();

  ASSERT_TRUE(keys->rotate(on()));

  const crypto::Signer& next = keys->in_force();
  ASSERT_NE(next.id(), old.id());
  EXPECT_EQ(signer_at(before), old.id());
  const auto revoked = log->find_signer(old.id());
  ASSERT_TRUE(revoked && revoked->revoked_from);
  EXPECT_GT(*revoked->revoked_from, before);
  ASSERT_TRUE(define_zone(2));
  EXPECT_EQ(signer_at(log->size() - 1), next.id());

  // Whoever holds the old key would let another one in.
  const crypto::Signer intruder(seed(9));
  const Status refused = cases::enrol_server_key(*log, *vault, old, intruder, clock);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::key_revoked);
  const auto report = verified();
  EXPECT_TRUE(report.findings.empty());
  EXPECT_GT(report.signatures, 0u);
}

TEST_F(ServerKeysTest, CR08_AppendsGoOnWhileTheKeyRotatesAndNoEventChanges) {
  std::vector<Hash32> before;
  for (std::uint64_t at = 0; at < log->size(); ++at)
    before.push_back(crypto::leaf_hash_second(log->read(at).value().leaf));
  std::atomic<bool> stop = false;
  std::atomic<int> done = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> writers;
  for (int i = 0; i < 3; ++i)
    writers.emplace_back([&, i] {
      for (int n = 0; !stop && n < 60; ++n)
        ++(define_zone(static_cast<std::uint8_t>(10 + 60 * i + n)) ? done : failed);
    });

  for (int i = 0; i < 3; ++i) ASSERT_TRUE(keys->rotate(on())) << i;
  stop = true;
  for (std::thread& writer : writers) writer.join();

  EXPECT_EQ(failed, 0);
  EXPECT_GT(done, 0);
  for (std::uint64_t at = 0; at < before.size(); ++at)
    EXPECT_EQ(crypto::leaf_hash_second(log->read(at).value().leaf), before[at]) << at;
  EXPECT_TRUE(verified().findings.empty());
  EXPECT_EQ(vault->named_secrets("server-signing-key").value().size(), 1u);
}

// What a crash leaves is what the steps before it made durable.
TEST_F(ServerKeysTest, CR08_ARotationThatStopsAtAnyStepIsFinishedByTheNextStart) {
  struct Stopped {};
  std::uint8_t zone = 0;
  for (const std::string_view last : {"created", "enrolled", "revoked"}) {
    const SignerId old = keys->in_force().id();
    const auto stop = [&](std::string_view step) {
      if (step == last) throw Stopped();
    };
    EXPECT_THROW(static_cast<void>(keys->rotate(on(), stop).has_value()), Stopped) << last;

    open();

    const bool was_enrolled = last != "created";
    EXPECT_EQ(keys->in_force().id() != old, was_enrolled) << last;
    EXPECT_EQ(log->find_signer(old)->revoked_from.has_value(), was_enrolled) << last;
    EXPECT_TRUE(define_zone(++zone)) << last;
    EXPECT_TRUE(verified().findings.empty()) << last;
    ASSERT_TRUE(keys->rotate(on())) << last;
    EXPECT_EQ(vault->named_secrets("server-signing-key").value().size(), 1u) << last;
  }
}

}  // namespace
}  // namespace cartella::keeping
