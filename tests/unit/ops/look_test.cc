// Whoever looks by the command line stands in the log before anything is printed.
#include "ops/look.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cases/bootstrap.h"
#include "ops/exit_code.h"
#include "ops/run.h"
#include "schema/body.h"
#include "tests/support/console.h"

namespace cartella::ops {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr const char* kPassphrase = "una frase di accesso per le prove";
const std::string kEnte(32, '1');
const std::string kSector(32, '2');
const std::string kOffice(32, '3');
const std::string kWorker(32, '4');

struct Recorded {
  schema::HeaderView header;
  std::string operation;
  std::string target;
  std::string relation;
  std::string purpose;
  std::string client;
  std::string auth_context;
  std::uint32_t result_count = 0;
  std::vector<SubjectId> subjects;
  bool has_terms = false;
};

// A store with one person, her card and her case, which each run opens anew.
class LookTest : public ::testing::Test {
 protected:
  LookTest()
      : x_root(fs::path(::testing::TempDir()) /
               ("look_" + std::to_string(getpid()) + "_" +
                ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    crypto::start();
    fs::remove_all(x_root);
    fs::create_directories(x_root);
    std::ofstream(x_root / "frase") << kPassphrase << "\n";
    fs::permissions(x_root / "frase", fs::perms::owner_read | fs::perms::owner_write);
    said({"init", "--ambito", "Ambito di prova", "--mode", "test"});
    load();
  }
  ~LookTest() override { fs::remove_all(x_root); }

  struct Said {
    int exit_code = 0;
    std::string out;
    std::string err;
  };
  Said run_words(Words words, const std::string& input) const {
    const Words where = {"--data", (x_root / "archivio").string(), "--passphrase-file",
                         (x_root / "frase").string(), "--quiet"};
    words.insert(words.begin() + 1, where.begin(), where.end());
    tests::ConsoleOfTest console(input);
    Said said;
    auto options = parse_options(words, console.console, said.exit_code);
    if (options && !x_purpose.empty()) options->purpose = x_purpose;
    if (options) said.exit_code = run_to_exit(*options, console.console);
    said.out = console.out.str();
    said.err = console.err.str();
    return said;
  }
  std::string said(const Words& words, const std::string& input = {}) const {
    const Said said = run_words(words, input);
    EXPECT_EQ(said.exit_code, kExitOk) << words[0] << ": " << said.err;
    return said.out;
  }
  // The stream that one command of `record` made.
  std::string act(const std::string& command, const std::string& fields) const {
    const std::string out =
        said({"record", "--format", "csv"}, R"({"command": ")" + command + R"(", "actor": ")" +
                                                kWorker + R"(", "unit": ")" +
                                                (command.starts_with("define_") ? kEnte : kSector) +
                                                R"(", "fields": {)" + fields + "}}");
    const auto row = out.find("result;", out.find('\n'));
    return row == std::string::npos ? "" : out.substr(row + 7, 32);
  }
  void define(const std::string& command, const std::string& fields) const {
    said({"record"}, R"({"command": ")" + command + R"(", "fields": {)" + fields + "}}");
  }
  void load() {
    define("define_zone",
           R"("zone": "20202020202020202020202020202020", "name": "Z", "code": "7")");
    define("define_ente",
           R"("ente": ")" + kEnte + R"(", "name": "Comune di Prova", "belfiore": )" +
               R"("D653", "zone": "20202020202020202020202020202020", "lead": true)");
    define("define_office",
           R"("office": ")" + kOffice + R"(", "name": "Sportello", "ente": ")" + kEnte + "\"");
    define("define_sector", R"("sector": ")" + kSector +
                                R"(", "name": "Servizio sociale", "ente": ")" + kEnte + "\"");
    said({"record"}, R"({"command": "define_operator", "unit": ")" + kEnte +
                         R"(", "fields": {"worker": ")" + kWorker +
                         R"(", "username": "operatore001"}})");
    define("define_operator_assignment",
           R"("worker": ")" + kWorker + R"(", "sector": ")" + kSector + "\"");
    x_person = act("register_person",
                   R"("identifiers": [{"kind": "cf", "value": "PRVFTZ59A41D653B"}],
                      "identity": {"surname": "Provetta", "name": "Fittizia", "sex": "F"})");
    x_case = act("open_case", R"("person": ")" + x_person + R"(", "number": 12, "sector": ")" +
                                  kSector + R"(", "worker": ")" + kWorker + "\"");
    act("assign_operator", R"("case_stream": ")" + x_case + R"(", "worker": ")" + kWorker +
                               R"(", "sector": ")" + kSector + "\"");
    x_card =
        act("open_card", R"("person": ")" + x_person + R"(", "number": 34, "office": ")" + kOffice +
                             R"(", "access_date": "2024-01-15", "worker": ")" + kWorker + "\"");
  }
  // Every look that stands in the log.
  std::vector<Recorded> looks() const {
    WorkspaceOptions opening;
    opening.with_views = false;
    opening.fast_passphrase = true;
    const auto workspace =
        Workspace::open(x_root / "archivio", crypto::Passphrase{kPassphrase}, opening).value();
    const store::Store& log = workspace->store();
    std::vector<Recorded> all;
    EXPECT_TRUE(log.scan(0, log.size(), [&](const crypto::StoredEvent& stored) -> Status {
      if (stored.leaf.kind == schema::LeafKind::access)
        all.push_back(read(log, workspace->vault(), stored));
      return ok();
    }));
    return all;
  }
  static Recorded read(const store::Store& log, crypto::Vault& vault,
                       const crypto::StoredEvent& stored) {
    const auto event = crypto::open_event(log.eras(), vault, stored).value();
    Recorded look;
    look.header = schema::decode_header(event.segments.at(0).plaintext.message).value();
    EXPECT_TRUE(schema::with_body<schema::AccessRecorded>(
        event.segments.at(1).plaintext.message, [&](schema::AccessRecorded::Reader from) -> Status {
          look.operation = schema::text_of(from.getOperation());
          look.target = schema::text_of(from.getTarget());
          look.relation = schema::text_of(from.getRelation());
          look.purpose = schema::text_of(from.getPurpose());
          look.client = schema::text_of(from.getClientId());
          look.auth_context = schema::text_of(from.getAuthContext());
          look.result_count = from.getResultCount();
          for (const auto subject : from.getSubjects())
            look.subjects.push_back(SubjectId::from_view({subject.begin(), subject.size()}));
          look.has_terms = from.getTerms().size() != 0;
          return ok();
        }));
    return look;
  }
  // What one run adds to the log.
  std::vector<Recorded> looks_of(const Words& words, const std::string& input) const {
    const std::size_t before = looks().size();
    run_words(words, input);
    const auto all = looks();
    return {all.begin() + static_cast<std::ptrdiff_t>(before), all.end()};
  }

  fs::path x_root;
  std::string x_purpose;  // past the parser's checks
  std::string x_person;
  std::string x_case;
  std::string x_card;
};

