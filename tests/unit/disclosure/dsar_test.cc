#include "disclosure/dsar.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/check.h"
#include "disclosure/report_data.h"
#include "disclosure/report_html.h"
#include "tests/unit/projections/ambito.h"

namespace cartella::disclosure {
namespace {

using namespace cartella::projections::testing;
namespace views = projections;
using schema::EventType;

const TestPerson kPerson{"Verdi", "Carla", "VRDCRL80E41H501A"};

struct DsarTest : ::testing::Test {
  DsarTest() {
    engine = open_engine(new_directory("a"), log);
    add_organisation(log);
    person = add_person(log, kPerson);
    TestCard card;
    card.subject = subject;
    card.needs = {"Sfratto"};
    card.services = {"Asilo nido"};
    add_card(log, "card", card);
    add_case(log, "case", subject);
    set_category(log, "case", subject, "1", true);
    add_interview(log, "open interview", "case", subject, false);
    add_interview(log, "reserved interview", "case", subject, true);
  }
  EventFacts about(EventType type, std::string_view stream) const {
    EventFacts facts;
    facts.type = type;
    facts.stream = id_of<StreamId>(stream);
    facts.subject = subject;
    return facts;
  }
  void report_by(const char* name, const char* phone) {
    log.add<schema::CardReporterRecorded>(about(EventType::card_reporter_recorded, "card"),
                                          [&](auto to) {
                                            to.setRelation("cognata");
                                            to.setName(name);
                                            to.setPhone(phone);
                                          });
  }
  void look(const char* actor, const char* purpose, const SubjectId& at) {
    EventFacts facts;
    facts.type = EventType::access_recorded;
    facts.stream = id_of<StreamId>("month");
    facts.actor = id_of<OperatorId>(actor);
    log.add<schema::AccessRecorded>(facts, [&](auto to) {
      const auto worker = id_of<OperatorId>(actor);
      const auto sector = id_of<UnitId>("sector A");
      to.setActor(schema::id_data(worker));
      to.setActorUnit(schema::id_data(sector));
      to.setOperation("VIEW");
      to.setOutcome("ok");
      to.setPurpose(purpose);
      to.setRelation("in_charge");
      to.initSubjects(1).set(0, schema::id_data(at));
    });
  }
  StreamId ask(const char* name = "request") {
    log.add<schema::RightsRequestOpened>(about(EventType::rights_request_opened, name),
                                         [&](auto to) {
                                           to.setSubject(schema::id_data(subject));
                                           to.setPersonStream(schema::id_data(person));
                                           to.setKind("gdpr15");
                                           to.setReceivedOn(day(2026, 6, 15).days);
                                         });
    CHECK(engine->catch_up().has_value());
    return id_of<StreamId>(name);
  }
  Result<Report> made(const StreamId& request) const {
    return make_dsar({*engine, "cartella/prova", nullptr}, {person, request});
  }

