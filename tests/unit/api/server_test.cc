// What a client sees of requests and answers.
#include "api/server.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <set>

#include "api/answer.h"
#include "api/gate.h"
#include "api/problem.h"
#include "tests/unit/api/server_fixture.h"

namespace cartella::api {
namespace {

using testing::becomes_true;
using testing::echo;
using testing::get;
using testing::text;
using tests::HttpAnswer;
using tests::HttpClient;

class ServerRequests : public testing::ServerTest {};

// Holds every request until it is opened.
class Barrier {
 public:
  Response hold(const Request& request) {
    ++x_arrived;
    std::unique_lock lock(x_mutex);
    x_opened.wait(lock, [this] { return x_open; });
    return echo(request);
  }
  void open() {
    const std::lock_guard lock(x_mutex);
    x_open = true;
    x_opened.notify_all();
  }
  int arrived() const { return x_arrived; }

 private:
  std::atomic<int> x_arrived{0};
  std::mutex x_mutex;
  std::condition_variable x_opened;
  bool x_open = false;
};

std::string post(const std::string& target, const std::string& body) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

TEST_F(ServerRequests, AnswersRequestsOnOneConnection) {
  start();
  const auto client = connect();
  EXPECT_EQ(client->ask(get("/a")).body, "GET /a ");
  EXPECT_EQ(client->ask(post("/b", "body")).body, "POST /b body");
  const std::string large(kBodyBytesMax, 'x');
  EXPECT_EQ(client->ask(post("/c", large)).body, "POST /c " + large);
  EXPECT_EQ(counters().connections_total, 1U);
  EXPECT_EQ(counters().answers[2], 3U);
}

TEST_F(ServerRequests, TellsTheHandlerWhoAsksAndGivesEachRequestAnId) {
  std::mutex mutex;
  std::set<std::string> ids;
  start([&](const Request& request) {
    const std::lock_guard lock(mutex);
    ids.insert(uuid_text(request.id));
    EXPECT_EQ(request.header("x-a"), "b");
    EXPECT_EQ(request.query_value("q"), "r s");
    return text(request.peer + (request.is_local ? " local" : " remote"));
  });
  const auto client = connect();
  const std::string bytes = "GET /?q=r+s HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n\r\n";
  const auto first = client->ask(bytes);
  const auto second = client->ask(bytes);
  EXPECT_EQ(first.body, "127.0.0.1 remote");
  EXPECT_EQ(ids, (std::set<std::string>{first.header("Request-Id"), second.header("Request-Id")}));
  EXPECT_EQ(ids.size(), 2U);
  EXPECT_EQ(first.header("Request-Id")[14], '7');
}

void expect_strict_headers(const HttpAnswer& answer) {
  EXPECT_EQ(answer.header("Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'");
  EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer.header("X-Frame-Options"), "DENY");
  EXPECT_EQ(answer.header("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(answer.header("Strict-Transport-Security"), "max-age=31536000; includeSubDomains");
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_EQ(answer.header("Request-Id").size(), 36U);
  EXPECT_EQ(answer.header("Date"), "Thu, 28 May 2026 20:26:40 GMT");
}

TEST_F(ServerRequests, S_HDR_EveryAnswerCarriesTheSecurityHeadersErrorsToo) {
  start([](const Request& request) {
    return request.path == "/missing" ? problem(request, 404, "not_found", "Non trovato", "")
                                      : echo(request);
  });
  const auto client = connect();
  for (const auto& bytes : {get("/"), get("/missing"), get("//")}) {
    const auto answer = client->ask(bytes);
    EXPECT_EQ(answer.status, bytes == get("/") ? 200U : bytes == get("//") ? 400U : 404U);
    expect_strict_headers(answer);
    EXPECT_EQ(answer.header("Content-Disposition"),
              bytes == get("/") ? "" : "attachment; filename=\"risposta.json\"");
  }
}

TEST_F(ServerRequests, S_HDR_AHandlerMayLoosenOneOfThem) {
  start([](const Request& request) {
    Response response = echo(request);
    response.headers.push_back({"content-security-policy", "default-src 'self'"});
    response.headers.push_back({"Cache-Control", "max-age=60"});
    return response;
  });
  const auto answer = connect()->ask(get("/"));
  EXPECT_EQ(answer.header("content-security-policy"), "default-src 'self'");
  EXPECT_EQ(answer.header("Content-Security-Policy"), "");
  EXPECT_EQ(answer.header("Cache-Control"), "max-age=60");
  EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
}

TEST_F(ServerRequests, B03_NeverSendsAnAnswerThatAHeaderWouldSplit) {
  start([](const Request& request) {
    Response response = echo(request);
    if (request.path == "/value") response.headers.push_back({"X-A", "b\r\nSet-Cookie: c=d"});
    if (request.path == "/name") response.headers.push_back({"X A", "b"});
    if (request.path == "/type") response.content_type = "text/plain\r\nX: y";
    if (request.path == "/framing") response.headers.push_back({"Content-Length", "1"});
    if (request.path == "/status") response.status = 99;
    return response;
  });
  const auto client = connect();
  for (const char* path : {"/value", "/name", "/type", "/framing", "/status"}) {
    const auto answer = client->ask(get(path));
    EXPECT_EQ(answer.status, 500U) << path;
    EXPECT_EQ(answer.header("Set-Cookie") + answer.header("X"), "") << path;
  }
}

TEST_F(ServerRequests, RefusesWithAProblemThatNamesTheRequest) {
  start();
  const auto answer = connect()->ask("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(answer.status, 400U);
  EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(answer.body,
            "{\"type\":\"urn:cartella:problem:bad_request\","
            "\"title\":\"Richiesta non valida\",\"status\":400,"
            "\"detail\":\"questo server non ha quel nome\","
            "\"instance\":\"urn:uuid:" +
                answer.header("Request-Id") + "\"}");
}

TEST_F(ServerRequests, B01_ASmuggledRequestNeverReachesTheHandler) {
  std::atomic<int> smuggled{0};
  start([&](const Request& request) {
    smuggled += request.path == "/smuggled" ? 1 : 0;
    return echo(request);
  });
  const std::string hidden = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::string begin = "POST / HTTP/1.1\r\nHost: localhost\r\n";
  for (const auto& fields : {std::string("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"),
                             std::string("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"),
                             std::string("Transfer-Encoding: xchunked\r\n"),
                             std::string("Transfer-Encoding: chunked, identity\r\n"),
                             std::string("Content-Length: 0\r\nContent-Length: 44\r\n"),
                             std::string("Content-Length: 0\r\n Content-Length: 44\r\n"),
                             std::string("Content-Length: 0, 44\r\n"),
                             std::string("Transfer-Encoding:\r\n chunked\r\n")}) {
    const auto client = connect();
    const auto answer = client->ask(begin + fields + "\r\n0\r\n\r\n" + hidden);
    EXPECT_EQ(answer.status, 400U) << fields;
    EXPECT_EQ(answer.header("Connection"), "close") << fields;
    EXPECT_TRUE(client->is_closed()) << fields;
  }
  EXPECT_EQ(smuggled, 0);
  EXPECT_EQ(counters().requests_refused, 8U);
}

TEST_F(ServerRequests, B01_AChunkExtensionOf64KiBIsRefused) {
  start();
  const auto client = connect();
  client->send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
               std::string(65536, 'a') + "\r\nx\r\n0\r\n\r\n");
  EXPECT_EQ(client->read_answer().status, 400U);
  EXPECT_TRUE(client->is_closed());
}

TEST_F(ServerRequests, B01_OneByteAtATimeIsTheSameRequest) {
  start();
  const auto client = connect();
  client->send_bytewise(
      "POST /a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n0\r\n\r\n");
  EXPECT_EQ(client->read_answer().body, "POST /a abc");
}

TEST_F(ServerRequests, B01_ABodyOver1MiBIsRefusedAndTheClientCanReadIt) {
  start();
  const std::string most(kBodyBytesMax + 1, 'x');
  const auto client = connect();
  client->send(post("/", most));
  const auto answer = client->read_answer();
  EXPECT_EQ(answer.status, 413U);
  EXPECT_TRUE(answer.whole);
  EXPECT_TRUE(client->is_closed());
  const auto chunked = connect();
  chunked->send(
      "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n80000\r\n" +
      std::string(0x80000, 'x') + "\r\n80001\r\n" + std::string(0x80001, 'x'));
  EXPECT_EQ(chunked->read_answer().status, 413U);
}

TEST_F(ServerRequests, B01_AFloodOfPipelinedRequestsIsLeftUnreadUntilItsTurn) {
  Barrier barrier;
  x_options.requests_per_connection_max = 10'000;
  start([&](const Request& request) { return barrier.hold(request); });
  std::string flood;
  for (int i = 0; i < 3000; ++i) flood += get("/" + std::to_string(i));
  const auto client = connect();
  std::thread sender([&] { client->send(flood); });
  EXPECT_TRUE(becomes_true([&] { return barrier.arrived() == 1; }));
  sender.join();
  EXPECT_LT(counters().bytes_in, 32'768U);
  EXPECT_EQ(barrier.arrived(), 1);
  barrier.open();
  for (int i = 0; i < 3000; ++i)
    ASSERT_EQ(client->read_answer().body, "GET /" + std::to_string(i) + " ");
}

TEST_F(ServerRequests, ClosesWhenTheClientAsksAndAfterTheMostRequests) {
  x_options.requests_per_connection_max = 3;
  start();
  const auto polite = connect();
  const auto last =
      polite->ask("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: x, Close\r\n\r\n");
  EXPECT_EQ(last.header("Connection"), "close");
  EXPECT_TRUE(polite->is_closed());
  const auto busy = connect();
  EXPECT_EQ(busy->ask(get("/")).header("Connection"), "");
  EXPECT_EQ(busy->ask(get("/")).header("Connection"), "");
  EXPECT_EQ(busy->ask(get("/")).header("Connection"), "close");
  EXPECT_TRUE(busy->is_closed());
}

TEST_F(ServerRequests, SaysContinueToAClientThatWaitsForIt) {
  start();
  const auto client = connect();
  client->send(
      "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(client->read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client->ask("abc").body, "POST /a abc");
}

TEST_F(ServerRequests, AHalfClosedClientGetsItsAnswer) {
  x_options.unix_socket = x_folder.file("socket");
  start();
  const auto client = HttpClient::on_path(x_options.unix_socket);
  client->send(get("/a"));
  client->half_close();
  EXPECT_EQ(client->read_answer().body, "GET /a ");
  EXPECT_TRUE(client->is_closed());
}

TEST_F(ServerRequests, OutlivesAClientThatVanishesInTheMiddleOfAnAnswer) {
  start([](const Request&) { return text(std::string(8'000'000, 'x')); });
  for (int i = 0; i < 5; ++i) {
    const auto client = connect();
    client->send(get("/"));
    EXPECT_TRUE(client->is_readable(10'000));
    client->vanish();
  }
  EXPECT_TRUE(becomes_true([&] { return counters().connections_open == 0; }));
  EXPECT_EQ(connect()->ask(get("/")).body.size(), 8'000'000U);
}

TEST_F(ServerRequests, TheUnixSocketIsForItsOwnerAlone) {
  x_options.unix_socket = x_folder.file("socket");
  start([](const Request& request) {
    return text(request.is_local && request.peer.empty() ? "local" : "remote");
  });
  const auto mode = std::filesystem::status(x_options.unix_socket).permissions();
  EXPECT_EQ(static_cast<unsigned>(mode), 0600U);
  EXPECT_EQ(HttpClient::on_path(x_options.unix_socket)->ask(get("/")).body, "local");
  EXPECT_EQ(connect()->ask(get("/")).body, "remote");
  x_server->stop();
  EXPECT_FALSE(std::filesystem::exists(x_options.unix_socket));
}

TEST_F(ServerRequests, TheUnixSocketOfAKilledServerIsReplacedThatOfALivingOneIsNot) {
  x_options.address = "";
  x_options.unix_socket = x_folder.file("socket");
  start();
  const auto second = api::Server::start(x_options, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::in_use);
  std::filesystem::rename(x_options.unix_socket, x_folder.file("old"));
  x_server.reset();
  std::filesystem::rename(x_folder.file("old"), x_options.unix_socket);  // nobody listens now
  start();
  EXPECT_EQ(HttpClient::on_path(x_options.unix_socket)->ask(get("/a")).body, "GET /a ");
}

TEST_F(ServerRequests, RefusesToStartWhatCannotServe) {
  start();
  auto taken = x_options;
  taken.port = x_server->port();
  EXPECT_EQ(api::Server::start(taken, echo).error().code, Errc::in_use);
  auto nowhere = x_options;
  nowhere.address = "";
  EXPECT_EQ(api::Server::start(nowhere, echo).error().code, Errc::invalid_argument);
  auto named = x_options;
  named.address = "localhost";
  EXPECT_EQ(api::Server::start(named, echo).error().code, Errc::invalid_argument);
  auto bare = x_options;
  bare.certificate_file = x_folder.file("none");
  EXPECT_EQ(api::Server::start(bare, echo).error().code, Errc::io);
  auto endless = x_options;
  endless.queue_requests_max = 0;
  EXPECT_EQ(api::Server::start(endless, echo).error().code, Errc::invalid_argument);
}

TEST(Answer, WritesTheDateAsHttpWantsIt) {
  EXPECT_EQ(http_date({0}), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date({784'111'777'000'000}), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace cartella::api
