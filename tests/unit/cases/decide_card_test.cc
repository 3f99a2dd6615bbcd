#include <gtest/gtest.h>

#include "tests/unit/cases/world.h"

namespace cartella::cases {
namespace {

OpenCard card_of(const StreamId& person) {
  OpenCard card;
  card.person = person;
  card.number = 1;
  card.access_date = kToday;
  card.mode = "Di Persona";
  card.office = kOffice;
  card.worker = kWorker;
  return card;
}

OpenCard whole_card(const StreamId& person) {
  OpenCard card = card_of(person);
  card.reporter = ReporterValue{"vicino", "Nome Inventato", "", true};
  card.needs = NeedsValue{{kNeed}, ""};
  card.services = ServicesValue{{kService}, ""};
  card.closing = ClosingValue{"1", false, false, true};
  return card;
}

class DecideCard : public ::testing::Test {
 protected:
  World world;
  StreamId person = world.must(person_with("PRVFTZ59A41D653B"));
};

TEST_F(DecideCard, WritesAnIntakeWithAllItsPartsAsOneCall) {
  const auto decision = world.decide_only(whole_card(person), world.context());

  ASSERT_TRUE(decision);
  const auto& events = decision.value().events;
  ASSERT_EQ(events.size(), 5u);
  for (const auto& event : events) {
    EXPECT_EQ(event.stream, events[0].stream);
    EXPECT_EQ(event.expected_revision, crypto::kExpectNone);
  }
  EXPECT_EQ(events[0].type, schema::EventType::card_opened);
  EXPECT_EQ(events[4].type, schema::EventType::card_closed);
  ASSERT_EQ(decision.value().checks.size(), 1u);
  EXPECT_EQ(decision.value().checks[0].stream, person);
}

TEST_F(DecideCard, SealsTheReporterUnderAnOwnerOfItsOwn) {
  const auto decision = world.decide_only(whole_card(person), world.context()).value();

  const auto& reporter = decision.events[1];
  ASSERT_EQ(reporter.type, schema::EventType::card_reporter_recorded);
  EXPECT_EQ(reporter.bodies[0].owner, reporter.stream.bytes);
  EXPECT_NE(reporter.bodies[0].owner, decision.subject.bytes);
  EXPECT_EQ(decision.events[0].bodies[0].owner, decision.subject.bytes);
}

TEST_F(DecideCard, RefusesWhatTheAmbitoDoesNotKnow) {
  auto card = card_of(person);
  card.office = id_of<UnitId>(50);
  EXPECT_EQ(world.refusal(card), "unknown_office");
  card = card_of(person);
  card.ente = id_of<UnitId>(50);
  EXPECT_EQ(world.refusal(card), "unknown_ente");
  card = card_of(person);
  card.worker = id_of<OperatorId>(50);
  EXPECT_EQ(world.refusal(card), "unknown_operator");
  card = card_of(person);
  card.needs = NeedsValue{{id_of<NeedId>(50)}, ""};
  EXPECT_EQ(world.refusal(card), "unknown_need");
  card = card_of(person);
  card.services = ServicesValue{{id_of<ServiceId>(50)}, ""};
  EXPECT_EQ(world.refusal(card), "unknown_service");
  EXPECT_EQ(world.run(card_of(id_of<StreamId>(50))).error().code, Errc::not_found);
}

TEST_F(DecideCard, RefusesAFutureAccessAsOfTheDayThatCounts) {
  auto card = card_of(person);
  card.access_date = Date{kToday.days + 1};
  EXPECT_EQ(world.refusal(card), "future_access_date");
  auto context = world.context();
  context.today = Date{kToday.days + 1};
  EXPECT_EQ(world.refusal(card, context), "");
}

TEST_F(DecideCard, RefusesDisabledThingsUnlessTheCardIsHistorical) {
  auto card = card_of(person);
  card.office = kClosedOffice;
  auto needs = card_of(person);
  needs.needs = NeedsValue{{kOldNeed}, ""};
  EXPECT_EQ(world.refusal(card), "disabled_office");
  EXPECT_EQ(world.refusal(needs), "disabled_need");
  auto context = world.context();
  context.historical = true;
  EXPECT_EQ(world.refusal(card, context), "");
  context.command_id = id_of<EventId>(77);
  EXPECT_EQ(world.refusal(needs, context), "");
}

TEST_F(DecideCard, RefusesEmptyAndRepeatedParts) {
  auto card = card_of(person);
  card.needs = NeedsValue{};
  EXPECT_EQ(world.refusal(card), "no_needs");
  card.needs = NeedsValue{{kNeed, kNeed}, ""};
  EXPECT_EQ(world.refusal(card), "repeated_need");
  card.needs.reset();
  card.services = ServicesValue{};
  EXPECT_EQ(world.refusal(card), "no_services");
  card.services.reset();
  card.reporter = ReporterValue{};
  EXPECT_EQ(world.refusal(card), "no_reporter");
}

TEST_F(DecideCard, HoldsACompleteCardToTheRulesOfItsOffice) {
  auto card = card_of(person);
  card.closing = ClosingValue{"1", false, false, true};
  EXPECT_EQ(world.refusal(card), "needs_required");
  card.closing->complete = false;
  EXPECT_EQ(world.refusal(card), "");
  world.must(DefineOffice{kOffice, "Ufficio", kEnte, false, true, "", true});
  card.closing->complete = true;
  EXPECT_EQ(world.refusal(card), "services_required");
}

TEST_F(DecideCard, RefusesChangesToAClosedCard) {
  const StreamId card = world.must(card_of(person));
  EXPECT_EQ(world.refusal(CloseCard{card, {"1", false, false, true}}), "needs_required");
  world.must(RecordNeeds{card, {{kNeed}, ""}});
  world.must(RequestServices{card, {{kService}, ""}});
  world.must(RecordReporter{card, {"vicino", "", "", false}});
  world.must(CloseCard{card, {"1", false, false, true}});

  EXPECT_EQ(world.refusal(RecordNeeds{card, {{kNeed}, ""}}), "closed_card");
  EXPECT_EQ(world.refusal(RequestServices{card, {{kService}, ""}}), "closed_card");
  EXPECT_EQ(world.refusal(RecordReporter{card, {"vicino", "", "", false}}), "closed_card");
  EXPECT_EQ(world.refusal(CloseCard{card, {"1", false, false, true}}), "closed_card");
}

TEST_F(DecideCard, LinksACardToACaseOfTheSamePersonOnce) {
  const StreamId card = world.must(card_of(person));
  const StreamId opened = world.must(OpenCase{person, card, 1, "", kEnte, kSector, kWorker});
  const StreamId other = world.must(person_with("SMPMRA04B29G478M"));
  const StreamId other_card = world.must(card_of(other));

  EXPECT_EQ(world.refusal(LinkCardToCase{other_card, opened, "CREATA", ""}), "other_person");
  EXPECT_EQ(world.refusal(LinkCardToCase{card, opened, "CREATA", ""}), "");
  EXPECT_EQ(world.refusal(LinkCardToCase{card, opened, "CREATA", ""}), "linked_card");
  EXPECT_EQ(world.run(LinkCardToCase{card, card, "", ""}).error().code, Errc::not_found);
}

TEST_F(DecideCard, NeverMakesACaseOfAnAnonymousCard) {
  const StreamId nobody = world.must(anonymous_person("persona 3"));
  const StreamId card = world.must(card_of(nobody));
  const StreamId opened = world.must(OpenCase{person, {}, 1, "", kEnte, kSector, kWorker});

  EXPECT_TRUE(world.state<CardState>(card).anonymous);
  EXPECT_EQ(world.refusal(OpenCase{nobody, card, 1, "", kEnte, kSector, kWorker}),
            "anonymous_person");
  EXPECT_EQ(world.refusal(OpenCase{person, card, 1, "", kEnte, kSector, kWorker}),
            "anonymous_card");
  EXPECT_EQ(world.refusal(LinkCardToCase{card, opened, "", ""}), "anonymous_card");
}

}  // namespace
}  // namespace cartella::cases
