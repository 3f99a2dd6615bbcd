// What no chance may break at the gate.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/unit/cases/visibility_world.h"

namespace cartella::cases {
namespace {

// ---- whatever the chance ------------------------------------------------------------------------
UnitId any_unit() {
  return *rc::gen::element(kSector, kOtherSector, kFarSector, kEnte, kOtherEnte, kOffice, UnitId{});
}
OperatorId anybody() {
  return person_of(columns()[*rc::gen::inRange<std::size_t>(0, columns().size())].letter);
}
std::string any_section() {
  return *rc::gen::element<std::string>("", "colloqui", "note", "interventi", "accessi",
                                        "esistenza", "richieste");
}
Item any_item(bool with_shares) {
  Item item;
  item.kind = static_cast<ItemKind>(*rc::gen::inRange(0, 7));
  item.stream = *rc::gen::element(kCase, id_of<StreamId>(70), StreamId{});
  item.subject = *rc::gen::element(kSubject, kSomebodyElse);
  item.controller = controller_of(*rc::gen::element(kEnte, kOtherEnte));
  item.unit = any_unit();
  item.case_stream = *rc::gen::element(kCase, StreamId{});
  item.withheld = *rc::gen::arbitrary<bool>();
  item.author = anybody();
  item.second_level = *rc::gen::element<std::string>("", "EM");
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) item.operators.push_back(anybody());
  if (with_shares)
    for (int i = *rc::gen::inRange(0, 3); i > 0; --i)
      item.shares.push_back({any_unit(), {any_section()}});
  return item;
}
Ties any_ties(bool with_shares) {
  Ties ties;
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) ties.items.push_back(any_item(with_shares));
  return ties;
}
Purpose any_purpose() { return static_cast<Purpose>(*rc::gen::inRange(0, 7)); }

struct Chance {
  OrganisationState organisation = organisation_of_all();
  Viewer viewer;
  Chance() {
    for (const char auditor : {'A', 'B', 'T'}) {
      auto mandate =
          mandate_of(auditor, *rc::gen::element(controller_of(kEnte), controller_of(kOtherEnte)));
      mandate.subjects = {kSubject};
      organisation.mandates[id_of<EventId>(static_cast<std::uint64_t>(auditor))] = mandate;
    }
    const Column column = columns()[*rc::gen::inRange<std::size_t>(0, columns().size())];
    viewer = make_viewer(organisation, person_of(column.letter), column.acting_as, kToday).value();
  }
  Sight of(const Item& item, const Ties& ties) const {
    return visible(item, ties, viewer, any_purpose(), any_section(), organisation, kToday);
  }
};

RC_GTEST_PROP(VisibilityProperty, AC04_NothingOfAnotherControllerIsSeenWithoutAShareOrAMandate,
              ()) {
  const Chance chance;
  const Item item = any_item(false);
  const Sight sight = chance.of(item, any_ties(false));
  if (sight.is_visible() && item.controller != chance.viewer.controller) {
    RC_ASSERT(sight.relation == Relation::audit);
    RC_ASSERT(chance.viewer.acting_as.ente.is_zero());
    RC_ASSERT(item.subject == kSubject);
  }
}

RC_GTEST_PROP(VisibilityProperty, AC03_AWithheldTextIsSeenByItsAuthorOnly, ()) {
  const Chance chance;
  Item item = any_item(true);
  item.withheld = true;
  if (chance.of(item, any_ties(true)).is_visible())
    RC_ASSERT(item.author == chance.viewer.operator_id);
}

RC_GTEST_PROP(VisibilityProperty, AT08_DpoAndAdministratorsSeeNothing, ()) {
  const Chance chance;
  const Item item = any_item(true);
  const Sight sight = chance.of(item, any_ties(true));
  const Role role = chance.viewer.acting_as.role;
  if (role == Role::dpo || role == Role::application_manager || role == Role::system_administrator)
    RC_ASSERT(!sight.is_visible());
}

RC_GTEST_PROP(VisibilityProperty, ADisabledOperatorSeesNothing, ()) {
  Chance chance;
  chance.organisation.operators.at(chance.viewer.operator_id).enabled = false;
  RC_ASSERT(!chance.of(any_item(true), any_ties(true)).is_visible());
}

// Reading only: whoever may change a thing is of its controller.
RC_GTEST_PROP(VisibilityProperty, AC02_WhatIsSharedIsNeverChanged, ()) {
  const Chance chance;
  const Item item = any_item(true);
  if (may_change(chance.of(item, any_ties(true)), chance.viewer))
    RC_ASSERT(item.controller == chance.viewer.controller);
}

}  // namespace
}  // namespace cartella::cases
