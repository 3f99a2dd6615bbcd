// Which changes are told to whom: as the gate shows the things that changed.
#include <gtest/gtest.h>

#include "api/gated.h"
#include "tests/unit/cases/visibility_world.h"

namespace cartella::api {
namespace {

using cases::Column;
using cases::columns;
using cases::controller_of;
using cases::id_of;
using cases::kCase;
using cases::kEnte;
using cases::kSector;
using cases::kSubject;
using cases::kToday;
using cases::person_of;
using schema::EventType;

class GatedChanges : public ::testing::Test {
 protected:
  cases::OrganisationState organisation = cases::organisation_of_all();

  cases::Viewer viewer_of(char letter) const {
    for (const Column& column : columns())
      if (column.letter == letter)
        return cases::make_viewer(organisation, person_of(letter), column.acting_as, kToday)
            .value();
    check_failed("no such column", __FILE__, __LINE__, __func__);
  }
  bool is_told(char letter, const ChangeFacts& facts,
               const projections::CaseRecord* its_case = nullptr) const {
    const cases::Viewer viewer = viewer_of(letter);
    return may_know_of(its_case, facts, viewer, cases::purpose_of(viewer.acting_as.role),
                       organisation, kToday);
  }
  // The letters of those who are told.
  std::string told(const ChangeFacts& facts,
                   const projections::CaseRecord* its_case = nullptr) const {
    std::string letters;
    for (const Column& column : columns())
      if (is_told(column.letter, facts, its_case)) letters += column.letter;
    return letters;
  }
};

ChangeFacts facts_of(EventType type, const StreamId& case_stream = {}) {
  ChangeFacts facts;
  facts.position = 100;
  facts.type = type;
  facts.stream = id_of<StreamId>(70);
  facts.controller = controller_of(kEnte);
  facts.subject = kSubject;
  facts.case_stream = case_stream;
  facts.actor = person_of('W');
  return facts;
}

projections::CaseRecord case_of_sector() {
  projections::CaseRecord record;
  record.subject = kSubject;
  record.controller = controller_of(kEnte);
  record.ente = kEnte;
  record.sector = kSector;
  return record;
}

TEST_F(GatedChanges, TheFrontOfficeIsToldOfPeopleAndCardsAndOfNothingElse) {
  for (const EventType type : {EventType::person_registered, EventType::contact_recorded,
                               EventType::card_opened, EventType::card_closed})
    EXPECT_EQ(told(facts_of(type)), "EDR") << static_cast<int>(type);
  for (const EventType type :
       {EventType::benefit_granted, EventType::benefit_delivered, EventType::benefit_closed,
        EventType::benefit_superseded, EventType::case_opened})
    EXPECT_EQ(told(facts_of(type)), "ER") << static_cast<int>(type);
}

TEST_F(GatedChanges, RightsRequestsAreTheRightsOfficers) {
  EXPECT_EQ(told(facts_of(EventType::rights_request_opened)), "R");
}

TEST_F(GatedChanges, WhatNoThingHasIsToldToNobody) {
  for (const EventType type : {EventType::item_masked, EventType::statement_added,
                               EventType::processing_restricted, EventType::role_granted})
    EXPECT_EQ(told(facts_of(type)), "") << static_cast<int>(type);
}

TEST_F(GatedChanges, DS20_OfWhoIsRestrictedTheRightsOfficerAloneIsTold) {
  const auto record = case_of_sector();
  const auto contact = facts_of(EventType::contact_recorded);
  const auto category = facts_of(EventType::case_category_set, facts_of({}).stream);
  EXPECT_EQ(told(category, &record), "WCKER");

  organisation.restrictions[id_of<EventId>(1)] = {controller_of(kEnte), kSubject, {}, {}};

  EXPECT_EQ(told(contact), "R");
  EXPECT_EQ(told(category, &record), "R");
}

TEST_F(GatedChanges, DS20_ARestrictedCaseTakesItsPartsWithIt) {
  const auto record = case_of_sector();
  const auto note = facts_of(EventType::note_recorded, kCase);
  const auto benefit = facts_of(EventType::benefit_granted, kCase);
  EXPECT_EQ(told(note, &record), "W") << "who wrote it";
  EXPECT_EQ(told(benefit, &record), "WCKER");

  organisation.restrictions[id_of<EventId>(1)] = {controller_of(kEnte), kSubject, {kCase}, {}};

  EXPECT_EQ(told(note, &record), "");
  EXPECT_EQ(told(benefit, &record), "R");
  EXPECT_EQ(told(facts_of(EventType::contact_recorded)), "EDR") << "the person is not";
}

TEST_F(GatedChanges, OfWhoIsBeingErasedNobodyIsTold) {
  auto& erasure = organisation.erasures[id_of<EventId>(2)];
  erasure.controller = controller_of(kEnte);
  erasure.subject = erasure.owner = kSubject;
  organisation.erasing.insert(id_of<EventId>(2));
  for (const EventType type :
       {EventType::contact_recorded, EventType::card_opened, EventType::rights_request_opened})
    EXPECT_EQ(told(facts_of(type)), "") << static_cast<int>(type);
}

TEST_F(GatedChanges, ACardThatBecameACaseIsToldAsBothAre) {
  const auto record = case_of_sector();
  EXPECT_EQ(told(facts_of(EventType::card_linked_to_case, kCase), &record), "WCKEDR");
  EXPECT_EQ(told(facts_of(EventType::case_state_changed, kCase), &record), "WCKER");
}

}  // namespace
}  // namespace cartella::api
