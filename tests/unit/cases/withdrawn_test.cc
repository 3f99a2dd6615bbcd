// What is passed over by thousands is what the gate keeps from one.
#include "cases/withdrawn.h"

#include <gtest/gtest.h>

#include "tests/unit/cases/visibility_world.h"

namespace cartella::cases {
namespace {

using Erasure = OrganisationState::Erasure;

struct Thing {
  ControllerId controller;
  SubjectId subject;
  StreamId stream;
};

// Every combination of two controllers, two people and two streams.
std::vector<Thing> all_things() {
  std::vector<Thing> all;
  for (const UnitId& ente : {kEnte, kOtherEnte})
    for (const SubjectId& subject : {kSubject, kSomebodyElse})
      for (const StreamId& stream : {kCase, id_of<StreamId>(63)})
        all.push_back({controller_of(ente), subject, stream});
  return all;
}

void expect_as_the_gate(const OrganisationState& organisation, std::size_t restricted,
                        std::size_t erasing) {
  const Withdrawn from_all = withdrawn_from(Role::none, organisation);
  const Withdrawn from_officer = withdrawn_from(Role::rights_officer, organisation);
  std::size_t count = 0;
  std::size_t officers_count = 0;
  for (const auto& [controller, subject, stream] : all_things()) {
    const bool is_erasing = organisation.is_erasing(controller, subject, stream);
    const bool is_kept = is_erasing || organisation.is_restricted(controller, subject, stream);
    EXPECT_EQ(from_all(controller, subject, stream), is_kept);
    EXPECT_EQ(from_officer(controller, subject, stream), is_erasing);
    count += is_kept;
    officers_count += is_erasing;
  }
  EXPECT_EQ(count, restricted + erasing);
  EXPECT_EQ(officers_count, erasing);
}

TEST(Withdrawn, DS20_IsWhatIsRestrictedAsAPersonAsAnItemOrAsAController) {
  OrganisationState organisation;
  expect_as_the_gate(organisation, 0, 0);
  organisation.restrictions[id_of<EventId>(1)] = {controller_of(kEnte), kSubject, {}, {}};
  expect_as_the_gate(organisation, 2, 0);
  organisation.restrictions[id_of<EventId>(1)] = {controller_of(kEnte), kSubject, {kCase}, {}};
  expect_as_the_gate(organisation, 4, 0);
  organisation.restrictions[id_of<EventId>(1)] = {controller_of(kEnte), {}, {}, {}};
  expect_as_the_gate(organisation, 4, 0);
}

TEST(Withdrawn, IsWhatIsBeingErasedAlsoFromTheRightsOfficer) {
  OrganisationState organisation;
  Erasure& erasure = organisation.erasures[id_of<EventId>(2)];
  erasure.controller = controller_of(kEnte);
  erasure.subject = erasure.owner = kSubject;
  expect_as_the_gate(organisation, 0, 0);  // proposed
  organisation.erasing.insert(id_of<EventId>(2));
  expect_as_the_gate(organisation, 0, 2);
  erasure.subject = {};
  erasure.item = kCase;
  expect_as_the_gate(organisation, 0, 4);
  erasure.of_controller = true;
  expect_as_the_gate(organisation, 0, 4);
}

}  // namespace
}  // namespace cartella::cases
