// tests/unit/cases/executor_fixture.h: an executor over a real store and a real vault.
//
// A new log in a fresh folder with the organisation of world.h. Threads: one test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "cases/bootstrap.h"
#include "cases/executor.h"
#include "crypto/command_id.h"
#include "tests/unit/cases/world.h"

namespace cartella::cases {

class ExecutorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    crypto::start();
    dir = std::filesystem::path(::testing::TempDir()) /
          ("executor-" + std::to_string(getpid()) + "-" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
    crypto::VaultOptions options;
    options.fast_passphrase = true;
    options.pool_target = 256;
    auto made = crypto::Vault::create(dir, crypto::Passphrase{"prova"}, options);
    ASSERT_TRUE(made) << made.error().detail;
    vault = std::move(made).value();
    ambito.name = "Ambito di prova";
    ambito.slug = "prova";
    ambito.mode = "test";
    identity = new_log_identity(ambito).value();
    auto created =
        store::Store::create(dir, identity.log, identity.origin, log_key, clock, store_options());
    ASSERT_TRUE(created) << created.error().detail;
    log = std::move(created.value());
    const auto begun = initialise(*log, *vault, log_key, server, clock, ambito);
    ASSERT_TRUE(begun) << begun.error().detail;
    open_executor();
    for (const Command& command : organisation_commands()) must(command);
  }
  void TearDown() override {
    executor.reset();
    log.reset();
    vault.reset();
    std::filesystem::remove_all(dir);
  }

  static store::StoreOptions store_options() {
    store::StoreOptions options;
    options.journal_segment_bytes = 4 << 20;
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
    executor.reset();
    auto opened = Executor::open(*log, *vault, server, clock, codes, {});
    ASSERT_TRUE(opened) << opened.error().detail;
    executor = std::move(opened.value());
  }
  CommandContext context(const UnitId& controller = kEnte) {
    CommandContext made;
    made.command_id = crypto::new_command_id(clock);
    made.actor = kWorker;
    made.controller = controller_of(controller);
    made.occurred_at = clock.wall();
    return made;
  }
  Outcome must(const Command& command) {
    auto outcome = executor->execute(context(), command);
    if (!outcome) check_failed(outcome.error().detail.c_str(), __FILE__, __LINE__, __func__);
    return outcome.value();
  }
  schema::HeaderView header_at(std::uint64_t position) {
    const auto event = crypto::open_event(log->eras(), *vault, log->read(position).value());
    return schema::decode_header(event.value().segments.at(0).plaintext.message).value();
  }

  std::filesystem::path dir;
  ManualClock clock{start_of(kToday)};
  TestCodes codes;
  AmbitoParameters ambito;
  LogIdentity identity;
  crypto::Signer log_key{seed(1)};
  crypto::Signer server{seed(2)};
  std::unique_ptr<crypto::Vault> vault;
  std::unique_ptr<store::Store> log;
  std::unique_ptr<Executor> executor;
};

inline EnrolSigner enrolment_of(const LogId& log, const crypto::Signer& key,
                                const OperatorId& owner) {
  EnrolSigner command;
  command.public_key = key.public_key();
  command.owner = owner;
  command.rights = {"append"};
  const auto proof = key.sign(crypto::possession_message(log, key.public_key(), owner));
  command.proof.assign(proof.begin(), proof.end());
  return command;
}

}  // namespace cartella::cases