TEST_F(LookTest, AT01_EachVerbThatShowsPeopleRecordsItsLook) {
  struct Expected {
    Words words;
    std::string input;
    std::string operation;
    std::string target;
  };
  const std::vector<Expected> verbs = {
      {{"person"}, "nome PROVETTA FITTIZIA\n", "SEARCH", "people"},
      {{"case"}, "caso 12\n", "VIEW", "case/" + x_case},
      {{"card"}, "scheda 34\n", "VIEW", "card/" + x_card},
      {{"timeline"}, "caso 12\n", "VIEW", "timeline/" + x_case},
      {{"timeline"}, "scheda 34\n", "VIEW", "timeline/" + x_card},
      {{"replay"}, "caso 12\n", "REPLAY", "timeline/" + x_case},
      {{"timeline"}, "flusso " + x_person + "\n", "VIEW", "timeline/" + x_person},
      {{"caseload"}, "settore " + kSector + "\n", "LIST", "caseload"},
      {{"caseload"}, "operatore operatore001\n", "LIST", "caseload"},
      {{"register"}, "", "LIST", "register"}};
  std::vector<SubjectId> her;
  for (const Expected& each : verbs) {
    const auto looks = looks_of(each.words, each.input);
    ASSERT_EQ(looks.size(), 1u) << each.words[0];
    const Recorded& look = looks[0];
    EXPECT_EQ(look.operation, each.operation) << each.words[0];
    EXPECT_EQ(look.target, each.target) << each.words[0];
    EXPECT_EQ(look.header.controller, cases::controller_of(UnitId::parse(kEnte).value()));
    EXPECT_EQ(look.header.actor, cases::installation_actor());
    EXPECT_EQ(look.relation, "system");
    EXPECT_EQ(look.purpose, "amministrazione del sistema");
    EXPECT_EQ(look.client, "cli");
    EXPECT_EQ(look.auth_context, "passphrase");
    EXPECT_EQ(look.result_count, 1u);
    ASSERT_EQ(look.subjects.size(), 1u) << each.words[0];
    if (her.empty()) her = look.subjects;
    EXPECT_EQ(look.subjects, her) << each.words[0];
  }
}

