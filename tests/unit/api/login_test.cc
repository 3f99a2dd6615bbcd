#include "api/login.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "cases/bootstrap.h"
#include "crypto/totp.h"

namespace cartella::api {
namespace {

namespace fs = std::filesystem;

constexpr TimeUs kStart{1'790'000'000'000'000};
constexpr std::int64_t kSecond = 1'000'000;
constexpr const char* kPassword = "correggere la pratica è lungo";
constexpr const char* kNewPassword = "tutta un'altra frase lunga";

OperatorId worker(std::uint8_t number) {
  OperatorId id;
  id.bytes.fill(number);
  return id;
}

class LoginTest : public ::testing::Test {
 protected:
  LoginTest()
      : x_dir(fs::path(::testing::TempDir()) /
              ("login_" + std::to_string(getpid()) + "_" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(x_dir);
    fs::create_directories(x_dir);
    x_accounts = store::Accounts::open(x_dir, x_secret).value();
    x_options.cost = crypto::PasswordCost::cheap;
    start();
    add(1, "operatore001", false);
    x_source.ip = "192.0.2.7";
    x_source.user_agent = "curl/7.88.1";
    x_source.request_id.bytes.fill(5);
  }
  ~LoginTest() override {
    x_login.reset();
    x_accounts.reset();
    fs::remove_all(x_dir);
  }
  void start() {
    x_login.reset();
    x_login = Login::start(*x_accounts, x_sessions, x_clock, x_options).value();
  }
  void add(std::uint8_t number, const std::string& username, bool must_change,
           crypto::PasswordCost cost = crypto::PasswordCost::cheap) {
    store::Account account;
    account.operator_id = worker(number);
    account.username = username;
    account.password_hash = crypto::hash_password(kPassword, cost).value();
    account.totp = x_totp.clone();
    account.must_change_password = must_change;
    account.password_set = x_clock.wall();
    ASSERT_TRUE(x_accounts->create(account).has_value());
  }
  std::string code() const { return crypto::totp_code(x_totp, crypto::totp_step(x_clock.wall())); }
  std::string wrong_code() const { return code() == "000000" ? "000001" : "000000"; }
  LogInResult try_in(const std::string& username, const std::string& password,
                     const std::string& typed_code) {
    return x_login->log_in({username, password, typed_code}, {}, x_source);
  }
  // With the right password and a code that was not used.
  LogInResult log_in(const std::string& username = "operatore001") {
    x_clock.advance_us(30 * kSecond);
    return try_in(username, kPassword, code());
  }
  void fail_times(int count, const std::string& username) {
    for (int i = 0; i < count; ++i)
      EXPECT_EQ(try_in(username, "non è questa password", code()).outcome, LogInOutcome::refused);
  }

  fs::path x_dir;
  ManualClock x_clock{kStart};
  crypto::Secret32 x_secret = crypto::Secret32::random();
  crypto::TotpSecret x_totp = crypto::TotpSecret::random();
  std::unique_ptr<store::Accounts> x_accounts;
  Sessions x_sessions{x_clock};
  LoginOptions x_options;
  LogInSource x_source;
  std::unique_ptr<Login> x_login;
};

TEST_F(LoginTest, S_AUTHN_PasswordAndCodeOpenASession) {
  const auto result = log_in("OPERATORE001");
  ASSERT_EQ(result.outcome, LogInOutcome::granted);
  const auto used = x_sessions.use(result.session->id);
  ASSERT_TRUE(used.has_value());
  EXPECT_EQ(used->operator_id, worker(1));
  EXPECT_FALSE(used->must_change_password);
  EXPECT_EQ(used->client, "curl");
  EXPECT_TRUE(x_accounts->find(worker(1)).value()->totp_confirmed);
}

// A minute goes by at each reading, as for somebody who waits in a long queue.
class AgeingClock final : public Clock {
 public:
  TimeUs wall() const override { return {kStart.us + 60 * kSecond * readings++}; }
  std::int64_t monotonic_us() const override { return 0; }
  mutable std::atomic<std::int64_t> readings = 0;
};

TEST_F(LoginTest, S_AUTHN_ACodeCountsAsOfWhenItWasReceived) {
  x_login.reset();
  const AgeingClock clock;
  const auto login = Login::start(*x_accounts, x_sessions, clock, x_options).value();
  clock.readings = 0;

  const auto result = login->log_in(
      {"operatore001", kPassword, crypto::totp_code(x_totp, crypto::totp_step(kStart))}, {},
      x_source);

  EXPECT_EQ(result.outcome, LogInOutcome::granted);
}

TEST_F(LoginTest, S_AUTHN_EveryWrongPartGetsTheSameAnswerAndCostsOneHashAndOneRow) {
  add(2, "chiusa", false);
  ASSERT_TRUE(x_accounts->set_enabled(worker(2), false).has_value());
  struct Try {
    const char* username;
    std::string password;
    std::string code;
  };
  std::size_t rows = 0;
  for (const Try& each :
       {Try{"operatore001", "non è questa password", code()},
        Try{"operatore002", kPassword, wrong_code()}, Try{"operatore003", kPassword, code()},
        Try{"non può essere un nome", kPassword, code()}, Try{"", kPassword, code()},
        Try{"chiusa", kPassword, code()}, Try{"operatore004", std::string(5000, 'a'), code()},
        Try{"operatore005", kPassword, ""}}) {
    const std::uint64_t hashes = x_login->hash_count();
    const auto result = try_in(each.username, each.password, each.code);
    EXPECT_EQ(result.outcome, LogInOutcome::refused) << each.username;
    EXPECT_EQ(result.detail, "nome utente, password o codice non validi");
    EXPECT_EQ(result.retry_after_s, 0u);
    EXPECT_FALSE(result.session.has_value());
    EXPECT_EQ(x_login->hash_count(), hashes + 1) << each.username;
    EXPECT_EQ(x_accounts->failed_tries().value().size(), ++rows) << each.username;
  }
  EXPECT_EQ(try_in("operatore001", kPassword, wrong_code()).outcome, LogInOutcome::refused);
  EXPECT_EQ(x_sessions.count(), 0u);
}

TEST_F(LoginTest, S_AUTHN_ACodeIsGoodOnce) {
  ASSERT_EQ(log_in().outcome, LogInOutcome::granted);
  EXPECT_EQ(try_in("operatore001", kPassword, code()).outcome, LogInOutcome::refused);
  start();  // nor after a restart
  EXPECT_EQ(try_in("operatore001", kPassword, code()).outcome, LogInOutcome::refused);
  EXPECT_EQ(log_in().outcome, LogInOutcome::granted);
}

TEST_F(LoginTest, S_AUTHN_WhoLogsInIsToldOfTriesThatFailedAndOfANewPassword) {
  const auto first = log_in();
  EXPECT_EQ(first.news.failed_tries, 0u);
  EXPECT_EQ(first.news.password_set.us, kStart.us);
  fail_times(2, "operatore001");
  EXPECT_EQ(try_in("operatore001", kPassword, code()).outcome, LogInOutcome::refused);  // used
  start();  // nor does a restart forget them
  const TimeUs changed = x_clock.wall();
  ASSERT_TRUE(x_accounts
                  ->reset(worker(1), crypto::hash_password(kPassword, x_options.cost).value(),
                          x_totp, false, changed)
                  .has_value());

  const auto told = log_in();

  ASSERT_EQ(told.outcome, LogInOutcome::granted);
  EXPECT_EQ(told.news.failed_tries, 3u);
  EXPECT_EQ(told.news.password_set.us, changed.us);
  EXPECT_EQ(log_in().news.failed_tries, 0u);
}

// What somebody sees who tries a thousand passwords as fast as they are let, and then the right
// one.
TEST_F(LoginTest, S_AUTHN_AThousandWrongTriesLockOutAndDoNotTellWhetherTheUserExists) {
  x_source.ip.clear();  // the username alone
  const auto seen = [&](const std::string& username) {
    std::vector<std::pair<LogInOutcome, std::uint32_t>> answers;
    const std::uint64_t before = x_login->hash_count();
    for (int i = 0; i < 1000; ++i) {
      const auto result = try_in(username, "password numero " + std::to_string(i), code());
      answers.emplace_back(result.outcome, result.retry_after_s);
      EXPECT_EQ(result.session, std::nullopt);
      x_clock.advance_us(result.retry_after_s * kSecond);
    }
    EXPECT_EQ(x_login->hash_count() - before, 100u) << username;
    x_clock.advance_us(7 * 24 * 3600 * kSecond);
    const auto right = log_in(username);
    answers.emplace_back(right.outcome, right.retry_after_s);
    return answers;
  };
  const auto known = seen("operatore001");
  EXPECT_EQ(known.back(), std::pair(LogInOutcome::throttled, 900u));
  EXPECT_EQ(seen("nessuno"), known);
  start();
  EXPECT_EQ(log_in().outcome, LogInOutcome::throttled);  // a restart opens nothing
  ASSERT_TRUE(x_accounts->note_failed_tries(std::nullopt, {x_accounts->hash_of("operatore001")})
                  .has_value());
  start();
  EXPECT_EQ(log_in().outcome, LogInOutcome::granted);  // an administrator does
}

TEST_F(LoginTest, S_AUTHN_ARightPasswordWithinTheWaitIsNotEvenLookedAt) {
  fail_times(5, "operatore001");
  const std::uint64_t hashes = x_login->hash_count();
  const auto result = try_in("operatore001", kPassword, code());
  EXPECT_EQ(result.outcome, LogInOutcome::throttled);
  EXPECT_EQ(result.retry_after_s, 1u);
  EXPECT_EQ(x_login->hash_count(), hashes);
  x_clock.advance_us(kSecond);
  EXPECT_EQ(try_in("operatore001", kPassword, code()).outcome, LogInOutcome::granted);
  EXPECT_TRUE(x_accounts->failed_tries().value().empty());
}

TEST_F(LoginTest, S_AUTHN_AnAddressThatTriesManyNamesWaitsForEveryName) {
  for (int i = 0; i < 30; ++i) fail_times(1, "nome" + std::to_string(i));
  EXPECT_EQ(try_in("operatore001", kPassword, code()).outcome, LogInOutcome::throttled);
  x_source.ip = "198.51.100.9";
  EXPECT_EQ(try_in("operatore001", kPassword, code()).outcome, LogInOutcome::granted);
}

TEST_F(LoginTest, AT05_LogInLogOutAndFailureComeWithTheirRecord) {
  const auto granted = log_in();
  ASSERT_TRUE(granted.record.has_value());
  EXPECT_EQ(granted.record->look.operation, cases::Operation::login);
  EXPECT_EQ(granted.record->look.outcome, cases::LookOutcome::ok);
  EXPECT_TRUE(granted.record->look.administrative);
  EXPECT_EQ(granted.record->look.request_id, x_source.request_id);
  EXPECT_EQ(granted.record->look.target, "session/" + granted.session->session.handle.hex());
  EXPECT_EQ(granted.record->look.controller, cases::installation_controller());
  EXPECT_EQ(granted.record->viewer.operator_id, worker(1));
  EXPECT_EQ(granted.record->viewer.ip, "192.0.2.7");
  EXPECT_EQ(granted.record->viewer.client_id, "curl");
  EXPECT_EQ(granted.record->viewer.auth_context, "password+totp");

  const auto left = x_login->log_out(granted.session->id, x_source);
  ASSERT_TRUE(left.has_value());
  EXPECT_EQ(left->look.operation, cases::Operation::logout);
  EXPECT_EQ(left->look.target, granted.record->look.target);
  EXPECT_EQ(left->viewer.operator_id, worker(1));
  EXPECT_FALSE(x_login->log_out(granted.session->id, x_source).has_value());

  const auto refused = try_in("operatore001", "non è questa password", code());
  ASSERT_TRUE(refused.record.has_value());
  EXPECT_EQ(refused.record->look.operation, cases::Operation::failed);
  EXPECT_EQ(refused.record->look.outcome, cases::LookOutcome::denied);
  EXPECT_EQ(refused.record->look.severity, cases::Severity::notice);
  EXPECT_TRUE(refused.record->look.administrative);
  EXPECT_EQ(refused.record->viewer.operator_id, worker(1));
  EXPECT_EQ(refused.record->viewer.ip, "192.0.2.7");

  const auto unknown = try_in("nessuno", kPassword, code());
  ASSERT_TRUE(unknown.record.has_value());
  EXPECT_TRUE(unknown.record->viewer.operator_id.is_zero());
  EXPECT_EQ(unknown.record->look.search_terms, x_accounts->hash_of("nessuno").hex());
}

TEST_F(LoginTest, AT05_TheFailureThatShutsAnAccountStandsOut) {
  x_source.ip.clear();
  x_options.throttle.failures_max = 3;
  start();
  fail_times(2, "operatore001");
  const auto last = try_in("operatore001", "non è questa password", code());
  EXPECT_EQ(last.record->look.severity, cases::Severity::high);
}

TEST_F(LoginTest, AT05_AFloodOfTriesThatAreNotMadeIsRecordedByHundreds) {
  fail_times(5, "operatore001");
  int records = 0;
  std::uint32_t told = 0;
  for (int i = 0; i < 150; ++i) {
    const auto result = try_in("operatore001", kPassword, code());
    ASSERT_EQ(result.outcome, LogInOutcome::throttled);
    if (!result.record) continue;
    ++records;
    told += result.record->look.repeated;
    EXPECT_EQ(result.record->look.operation, cases::Operation::failed);
  }
  EXPECT_EQ(records, 2);
  EXPECT_EQ(told, 101u);
  x_clock.advance_us(kSecond);
  const auto next = try_in("operatore001", "non è questa password", code());
  EXPECT_EQ(next.record->look.repeated, 50u);  // itself and the 49 that were not told
}

TEST_F(LoginTest, AT01_WhatCannotBeRecordedIsUndone) {
  const auto granted = log_in();
  ASSERT_TRUE(x_sessions.use(granted.session->id).has_value());
  x_login->undo(granted);
  EXPECT_FALSE(x_sessions.use(granted.session->id).has_value());
}

TEST_F(LoginTest, S_SESS_ALogInReplacesTheSessionOfTheBrowser) {
  const auto before = log_in();
  x_clock.advance_us(30 * kSecond);
  const auto after =
      x_login->log_in({"operatore001", kPassword, code()}, before.session->id, x_source);
  ASSERT_EQ(after.outcome, LogInOutcome::granted);
  EXPECT_FALSE(x_sessions.use(before.session->id).has_value());
}

TEST_F(LoginTest, S_SESS_AStepUpNeedsPasswordAndAFreshCode) {
  const auto before = log_in();
  x_clock.advance_us(300 * kSecond);
  ASSERT_FALSE(x_sessions.use(before.session->id)->stepped_up);
  EXPECT_EQ(x_login->step_up(before.session->id, {"", kPassword, wrong_code()}, x_source).outcome,
            LogInOutcome::refused);
  EXPECT_FALSE(x_sessions.use(before.session->id)->stepped_up);
  const auto after = x_login->step_up(before.session->id, {"", kPassword, code()}, x_source);
  ASSERT_EQ(after.outcome, LogInOutcome::granted);
  EXPECT_TRUE(x_sessions.use(after.session->id)->stepped_up);
  EXPECT_FALSE(x_sessions.use(before.session->id).has_value());
  EXPECT_EQ(after.record->look.target, "step-up/" + before.session->session.handle.hex());
  EXPECT_EQ(x_login->step_up(before.session->id, {"", kPassword, code()}, x_source).outcome,
            LogInOutcome::refused);
}

TEST_F(LoginTest, S_AUTHN_StepUpCannotBeGuessedFromAStolenSession) {
  const auto opened = log_in();
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(
        x_login->step_up(opened.session->id, {"", "indovinata numero", code()}, x_source).outcome,
        LogInOutcome::refused);
  EXPECT_EQ(x_login->step_up(opened.session->id, {"", kPassword, code()}, x_source).outcome,
            LogInOutcome::throttled);
}

TEST_F(LoginTest, S_AUTHN_AFirstPasswordMustBeChangedAndThenOtherSessionsEnd) {
  add(2, "nuova", true);
  const auto other = log_in("nuova");
  const auto opened = log_in("nuova");
  EXPECT_TRUE(opened.session->session.must_change_password);
  x_clock.advance_us(30 * kSecond);
  const auto changed =
      x_login->change_password(opened.session->id, {"", kPassword, code()}, kNewPassword, x_source);
  ASSERT_EQ(changed.outcome, LogInOutcome::granted) << changed.detail;
  EXPECT_EQ(changed.record->look.target, "password/" + opened.session->session.handle.hex());
  EXPECT_FALSE(x_sessions.use(opened.session->id)->must_change_password);
  EXPECT_FALSE(x_sessions.use(other.session->id).has_value());
  EXPECT_EQ(log_in("nuova").outcome, LogInOutcome::refused);
  x_clock.advance_us(30 * kSecond);
  const auto again = try_in("nuova", kNewPassword, code());
  ASSERT_EQ(again.outcome, LogInOutcome::granted);
  EXPECT_FALSE(again.session->session.must_change_password);
}

TEST_F(LoginTest, S_AUTHN_AFirstPasswordThatNobodyChangedIsGoodForSevenDays) {
  constexpr std::int64_t kDay = 86'400 * kSecond;
  add(2, "nuova", true);
  x_clock.advance_us(7 * kDay - 60 * kSecond);
  EXPECT_EQ(log_in("nuova").outcome, LogInOutcome::granted);
  x_clock.advance_us(60 * kSecond);
  EXPECT_EQ(log_in("nuova").outcome, LogInOutcome::refused);
  EXPECT_EQ(log_in("operatore001").outcome, LogInOutcome::granted) << "was chosen by its owner";
}

TEST_F(LoginTest, S_AUTHN_ANewPasswordFollowsTheRulesAndDiffersFromTheOld) {
  const auto opened = log_in();
  x_clock.advance_us(30 * kSecond);
  for (const char* bad : {"corta", "operatore001 e altro", kPassword}) {
    const auto changed =
        x_login->change_password(opened.session->id, {"", kPassword, code()}, bad, x_source);
    EXPECT_EQ(changed.outcome, LogInOutcome::weak) << bad;
    EXPECT_FALSE(changed.detail.empty());
  }
  const auto wrong = x_login->change_password(
      opened.session->id, {"", "non è questa password", code()}, kNewPassword, x_source);
  EXPECT_EQ(wrong.outcome, LogInOutcome::refused);
  EXPECT_EQ(wrong.record->look.operation, cases::Operation::failed);
  const auto ended = x_login->change_password(std::string(64, '0'), {"", kPassword, code()},
                                              kNewPassword, x_source);
  EXPECT_EQ(ended.outcome, LogInOutcome::refused);
  EXPECT_EQ(log_in().outcome, LogInOutcome::granted);  // with the old one
}

TEST_F(LoginTest, S_AUTHN_AHashOfOldCostsIsMadeAnewAtTheNextLogIn) {
  x_options.cost = crypto::PasswordCost::standard;
  start();
  ASSERT_EQ(log_in().outcome, LogInOutcome::granted);
  const auto hash = x_accounts->find(worker(1)).value()->password_hash;
  EXPECT_FALSE(crypto::needs_rehash(hash, crypto::PasswordCost::standard));
  EXPECT_EQ(log_in().outcome, LogInOutcome::granted);
}

TEST_F(LoginTest, S_AUTHN_NoRoomForASessionIsSaid) {
  SessionLimits limits;
  limits.sessions_max = 0;
  Sessions full(x_clock, limits);
  const auto login = Login::start(*x_accounts, full, x_clock, x_options).value();
  x_clock.advance_us(30 * kSecond);
  const auto result = login->log_in({"operatore001", kPassword, code()}, {}, x_source);
  EXPECT_EQ(result.outcome, LogInOutcome::unavailable);
  EXPECT_GT(result.retry_after_s, 0u);
}

}  // namespace
}  // namespace cartella::api
