#include "store/accounts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "crypto/encrypted_env.h"
#include "crypto/hash.h"
#include "tests/support/canary.h"
#include "tests/support/encrypted_files.h"
#include "tests/support/live_tables.h"

namespace cartella::store {
namespace {

namespace fs = std::filesystem;

constexpr TimeUs kNow{1'790'000'000'000'000};
constexpr const char* kHash = "$argon2id$v=19$m=8,t=1,p=1$c2FsZQ$aGFzaA";

OperatorId worker(std::uint8_t number) {
  OperatorId id;
  id.bytes.fill(number);
  return id;
}

Account account_of(std::uint8_t number, const std::string& username) {
  Account account;
  account.operator_id = worker(number);
  account.username = username;
  account.password_hash = kHash;
  account.totp = crypto::TotpSecret::random();
  account.must_change_password = true;
  account.created = account.password_set = kNow;
  return account;
}

MachineToken token_of(std::uint8_t number, const std::string& label) {
  MachineToken token;
  token.operator_id = worker(number);
  token.label = label;
  token.scope.role = "auditor";
  token.scope.ente.bytes.fill(9);
  token.created = kNow;
  token.expires = TimeUs{kNow.us + 1000};
  token.created_by = worker(77);
  return token;
}

class AccountsTest : public ::testing::Test {
 protected:
  AccountsTest()
      : x_dir(fs::path(::testing::TempDir()) /
              ("accounts_" + std::to_string(getpid()) + "_" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(x_dir);
    fs::create_directories(x_dir);
    open();
  }
  ~AccountsTest() override {
    x_accounts.reset();
    fs::remove_all(x_dir);
  }
  void open() {
    x_accounts.reset();
    x_accounts = Accounts::open(x_dir, x_secret).value();
  }
  void add(std::uint8_t number, const std::string& username) {
    ASSERT_TRUE(x_accounts->create(account_of(number, username)).has_value());
  }
  Errc refusal(const Status& status) {
    EXPECT_TRUE(status.has_error());
    return status.has_error() ? status.error().code : Errc::io;
  }

  fs::path x_dir;
  crypto::Secret32 x_secret = crypto::Secret32::random();
  std::unique_ptr<Accounts> x_accounts;
};

TEST_F(AccountsTest, FindsAnAccountByUsernameInAnyCaseAndByOperatorAfterReopening) {
  const Account made = account_of(1, "MRossi.Foligno");
  ASSERT_TRUE(x_accounts->create(made).has_value());
  open();
  for (const char* typed : {"mrossi.foligno", "MROSSI.FOLIGNO", "MRossi.Foligno"}) {
    const auto found = x_accounts->find(typed).value();
    ASSERT_TRUE(found.has_value()) << typed;
    EXPECT_EQ(found->operator_id, worker(1));
    EXPECT_EQ(found->username, "mrossi.foligno");
    EXPECT_EQ(found->password_hash, kHash);
    EXPECT_TRUE(std::ranges::equal(found->totp.view(), made.totp.view()));
    EXPECT_TRUE(found->must_change_password);
    EXPECT_TRUE(found->enabled);
    EXPECT_FALSE(found->totp_confirmed);
    EXPECT_EQ(found->created, kNow);
  }
  EXPECT_TRUE(x_accounts->find(worker(1)).value().has_value());
  EXPECT_FALSE(x_accounts->find(worker(2)).value().has_value());
  for (const char* none : {"mrossi", "", "m rossi", "mrossi.foligno\n"})
    EXPECT_FALSE(x_accounts->find(none).value().has_value()) << none;
  EXPECT_TRUE(x_accounts->verify().has_value());
}

TEST_F(AccountsTest, RefusesASecondAccountOfAnOperatorAndAUsernameThatIsTaken) {
  add(1, "mrossi");
  EXPECT_EQ(refusal(x_accounts->create(account_of(1, "altro"))), Errc::conflict);
  EXPECT_EQ(refusal(x_accounts->create(account_of(2, "MROSSI"))), Errc::conflict);
  EXPECT_EQ(refusal(x_accounts->create(account_of(3, "m rossi"))), Errc::invalid_input);
  EXPECT_EQ(refusal(x_accounts->create(account_of(3, ""))), Errc::invalid_input);
  EXPECT_EQ(refusal(x_accounts->create(account_of(3, std::string(65, 'a')))), Errc::invalid_input);
  EXPECT_EQ(x_accounts->list().value().size(), 1u);
}

TEST_F(AccountsTest, ChangesStandAfterReopening) {
  add(1, "mrossi");
  add(2, "averdi");
  ASSERT_TRUE(x_accounts->replace_password(worker(1), "$nuova", false, TimeUs{5}).has_value());
  ASSERT_TRUE(x_accounts->set_enabled(worker(2), false).has_value());
  open();
  const auto all = x_accounts->list().value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].username, "averdi");
  EXPECT_FALSE(all[0].enabled);
  EXPECT_EQ(all[1].password_hash, "$nuova");
  EXPECT_FALSE(all[1].must_change_password);
  EXPECT_EQ(all[1].password_set, TimeUs{5});
}

TEST_F(AccountsTest, AResetTakesNewSecretsAndOpensTheAccountAgain) {
  add(1, "mrossi");
  ASSERT_TRUE(x_accounts->use_totp_step(worker(1), 100).value());
  ASSERT_TRUE(x_accounts->set_enabled(worker(1), false).has_value());
  const auto totp = crypto::TotpSecret::random();
  ASSERT_TRUE(x_accounts->reset(worker(1), "$altra", totp, true, TimeUs{6}).has_value());
  const auto found = x_accounts->find("mrossi").value();
  EXPECT_TRUE(std::ranges::equal(found->totp.view(), totp.view()));
  EXPECT_EQ(found->password_hash, "$altra");
  EXPECT_TRUE(found->enabled);
  EXPECT_FALSE(found->totp_confirmed);
  EXPECT_EQ(found->last_totp_step, 0u);
}

TEST_F(AccountsTest, WhoHasNoAccountIsNotFound) {
  EXPECT_EQ(refusal(x_accounts->replace_password(worker(1), "$", false, kNow)), Errc::not_found);
  EXPECT_EQ(refusal(x_accounts->reset(worker(1), "$", {}, false, kNow)), Errc::not_found);
  EXPECT_EQ(refusal(x_accounts->set_enabled(worker(1), true)), Errc::not_found);
  EXPECT_EQ(x_accounts->use_totp_step(worker(1), 1).error().code, Errc::not_found);
}

TEST_F(AccountsTest, S_AUTHN_AStepOfCodesIsUsedOnceThoughManyTryAtTheSameTime) {
  add(1, "mrossi");
  std::atomic<int> accepted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      if (x_accounts->use_totp_step(worker(1), 100).value()) ++accepted;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(accepted, 1);
  open();
  EXPECT_FALSE(x_accounts->use_totp_step(worker(1), 100).value());
  EXPECT_FALSE(x_accounts->use_totp_step(worker(1), 99).value());
  EXPECT_TRUE(x_accounts->use_totp_step(worker(1), 101).value());
  EXPECT_TRUE(x_accounts->find(worker(1)).value()->totp_confirmed);
}

TEST_F(AccountsTest, S_AUTHN_FailedTriesOfKnownAndUnknownNamesAreKeptAlike) {
  add(1, "mrossi");
  const auto known = x_accounts->hash_of("MROSSI");
  const auto unknown = x_accounts->hash_of("un nome che non può essere");
  EXPECT_EQ(known, x_accounts->hash_of("mrossi"));
  ASSERT_TRUE(x_accounts->note_failed_tries(FailedTries{known, 3, kNow}, {}).has_value());
  ASSERT_TRUE(x_accounts->note_failed_tries(FailedTries{unknown, 7, kNow}, {}).has_value());
  open();
  EXPECT_EQ(x_accounts->failed_tries().value().size(), 2u);
  ASSERT_TRUE(x_accounts->note_failed_tries(std::nullopt, {known}).has_value());
  const auto left = x_accounts->failed_tries().value();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].username, unknown);
  EXPECT_EQ(left[0].count, 7u);
  EXPECT_EQ(left[0].last, kNow);
}

