// The view of accesses: found by person, operator, unit and position, newest first, page by page.
#include "projections/access_log.h"

#include <gtest/gtest.h>

#include "projections/row.h"
#include "projections/timeline.h"
#include "tests/unit/projections/test_log.h"

namespace cartella::projections {
namespace {

using testing::day;
using testing::id_of;
using testing::open_engine;
using testing::TestLog;

const ControllerId kComune = id_of<ControllerId>("comune A");
const SubjectId kAda = id_of<SubjectId>("Ada");
const SubjectId kBea = id_of<SubjectId>("Bea");
const OperatorId kWorker = id_of<OperatorId>("operator 1");
const OperatorId kColleague = id_of<OperatorId>("operator 2");
const UnitId kSector = id_of<UnitId>("sector 1");
const UnitId kOffice = id_of<UnitId>("office 1");
const StreamId kMonth = id_of<StreamId>("month");
const StreamId kAdminMonth = id_of<StreamId>("admin month");
const KeyId kMonthKey = id_of<KeyId>("month key");

struct Access {
  std::vector<SubjectId> subjects = {kAda};
  OperatorId actor = kWorker;
  UnitId unit = kSector;
  ControllerId controller = kComune;
  StreamId month = kMonth;
  std::optional<TimeUs> occurred_at = {};
};

class AccessLogView : public ::testing::Test {
 protected:
  std::uint64_t add(const Access& access) {
    const std::string number = std::to_string(log.size());
    std::vector<crypto::SegmentPlan> bodies;
    bodies.push_back({kMonthKey,
                      schema::KeyClass::access,
                      {capnp::typeId<schema::AccessRecorded>(), 2,
                       schema::encode_body<schema::AccessRecorded>([&](auto to) {
                         to.setRequestId(
                             schema::id_data(id_of<AccessRequestId>("request " + number)));
                         to.setOperation("VIEW");
                         to.setOutcome("ok");
                         to.setActor(schema::id_data(access.actor));
                         to.setActorRole("operatore");
                         to.setActorUnit(schema::id_data(access.unit));
                         to.setOnBehalfOf(schema::id_data(kColleague));
                         to.setClientId("postazione-7");
                         to.setIp("192.0.2.7");
                         to.setAuthContext("password+totp");
                         auto list = to.initSubjects(static_cast<unsigned>(access.subjects.size()));
                         for (unsigned i = 0; i < list.size(); ++i)
                           list.set(i, schema::id_data(access.subjects[i]));
                         to.setCaseId(schema::id_data(id_of<StreamId>("case")));
                         to.setTarget("case/1");
                         to.setRelation("in_charge");
                         to.setPurpose("presa in carico");
                         to.setResultCount(3);
                         to.setAsOf(7);
                         to.setReleasedTo("Tribunale");
                         to.setSeverity("notice");
                         to.setPolicyVersion(1);
                         to.setSection("interventi");
                         to.setRepeated(1);
                       })}});
    for (const SubjectId& subject : access.subjects)
      bodies.push_back({log.subject_key(subject),
                        schema::KeyClass::access,
                        {capnp::typeId<schema::AccessReason>(), 1,
                         schema::encode_body<schema::AccessReason>([&](auto to) {
                           to.setSubject(schema::id_data(subject));
                           to.setReason("Motivo-scritto-a-mano");
                           to.setResultDigest(schema::data_of(crypto::sha256(subject.view())));
                         })}});
    testing::EventFacts facts;
    facts.type = schema::EventType::access_recorded;
    facts.stream = access.month;
    facts.controller = access.controller;
    facts.actor = access.actor;
    facts.occurred_at = access.occurred_at;
    return log.add(facts, std::move(bodies));
  }
  void set_administrators_month() {
    testing::EventFacts facts;
    facts.type = schema::EventType::configuration_set;
    facts.stream = id_of<StreamId>("organisation");
    log.add<schema::ConfigurationSet>(facts, [&](auto to) {
      to.setKey("access-month/" + kComune.hex() + "/2023-11/admin");
      to.setValue(kAdminMonth.hex());
    });
  }
  void decide_erasure(const StreamId& month, const std::string& decision = "erase") {
    testing::EventFacts facts;
    facts.type = schema::EventType::erasure_decided;
    facts.stream = id_of<StreamId>("log");
    log.add<schema::ErasureDecided>(facts, [&](auto to) {
      to.setScope("month");
      to.setTarget(schema::id_data(month));
      to.setController(schema::id_data(kComune));
      to.setDecision(schema::text_from(decision));
    });
  }
  void catch_up() {
    if (!engine) engine = open_engine(directory, log);
    ASSERT_TRUE(engine->catch_up());
  }
  std::vector<std::uint64_t> positions(const AccessQuery& query) {
    std::vector<std::uint64_t> found;
    const AccessPage page = find_accesses(*engine, query).value();
    for (const AccessEntry& entry : page.entries) found.push_back(entry.position);
    return found;
  }

