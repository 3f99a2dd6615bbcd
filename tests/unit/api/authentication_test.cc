#include "api/authentication.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace cartella::api {
namespace {

namespace fs = std::filesystem;

constexpr TimeUs kStart{1'790'000'000'000'000};

OperatorId worker(std::uint8_t number) {
  OperatorId id;
  id.bytes.fill(number);
  return id;
}

class AuthenticationTest : public ::testing::Test {
 protected:
  AuthenticationTest()
      : x_dir(fs::path(::testing::TempDir()) /
              ("authentication_" + std::to_string(getpid()) + "_" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(x_dir);
    fs::create_directories(x_dir);
    x_accounts = store::Accounts::open(x_dir, crypto::Secret32::random()).value();
    x_opened = x_sessions.open({worker(1), false, "curl"}, {}).value();
    store::MachineToken token;
    token.operator_id = worker(2);
    token.scope.role = "auditor";
    token.scope.ente.bytes.fill(3);
    token.expires = TimeUs{kStart.us + 1'000'000};
    x_token = x_accounts->add_token(token).value();
  }
  ~AuthenticationTest() override {
    x_accounts.reset();
    fs::remove_all(x_dir);
  }
  Authentication ask(Method method, const std::vector<Field>& headers) {
    Request request;
    request.method = method;
    request.path = "/v1/cases";
    request.headers = headers;
    request.peer = "192.0.2.7";
    return authenticate(request, x_sessions, *x_accounts, x_clock, x_hosts);
  }
  Field cookie() const { return {"Cookie", "__Host-cartella=" + x_opened.id}; }
  Field csrf() const { return {"CSRF-Token", x_opened.csrf_token}; }
  Field bearer() const { return {"Authorization", "Bearer " + x_token.text}; }

  fs::path x_dir;
  ManualClock x_clock{kStart};
  Sessions x_sessions{x_clock};
  std::unique_ptr<store::Accounts> x_accounts;
  std::vector<std::string> x_hosts = {"cartella.example", "localhost:8443"};
  OpenedSession x_opened;
  store::Accounts::NewToken x_token;
};

TEST_F(AuthenticationTest, S_SESS_ACookieTellsWhoAndInWhichRole) {
  const cases::ActingAs acting{{}, {}, cases::Role::dpo};
  ASSERT_TRUE(x_sessions.act_as(x_opened.id, acting).has_value());
  const auto found =
      ask(Method::get, {{"cookie", "a=b; __Host-cartella=" + x_opened.id + "; c=d"}});
  ASSERT_EQ(found.refusal, AuthRefusal::none);
  EXPECT_EQ(found.who.operator_id, worker(1));
  EXPECT_EQ(found.who.acting_as, acting);
  EXPECT_EQ(found.who.auth_context, "password+totp");
  EXPECT_EQ(found.who.client_id, "session/" + x_opened.session.handle.hex());
  EXPECT_EQ(found.who.ip, "192.0.2.7");
  EXPECT_EQ(found.who.session_id, x_opened.id);
  EXPECT_TRUE(found.who.stepped_up);
}

TEST_F(AuthenticationTest, S_AUTHN_ATokenTellsWhoAndInWhichRole) {
  for (const char* scheme : {"Bearer ", "bearer ", "BEARER  "}) {
    const auto found = ask(Method::post, {{"authorization", scheme + x_token.text}});
    ASSERT_EQ(found.refusal, AuthRefusal::none) << scheme;
    EXPECT_EQ(found.who.operator_id, worker(2));
    EXPECT_EQ(found.who.acting_as.role, cases::Role::auditor);
    EXPECT_EQ(found.who.acting_as.ente.bytes[0], 3);
    EXPECT_EQ(found.who.auth_context, "token");
    EXPECT_EQ(found.who.client_id, "token/" + x_token.id.hex());
    EXPECT_FALSE(found.who.stepped_up);
    EXPECT_TRUE(found.who.session_id.empty());
  }
}

TEST_F(AuthenticationTest, S_SESS_AProgramGivesItsSessionAsBearerAndNeedsNoCsrfToken) {
  const auto found = ask(Method::post, {{"Authorization", "Bearer " + x_opened.id}});
  ASSERT_EQ(found.refusal, AuthRefusal::none);
  EXPECT_EQ(found.who.operator_id, worker(1));
  EXPECT_EQ(found.who.session_id, x_opened.id);
  EXPECT_EQ(ask(Method::post, {{"Authorization", "Bearer " + std::string(64, '0')}}).refusal,
            AuthRefusal::bad_token);
}

TEST_F(AuthenticationTest, S_AUTHN_NothingOrTooMuchIsRefused) {
  EXPECT_EQ(ask(Method::get, {}).refusal, AuthRefusal::missing);
  EXPECT_EQ(ask(Method::get, {{"Cookie", "altro=1"}}).refusal, AuthRefusal::missing);
  EXPECT_EQ(ask(Method::get, {cookie(), bearer()}).refusal, AuthRefusal::ambiguous);
  EXPECT_EQ(ask(Method::get, {cookie(), cookie()}).refusal, AuthRefusal::ambiguous);
  EXPECT_EQ(ask(Method::get, {bearer(), bearer()}).refusal, AuthRefusal::ambiguous);
}

TEST_F(AuthenticationTest, S_AUTHN_ATokenThatIsRevokedExpiredOrWrongIsRefused) {
  EXPECT_EQ(ask(Method::get, {{"Authorization", "Basic YTpi"}}).refusal, AuthRefusal::bad_token);
  EXPECT_EQ(ask(Method::get, {{"Authorization", "Bearer "}}).refusal, AuthRefusal::bad_token);
  EXPECT_EQ(ask(Method::get, {{"Authorization", ""}}).refusal, AuthRefusal::bad_token);
  EXPECT_EQ(ask(Method::get, {{"Authorization", bearer().value + "0"}}).refusal,
            AuthRefusal::bad_token);
  ASSERT_EQ(ask(Method::get, {bearer()}).refusal, AuthRefusal::none);
  x_clock.set_wall(TimeUs{kStart.us + 1'000'000});
  EXPECT_EQ(ask(Method::get, {bearer()}).refusal, AuthRefusal::bad_token);
  x_clock.set_wall(kStart);
  ASSERT_TRUE(x_accounts->revoke_token(x_token.id).has_value());
  EXPECT_EQ(ask(Method::get, {bearer()}).refusal, AuthRefusal::bad_token);
}

TEST_F(AuthenticationTest, S_SESS_AnUnsafeMethodNeedsTheSessionsCsrfToken) {
  const auto other = x_sessions.open({worker(1), false, "curl"}, {}).value();
  for (const Method method : {Method::post, Method::put, Method::del}) {
    EXPECT_EQ(ask(method, {cookie()}).refusal, AuthRefusal::no_csrf);
    EXPECT_EQ(ask(method, {cookie(), {"CSRF-Token", ""}}).refusal, AuthRefusal::no_csrf);
    EXPECT_EQ(ask(method, {cookie(), {"CSRF-Token", other.csrf_token}}).refusal,
              AuthRefusal::no_csrf);
    EXPECT_EQ(ask(method, {cookie(), csrf(), csrf()}).refusal, AuthRefusal::no_csrf);
    EXPECT_EQ(ask(method, {cookie(), csrf()}).refusal, AuthRefusal::none);
    EXPECT_EQ(ask(method, {cookie(), {"csrf-token", x_opened.csrf_token}}).refusal,
              AuthRefusal::none);
  }
  EXPECT_EQ(ask(Method::get, {cookie()}).refusal, AuthRefusal::none);
}

TEST_F(AuthenticationTest, S_SESS_AnUnsafeMethodFromAnotherOriginIsRefused) {
  for (const char* origin : {"https://cartella.example", "https://localhost:8443"})
    EXPECT_EQ(ask(Method::post, {cookie(), csrf(), {"Origin", origin}}).refusal, AuthRefusal::none)
        << origin;
  for (const char* origin :
       {"https://altro.example", "http://cartella.example", "https://cartella.example.altro",
        "https://cartella.example:444", "null", ""})
    EXPECT_EQ(ask(Method::post, {cookie(), csrf(), {"Origin", origin}}).refusal,
              AuthRefusal::bad_origin)
        << origin;
}

TEST_F(AuthenticationTest, S_SESS_AnOriginWithThePortThatHostNamesIsOurs) {
  const Field origin{"Origin", "https://localhost:18443"};
  EXPECT_EQ(ask(Method::post, {cookie(), csrf(), origin, {"Host", "localhost:18443"}}).refusal,
            AuthRefusal::none);
  EXPECT_EQ(ask(Method::post, {cookie(), csrf(), origin, {"Host", "localhost:18444"}}).refusal,
            AuthRefusal::bad_origin);
  EXPECT_EQ(ask(Method::post, {cookie(), csrf(), origin}).refusal, AuthRefusal::bad_origin);
}

TEST_F(AuthenticationTest, S_AUTHN_ATokenEndsWithTheAccountOfItsOperator) {
  store::Account account;
  account.operator_id = worker(2);
  account.username = "operatore002";
  account.enabled = true;
  ASSERT_TRUE(x_accounts->create(account).has_value());
  EXPECT_EQ(ask(Method::get, {bearer()}).refusal, AuthRefusal::none);
  ASSERT_TRUE(x_accounts->set_enabled(worker(2), false).has_value());
  EXPECT_EQ(ask(Method::get, {bearer()}).refusal, AuthRefusal::bad_token);
}

TEST_F(AuthenticationTest, S_SESS_AForgedRequestKeepsNoSessionAlive) {
  constexpr std::int64_t kMinute = 60'000'000;
  x_clock.advance_us(10 * kMinute);
  EXPECT_EQ(ask(Method::post, {cookie()}).refusal, AuthRefusal::no_csrf);
  x_clock.advance_us(5 * kMinute);
  EXPECT_EQ(ask(Method::get, {cookie()}).refusal, AuthRefusal::ended);
  EXPECT_EQ(ask(Method::post, {cookie(), csrf()}).refusal, AuthRefusal::ended);
}

TEST_F(AuthenticationTest, OneBearerIsFoundByItself) {
  Request request;
  EXPECT_EQ(bearer_of(request), "");
  request.headers = {{"authorization", "BEARER  abc "}};
  EXPECT_EQ(bearer_of(request), "abc");
  request.headers = {{"Authorization", "Basic abc"}};
  EXPECT_EQ(bearer_of(request), "");
  request.headers = {{"Authorization", "Bearer abc"}, {"Authorization", "Bearer def"}};
  EXPECT_EQ(bearer_of(request), "");
}

TEST_F(AuthenticationTest, OurCookieIsFoundAmongOthers) {
  Request request;
  request.headers = {{"Cookie", "x__Host-cartella=1;__Host-cartella=abc;  z=2"}};
  EXPECT_EQ(session_cookie_of(request), "abc");
  request.headers.push_back({"Cookie", "__Host-cartella=def"});
  EXPECT_EQ(session_cookie_of(request), "");
  request.headers.clear();
  EXPECT_EQ(session_cookie_of(request), "");
}

TEST(AuthenticationAnswers, ChallengeWhereItIsAQuestionOfWho) {
  for (const AuthRefusal refusal :
       {AuthRefusal::missing, AuthRefusal::ended, AuthRefusal::bad_token}) {
    EXPECT_EQ(answer_of(refusal).status, 401u);
    EXPECT_TRUE(answer_of(refusal).challenge.starts_with("Bearer realm="));
  }
  EXPECT_EQ(answer_of(AuthRefusal::ambiguous).status, 400u);
  for (const AuthRefusal refusal : {AuthRefusal::no_csrf, AuthRefusal::bad_origin})
    EXPECT_EQ(answer_of(refusal).status, 403u);
  EXPECT_EQ(answer_of(AuthRefusal::unavailable).status, 503u);
  EXPECT_TRUE(answer_of(AuthRefusal::unavailable).challenge.empty());
}

}  // namespace
}  // namespace cartella::api
