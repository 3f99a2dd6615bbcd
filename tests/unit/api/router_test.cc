// The router over a real store: what a principal is, and how long a request is in flight.
#include "api/router.h"

#include <future>
#include <mutex>

#include "cases/bootstrap.h"
#include "projections/event_source.h"
#include "tests/unit/cases/executor_fixture.h"

namespace cartella::api {
namespace {

namespace fs = std::filesystem;

class RouterTest : public cases::ExecutorTest {
 protected:
  void SetUp() override {
    ExecutorTest::SetUp();
    must(cases::GrantRole{cases::kColleague, "auditor", {}, {}, {}, ""});
    source = std::make_unique<projections::StoreSource>(*log);
    engine = projections::Engine::open(dir, *source, *vault, seed(3), {}).value();
    access_log = cases::AccessLog::open(*log, *vault, *executor, clock).value();
    denials = std::make_unique<cases::Denials>(*access_log, clock, cases::DenialOptions{});
    accounts = store::Accounts::open(dir, seed(4)).value();
    sessions = std::make_unique<Sessions>(clock);
    login = Login::start(*accounts, *sessions, clock, {crypto::PasswordCost::cheap, 8, {}}).value();
    changes = std::make_unique<ChangeHub>(*log, *vault, clock, ChangeHubOptions{});
    names = std::make_unique<OrganisationNames>(*log, *engine, *executor);
    service = std::make_unique<Service>(
        Service{*log, *vault, *engine, *executor, *access_log, *denials, *accounts, *sessions,
                *login, *changes, *names, tokens, clock, nullptr, &heavy,
                [](const std::function<void()>& job) { job(); }, [] { return std::string(); }});
  }
  void TearDown() override {
    router.reset();
    changes.reset();
    service.reset();
    names.reset();
    login.reset();
    sessions.reset();
    accounts.reset();
    denials.reset();
    access_log.reset();
    engine.reset();
    source.reset();
    ExecutorTest::TearDown();
  }
  void open_router() { router = std::make_unique<Router>(*service, AnswerObserver{}); }

  // A session's bearer of the auditor of the ambito.
  std::string auditor() {
    const OpenedSession opened = sessions->open({cases::kColleague, false, "curl"}, {}).value();
    CHECK(sessions->act_as(opened.id, {{}, {}, cases::Role::auditor}));
    return opened.id;
  }
  // The whole answer, with its record.
  Response ask(const std::string& path, const std::string& peer, const std::string& bearer = {},
               std::vector<Field> query = {}) {
    Request request;
    request.path = path;
    request.query = std::move(query);
    request.peer = peer;
    request.id = RequestId{crypto::new_command_id(clock).bytes};
    if (!bearer.empty()) request.headers.push_back({"Authorization", "Bearer " + bearer});
    Response response = router->handle(request);
    if (const auto wait = std::move(response.wait)) {
      std::promise<void> done;
      wait->start(response, [&done] { done.set_value(); });
      done.get_future().wait();
      wait->end(response);
    }
    return response;
  }

  std::unique_ptr<projections::StoreSource> source;
  std::unique_ptr<projections::Engine> engine;
  std::unique_ptr<cases::AccessLog> access_log;
  std::unique_ptr<cases::Denials> denials;
  std::unique_ptr<store::Accounts> accounts;
  std::unique_ptr<Sessions> sessions;
  std::unique_ptr<Login> login;
  std::unique_ptr<ChangeHub> changes;
  std::unique_ptr<OrganisationNames> names;
  OpaqueTokens tokens{seed(5)};
  std::timed_mutex heavy;
  std::unique_ptr<Service> service;
  std::unique_ptr<Router> router;
};

TEST_F(RouterTest, S_DOS_AReplayIsInFlightUntilItsLastPiece) {
  service->limits.requests_in_flight = 1;
  open_router();
  const std::string bearer = auditor();
  const auto look = [&] { return ask("/v1/code-lists", "192.0.2.7", bearer).status; };
  EXPECT_EQ(look(), 200u);
  Response replay = ask("/v1/log/events", "192.0.2.7", bearer, {{"from", "0"}, {"to", "4"}});
  ASSERT_EQ(replay.status, 200u) << replay.body;
  ASSERT_TRUE(replay.pull);
  EXPECT_EQ(look(), 429u);
  EXPECT_FALSE(replay.pull->next().value().empty());
  EXPECT_EQ(look(), 429u) << "its end was not seen";
  EXPECT_TRUE(replay.pull->next().value().empty());
  replay.pull.reset();
  EXPECT_EQ(look(), 200u);
}

TEST_F(RouterTest, S_DOS_WhoHasNotLoggedInIsCountedByTheNetworkOfSixtyFourBits) {
  service->limits.requests_per_second = 1;
  service->limits.requests_burst = 1;
  open_router();
  EXPECT_EQ(ask("/openapi.yaml", "2001:db8::1").status, 200u);
  EXPECT_EQ(ask("/openapi.yaml", "2001:db8::2").status, 429u);
  EXPECT_EQ(ask("/openapi.yaml", "2001:db8:0:1::1").status, 200u);
  EXPECT_EQ(ask("/openapi.yaml", "192.0.2.7").status, 200u);
  EXPECT_EQ(ask("/openapi.yaml", "::ffff:192.0.2.7").status, 429u);
  EXPECT_EQ(ask("/openapi.yaml", "192.0.2.8").status, 200u);
}

}  // namespace
}  // namespace cartella::api