TEST_F(AccountsTest, ATokenIsFoundByItsTextAloneUntilItExpires) {
  const auto made = x_accounts->add_token(token_of(1, "raccolta metriche")).value();
  open();
  const auto found = x_accounts->find_token(made.text, kNow).value();
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->id, made.id);
  EXPECT_EQ(found->operator_id, worker(1));
  EXPECT_EQ(found->scope, token_of(1, "").scope);
  EXPECT_EQ(found->label, "raccolta metriche");
  EXPECT_TRUE(x_accounts->find_token(made.text, TimeUs{kNow.us + 999}).value());
  EXPECT_FALSE(x_accounts->find_token(made.text, TimeUs{kNow.us + 1000}).value());
  std::string wrong = made.text;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  for (const std::string& text : {wrong, made.text.substr(1), made.text + "0", std::string(),
                                  std::string(made.text.size(), 'a')})
    EXPECT_FALSE(x_accounts->find_token(text, kNow).value()) << text;
}

TEST_F(AccountsTest, ARevokedTokenIsNotFoundAnyMore) {
  const auto first = x_accounts->add_token(token_of(1, "uno")).value();
  const auto second = x_accounts->add_token(token_of(1, "due")).value();
  EXPECT_NE(first.text, second.text);
  ASSERT_TRUE(x_accounts->revoke_token(first.id).has_value());
  ASSERT_TRUE(x_accounts->revoke_token(first.id).has_value());
  open();
  EXPECT_FALSE(x_accounts->find_token(first.text, kNow).value());
  EXPECT_TRUE(x_accounts->find_token(second.text, kNow).value());
  EXPECT_EQ(x_accounts->tokens().value().size(), 2u);
  EXPECT_EQ(refusal(x_accounts->revoke_token(TokenId{})), Errc::not_found);
}

