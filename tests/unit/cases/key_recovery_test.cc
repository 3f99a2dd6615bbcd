// A start after a kill: the vault is told by the log which keys are in use, and loses none of them.
#include "cases/key_recovery.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "cases/bootstrap.h"
#include "cases/executor.h"
#include "cases/key_account.h"
#include "cases/seal_call.h"
#include "crypto/command_id.h"
#include "schema/body.h"
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

  // Another run, so that what follows uses keys that an older copy of the vault does not have.
  void start_again() {
    reopen();
    ASSERT_TRUE(recover_keys(*x_log, *x_vault, x_vault->remembered_through().value()));
    ASSERT_TRUE(x_vault->remember(x_log->size()));
    open_executor();
  }
  void copy_vault(const fs::path& from, const fs::path& to) {
    for (const char* part : {"vault", "keys"}) {
      fs::remove_all(to / part);
      fs::create_directories(to);
      fs::copy(from / part, to / part, fs::copy_options::recursive);
    }
  }
  void decide_erasure(const std::string& scope, const Raw16& target,
                      const std::string& decision = "erase") {
    const schema::TypeInfo* type = schema::find_type(schema::EventType::erasure_decided);
    PlannedBody body;
    body.plaintext = {type->schema_id, type->revision,
                      schema::encode_body<schema::ErasureDecided>([&](auto to) {
                        to.setScope(schema::text_from(scope));
                        to.setTarget(schema::data_of(target));
                        to.setDecision(schema::text_from(decision));
                      })};
    Decision planned;
    planned.events.push_back({type->type, log_stream(x_log->log_id()), crypto::kExpectAny, {body}});
    CommandContext context;
    context.command_id = crypto::new_command_id(x_clock);
    context.actor = kWorker;
    context.controller = controller_of(kEnte);
    const std::string version = "0";
    const Sealing sealing{x_log->log_id(), *x_vault, x_server, version};
    auto sealed = seal_call(sealing, planned, SetConfiguration{}, context).value();
    ASSERT_TRUE(x_log->append(std::move(sealed.call)));
  }
  // The person's keys, as an erasure destroys them; answers where the person stands in the log.
  std::uint64_t destroy_person(const Outcome& person) {
    const auto keys = x_vault->owner_keys_of(schema::KeyDomain::subject, person.subject.bytes,
                                             controller_of(kEnte));
    EXPECT_TRUE(x_vault->destroy_keys(keys, std::array{person.stream}));
    return person.receipt.first_position;
  }
  Status recover() { return recover_keys(*x_log, *x_vault, 0); }

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

TEST_F(KeyRecoveryTest, RefusesAVaultOlderThanTheLogAtTheFirstEventWhoseKeyIsLost) {
  start_again();
  const fs::path older = x_dir / "older";
  const fs::path newer = x_dir / "newer";
  x_executor.reset();
  x_log.reset();
  x_vault.reset();
  copy_vault(x_dir, older);
  reopen();
  start_again();
  const Outcome person = execute(anonymous_person("Ospite"));
  ASSERT_TRUE(x_vault->remember(x_log->size()));
  x_executor.reset();
  x_log.reset();
  x_vault.reset();
  copy_vault(x_dir, newer);
  copy_vault(older, x_dir);
  reopen();

  const Status recovered = recover_keys(*x_log, *x_vault, x_vault->remembered_through().value());

  EXPECT_EQ(recovered.error().code, Errc::corrupt);
  EXPECT_NE(recovered.error().detail.find("position " +
                                          std::to_string(person.receipt.first_position) + ":"),
            std::string::npos)
      << recovered.error().detail;
  EXPECT_EQ(find_lost_key(*x_log, *x_vault).value()->position, person.receipt.first_position);
  // The vault that belongs to the log still opens everything.
  x_log.reset();
  x_vault.reset();
  copy_vault(newer, x_dir);
  reopen();
  ASSERT_TRUE(recover_keys(*x_log, *x_vault, x_vault->remembered_through().value()));
  EXPECT_EQ(closed_segments(), 0u);
  EXPECT_FALSE(find_lost_key(*x_log, *x_vault).value());
}

TEST_F(KeyRecoveryTest, TakesKeysForErasedThatALaterErasureOfAPersonAnswersFor) {
  const Outcome person = execute(anonymous_person("Ospite"));
  destroy_person(person);
  decide_erasure("person", person.subject.bytes);
  reopen();
  EXPECT_TRUE(recover());
  EXPECT_FALSE(find_lost_key(*x_log, *x_vault).value());
}

TEST_F(KeyRecoveryTest, TakesAStreamForErasedThatALaterErasureOfThatItemAnswersFor) {
  const Outcome first = execute(anonymous_person("Uno"));
  const Outcome second = execute(anonymous_person("Due"));
  ASSERT_TRUE(x_vault->destroy_keys({}, std::array{first.stream}));
  decide_erasure("item", first.stream.bytes);
  EXPECT_FALSE(find_lost_key(*x_log, *x_vault).value());

  // It answers for no other item.
  ASSERT_TRUE(x_vault->destroy_keys({}, std::array{second.stream}));
  const auto lost = find_lost_key(*x_log, *x_vault).value();
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->position, second.receipt.first_position);
  EXPECT_EQ(lost->stream, second.stream);
  reopen();
  EXPECT_EQ(recover().error().code, Errc::corrupt);
}

TEST_F(KeyRecoveryTest, TakesNoKeyForErasedThatIsUsedAfterTheErasureOrWhereItWasRefused) {
  const Outcome before = execute(anonymous_person("Prima"));
  decide_erasure("person", before.subject.bytes, "refuse");
  const std::uint64_t lost_before = destroy_person(before);
  EXPECT_EQ(find_lost_key(*x_log, *x_vault).value()->position, lost_before);

  decide_erasure("person", before.subject.bytes);
  EXPECT_FALSE(find_lost_key(*x_log, *x_vault).value());
  const std::uint64_t lost_after = destroy_person(execute(anonymous_person("Dopo")));
  EXPECT_EQ(find_lost_key(*x_log, *x_vault).value()->position, lost_after);
}

}  // namespace
}  // namespace cartella::cases
