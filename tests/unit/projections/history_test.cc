#include "projections/history.h"

#include <gtest/gtest.h>

#include "tests/unit/projections/ambito.h"

namespace cartella::projections {
namespace {

using namespace cartella::projections::testing;

const TestPerson kPerson{"Verdi", "Carla", "VRDCRL80E41H501A"};

EventFacts fact(schema::EventType type, const StreamId& stream) {
  EventFacts facts;
  facts.type = type;
  facts.stream = stream;
  facts.subject = subject_of(kPerson);
  return facts;
}

std::uint64_t move_to(TestLog& log, const StreamId& person, const char* comune,
                      std::optional<Date> from = {}, std::optional<Date> to = {}) {
  EventFacts facts = fact(schema::EventType::residence_recorded, person);
  facts.valid_from = from;
  facts.valid_to = to;
  return log.add<schema::ResidenceRecorded>(
      facts, [&](auto body) { body.initAddress().setComune(comune); });
}

AsOf at_position(std::uint64_t position) {
  AsOf as_of;
  as_of.position = position;
  return as_of;
}

struct HistoryTest : ::testing::Test {
  HistoryTest() { engine = open_engine(new_directory("a"), log); }
  SubjectId subject = subject_of(kPerson);
  TestLog log;
  std::unique_ptr<Engine> engine;
};

TEST_F(HistoryTest, TheHistoryOfNowIsTheView) {
  const StreamId person = add_person(log, kPerson);
  move_to(log, person, "I727");
  const StreamId stream = add_case(log, "case", subject);
  set_category(log, "case", subject, "1", true);
  add_interview(log, "interview", "case", subject, false);
  ASSERT_TRUE(engine->catch_up());

  EXPECT_EQ(person_as_of(*engine, person, {}).value(), read_person(*engine, person).value());
  const auto now = read_case_file(*engine, stream);
  const auto replayed = case_as_of(*engine, stream, {});
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed.value().items.size(), now.value().items.size());
  EXPECT_EQ(prevalent_category(replayed.value().record), "1");
}

TEST_F(HistoryTest, KeepsEachRelationOfAPersonWithItsValidity) {
  const StreamId person = add_person(log, kPerson);
  const auto relate = [&](const char* role, const char* other, bool ended, std::optional<Date> from,
                          std::optional<Date> to = {}) {
    EventFacts facts = fact(schema::EventType::kinship_recorded, person);
    facts.valid_from = from;
    facts.valid_to = to;
    const auto key = id_of<KeyId>(other);
    log.add<schema::KinshipRecorded>(facts, [&](auto body) {
      body.setRole(role);
      body.setOtherKey(schema::id_data(key));
      body.setEnded(ended);
    });
  };
  relate("madre", "Anna", false, day(2020, 1, 1));
  relate("convivente", "Luca", false, day(2021, 1, 1));
  relate("convivente", "Luca", true, {}, day(2024, 6, 30));
  relate("convivente", "Luca", false, day(2025, 2, 1));
  relate("madre", "Anna", false, day(2019, 1, 1));
  relate("fratello", "Ugo", true, day(2025, 3, 1));
  ASSERT_TRUE(engine->catch_up());

  const auto relations = read_person(*engine, person).value().relations;

  const auto relation = [](const char* role, const char* other, Date from, std::int32_t to) {
    return PersonRelation{role, id_of<KeyId>(other), from.days, to};
  };
  EXPECT_EQ(relations,
            (std::vector{relation("madre", "Anna", day(2019, 1, 1), kNoDate),
                         relation("convivente", "Luca", day(2021, 1, 1), day(2024, 6, 30).days),
                         relation("convivente", "Luca", day(2025, 2, 1), kNoDate)}));
  EXPECT_EQ(person_as_of(*engine, person, {}).value().relations, relations);
}

TEST_F(HistoryTest, TellsACaseAsItWasAtAnyPosition) {
  const StreamId stream = add_case(log, "case", subject);
  const std::uint64_t taken =
      change_state(log, "case", subject, CaseState::aperto, CaseState::preso_in_carico);
  const std::uint64_t interview = add_interview(log, "interview", "case", subject, false);
  change_state(log, "case", subject, CaseState::preso_in_carico, CaseState::chiuso);
  ASSERT_TRUE(engine->catch_up());

  EXPECT_EQ(case_as_of(*engine, stream, at_position(0)).error().code, Errc::not_found);
  const auto opened = case_as_of(*engine, stream, at_position(taken));
  EXPECT_EQ(opened.value().record.state, CaseState::aperto);
  EXPECT_TRUE(opened.value().items.empty());
  const auto in_charge = case_as_of(*engine, stream, at_position(interview + 1));
  EXPECT_EQ(in_charge.value().record.state, CaseState::preso_in_carico);
  EXPECT_EQ(in_charge.value().items.size(), 1u);
  EXPECT_EQ(case_as_of(*engine, stream, {}).value().record.state, CaseState::chiuso);
}

TEST_F(HistoryTest, TellsACaseAsItWasKnownAtATime) {
  const StreamId stream = add_case(log, "case", subject);
  const std::uint64_t taken =
      change_state(log, "case", subject, CaseState::aperto, CaseState::preso_in_carico);
  ASSERT_TRUE(engine->catch_up());

  AsOf before;
  before.recorded_at = TimeUs{log.time_at(taken).us - 1};
  AsOf exactly;
  exactly.recorded_at = log.time_at(taken);

  EXPECT_EQ(case_as_of(*engine, stream, before).value().record.state, CaseState::aperto);
  EXPECT_EQ(case_as_of(*engine, stream, exactly).value().record.state, CaseState::preso_in_carico);
}

// What did the comune know by then about that day?
TEST_F(HistoryTest, TellsBothTimesApart) {
  const StreamId person = add_person(log, kPerson);
  move_to(log, person, "I727", day(2024, 1, 1), day(2024, 6, 30));
  const std::uint64_t corrected = move_to(log, person, "D108", day(2024, 7, 1));
  ASSERT_TRUE(engine->catch_up());

  AsOf spring;
  spring.valid_at = day(2024, 3, 3);
  EXPECT_EQ(person_as_of(*engine, person, spring).value().comune, "I727");
  AsOf autumn;
  autumn.valid_at = day(2024, 10, 1);
  EXPECT_EQ(person_as_of(*engine, person, autumn).value().comune, "D108");
  autumn.position = corrected;
  EXPECT_EQ(person_as_of(*engine, person, autumn).value().comune, "E256")
      << "the second move was not known yet and the first had ended";
}

TEST_F(HistoryTest, RefusesTwoPointsAPositionToComeAndAnErasedItem) {
  const StreamId person = add_person(log, kPerson);
  ASSERT_TRUE(engine->catch_up());
  AsOf both = at_position(1);
  both.recorded_at = TimeUs{0};

  EXPECT_EQ(person_as_of(*engine, person, both).error().code, Errc::invalid_argument);
  EXPECT_EQ(person_as_of(*engine, person, at_position(99)).error().code, Errc::invalid_argument);
  EXPECT_EQ(person_as_of(*engine, id_of<StreamId>("none"), {}).error().code, Errc::not_found);
  EXPECT_EQ(case_as_of(*engine, person, {}).error().code, Errc::not_found);
  log.keys().gone.insert(log.subject_key(subject));
  EXPECT_EQ(person_as_of(*engine, person, {}).error().code, Errc::erased);
}

TEST_F(HistoryTest, TellsACardAsItWas) {
  TestCard card;
  card.subject = subject;
  card.needs = {"Affido"};
  const StreamId stream = add_card(log, "card", card);
  ASSERT_TRUE(engine->catch_up());

  EXPECT_TRUE(card_as_of(*engine, stream, at_position(1)).value().needs.empty());
  EXPECT_EQ(card_as_of(*engine, stream, {}).value().needs.size(), 1u);
}

}  // namespace
}  // namespace cartella::projections
