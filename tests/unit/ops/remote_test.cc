// A verb that the server runs answers what it answers in a process of its own.
#include "ops/remote.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "api/login.h"
#include "api/server.h"
#include "ops/exit_code.h"
#include "ops/run.h"
#include "tests/support/console.h"

namespace cartella::ops {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

class Remote : public ::testing::Test {
 protected:
  Remote()
      : x_root(fs::path(::testing::TempDir()) /
               ("remote_" + std::to_string(getpid()) + "_" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    crypto::start();
    fs::remove_all(x_root);
    fs::create_directories(x_root);
    std::ofstream(x_root / "frase") << "una frase di accesso per le prove\n";
    fs::permissions(x_root / "frase", fs::perms::owner_read | fs::perms::owner_write);
    EXPECT_EQ(alone({"init", "--ambito", "Ambito di prova", "--mode", "test"}).exit_code, kExitOk);
  }
  ~Remote() override {
    x_verbs.reset();
    x_login.reset();
    x_workspace.reset();
    fs::remove_all(x_root);
  }

  // Paths among the words are relative to the client's directory, as a user writes them.
  RemoteCall call(Words words, std::string input = {}) const {
    const Words pairs = {"registry", "import", "erasure"};
    const std::size_t verb = std::ranges::find(pairs, words[0]) != pairs.end() ? 2 : 1;
    const Words where = {"--data", "archivio", "--passphrase-file", "frase", "--quiet"};
    words.insert(words.begin() + static_cast<std::ptrdiff_t>(verb), where.begin(), where.end());
    return {std::move(words), x_root, {input}};
  }
  // As a process of its own would run it.
  RemoteAnswer alone(const Words& words, const std::string& input = {}) const {
    const RemoteCall asked = call(words, input);
    tests::ConsoleOfTest console(input);
    RemoteAnswer answer;
    const auto options =
        parse_options(asked.words, console.console, answer.exit_code, asked.directory);
    if (options) answer.exit_code = run_to_exit(*options, console.console);
    answer.out = console.out.str();
    answer.err = console.err.str();
    return answer;
  }
  void serve(RemoteLimits limits = {}) {
    WorkspaceOptions opening;
    opening.with_executor = true;
    opening.with_reference = true;
    opening.with_accounts = true;
    opening.fast_passphrase = true;
    x_workspace = Workspace::open(x_root / "archivio",
                                  crypto::Passphrase{"una frase di accesso per le prove"}, opening)
                      .value();
    api::LoginOptions cheap;
    cheap.cost = crypto::PasswordCost::cheap;
    x_login = api::Login::start(x_workspace->accounts(), x_sessions, x_clock, cheap).value();
    x_verbs = std::make_unique<RemoteVerbs>(*x_workspace, *x_login, limits);
  }
  RemoteAnswer served(const Words& words, const std::string& input = {}) {
    return x_verbs->run(call(words, input));
  }

  fs::path x_root;
  std::unique_ptr<Workspace> x_workspace;
  ManualClock x_clock{TimeUs{1'700'000'000'000'000}};
  api::Sessions x_sessions{x_clock};
  std::unique_ptr<api::Login> x_login;
  std::unique_ptr<RemoteVerbs> x_verbs;
};

constexpr const char* kZone =
    R"({"command": "define_zone", "id": "0195abababababababababababababab",
  "occurred_at": "2024-01-15T09:00:00Z",
  "fields": {"zone": "20202020202020202020202020202020", "name": "Zona 7", "code": "7"}})";

// As many free tries as there are, wherever they were made; time stands still.
TEST_F(Remote, AGuessAtAVerbCountsForTheInterfaceAndTheOtherWayRound) {
  serve();
  std::ofstream(x_root / "credenziale") << "una password sbagliata\n123456\n";
  fs::permissions(x_root / "credenziale", fs::perms::owner_read);
  const auto at_verb = [&] {
    return served({"erasure", "propose", "--comune", "D653", "--basis", "prova", "--user",
                   "operatore001", "--credential-file", "credenziale"},
                  "cf PRVFTZ59A41D653B\n");
  };
  const auto at_interface = [&] {
    const api::Credentials guess("operatore001", "una password sbagliata", "123456");
    return x_login->log_in(guess, "", {}).outcome;
  };
  EXPECT_NE(at_verb().err.find("non validi"), std::string::npos);
  EXPECT_EQ(at_interface(), api::LogInOutcome::refused);
  EXPECT_EQ(at_interface(), api::LogInOutcome::refused);
  EXPECT_EQ(at_verb().exit_code, kExitRefused);
  EXPECT_EQ(at_verb().exit_code, kExitRefused);
  EXPECT_EQ(at_interface(), api::LogInOutcome::throttled);
  const RemoteAnswer waits = at_verb();
  EXPECT_EQ(waits.exit_code, kExitUnavailable) << waits.err;
  EXPECT_NE(waits.err.find("troppi tentativi"), std::string::npos) << waits.err;
  x_clock.advance_us(1'000'000);
  EXPECT_EQ(at_interface(), api::LogInOutcome::refused);
  EXPECT_NE(at_verb().err.find("(2 secondi)"), std::string::npos) << "it waits twice as long";
}

TEST_F(Remote, AServedVerbAnswersWhatItAnswersAlone) {
  ASSERT_EQ(alone({"record"}, kZone).exit_code, kExitOk);
  const std::vector<std::pair<Words, std::string>> runs = {
      {{"organisation"}, ""},
      {{"organisation", "--format", "json"}, ""},
      {{"record", "--format", "json"}, kZone},  // the receipt of then
      {{"record"}, "{"},
      {{"checkpoint"}, ""},
      {{"prove", "--consistency", "2"}, ""},
      {{"prove", "--consistency", "999"}, ""},
      {{"report", "accesses", "--format", "csv"}, ""},
      {{"report", "accesses", "--as-of", "2"}, ""},
      {{"report", "accesses", "--since", "ieri"}, ""},
      {{"register"}, ""},
      {{"caseload", "--counts"}, ""},
      {{"caseload"}, "settore nessuno\n"},
      {{"case"}, "caso 12\n"},
      {{"card"}, "una riga senza senso\n"},
      {{"published"}, ""},
      {{"registry", "disable", "--comune", "E256", "--act", "Atto 1"}, ""},
      {{"import", "predecessor", "."}, ""}};
  std::vector<RemoteAnswer> expected;
  for (const auto& [words, input] : runs) expected.push_back(alone(words, input));

  serve();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const RemoteAnswer answer = served(runs[i].first, runs[i].second);
    EXPECT_EQ(answer.exit_code, expected[i].exit_code) << runs[i].first[0];
    EXPECT_EQ(answer.out, expected[i].out) << runs[i].first[0];
    EXPECT_EQ(answer.err, expected[i].err) << runs[i].first[0];
  }
}

TEST_F(Remote, WhatAServedVerbRecordsStandsInTheServersLog) {
  serve();
  const std::uint64_t before = x_workspace->store().size();
  const RemoteAnswer answer = served({"record"}, kZone);
  EXPECT_EQ(answer.exit_code, kExitOk) << answer.err;
  EXPECT_EQ(x_workspace->store().size(), before + 1);
  EXPECT_NE(served({"organisation"}).out.find("Zona 7"), std::string::npos);
}

TEST_F(Remote, AVerbThatWantsTheStoreForItselfIsRefused) {
  serve();
  for (const Words& words : {Words{"rebuild"}, Words{"init", "--ambito", "A", "--mode", "test"}}) {
    const RemoteAnswer answer = served(words);
    EXPECT_EQ(answer.exit_code, kExitInUse);
    EXPECT_NE(answer.err.find("fermare il server"), std::string::npos) << answer.err;
    EXPECT_EQ(answer.out, "");
  }
}

TEST_F(Remote, AServedVerificationSaysWhatItLeavesOut) {
  serve();
  const RemoteAnswer answer = served({"verify"});
  EXPECT_EQ(answer.exit_code, kExitOk) << answer.err;
  EXPECT_NE(answer.err.find("senza il giornale"), std::string::npos) << answer.err;
  EXPECT_EQ(answer.out.find("giornale"), std::string::npos) << answer.out;
  const std::string size = std::to_string(x_workspace->store().size());
  EXPECT_NE(answer.err.find("fino alla posizione " + size), std::string::npos) << answer.err;
}

TEST_F(Remote, AnotherDataDirectoryIsRefused) {
  fs::create_directories(x_root / "altro");
  serve();
  const RemoteCall other{{"stats", "--data", "altro", "--passphrase-file", "frase"}, x_root, {""}};
  const RemoteAnswer answer = x_verbs->run(other);
  EXPECT_EQ(answer.exit_code, kExitUsage);
  EXPECT_NE(answer.err.find("un'altra cartella dei dati"), std::string::npos) << answer.err;
}

TEST_F(Remote, AWrongUseIsSaidWithoutWhatWasTyped) {
  serve();
  const RemoteAnswer answer = served({"timeline", "RSSMRA80A01H501U"});
  EXPECT_EQ(answer.exit_code, kExitUsage);
  EXPECT_EQ(answer.err.find("RSSMRA80A01H501U"), std::string::npos) << answer.err;
}

TEST_F(Remote, AnOutputOverTheLimitIsRefusedWhole) {
  RemoteLimits limits;
  limits.output_bytes_max = 100;
  serve(limits);
  const RemoteAnswer answer = served({"organisation"});
  EXPECT_EQ(answer.exit_code, kExitRefused);
  EXPECT_EQ(answer.out, "");
  EXPECT_NE(answer.err.find("troppo lunga"), std::string::npos) << answer.err;
}

TEST_F(Remote, ASecondVerbWaitsForItsTurnAndThenIsUnavailable) {
  RemoteLimits limits;
  limits.turn_wait_max = std::chrono::milliseconds(0);
  serve(limits);
  // The first one reads its command from a pipe that nobody has written to yet.
  ASSERT_EQ(mkfifo((x_root / "comando").c_str(), S_IRUSR | S_IWUSR), 0);
  RemoteAnswer first;
  std::thread running([&] { first = served({"record", "--from", "comando"}); });
  std::ofstream command(x_root / "comando");  // opens when the verb has opened the other end
  const RemoteAnswer second = served({"organisation"});
  command << kZone;
  command.close();
  running.join();
  EXPECT_EQ(second.exit_code, kExitUnavailable);
  EXPECT_EQ(second.out, "");
  EXPECT_EQ(first.exit_code, kExitOk) << first.err;
  EXPECT_EQ(served({"organisation"}).exit_code, kExitOk);
}

TEST_F(Remote, OnlyAPostOverTheSocketIsAnswered) {
  serve();
  api::Request request;
  request.method = api::Method::post;
  request.path = kRemoteTarget;
  request.body = encode_call(call({"organisation"}));
  EXPECT_EQ(x_verbs->answer(request).status, 404u);
  request.is_local = true;
  const api::Response response = x_verbs->answer(request);
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(decode_answer(response.body).value().exit_code, kExitOk);
  request.body = "{}";
  EXPECT_EQ(x_verbs->answer(request).status, 422u);
  request.method = api::Method::get;
  EXPECT_EQ(x_verbs->answer(request).status, 404u);
}

TEST_F(Remote, TheClientAsksTheServerThatListensInTheDataDirectory) {
  const RemoteAnswer expected = alone({"organisation"});
  serve();
  const SystemClock clock;
  api::ServerOptions listening;
  listening.address.clear();
  listening.unix_socket = (x_root / "archivio" / kSocketName).string();
  listening.clock = &clock;
  auto server = api::Server::start(listening, [this](const api::Request& request) {
                  return x_verbs->answer(request);
                }).value();
  struct Told {
    Result<std::optional<int>> exit_code;
    std::string out;
    std::string err;
  };
  const auto ask = [this](const Words& words, const std::string& input) {
    const RemoteCall asked = call(words);
    tests::ConsoleOfTest console(input);
    int exit_code = 0;
    const Options options =
        parse_options(asked.words, console.console, exit_code, asked.directory).value();
    // The words are sent as they were typed, and this process is not in that directory.
    Words absolute = asked.words;
    for (std::string& word : absolute)
      if (word == "archivio" || word == "frase") word = (x_root / word).string();
    auto answered = run_at_server(options, absolute, console.console);
    return Told{std::move(answered), console.out.str(), console.err.str()};
  };

  const Told organisation = ask({"organisation"}, "");
  EXPECT_EQ(organisation.exit_code.value().value(), kExitOk);
  EXPECT_EQ(organisation.out, expected.out);
  EXPECT_EQ(organisation.err, expected.err);
  const std::uint64_t before = x_workspace->store().size();
  EXPECT_EQ(ask({"record"}, kZone).exit_code.value().value(), kExitOk);
  EXPECT_EQ(x_workspace->store().size(), before + 1);
  // The client says so by itself: a server that is stopped would not answer.
  EXPECT_EQ(ask({"rebuild"}, "").exit_code.error().code, Errc::in_use);
  const Told long_input = ask({"record"}, std::string(kRemoteCallBytesMax, ' '));
  EXPECT_EQ(long_input.exit_code.error().code, Errc::invalid_input);
  server->stop();
  server.reset();
  EXPECT_FALSE(ask({"organisation"}, "").exit_code.value().has_value());
}

TEST(RemoteFrames, BytesThatAreNoTextArriveAsTheyWere) {
  const std::string bytes("\x00\xff\n{\r\n\x80", 7);
  const RemoteCall call{{"record", "--comune", "Città"}, "/srv", {bytes}};
  const RemoteCall read = decode_call(encode_call(call)).value();
  EXPECT_EQ(read.words, call.words);
  EXPECT_EQ(read.directory, call.directory);
  EXPECT_EQ(read.input.text, bytes);
  const RemoteAnswer answer = decode_answer(encode_answer({3, bytes, bytes + "b"})).value();
  EXPECT_EQ(answer.exit_code, 3);
  EXPECT_EQ(answer.out, bytes);
  EXPECT_EQ(answer.err, bytes + "b");
}

TEST(RemoteFrames, WhatIsNoCallOrAnswerIsRefused) {
  for (const char* bytes : {"", "\n", "{}", "{}\n", "[]\n",
                            R"({"words": [], "directory": "."})"
                            "\n",
                            R"({"words": [1], "directory": "/"})"
                            "\n",
                            R"({"words": "stats", "directory": "/"})"
                            "\n"})
    EXPECT_EQ(decode_call(bytes).error().code, Errc::invalid_input) << bytes;
  for (const char* bytes : {"", "{}\n",
                            R"({"exit": 0, "out_bytes": 2, "err_bytes": 0})"
                            "\na",
                            R"({"exit": 0, "out_bytes": 0, "err_bytes": 0})"
                            "\na",
                            R"({"exit": 0, "out_bytes": 1, "err_bytes": 18446744073709551615})"
                            "\na",
                            R"({"exit": 256, "out_bytes": 0, "err_bytes": 0})"
                            "\n",
                            R"({"exit": -1, "out_bytes": 0, "err_bytes": 0})"
                            "\n"})
    EXPECT_EQ(decode_answer(bytes).error().code, Errc::invalid_input) << bytes;
}

}  // namespace
}  // namespace cartella::ops
