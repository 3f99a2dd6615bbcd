// tests/unit/cases/log_fixture.h: a store, a vault and an executor over a directory of the test's
// own, with the organisation of world.h, and how they are closed and opened again.
//
// Threads: one; what it holds may be used from many.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "cases/bootstrap.h"
#include "cases/executor.h"
#include "cases/key_recovery.h"
#include "crypto/command_id.h"
#include "tests/unit/cases/world.h"

namespace cartella::cases {

class LogFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    crypto::start();
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    x_dir = std::filesystem::path(::testing::TempDir()) /
            (std::string(info->test_suite_name()) + "-" + std::to_string(getpid()) + "-" +
             info->name());
    std::filesystem::remove_all(x_dir);
    std::filesystem::create_directories(x_dir);
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
    close();
    std::filesystem::remove_all(x_dir);
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
  CommandContext context() {
    CommandContext context;
    context.command_id = crypto::new_command_id(x_clock);
    context.actor = kWorker;
    context.controller = controller_of(kEnte);
    context.occurred_at = x_clock.wall();
    return context;
  }
  Outcome execute(const Command& command) {
    return x_executor->execute(context(), command).value();
  }
  virtual void close() {
    x_executor.reset();
    x_log.reset();
    x_vault.reset();
  }
  // Nothing was remembered since the last mark: as after a kill.
  void reopen(const store::StoreOptions& options = store_options()) {
    close();
    x_vault = crypto::Vault::open(x_dir, passphrase(), vault_options()).value();
    x_log = store::Store::open(x_dir, x_log_key, x_clock, options).value();
  }
  // Another run, with the keys that the log speaks of.
  void start_again(const store::StoreOptions& options = store_options()) {
    reopen(options);
    ASSERT_TRUE(recover_keys(*x_log, *x_vault, x_vault->remembered_through().value()));
    ASSERT_TRUE(x_vault->remember(x_log->size()));
    open_executor();
  }
  // Segments that a key is missing for.
  std::size_t closed_segments() {
    std::size_t closed = 0;
    EXPECT_TRUE(x_log->scan(0, x_log->size(), [&](const crypto::StoredEvent& stored) -> Status {
      CARTELLA_TRY(const auto event, crypto::open_event(x_log->eras(), *x_vault, stored));
      for (const auto& segment : event.segments) closed += segment.available ? 0 : 1;
      return ok();
    }));
    return closed;
  }

  std::filesystem::path x_dir;
  ManualClock x_clock{start_of(kToday)};
  TestCodes x_codes;
  crypto::Signer x_log_key{seed(1)};
  crypto::Signer x_server{seed(2)};
  std::unique_ptr<crypto::Vault> x_vault;
  std::unique_ptr<store::Store> x_log;
  std::unique_ptr<Executor> x_executor;
};

}  // namespace cartella::cases