TEST_F(AccountsTest, ATokenThatWasJustUsedIsRefusedOnceItIsRevoked) {
  const auto made = x_accounts->add_token(token_of(1, "uno")).value();
  const auto other = x_accounts->add_token(token_of(1, "due")).value();
  std::string guessed = made.text;
  guessed.back() = guessed.back() == '0' ? '1' : '0';
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(x_accounts->find_token(made.text, kNow).value());
    ASSERT_TRUE(x_accounts->find_token(other.text, kNow).value());
    EXPECT_FALSE(x_accounts->find_token(guessed, kNow).value());
  }
  ASSERT_TRUE(x_accounts->revoke_token(made.id).has_value());
  EXPECT_FALSE(x_accounts->find_token(made.text, kNow).value());
  EXPECT_TRUE(x_accounts->find_token(other.text, kNow).value());
}

TEST_F(AccountsTest, ALabelOfMoreThanAHundredLettersIsRefused) {
  std::string label;
  for (int i = 0; i < 100; ++i) label += "è";
  const auto made = x_accounts->add_token(token_of(1, label)).value();
  EXPECT_EQ(x_accounts->find_token(made.text, kNow).value()->label, label);
  EXPECT_EQ(x_accounts->add_token(token_of(1, label + "!")).error().code, Errc::invalid_input);
}

TEST_F(AccountsTest, AnotherSecretOpensNothing) {
  add(1, "mrossi");
  x_accounts.reset();
  const auto opened = Accounts::open(x_dir, crypto::Secret32::random());
  ASSERT_TRUE(opened.has_error());
  EXPECT_EQ(opened.error().code, Errc::corrupt);
}

TEST_F(AccountsTest, ASecondProcessIsRefused) {
  const auto again = Accounts::open(x_dir, x_secret);
  ASSERT_TRUE(again.has_error());
  EXPECT_EQ(again.error().code, Errc::in_use);
}