  using Positions = std::vector<std::uint64_t>;
  TestLog log;
  std::filesystem::path directory = testing::new_directory("views");
  std::unique_ptr<Engine> engine;
};

TEST_F(AccessLogView, AnEntryHoldsTheFieldsOfTheRecordAndNotTheReason) {
  const std::uint64_t at = add({});
  catch_up();

  const AccessEntry entry = find_accesses(*engine, {}).value().entries.at(0);

  EXPECT_EQ(entry.position, at);
  EXPECT_EQ(entry.event_id, log.event_id_at(at));
  EXPECT_EQ(entry.stream, kMonth);
  EXPECT_EQ(entry.recorded_at_us, log.time_at(at).us);
  EXPECT_FALSE(entry.erased || entry.administrative);
  EXPECT_EQ(entry.controller, kComune);
  EXPECT_EQ(entry.request_id, id_of<AccessRequestId>("request 0"));
  EXPECT_EQ(entry.operation, "VIEW");
  EXPECT_EQ(entry.outcome, "ok");
  EXPECT_EQ(entry.actor, kWorker);
  EXPECT_EQ(entry.actor_role, "operatore");
  EXPECT_EQ(entry.actor_unit, kSector);
  EXPECT_EQ(entry.on_behalf_of, kColleague);
  EXPECT_EQ(entry.client_id, "postazione-7");
  EXPECT_EQ(entry.ip, "192.0.2.7");
  EXPECT_EQ(entry.auth_context, "password+totp");
  EXPECT_EQ(entry.subjects, std::vector<SubjectId>{kAda});
  EXPECT_EQ(entry.case_stream, id_of<StreamId>("case"));
  EXPECT_EQ(entry.target, "case/1");
  EXPECT_EQ(entry.section, "interventi");
  EXPECT_EQ(entry.relation, "in_charge");
  EXPECT_EQ(entry.purpose, "presa in carico");
  EXPECT_EQ(entry.result_count, 3u);
  EXPECT_EQ(entry.as_of, 7u);
  EXPECT_EQ(entry.released_to, "Tribunale");
  EXPECT_EQ(entry.severity, "notice");
  EXPECT_EQ(entry.policy_version, 1u);
  EXPECT_EQ(entry.repeated, 1u);
  EXPECT_EQ(encode_row(entry).find("Motivo"), std::string::npos);
  // Accesses have their own register.
  TimelineQuery month;
  month.stream = kMonth;
  EXPECT_TRUE(read_timeline(*engine, month).value().empty());
  TimelineQuery person;
  person.subject = kAda;
  EXPECT_TRUE(read_timeline(*engine, person).value().empty());
}

TEST_F(AccessLogView, FindsByPersonOperatorUnitAndControllerNewestFirst) {
  add({});                                                        // 0
  add({.subjects = {kBea}, .actor = kColleague});                 // 1
  add({.subjects = {kAda, kBea}, .unit = kOffice});               // 2
  add({.subjects = {}, .controller = id_of<ControllerId>("B")});  // 3
  catch_up();

  EXPECT_EQ(positions({}), (Positions{3, 2, 1, 0}));
  EXPECT_EQ(positions({.subject = kAda}), (Positions{2, 0}));
  EXPECT_EQ(positions({.subject = kBea}), (Positions{2, 1}));
  EXPECT_EQ(positions({.subject = kBea, .actor = kWorker}), (Positions{2}));
  EXPECT_EQ(positions({.actor = kColleague}), (Positions{1}));
  EXPECT_EQ(positions({.unit = kOffice}), (Positions{2}));
  EXPECT_EQ(positions({.controller = kComune}), (Positions{2, 1, 0}));
  EXPECT_EQ(positions({.controller = id_of<ControllerId>("B"), .unit = kSector}), (Positions{3}));
  EXPECT_TRUE(positions({.subject = id_of<SubjectId>("nobody")}).empty());
}

TEST_F(AccessLogView, AT16_KeepsTheOrderOfTheLogWhateverTheClockSaidAndTellsTheSkew) {
  add({});
  add({.occurred_at = TimeUs{log.time_at(0).us - 3'600'000'000}});
  add({.occurred_at = TimeUs{log.time_at(0).us + 120'000'000}});
  catch_up();

  const auto entries = find_accesses(*engine, {}).value().entries;

  EXPECT_EQ(positions({}), (Positions{2, 1, 0}));
  EXPECT_FALSE(has_clock_skew(entries.at(0)));
  EXPECT_TRUE(has_clock_skew(entries.at(1)));
  EXPECT_FALSE(has_clock_skew(entries.at(2)));
}

TEST_F(AccessLogView, PagesMeetWithoutAGapOrARepetition) {
  for (int i = 0; i < 25; ++i) add({.subjects = {i % 2 == 0 ? kAda : kBea}});
  catch_up();

  AccessQuery query{.subject = kAda, .entries_max = 5};
  Positions all;
  std::size_t pages = 0;
  for (;;) {
    const AccessPage page = find_accesses(*engine, query).value();
    ++pages;
    EXPECT_LE(page.entries.size(), 5u);
    for (const AccessEntry& entry : page.entries) all.push_back(entry.position);
    if (!page.next_before) break;
    query.before = *page.next_before;
  }

  EXPECT_EQ(all, (Positions{24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0}));
  EXPECT_EQ(pages, 3u);
}

TEST_F(AccessLogView, KeepsToPositionsAndDaysInItaly) {
  // One event a minute from 14 November 2023, 23:13:20 in Italy: the 15th begins at position 47.
  for (int i = 0; i < 60; ++i) add({});
  catch_up();

  EXPECT_EQ(positions({.from_position = 10, .to_position = 12}), (Positions{12, 11, 10}));
  EXPECT_EQ(positions({.from_position = 10, .before = 12}), (Positions{11, 10}));
  EXPECT_EQ(positions({.to_position = 0}), (Positions{0}));
  EXPECT_TRUE(positions({.before = 0}).empty());
  EXPECT_EQ(positions({.from_day = day(2023, 11, 15)}).back(), 47u);
  EXPECT_EQ(positions({.to_day = day(2023, 11, 14)}).front(), 46u);
  EXPECT_EQ(positions({.from_day = day(2023, 11, 14), .to_day = day(2023, 11, 14)}).size(), 47u);
  EXPECT_TRUE(positions({.from_day = day(2023, 11, 16)}).empty());
}

TEST_F(AccessLogView, KeepsAdministratorsApart) {
  set_administrators_month();
  add({});
  add({.subjects = {}, .month = kAdminMonth});
  add({.subjects = {kAda}, .month = kAdminMonth});
  catch_up();

  EXPECT_EQ(positions({}), (Positions{1}));
  EXPECT_EQ(positions({.subject = kAda}), (Positions{1}));
  EXPECT_EQ(positions({.administrative = true}), (Positions{3, 2}));
  EXPECT_EQ(positions({.actor = kWorker, .administrative = true}), (Positions{3, 2}));
  EXPECT_EQ(positions({.subject = kAda, .administrative = true}), (Positions{3}));
  EXPECT_TRUE(
      find_accesses(*engine, {.administrative = true}).value().entries.at(0).administrative);
}

TEST_F(AccessLogView, AT19_TheReasonIsReadFromTheLogAndGoesWithThePersonsKey) {
  const std::uint64_t at = add({.subjects = {kAda, kBea}});
  catch_up();
  const auto reason = read_access_reason(*engine, at, kAda).value();
  ASSERT_TRUE(reason);
  EXPECT_EQ(reason->reason, "Motivo-scritto-a-mano");
  EXPECT_EQ(reason->result_digest, std::string(as_text(crypto::sha256(kAda.view()))));
  EXPECT_FALSE(read_access_reason(*engine, at, id_of<SubjectId>("nobody")).value());

  log.keys().gone.insert(log.subject_key(kAda));

  EXPECT_FALSE(read_access_reason(*engine, at, kAda).value());
  EXPECT_TRUE(read_access_reason(*engine, at, kBea).value());
  ASSERT_TRUE(engine->rebuild(kAccessLogView));
  EXPECT_EQ(positions({.subject = kAda}), (Positions{at}));
  testing::EventFacts note;
  note.type = schema::EventType::note_recorded;
  note.stream = id_of<StreamId>("note");
  const std::uint64_t other = log.add(note, std::vector<crypto::SegmentPlan>{});
  EXPECT_EQ(read_access_reason(*engine, other, kAda).error().code, Errc::not_found);
}

TEST_F(AccessLogView, OfAMonthWhoseKeyIsGoneTellsOnlyThatAnAccessWasRecorded) {
  const std::uint64_t at = add({});
  log.keys().gone.insert(kMonthKey);
  log.keys().gone.insert(id_of<KeyId>("key of " + kComune.hex()));
  catch_up();

  const AccessEntry entry = find_accesses(*engine, {}).value().entries.at(0);

  EXPECT_TRUE(entry.erased);
  EXPECT_EQ(entry.position, at);
  EXPECT_EQ(entry.recorded_at_us, log.time_at(at).us);
  EXPECT_TRUE(entry.operation.empty() && entry.actor.is_zero() && entry.subjects.empty());
  EXPECT_TRUE(positions({.subject = kAda}).empty());
}

TEST_F(AccessLogView, AT03_TheErasureOfAMonthBlanksItsRowsAndARebuildGivesTheSame) {
  set_administrators_month();
  const std::uint64_t first = add({.subjects = {kAda, kBea}});
  const std::uint64_t kept = add({.month = id_of<StreamId>("another month")});
  const std::uint64_t second = add({});
  const std::uint64_t apart = add({.month = kAdminMonth});
  catch_up();
  ASSERT_EQ(positions({.subject = kAda}), (Positions{second, kept, first}));

  decide_erasure(kMonth, "refuse");
  catch_up();
  ASSERT_EQ(positions({.subject = kAda}), (Positions{second, kept, first}));
  decide_erasure(kMonth);
  catch_up();
  // The key may go a moment later: the rows of the view and of a rebuild are the same before.
  EXPECT_TRUE(engine->compare_with_rebuild(kAccessLogView).value().equal);
  EXPECT_EQ(positions({.subject = kAda}), (Positions{kept}));
  EXPECT_TRUE(positions({.subject = kBea}).empty());
  EXPECT_EQ(positions({.actor = kWorker}), (Positions{kept}));
  EXPECT_EQ(positions({.unit = kSector}), (Positions{kept}));
  EXPECT_EQ(positions({}), (Positions{second, kept, first}));
  const AccessEntry blank = find_accesses(*engine, {}).value().entries.at(2);
  EXPECT_TRUE(blank.erased);
  EXPECT_EQ(blank.position, first);
  EXPECT_EQ(blank.stream, kMonth);
  EXPECT_TRUE(blank.operation.empty() && blank.subjects.empty() && blank.ip.empty());
  EXPECT_EQ(positions({.administrative = true}), (Positions{apart}));

  decide_erasure(kAdminMonth);
  log.keys().gone.insert(kMonthKey);
  catch_up();
  EXPECT_TRUE(find_accesses(*engine, {.administrative = true}).value().entries.at(0).erased);
  EXPECT_TRUE(positions({.actor = kWorker, .administrative = true}).empty());
  // Of the other month this key was, too: its rows are the ones that a rebuild could not give.
  EXPECT_FALSE(engine->compare_with_rebuild(kAccessLogView).value().equal);
  decide_erasure(id_of<StreamId>("another month"));
  catch_up();
  EXPECT_TRUE(engine->compare_with_rebuild(kAccessLogView).value().equal);
  EXPECT_FALSE(engine->statuses().empty());
  for (const ViewStatus& status : engine->statuses()) EXPECT_FALSE(status.faulted) << status.name;
}

TEST_F(AccessLogView, AT03_ALookAfterTheErasureOfItsMonthIsBlankToo) {
  add({});
  decide_erasure(kMonth);
  const std::uint64_t late = add({});
  catch_up();

  EXPECT_TRUE(find_accesses(*engine, {}).value().entries.at(0).erased);
  EXPECT_EQ(positions({}).at(0), late);
  EXPECT_TRUE(positions({.subject = kAda}).empty());
  log.keys().gone.insert(kMonthKey);
  EXPECT_TRUE(engine->compare_with_rebuild(kAccessLogView).value().equal);
}

TEST_F(AccessLogView, ARebuildGivesTheSameRows) {
  set_administrators_month();
  for (int i = 0; i < 30; ++i) add({.month = i % 3 == 0 ? kAdminMonth : kMonth});
  catch_up();

  EXPECT_TRUE(engine->compare_with_rebuild(kAccessLogView).value().equal);
}

}  // namespace
}  // namespace cartella::projections
