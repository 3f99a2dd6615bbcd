// What the verbs `account ...` do to a store, and what they print.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "crypto/password.h"
#include "ops/exit_code.h"
#include "ops/run.h"
#include "tests/support/canary.h"
#include "tests/support/console.h"

namespace cartella::ops {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPassword = "correggere la pratica è lungo";
constexpr const char* kSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

class RunAccount : public ::testing::Test {
 protected:
  RunAccount()
      : x_root(fs::path(::testing::TempDir()) /
               ("run_account_" + std::to_string(getpid()) + "_" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(x_root);
    fs::create_directories(x_root);
    x_options.data = x_root / "archivio";
    x_options.passphrase_file = file("frase", "una frase di accesso per le prove");
    x_options.ambito = "Ambito di prova";
    x_options.mode = "test";
    x_options.quiet = true;
    x_options.format = Format::json;
    x_options.username = "Ermelinda.Zaffiretti";
    x_options.password_file = file("password", kPassword);
    x_options.totp_secret_file = file("segreto", kSecret);
    said(run_init);
    define_operator();
  }
  ~RunAccount() override { fs::remove_all(x_root); }

  fs::path file(const char* name, const std::string& text) const {
    std::ofstream(x_root / name) << text << "\n";
    fs::permissions(x_root / name, fs::perms::owner_read | fs::perms::owner_write);
    return x_root / name;
  }
  std::unique_ptr<Workspace> open(bool with_executor) const {
    WorkspaceOptions opening;
    opening.with_accounts = true;
    opening.with_executor = with_executor;
    const auto passphrase = read_passphrase(x_options.passphrase_file).value();
    return Workspace::open(x_options.data, passphrase, opening).value();
  }
  void define_operator() {
    const auto workspace = open(true);
    x_worker.bytes.fill(7);
    ASSERT_TRUE(workspace->executor()
                    .execute(installation_context(*workspace, "configurazione"),
                             cases::DefineOperator{x_worker, "ERMELINDA.ZAFFIRETTI", true})
                    .has_value());
    ASSERT_TRUE(workspace->close().has_value());
  }
  template <class Run>
  std::string said(Run verb) {
    tests::ConsoleOfTest console;
    const auto outcome = verb(x_options, console.console);
    EXPECT_TRUE(outcome.has_value()) << (outcome ? "" : outcome.error().detail);
    return console.out.str();
  }
  template <class Run>
  boost::json::object row(Run verb, const char* table) {
    return boost::json::parse(said(verb)).as_object().at(table).as_array().at(0).as_object();
  }
  template <class Run>
  Errc refused(Run verb) {
    tests::ConsoleOfTest console;
    const auto outcome = verb(x_options, console.console);
    EXPECT_TRUE(outcome.has_error());
    return outcome.has_error() ? outcome.error().code : Errc::io;
  }

  fs::path x_root;
  Options x_options;
  OperatorId x_worker;
};

TEST_F(RunAccount, CreatesAnAccountOfAnOperatorAndPrintsTheAddressOnce) {
  const auto made = row(run_account_create, "account");
  EXPECT_EQ(made.at("username").as_string(), "ermelinda.zaffiretti");
  EXPECT_EQ(made.at("operator_id").as_string(), x_worker.hex());
  EXPECT_EQ(
      made.at("otpauth").as_string(),
      "otpauth://totp/Ambito%20di%20prova:ermelinda.zaffiretti?secret=" + std::string(kSecret) +
          "&issuer=Ambito%20di%20prova&algorithm=SHA1&digits=6&period=30");
  const auto listed = row(run_account_list, "accounts");
  EXPECT_EQ(listed.at("username").as_string(), "ermelinda.zaffiretti");
  EXPECT_EQ(listed.at("must_change_password").as_string(), "sì");
  EXPECT_EQ(listed.at("enabled").as_string(), "sì");
  EXPECT_EQ(listed.at("failures").as_int64(), 0);

  const auto workspace = open(false);
  const auto account = workspace->accounts().find(x_worker).value();
  ASSERT_TRUE(account.has_value());
  EXPECT_TRUE(crypto::matches_password(account->password_hash, kPassword).value());
  EXPECT_FALSE(crypto::needs_rehash(account->password_hash, crypto::PasswordCost::standard));
}

TEST_F(RunAccount, AT05_EveryChangeOfWhoMayLogInIsRecordedAndARefusedOneIsNot) {
  const auto recorded = [&] {
    const auto workspace = open(true);
    std::size_t count = 0;
    for (std::uint64_t at = 0; at < workspace->store().size(); ++at) {
      const auto leaf = workspace->store().read(at).value().leaf;
      if (leaf.kind == schema::LeafKind::access) ++count;
    }
    return count;
  };
  said(run_account_create);
  EXPECT_EQ(recorded(), 1u);
  EXPECT_EQ(refused(run_account_create), Errc::conflict);
  EXPECT_EQ(recorded(), 1u);
  said(run_account_reset);
  said(run_account_disable);
  x_options.role = "auditor";
  x_options.expires = format_date(Date{date_of(SystemClock().wall()).days + 1});
  const auto made = row(run_account_token, "token");
  x_options.token_id = made.at("token").as_string();
  said(run_account_revoke);
  said(run_account_list);
  EXPECT_EQ(recorded(), 5u);
}

TEST_F(RunAccount, WithoutASecretFileItMakesASecret) {
  x_options.totp_secret_file.clear();
  x_options.keep_password = true;
  const auto made = row(run_account_create, "account");
  EXPECT_EQ(made.at("otpauth").as_string().find(kSecret), boost::json::string::npos);
  const auto workspace = open(false);
  const auto account = workspace->accounts().find(x_worker).value();
  EXPECT_NE(made.at("otpauth").as_string().find(account->totp.base32()), boost::json::string::npos);
  EXPECT_FALSE(account->must_change_password);
}

TEST_F(RunAccount, RefusesWhatIsNoOperatorASecondAccountAndAWeakPassword) {
  said(run_account_create);
  EXPECT_EQ(refused(run_account_create), Errc::conflict);
  x_options.username = "nessuno";
  EXPECT_EQ(refused(run_account_create), Errc::not_found);
  EXPECT_EQ(refused(run_account_disable), Errc::not_found);
  x_options.username = "Ermelinda.Zaffiretti";
  x_options.password_file = file("debole", "corta");
  EXPECT_EQ(refused(run_account_reset), Errc::invalid_input);
  x_options.password_file = file("password", kPassword);
  x_options.totp_secret_file = file("segreto", "GEZDGNBVGY3TQOJQ");
  EXPECT_EQ(refused(run_account_reset), Errc::invalid_input);
}

TEST_F(RunAccount, RefusesAPasswordFileThatOthersMayRead) {
  fs::permissions(x_options.password_file, fs::perms::group_read, fs::perm_options::add);
  EXPECT_EQ(refused(run_account_create), Errc::invalid_input);
}

TEST_F(RunAccount, AResetOpensAnAccountThatWasShut) {
  said(run_account_create);
  said(run_account_disable);
  {
    const auto workspace = open(false);
    store::Accounts& accounts = workspace->accounts();
    EXPECT_FALSE(accounts.find(x_worker).value()->enabled);
    const auto name = accounts.hash_of("ermelinda.zaffiretti");
    ASSERT_TRUE(accounts.note_failed_tries(store::FailedTries{name, 100, TimeUs{1}}, {}));
  }
  EXPECT_EQ(row(run_account_list, "accounts").at("failures").as_int64(), 100);
  x_options.password_file = file("altra", "tutta un'altra frase lunga");
  said(run_account_reset);
  const auto listed = row(run_account_list, "accounts");
  EXPECT_EQ(listed.at("enabled").as_string(), "sì");
  EXPECT_EQ(listed.at("failures").as_int64(), 0);
}

TEST_F(RunAccount, MakesListsAndRevokesATokenOfOneRole) {
  const Date today = date_of(SystemClock().wall());
  x_options.role = "auditor";
  x_options.label = "raccolta metriche";
  x_options.expires = format_date(Date{today.days + 30});
  const auto made = row(run_account_token, "token");
  const std::string text(made.at("bearer").as_string());
  const TimeUs now = SystemClock().wall();
  {
    const auto workspace = open(false);
    const auto found = workspace->accounts().find_token(text, now).value();
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->operator_id, x_worker);
    EXPECT_EQ(found->scope, (store::TokenScope{{}, {}, "auditor"}));
  }
  EXPECT_EQ(row(run_account_tokens, "tokens").at("revoked").as_string(), "no");
  x_options.token_id = made.at("token").as_string();
  said(run_account_revoke);
  EXPECT_EQ(row(run_account_tokens, "tokens").at("revoked").as_string(), "sì");
  EXPECT_FALSE(open(false)->accounts().find_token(text, now).value().has_value());
}

TEST_F(RunAccount, ATokenLastsFromTodayToAYear) {
  const Date today = date_of(SystemClock().wall());
  x_options.role = "auditor";
  for (const int days : {-2, 400}) {
    x_options.expires = format_date(Date{today.days + days});
    EXPECT_EQ(refused(run_account_token), Errc::refused) << days;
  }
  x_options.expires = "presto";
  EXPECT_EQ(refused(run_account_token), Errc::invalid_input);
}

TEST_F(RunAccount, VerifyFindsAccountsWholeAndDamaged) {
  said(run_account_create);
  said(run_verify);
  for (const auto& entry : fs::directory_iterator(x_options.data / "accounts")) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream table(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    table.seekp(4096 + 100);  // behind the cipher's prefix
    table.put('\x55');
    table.put('\xaa');
  }
  tests::ConsoleOfTest console;
  const auto outcome = run_verify(x_options, console.console);
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome.value(), kExitCorrupt);
}

TEST_F(RunAccount, NoFileOfTheStoreHoldsNamePasswordOrSecretInClear) {
  said(run_account_create);
  const std::vector<std::string> values = {"ermelinda", "zaffiretti", kPassword, kSecret,
                                           "12345678901234567890"};
  EXPECT_TRUE(tests::find_canaries(x_options.data, values).empty());
  EXPECT_FALSE(tests::find_canaries(x_root, {kSecret}).empty());  // the file it came from
}

}  // namespace
}  // namespace cartella::ops