TEST_F(AccountsTest, HoldsNothingOfAnybodyInClearInAnyFile) {
  const Account made = account_of(1, "ermelinda.zaffiretti");
  ASSERT_TRUE(x_accounts->create(made).has_value());
  const auto token = x_accounts->add_token(token_of(2, "etichetta riconoscibile")).value();
  const auto name = x_accounts->hash_of("ermelinda.zaffiretti");
  ASSERT_TRUE(x_accounts->note_failed_tries(FailedTries{name, 1, kNow}, {}).has_value());
  const std::string secret(as_text(made.totp.view()));
  const std::vector<std::string> values = {
      "ermelinda", "zaffiretti", kHash, token.text.substr(42), "etichetta riconoscibile", secret};
  EXPECT_TRUE(tests::find_canaries(x_dir, values).empty());  // while the write-ahead log is in use
  x_accounts.reset();
  EXPECT_TRUE(tests::find_canaries(x_dir, values).empty());
  const auto files = tests::files_by_encryption(x_dir / "accounts");
  EXPECT_TRUE(files.clear.empty()) << files.clear.front();
  EXPECT_TRUE(tests::has_manifest(files.encrypted));
  std::ofstream(x_dir / "control") << "di ermelinda qui";
  EXPECT_EQ(tests::find_canaries(x_dir, values).size(), 1u);
}

// A process that dies closes nothing: what stands on the disk at that moment is copied.
TEST_F(AccountsTest, WhatWasAnsweredSurvivesACrashAndATornLastRecord) {
  add(1, "mrossi");
  const auto first = x_accounts->hash_of("primo");
  const auto second = x_accounts->hash_of("secondo");
  ASSERT_TRUE(x_accounts->note_failed_tries(FailedTries{first, 1, kNow}, {}).has_value());
  ASSERT_TRUE(x_accounts->note_failed_tries(FailedTries{second, 2, kNow}, {}).has_value());
  const fs::path crashed = x_dir / "crashed";
  fs::create_directories(crashed);
  fs::copy(x_dir / "accounts", crashed / "accounts");
  EXPECT_EQ(Accounts::open(crashed, x_secret).value()->failed_tries().value().size(), 2u);

  fs::remove_all(crashed / "accounts");
  fs::copy(x_dir / "accounts", crashed / "accounts");
  std::size_t torn = 0;
  for (const auto& entry : fs::directory_iterator(crashed / "accounts")) {
    if (entry.path().extension() != ".log" || entry.file_size() == 0) continue;
    fs::resize_file(entry.path(), entry.file_size() - 5);
    ++torn;
  }
  ASSERT_EQ(torn, 1u);
  const auto reopened = Accounts::open(crashed, x_secret).value();
  const auto tries = reopened->failed_tries().value();
  ASSERT_EQ(tries.size(), 1u);
  EXPECT_EQ(tries[0].username, first);
  EXPECT_TRUE(reopened->find("mrossi").value().has_value());
}

// What an encrypted file hides must not stand in a key: RocksDB prints keys in its texts.
TEST_F(AccountsTest, KeysHoldNoUsername) {
  add(1, "ermelinda.zaffiretti");
  x_accounts.reset();
  const auto env = crypto::make_encrypted_env(crypto::derive(x_secret, "accounts-files", {}));
  const auto tables = tests::tables_of(x_dir / "accounts", env.get());
  ASSERT_FALSE(tables.empty());
  for (const auto& table : tables) {
    EXPECT_EQ(table.smallestkey.size(), 17u);
    EXPECT_EQ(table.largestkey.size(), 17u);
    EXPECT_EQ(table.smallestkey.find("ermelinda"), std::string::npos);
    EXPECT_EQ(table.largestkey.find("ermelinda"), std::string::npos);
  }
}

TEST_F(AccountsTest, FindsAFlippedByteInATable) {
  add(1, "mrossi");
  x_accounts.reset();
  ASSERT_TRUE(Accounts::verify_files(x_dir, x_secret).has_value());
  const auto env = crypto::make_encrypted_env(crypto::derive(x_secret, "accounts-files", {}));
  const auto tables = tests::live_tables(x_dir / "accounts", env.get());
  ASSERT_FALSE(tables.empty());
  const fs::path table = tables.front();
  for (std::uintmax_t at = 4096; at < fs::file_size(table); at += 97) {  // behind the prefix
    const fs::path copy = x_dir / "copy";
    fs::remove_all(copy);
    fs::create_directories(copy);
    fs::copy(x_dir / "accounts", copy / "accounts");
    std::fstream file(copy / "accounts" / table.filename(),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const int before = file.get();
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(before ^ 4));
    file.close();
    EXPECT_TRUE(Accounts::verify_files(copy, x_secret).has_error()) << at;
  }
}

}  // namespace
}  // namespace cartella::store