TEST_F(LookTest, AT01_WhatIsShownOfAPersonFoundIsASearchAndAView) {
  for (const Words& words : {Words{"person", "--details"}, Words{"timeline"}, Words{"case"},
                             Words{"case", "--as-of", "2099-01-01T00:00:00Z"}}) {
    const auto looks = looks_of(words, "cf PRVFTZ59A41D653B\n");
    ASSERT_EQ(looks.size(), 2u) << words[0];
    EXPECT_EQ(looks[0].operation, "SEARCH");
    EXPECT_TRUE(looks[0].has_terms);
    EXPECT_EQ(looks[1].operation, "VIEW");
    EXPECT_EQ(looks[0].subjects, looks[1].subjects);
  }
}

TEST_F(LookTest, AT01_ASearchThatFindsNobodyIsRecorded) {
  for (const Words& words :
       {Words{"person"}, Words{"person", "--details"}, Words{"timeline"}, Words{"case"}}) {
    const auto looks = looks_of(words, "cf PRVFTZ59A41D653C\n");
    ASSERT_EQ(looks.size(), 1u) << words[0];
    EXPECT_EQ(looks[0].operation, "SEARCH");
    EXPECT_EQ(looks[0].result_count, 0u);
    EXPECT_TRUE(looks[0].subjects.empty());
    EXPECT_TRUE(looks[0].has_terms);
  }
}

TEST_F(LookTest, AT01_WhatCannotBeRecordedIsNotShown) {
  x_purpose = std::string(cases::kLookTextBytesMax + 1, 'x');
  const std::vector<std::pair<Words, std::string>> verbs = {
      {{"person"}, "cf PRVFTZ59A41D653B\n"},
      {{"person", "--details"}, "nome PROVETTA\n"},
      {{"person"}, "cf PRVFTZ59A41D653C\n"},
      {{"case"}, "caso 12\n"},
      {{"case"}, "cf PRVFTZ59A41D653B\n"},
      {{"card"}, "scheda 34\n"},
      {{"timeline"}, "cf PRVFTZ59A41D653B\n"},
      {{"timeline"}, "scheda 34\n"},
      {{"replay"}, "caso 12\n"},
      {{"caseload"}, "settore " + kSector + "\n"},
      {{"register"}, ""}};
  for (const auto& [words, input] : verbs) {
    const Said said = run_words(words, input);
    EXPECT_EQ(said.exit_code, kExitUnavailable) << words[0];
    EXPECT_EQ(said.out, "") << words[0];
    EXPECT_NE(said.err.find("non si può registrare"), std::string::npos) << said.err;
    EXPECT_EQ(said.err.find("PRVFTZ"), std::string::npos) << said.err;
  }
  EXPECT_TRUE(looks().empty());
}

TEST_F(LookTest, WhatShowsNobodyIsNoLook) {
  for (const Words& words :
       {Words{"organisation"}, Words{"stats"}, Words{"caseload", "--counts"},
        Words{"report", "people"}, Words{"published"}, Words{"checkpoint"}, Words{"verify"}})
    run_words(words, "");
  run_words({"case"}, "caso 99\n");
  EXPECT_TRUE(looks().empty());
}

TEST_F(LookTest, ThePurposeIsTheOneThatIsGiven) {
  const auto looks = looks_of({"card", "--purpose", "verifica di una segnalazione"}, "scheda 34\n");
  ASSERT_EQ(looks.size(), 1u);
  EXPECT_EQ(looks[0].purpose, "verifica di una segnalazione");
  EXPECT_EQ(looks[0].header.purpose, "verifica di una segnalazione");
  EXPECT_EQ(run_words({"card", "--purpose", ""}, "scheda 34\n").exit_code, kExitUsage);
  EXPECT_EQ(run_words({"card", "--purpose", std::string(201, 'x')}, "scheda 34\n").exit_code,
            kExitUsage);
}

}  // namespace
}  // namespace cartella::ops
