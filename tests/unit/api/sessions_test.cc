#include "api/sessions.h"

#include <gtest/gtest.h>

#include <thread>

namespace cartella::api {
namespace {

constexpr std::int64_t kMinute = 60'000'000;
constexpr TimeUs kStart{1'790'000'000'000'000};

OperatorId worker(std::uint8_t number) {
  OperatorId id;
  id.bytes.fill(number);
  return id;
}
NewSession of_worker(std::uint8_t number) { return {worker(number), false, "Firefox, Linux"}; }

class SessionsTest : public ::testing::Test {
 protected:
  OpenedSession open(std::uint8_t number, std::string_view replaces = {}) {
    return x_sessions.open(of_worker(number), replaces).value();
  }

  ManualClock x_clock{kStart};
  Sessions x_sessions{x_clock};
};

TEST_F(SessionsTest, S_SESS_AnIdIsTwoHundredAndFiftySixRandomBitsAndFindsItsSession) {
  const auto first = open(1);
  const auto second = open(1);
  EXPECT_EQ(first.id.size(), 64u);
  EXPECT_NE(first.id, second.id);
  EXPECT_NE(first.session.handle, second.session.handle);
  EXPECT_NE(first.id.substr(0, 32), first.session.handle.hex());
  const auto used = x_sessions.use(first.id);
  ASSERT_TRUE(used.has_value());
  EXPECT_EQ(used->handle, first.session.handle);
  EXPECT_EQ(used->operator_id, worker(1));
  EXPECT_EQ(used->acting_as.role, cases::Role::none);
  EXPECT_EQ(used->client, "Firefox, Linux");
  EXPECT_EQ(used->created, kStart);
  for (const std::string& id :
       {std::string(), first.id.substr(1), first.id + "0", std::string(64, '0')})
    EXPECT_FALSE(x_sessions.use(id).has_value()) << id;
}

TEST_F(SessionsTest, S_SESS_EndsAfterFifteenMinutesWithoutUse) {
  const auto opened = open(1);
  x_clock.advance_us(15 * kMinute - 1);
  EXPECT_TRUE(x_sessions.use(opened.id).has_value());
  x_clock.advance_us(15 * kMinute - 1);
  EXPECT_TRUE(x_sessions.find(opened.id).has_value());  // not a use
  EXPECT_TRUE(x_sessions.is_open(opened.session.handle));
  x_clock.advance_us(1);
  EXPECT_FALSE(x_sessions.is_open(opened.session.handle));
  EXPECT_FALSE(x_sessions.find(opened.id).has_value());
  EXPECT_FALSE(x_sessions.use(opened.id).has_value());
  EXPECT_EQ(x_sessions.count(), 0u);
}

TEST_F(SessionsTest, S_SESS_EndsAfterEightHoursHoweverMuchItIsUsed) {
  auto opened = open(1);
  for (int i = 0; i < 47; ++i) {  // 7 h 50
    x_clock.advance_us(10 * kMinute);
    ASSERT_TRUE(x_sessions.use(opened.id).has_value()) << i;
  }
  opened = x_sessions.rotate(opened.id).value();  // a new id is no new session
  EXPECT_EQ(opened.session.expires, TimeUs{kStart.us + 480 * kMinute});
  x_clock.advance_us(10 * kMinute - 1);
  EXPECT_TRUE(x_sessions.use(opened.id).has_value());
  x_clock.advance_us(1);
  EXPECT_FALSE(x_sessions.use(opened.id).has_value());
}

TEST_F(SessionsTest, S_SESS_AJumpOfTheWallClockNeitherEndsNorProlongs) {
  const auto opened = open(1);
  x_clock.set_wall(TimeUs{kStart.us + 10'000 * kMinute});
  EXPECT_TRUE(x_sessions.use(opened.id).has_value());
  x_clock.set_wall(TimeUs{0});
  x_clock.advance_us(15 * kMinute);
  EXPECT_FALSE(x_sessions.use(opened.id).has_value());
}

TEST_F(SessionsTest, S_SESS_ALogInEndsTheSessionThatTheBrowserHad) {
  const auto before = open(1);
  const auto after = open(1, before.id);
  EXPECT_FALSE(x_sessions.use(before.id).has_value());
  EXPECT_TRUE(x_sessions.use(after.id).has_value());
}

TEST_F(SessionsTest, S_SESS_AStepUpGivesANewIdAndKeepsTheSession) {
  const auto before = open(1);
  const cases::ActingAs acting{{}, {}, cases::Role::dpo};
  ASSERT_TRUE(x_sessions.act_as(before.id, acting).has_value());
  x_clock.advance_us(5 * kMinute);
  EXPECT_FALSE(x_sessions.use(before.id)->stepped_up);
  const auto after = x_sessions.rotate(before.id).value();
  EXPECT_NE(after.id, before.id);
  EXPECT_NE(after.csrf_token, before.csrf_token);
  EXPECT_EQ(after.session.handle, before.session.handle);
  EXPECT_EQ(after.session.acting_as, acting);
  EXPECT_EQ(after.session.created, before.session.created);
  EXPECT_TRUE(after.session.stepped_up);
  EXPECT_FALSE(x_sessions.use(before.id).has_value());
  EXPECT_EQ(x_sessions.rotate(before.id).error().code, Errc::not_found);
}

TEST_F(SessionsTest, S_SESS_AStepUpLastsFiveMinutesAndALogInIsOne) {
  const auto opened = open(1);
  EXPECT_TRUE(opened.session.stepped_up);
  EXPECT_EQ(opened.session.step_up_until, TimeUs{kStart.us + 5 * kMinute});
  x_clock.advance_us(5 * kMinute - 1);
  EXPECT_TRUE(x_sessions.use(opened.id)->stepped_up);
  x_clock.advance_us(1);
  EXPECT_FALSE(x_sessions.use(opened.id)->stepped_up);
}

TEST_F(SessionsTest, S_SESS_OfMoreThanTenTheOneUnusedForLongestEnds) {
  std::vector<OpenedSession> opened;
  for (int i = 0; i < 10; ++i) {
    opened.push_back(open(1));
    x_clock.advance_us(1);
  }
  const auto other = open(2);
  ASSERT_TRUE(x_sessions.use(opened[0].id).has_value());
  x_clock.advance_us(1);
  open(1);
  EXPECT_TRUE(x_sessions.use(opened[0].id).has_value());
  EXPECT_FALSE(x_sessions.use(opened[1].id).has_value());
  EXPECT_TRUE(x_sessions.use(other.id).has_value());
  EXPECT_EQ(x_sessions.of(worker(1)).size(), 10u);
}

TEST_F(SessionsTest, S_SESS_AFullTableRefusesUntilSessionsEnd) {
  SessionLimits limits;
  limits.sessions_max = 2;
  Sessions sessions(x_clock, limits);
  ASSERT_TRUE(sessions.open(of_worker(1), {}).has_value());
  ASSERT_TRUE(sessions.open(of_worker(2), {}).has_value());
  EXPECT_EQ(sessions.open(of_worker(3), {}).error().code, Errc::unavailable);
  x_clock.advance_us(15 * kMinute);
  EXPECT_TRUE(sessions.open(of_worker(3), {}).has_value());
  EXPECT_EQ(sessions.count(), 1u);
}

TEST_F(SessionsTest, S_SESS_AnOperatorSeesAndEndsOwnSessionsAndNoOthers) {
  const auto first = open(1);
  x_clock.advance_us(kMinute);
  const auto second = open(1);
  const auto foreign = open(2);
  const auto own = x_sessions.of(worker(1));
  ASSERT_EQ(own.size(), 2u);
  EXPECT_EQ(own[0].handle, second.session.handle);  // the last used first
  EXPECT_EQ(own[1].handle, first.session.handle);
  EXPECT_EQ(x_sessions.end_one(worker(1), foreign.session.handle).error().code, Errc::not_found);
  EXPECT_TRUE(x_sessions.use(foreign.id).has_value());
  ASSERT_TRUE(x_sessions.end_one(worker(1), first.session.handle).has_value());
  EXPECT_FALSE(x_sessions.use(first.id).has_value());
  EXPECT_EQ(x_sessions.end_one(worker(1), first.session.handle).error().code, Errc::not_found);
  EXPECT_TRUE(x_sessions.use(second.id).has_value());
}

TEST_F(SessionsTest, S_SESS_AllOfAnOperatorEndAtOnceButTheOneThatIsExcepted) {
  const auto first = open(1);
  const auto second = open(1);
  const auto foreign = open(2);
  EXPECT_EQ(x_sessions.end_all(worker(1), second.session.handle), 1u);
  EXPECT_FALSE(x_sessions.use(first.id).has_value());
  EXPECT_TRUE(x_sessions.use(second.id).has_value());
  EXPECT_EQ(x_sessions.end_all(worker(1)), 1u);
  EXPECT_FALSE(x_sessions.use(second.id).has_value());
  EXPECT_TRUE(x_sessions.use(foreign.id).has_value());
}

TEST_F(SessionsTest, S_SESS_ALogOutEndsTheSessionAndTellsWhose) {
  const auto opened = open(1);
  const auto ended = x_sessions.end(opened.id);
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->operator_id, worker(1));
  EXPECT_FALSE(x_sessions.end(opened.id).has_value());
  EXPECT_FALSE(x_sessions.use(opened.id).has_value());
}

TEST_F(SessionsTest, S_SESS_TheRoleIsChosenPerSession) {
  const auto first = open(1);
  const auto second = open(1);
  const cases::ActingAs acting{{}, {}, cases::Role::auditor};
  ASSERT_TRUE(x_sessions.act_as(first.id, acting).has_value());
  EXPECT_EQ(x_sessions.use(first.id)->acting_as, acting);
  EXPECT_EQ(x_sessions.use(second.id)->acting_as.role, cases::Role::none);
  EXPECT_EQ(x_sessions.act_as(std::string(64, '0'), acting).error().code, Errc::not_found);
}

TEST_F(SessionsTest, S_SESS_TheCsrfTokenBelongsToOneSession) {
  const auto first = open(1);
  const auto second = open(1);
  EXPECT_EQ(first.csrf_token.size(), 64u);
  EXPECT_NE(first.csrf_token, first.id);
  EXPECT_TRUE(x_sessions.matches_csrf(first.id, first.csrf_token));
  EXPECT_FALSE(x_sessions.matches_csrf(first.id, second.csrf_token));
  EXPECT_FALSE(x_sessions.matches_csrf(first.id, ""));
  EXPECT_FALSE(x_sessions.matches_csrf(first.id, first.id));
}

TEST_F(SessionsTest, S_SESS_AChangedPasswordOpensTheRest) {
  NewSession needs = of_worker(1);
  needs.must_change_password = true;
  const auto opened = x_sessions.open(needs, {}).value();
  EXPECT_TRUE(x_sessions.use(opened.id)->must_change_password);
  EXPECT_TRUE(x_sessions.rotate(opened.id).value().session.must_change_password);
  const auto again = x_sessions.open(needs, {}).value();
  EXPECT_FALSE(x_sessions.password_changed(again.id).value().must_change_password);
  EXPECT_FALSE(x_sessions.use(again.id)->must_change_password);
  EXPECT_EQ(x_sessions.password_changed(opened.id).error().code, Errc::not_found);
}

TEST_F(SessionsTest, ManyThreadsOpenUseAndEndSessions) {
  std::vector<std::thread> threads;
  for (std::uint8_t number = 1; number <= 4; ++number)
    threads.emplace_back([this, number] {
      for (int i = 0; i < 50; ++i) {
        auto opened = open(number);
        ASSERT_TRUE(x_sessions.use(opened.id).has_value());
        opened = x_sessions.rotate(opened.id).value();
        ASSERT_FALSE(x_sessions.of(worker(number)).empty());
        ASSERT_TRUE(x_sessions.end(opened.id).has_value());
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(x_sessions.count(), 0u);
}

TEST(SessionCookie, S_SESS_HasEveryAttributeThatKeepsItInTheBrowser) {
  EXPECT_EQ(session_cookie("abc"),
            "__Host-cartella=abc; Path=/; Secure; HttpOnly; SameSite=Strict");
  EXPECT_EQ(ended_session_cookie(),
            "__Host-cartella=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict");
}

TEST(ClientDescription, KeepsWordsOfItsOwnListAlone) {
  EXPECT_EQ(client_description("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 "
                               "Firefox/128.0"),
            "Firefox, Linux");
  EXPECT_EQ(client_description("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like "
                               "Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0"),
            "Edge, Windows");
  EXPECT_EQ(client_description("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) "
                               "Version/17.5 Safari/604.1"),
            "Safari, iOS");
  EXPECT_EQ(client_description("curl/7.88.1"), "curl");
  EXPECT_EQ(client_description("Mario Rossi RSSMRA80A01H501U"), "altro programma");
  EXPECT_EQ(client_description(""), "altro programma");
}

}  // namespace
}  // namespace cartella::api
