#include <gtest/gtest.h>

#include "tests/unit/cases/world.h"

namespace cartella::cases {
namespace {

class DecideRights : public ::testing::Test {
 protected:
  World world;
  StreamId person = world.must(person_with("PRVFTZ59A41D653B"));
  RecordDisclosure disclosure;
  RecordRelease release;
  NotePossibleDuplicate duplicate;
  OpenRightsRequest request;

  DecideRights() {
    duplicate.person = person;
    disclosure.person = person;
    disclosure.recipient = "INPS";
    disclosure.legal_basis = "art. 24 d.lgs. 147/2017";
    disclosure.items = {person};
    disclosure.transmitted_at = start_of(kToday);
    release.person = person;
    release.recipient = "l'interessato";
    release.purpose = "esercizio dei diritti";
    release.items = {person};
    request.person = person;
    request.kind = "gdpr15";
    request.received_on = kToday;
  }
};

TEST_F(DecideRights, WhatLeftStandsInTheStreamOfThePersonUnderTheirKey) {
  const SubjectId subject = world.state<PersonState>(person).subject;
  for (const Command& command : {Command(disclosure), Command(release), Command(duplicate)}) {
    const auto decision = world.decide_only(command, world.context()).value();
    ASSERT_EQ(decision.events.size(), 1u);
    EXPECT_EQ(decision.events[0].stream, person);
    EXPECT_EQ(decision.events[0].expected_revision, crypto::kExpectExists);
    EXPECT_EQ(decision.events[0].bodies[0].domain, schema::KeyDomain::subject);
    EXPECT_EQ(decision.events[0].bodies[0].owner, subject.bytes);
    EXPECT_EQ(world.run(command, world.context(kOtherEnte)).error().code, Errc::not_found);
  }
}

TEST_F(DecideRights, WhatLeftIsDecidedOnTheRevisionThatTheCallerSaw) {
  CommandContext seen = world.context();
  seen.expected_revision = 0;
  EXPECT_EQ(world.decide_only(release, seen).value().events[0].expected_revision, 0);
  seen.expected_revision = 1;
  EXPECT_EQ(world.decide_only(release, seen).error().code, Errc::conflict);
}

TEST_F(DecideRights, DS04_AnOutgoingTransmissionNamesRecipientBasisAndThingsAndHasHappened) {
  const auto refused = [&](auto change) {
    RecordDisclosure wrong = disclosure;
    change(wrong);
    return world.refusal(wrong);
  };
  using D = RecordDisclosure;
  EXPECT_EQ(refused([](D&) {}), "");
  EXPECT_EQ(refused([](D& d) { d.recipient.clear(); }), "recipient_missing");
  EXPECT_EQ(refused([](D& d) { d.legal_basis.clear(); }), "legal_basis_missing");
  EXPECT_EQ(refused([](D& d) { d.items.clear(); }), "items_missing");
  EXPECT_EQ(refused([](D& d) { d.transmitted_at = start_of(Date{kToday.days + 2}); }),
            "future_transmission");
}

TEST_F(DecideRights, AT11_AReleaseNamesRecipientPurposeAndThings) {
  const auto refused = [&](auto change) {
    RecordRelease wrong = release;
    change(wrong);
    return world.refusal(wrong);
  };
  using R = RecordRelease;
  EXPECT_EQ(refused([](R&) {}), "");
  EXPECT_EQ(refused([](R& r) { r.recipient.clear(); }), "recipient_missing");
  EXPECT_EQ(refused([](R& r) { r.purpose.clear(); }), "purpose_missing");
  EXPECT_EQ(refused([](R& r) { r.items.clear(); }), "items_missing");
}

TEST_F(DecideRights, ARequestIsAStreamOfItsOwnThatKnowsWhoseItIs) {
  const StreamId stream = world.must(request);
  EXPECT_NE(stream, person);
  const auto& state = world.state<RightsRequestState>(stream);
  EXPECT_EQ(state.subject, world.state<PersonState>(person).subject);
  EXPECT_EQ(state.controller, controller_of(kEnte));
  EXPECT_EQ(state.person, person);
  EXPECT_EQ(state.kind, "gdpr15");
}

TEST_F(DecideRights, ARequestSaysWhatItIsAndWhoAsks) {
  EXPECT_EQ(world.run(request, world.context(kOtherEnte)).error().code, Errc::not_found);
  request.received_on = Date{kToday.days + 1};
  EXPECT_EQ(world.refusal(request), "future_request");
  request.received_on = kToday;
  for (const char* kind : {"", "gdpr16", "GDPR15"}) {
    request.kind = kind;
    EXPECT_EQ(world.refusal(request), "rights_kind") << kind;
  }
  for (const char* kind : {"giudice", "difensore"}) {
    request.kind = kind;
    request.requester.clear();
    EXPECT_EQ(world.refusal(request), "requester_missing") << kind;
    request.requester = "Tribunale di prova";
    EXPECT_EQ(world.refusal(request), "") << kind;
  }
  request.requester.clear();
  for (const char* kind : {"gdpr15", "l241"}) {
    request.kind = kind;
    EXPECT_EQ(world.refusal(request), "") << kind;
  }
}

}  // namespace
}  // namespace cartella::cases
