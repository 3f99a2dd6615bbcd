// A start after a kill: the vault is told by the log which keys are in use, and loses none of them.
#include "cases/key_recovery.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "cases/bootstrap.h"
#include "cases/executor.h"
#include "crypto/command_id.h"
#include "tests/unit/cases/world.h"

namespace cartella::cases {
namespace {

namespace fs = std::filesystem;

class KeyRecoveryTest : public testing::Test {
 protected:
  void SetUp() override {
    crypto::start();
    x_dir = fs::path(testing::TempDir()) /
            ("key-recovery-" + std::to_string(getpid()) + "-" +
             testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(x_dir);
    fs::create_directories(x_dir);
    x_vault = crypto::Vault::create(x_dir, passphrase(), vault_options()).value();
    AmbitoParameters ambito{"Ambito di prova", "prova", "", "test"};
    const LogIdentity identity = new_log_identity(ambito).value();
    x_log = store::Store::create(x_dir, identity.log, identity.origin, x_log_key, x_clock,
                                 store_options())
                .value();
    ASSERT_TRUE(initialise(*x_log, *x_vault, x_log_key, x_server, x_clock, ambito));
    open_executor();
    for (const Command& command : organisation_commands()) execute(command);
  }
  void TearDown() override {
    x_executor.reset();
    x_log.reset();
    x_vault.reset();
    fs::remove_all(x_dir);
  }

  static crypto::Passphrase passphrase() { return crypto::Passphrase{"prova"}; }
  static crypto::VaultOptions vault_options() {
    crypto::VaultOptions options;
    options.fast_passphrase = true;
    options.pool_target = 64;
    return options;
  }
  static store::StoreOptions store_options() {
    store::StoreOptions options;
    options.journal_segment_bytes = 1 << 20;
    options.space_low_bytes = 0;  // the reserve is not what is tested: a small disk must do
    options.space_critical_bytes = 0;
    return options;
  }
  static crypto::Secret32 seed(std::uint8_t value) {
    Hash32 bytes{};
    bytes.fill(value);
    return crypto::Secret32(bytes);
  }
  void open_executor() {
    x_executor = Executor::open(*x_log, *x_vault, x_server, x_clock, x_codes, {}).value();
  }
  Outcome execute(const Command& command) {
    CommandContext context;
    context.command_id = crypto::new_command_id(x_clock);
    context.actor = kWorker;
    context.controller = controller_of(kEnte);
    context.occurred_at = x_clock.wall();
    return x_executor->execute(context, command).value();
  }
  // Nothing was remembered since the last mark: as after a kill.
  void reopen() {
    x_executor.reset();
    x_log.reset();
    x_vault.reset();
    x_vault = crypto::Vault::open(x_dir, passphrase(), vault_options()).value();
    x_log = store::Store::open(x_dir, x_log_key, x_clock, store_options()).value();
  }
  // Segments that a key is missing for.
  std::size_t closed_segments() {
    std::size_t closed = 0;
    EXPECT_TRUE(x_log->scan(0, x_log->size(), [&](const crypto::StoredEvent& stored) -> Status {
      CARTELLA_TRY(const auto event, crypto::open_event(x_log->log_id(), *x_vault, stored));
      for (const auto& segment : event.segments) closed += segment.available ? 0 : 1;
      return ok();
    }));
    return closed;
  }

  fs::path x_dir;
  ManualClock x_clock{start_of(kToday)};
  TestCodes x_codes;
  crypto::Signer x_log_key{seed(1)};
  crypto::Signer x_server{seed(2)};
  std::unique_ptr<crypto::Vault> x_vault;
  std::unique_ptr<store::Store> x_log;
  std::unique_ptr<Executor> x_executor;
};

TEST_F(KeyRecoveryTest, KeepsEveryKeyThatAnEventUses) {
  execute(person_with("PRVFTZ59A41D653B"));
  execute(anonymous_person("Ospite"));
  ASSERT_EQ(closed_segments(), 0u);

  reopen();
  ASSERT_TRUE(recover_keys(*x_log, *x_vault, x_vault->remembered_through().value()));

  EXPECT_EQ(closed_segments(), 0u);
  EXPECT_TRUE(x_vault->verify());
}

TEST_F(KeyRecoveryTest, FindsTheKeysOfAPersonAgain) {
  const Outcome person = execute(anonymous_person("Ospite"));
  const auto before = x_vault->owner_keys_of(schema::KeyDomain::subject, person.subject.bytes,
                                             controller_of(kEnte));
  ASSERT_FALSE(before.empty());

  reopen();
  EXPECT_TRUE(
      x_vault->owner_keys_of(schema::KeyDomain::subject, person.subject.bytes, controller_of(kEnte))
          .empty());
  ASSERT_TRUE(recover_keys(*x_log, *x_vault, 0));
  EXPECT_EQ(x_vault->owner_keys_of(schema::KeyDomain::subject, person.subject.bytes,
                                   controller_of(kEnte)),
            before);
}

TEST_F(KeyRecoveryTest, RefusesALogOlderThanTheVaultAndDestroysNothing) {
  execute(anonymous_person("Ospite"));
  reopen();

  const Status recovered = recover_keys(*x_log, *x_vault, x_log->size() + 1);

  EXPECT_EQ(recovered.error().code, Errc::rollback);
  EXPECT_EQ(closed_segments(), 0u);
}

}  // namespace
}  // namespace cartella::cases
