// What opening a data directory writes into its log, and what it refuses.
#include "ops/workspace.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "cases/bootstrap.h"
#include "cases/registered_schemas.h"
#include "keeping/rollback.h"
#include "keeping/server_keys.h"
#include "ops/second_paths.h"
#include "schema/codec.h"

namespace cartella::ops {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

struct NoCodes final : cases::BenefitCodes {
  std::optional<std::string> denomination(std::string_view, Date) const override { return {}; }
};

class WorkspaceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    crypto::start();
    dir = std::filesystem::path(::testing::TempDir()) /
          ("workspace-" + std::to_string(getpid()) + "-" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(dir);
    opening.with_executor = true;
    opening.fast_passphrase = true;
    opening.disk_reserve = false;
  }
  void TearDown() override { std::filesystem::remove_all(dir); }

  static crypto::Passphrase passphrase() { return crypto::Passphrase{"prova"}; }

  // A store as init makes one, but whose last event was recorded then; closed. Without schemas: as
  // a program would have made it that wrote other ones than this one.
  void make_log_at(TimeUs time, bool with_schemas = true) {
    std::filesystem::create_directories(dir);
    ASSERT_TRUE(write_second_paths(dir, {}));
    crypto::VaultOptions vault_options;
    vault_options.fast_passphrase = true;
    auto vault = crypto::Vault::create(dir, passphrase(), vault_options).value();
    const crypto::Signer log_key(vault->named_secret("log-signing-key").value());
    const crypto::Signer server(vault->named_secret("server-signing-key").value());
    const cases::AmbitoParameters ambito{"Ambito di prova", "prova", "10", "test"};
    const auto identity = cases::new_log_identity(ambito).value();
    const ManualClock clock(time);
    store::StoreOptions store_options;
    store_options.space_low_bytes = 0;
    store_options.space_critical_bytes = 0;
    auto log =
        store::Store::create(dir, identity.log, identity.origin, log_key, clock, store_options)
            .value();
    if (with_schemas) {
      ASSERT_TRUE(cases::initialise(*log, *vault, log_key, server, clock, ambito));
      if (rotating) begin_rotation(*log, *vault, clock);
      return;
    }
    ASSERT_TRUE(cases::begin_log(*log, *vault, log_key, server, clock, ambito));
    ASSERT_TRUE(cases::define_ambito(*log, *vault, server, clock, ambito));
  }
  // The server's next key is enrolled, and there it ends.
  static void begin_rotation(store::Store& log, crypto::Vault& vault, const Clock& clock) {
    struct Stopped {};
    const NoCodes codes;
    const auto keys = keeping::ServerKeys::open(vault, log).value();
    const auto executor =
        cases::Executor::open(log, vault, keys->in_force(), clock, codes, {}).value();
    try {
      (void)keys->rotate({log, vault, *executor, clock}, [](std::string_view step) {
        if (step == "enrolled") throw Stopped();
      });
      FAIL() << "the rotation did not stop";
    } catch (const Stopped&) {
    }
  }
  std::unique_ptr<Workspace> open() {
    auto opened = Workspace::open(dir, passphrase(), opening);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().detail);
    return opened ? std::move(opened).value() : nullptr;
  }

  std::filesystem::path dir;
  WorkspaceOptions opening;
  bool rotating = false;
};

TEST_F(WorkspaceTest, WritesNothingOfWhichTheLogHasNoSchemaUntilAnUpgradeRegisteredIt) {
  make_log_at(SystemClock().wall(), false);
  EXPECT_EQ(Workspace::open(dir, passphrase(), opening).error().code, Errc::unsupported);
  opening.with_executor = false;
  auto reading = open();
  ASSERT_TRUE(reading) << "what only reads needs no upgrade";
  const std::uint64_t before = reading->store().size();
  reading.reset();

  opening.register_schemas = true;
  auto upgraded = open();
  ASSERT_TRUE(upgraded);
  const std::uint64_t after = upgraded->store().size();
  EXPECT_EQ(after, before + schema::event_types().size() + 2);
  upgraded.reset();
  auto again = open();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->store().size(), after) << "once";
  again.reset();

  opening.register_schemas = false;
  opening.with_executor = true;
  const auto writing = open();
  ASSERT_TRUE(writing);
  EXPECT_EQ(writing->store().size(), after);
}