  SubjectId subject = subject_of(kPerson);
  TestLog log;
  std::unique_ptr<views::Engine> engine;
  StreamId person;
};

const ReportTable* table_of(const Section& section, std::string_view key) {
  for (const ReportTable& table : section.tables)
    if (table.key == key) return &table;
  return nullptr;
}

// Everything that a report shows, in every form.
std::string whole_text(const Report& report) {
  std::string all = report_html(report) + left_out_json(report);
  for (const Section& section : report.sections)
    all += section_json(section) + section_csv(section);
  return all;
}

TEST_F(DsarTest, DS02_HasTheSixteenSectionsAndTheEmptyOnesSayNone) {
  const auto report = made(ask());

  ASSERT_TRUE(report.has_value()) << report.error().detail;
  ASSERT_EQ(report.value().sections.size(), 16u);
  for (int number = 1; number <= 16; ++number) {
    const Section& section = report.value().sections[static_cast<std::size_t>(number - 1)];
    EXPECT_EQ(section.number, number);
    EXPECT_FALSE(section.code.empty());
    ASSERT_TRUE(section.has_data || !section.paragraphs.empty()) << section.title;
    if (section.has_data) continue;
    EXPECT_TRUE(section.paragraphs[0].starts_with("Ness")) << section.title;
    EXPECT_TRUE(section.tables.empty()) << section.title;
  }
  EXPECT_FALSE(report.value().sections[4].has_data) << "nobody received anything";
  EXPECT_FALSE(report.value().sections[11].has_data) << "nobody looked";
  EXPECT_TRUE(report.value().sections[12].has_data) << "the request itself";
}

TEST_F(DsarTest, DS03_ShowsLabelsInsteadOfCodes) {
  const auto report = made(ask()).value();
  const Section& data = report.sections[10];
  const ReportTable* card = table_of(data, "scheda_1");
  ASSERT_NE(card, nullptr);
  const auto has = [&](const char* label, const char* value) {
    return std::any_of(card->rows.begin(), card->rows.end(),
                       [&](const auto& row) { return row[0] == label && row[1] == value; });
  };
  EXPECT_TRUE(has("Modalità", "E-mail"));
  EXPECT_TRUE(has("Bisogni espressi", "Sfratto"));
  EXPECT_TRUE(has("Ufficio", "Ufficio A (Comune di Prova A)"));
  EXPECT_EQ(whole_text(report).find("non in elenco"), std::string::npos);
}

TEST_F(DsarTest, DS04_NamesTheRecipientOfEachTransmission) {
  for (const char* recipient : {"INPS", "Tribunale di Prova"})
    log.add<schema::DataDisclosed>(
        about(EventType::data_disclosed, "person " + subject.hex() + "comune A"), [&](auto to) {
          to.setRecipient(recipient);
          to.setLegalBasis("art. 24 d.lgs. 147/2017");
          to.setTransmittedAt(start_of(day(2026, 1, 10)).us);
        });
  const auto report = made(ask()).value();
  const ReportTable* sent = table_of(report.sections[4], "comunicazioni");
  ASSERT_NE(sent, nullptr);
  ASSERT_EQ(sent->rows.size(), 2u);
  EXPECT_EQ(sent->rows[0][1], "INPS");
  EXPECT_EQ(sent->rows[1][1], "Tribunale di Prova");
  EXPECT_EQ(sent->rows[0][0], "10/01/2026 01:00");
}

TEST_F(DsarTest, DS09_TellsNothingOfOthersAndListsWhatWasLeftOut) {
  report_by("Bruna Rossi", "0755550000");
  log.add<schema::NoteRecorded>(about(EventType::note_recorded, "note"), [&](auto to) {
    to.setSubject(schema::id_data(subject));
    to.setText("Sentita la sorella RSSMRA50A41H501W al 3331234567.");
  });
  const auto report = made(ask()).value();
  const std::string all = whole_text(report);
  for (const char* other : {"Bruna", "0755550000", "cognata", "RSSMRA50A41H501W", "3331234567"})
    EXPECT_EQ(all.find(other), std::string::npos) << other;
  EXPECT_NE(all.find("Registrata una segnalazione"), std::string::npos);

  const ReportTable* left_out = table_of(report.sections[13], "omissioni");
  ASSERT_NE(left_out, nullptr);
  std::size_t to_judge = 0;
  for (const auto& row : left_out->rows) to_judge += row[3] == "da valutare" ? 1u : 0u;
  EXPECT_EQ(to_judge, 1u) << "the reserved interview";
  EXPECT_EQ(left_out->rows.size(), 3u);
  for (const auto& row : left_out->rows) EXPECT_NE(row[2].find("art."), std::string::npos);
}

TEST_F(DsarTest, AT06_FiveReadsByThreePeopleAreFiveRowsWithoutAName) {
  const SubjectId other = subject_of({"Neri", "Ugo", "NREGUO80A01H501B"});
  for (const char* actor : {"operator 1", "operator 2", "operator 3", "operator 1", "operator 2"})
    look(actor, "presa in carico e gestione del caso", subject);
  look("operator 1", "presa in carico e gestione del caso", other);
  const auto report = made(ask()).value();

  const ReportTable* rows = table_of(report.sections[11], "accessi");
  ASSERT_NE(rows, nullptr);
  ASSERT_EQ(rows->rows.size(), 5u);
  for (const auto& row : rows->rows) {
    EXPECT_EQ(row[0].size(), std::string("15/11/2023 00:00").size()) << row[0];
    EXPECT_EQ(row[1], "Settore A (Comune di Prova A)");
    EXPECT_EQ(row[2], "presa in carico e gestione del caso");
    EXPECT_EQ(row[3], "consultazione");
  }
  const std::string all = whole_text(report);
  EXPECT_EQ(all.find("operatore001"), std::string::npos);
  for (const char* actor : {"operator 1", "operator 2", "operator 3"})
    EXPECT_EQ(all.find(id_of<OperatorId>(actor).hex()), std::string::npos);
}

TEST_F(DsarTest, DS13_ASecondReportListsTheFirstRequestAndEqualInputGivesEqualReports) {
  const StreamId first = ask("first");
  const StreamId second = ask("second");
  const auto report = made(second).value();
  EXPECT_EQ(table_of(report.sections[12], "richieste")->rows.size(), 2u);

  // The log has grown, but the first report tells what stood below its own request.
  const auto again = made(first).value();
  EXPECT_EQ(table_of(again.sections[12], "richieste")->rows.size(), 1u);
  EXPECT_EQ(whole_text(again), whole_text(made(first).value()));
}

TEST_F(DsarTest, AnotherControllersDataStayOut) {
  add_person(log, kPerson, "comune B");
  const auto report = made(ask()).value();
  EXPECT_EQ(whole_text(report).find("Comune di Prova B"), std::string::npos);
  EXPECT_EQ(std::count(report.streams.begin(), report.streams.end(),
                       person_stream_of(kPerson, "comune B")),
            0);
}

TEST_F(DsarTest, RefusesWhatIsNoRequestOrAnothersOrErased) {
  const StreamId request = ask();
  EXPECT_EQ(made(id_of<StreamId>("case")).error().code, Errc::not_found);
  EXPECT_EQ(made(id_of<StreamId>("nothing")).error().code, Errc::not_found);
  const StreamId other = add_person(log, {"Neri", "Ugo", "NREGUO80A01H501B"});
  ASSERT_TRUE(engine->catch_up());
  EXPECT_EQ(make_dsar({*engine, "o", nullptr}, {other, request}).error().code, Errc::not_found);
  log.keys().gone.insert(log.subject_key(subject));
  EXPECT_EQ(made(request).error().code, Errc::erased);
}

}  // namespace
}  // namespace cartella::disclosure