TEST_F(WorkspaceTest, ARotationThatWasCutShortWaitsForAClockThatIsBelieved) {
  rotating = true;
  make_log_at(TimeUs{SystemClock().wall().us - 30 * kDayUs});
  auto doubtful = open();
  ASSERT_TRUE(doubtful) << "it serves reads, and records looks";
  EXPECT_EQ(doubtful->store().server_signers().size(), 2u);
  doubtful.reset();

  opening.clock_confirmed_by = OperatorId{};
  const auto confirmed = open();
  ASSERT_TRUE(confirmed);
  EXPECT_EQ(confirmed->store().server_signers().size(), 1u) << "finished by the same start";
}

TEST_F(WorkspaceTest, ALogThatWentBackOpensThoughSomebodyConfirmsTheClock) {
  make_log_at(TimeUs{SystemClock().wall().us - 30 * kDayUs});
  {
    const auto made = open();
    ASSERT_TRUE(made);
    ASSERT_TRUE(keeping::keep_witness_alarm(made->store(), dir,
                                            {"vicino", made->store().size() + 1, true}));
  }
  opening.clock_confirmed_by = OperatorId{};
  const auto older = open();
  ASSERT_TRUE(older) << "read-only, as without it";
  EXPECT_FALSE(older->store().rollback());
}

TEST_F(WorkspaceTest, AnUpgradeThatConfirmsTheClockDoesItBeforeItRegisters) {
  make_log_at(TimeUs{SystemClock().wall().us - 30 * kDayUs}, false);
  opening.with_executor = false;
  opening.register_schemas = true;
  EXPECT_EQ(Workspace::open(dir, passphrase(), opening).error().code, Errc::clock_suspect);
  opening.clock_confirmed_by = OperatorId{};
  const auto upgraded = open();
  ASSERT_TRUE(upgraded);
  EXPECT_TRUE(cases::check_schemas(upgraded->store()));
}

TEST_F(WorkspaceTest, ConfirmingTheClockWritesWhoAcceptedItsJump) {
  make_log_at(TimeUs{SystemClock().wall().us - 30 * kDayUs});
  auto doubtful = open();
  ASSERT_TRUE(doubtful);
  const std::uint64_t before = doubtful->store().size();
  doubtful.reset();

  opening.with_executor = false;  // as of a verb that only reads
  opening.clock_confirmed_by = OperatorId{};
  const auto confirmed = open();

  ASSERT_TRUE(confirmed);
  ASSERT_EQ(confirmed->store().size(), before + 1);
  const auto event = crypto::open_event(confirmed->store().eras(), confirmed->vault(),
                                        confirmed->store().read(before).value())
                         .value();
  const auto header = schema::decode_header(event.segments.at(0).plaintext.message).value();
  EXPECT_EQ(header.type, schema::EventType::clock_confirmed);
  EXPECT_EQ(header.actor, cases::installation_actor());
  EXPECT_FALSE(confirmed->store().clock_doubt().value());
}

TEST_F(WorkspaceTest, ConfirmingAClockThatIsBelievedWritesNothing) {
  make_log_at(SystemClock().wall());
  auto first = open();
  ASSERT_TRUE(first);
  const std::uint64_t before = first->store().size();
  first.reset();

  opening.clock_confirmed_by = OperatorId{};
  const auto confirmed = open();

  ASSERT_TRUE(confirmed);
  EXPECT_EQ(confirmed->store().size(), before);
}

}  // namespace
}  // namespace cartella::ops
