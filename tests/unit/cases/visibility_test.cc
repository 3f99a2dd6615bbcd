// Who sees what: the matrix of roles and things, written out.
#include <gtest/gtest.h>

#include "tests/unit/cases/visibility_world.h"

namespace cartella::cases {
namespace {

char letter_of(Relation relation) {
  switch (relation) {
    case Relation::none: return '.';
    case Relation::in_charge: return 'c';
    case Relation::unit: return 'u';
    case Relation::shared: return 's';
    case Relation::segretariato: return 'g';
    case Relation::rights_request: return 'r';
    case Relation::audit: return 'a';
    case Relation::emergency: return '!';
    case Relation::system: return '?';
  }
  return '?';
}

class Visibility : public ::testing::Test {
 protected:
  OrganisationState organisation = organisation_of_all();

  Viewer viewer_of(char letter, Date on = kToday) const {
    for (const Column& column : columns())
      if (column.letter == letter)
        return make_viewer(organisation, person_of(letter), column.acting_as, on).value();
    check_failed("no such column", __FILE__, __LINE__, __func__);
  }
  Sight sight(char letter, const Item& item, const Ties& ties, std::string_view section,
              Date on = kToday) const {
    const Viewer viewer = viewer_of(letter);
    return visible(item, ties, viewer, purpose_of(viewer.acting_as.role), section, organisation,
                   on);
  }
  std::string row(const Item& item, const Ties& ties = {}, std::string_view section = "") const {
    std::string seen;
    for (const Column& column : columns())
      seen += letter_of(sight(column.letter, item, ties, section).relation);
    return seen;
  }
};

Item thing(ItemKind kind, const UnitId& ente = kEnte) {
  Item item;
  item.kind = kind;
  item.stream = kind == ItemKind::case_file ? kCase : id_of<StreamId>(70);
  item.subject = kSubject;
  item.controller = controller_of(ente);
  item.ente = ente;
  return item;
}
Item case_of(const UnitId& sector, char worker = 'W', const UnitId& ente = kEnte) {
  Item item = thing(ItemKind::case_file, ente);
  item.unit = sector;
  if (worker != ' ') item.operators = {person_of(worker)};
  return item;
}
// As a caller fills it: of the case it belongs to it has the stream and the shares.
Item part_of(const Item& whole, ItemKind kind, char author = 'W') {
  Item item = thing(kind, whole.ente);
  item.controller = whole.controller;
  item.case_stream = whole.stream;
  item.shares = whole.shares;
  item.author = person_of(author);
  return item;
}
Item shared(Item item, const UnitId& unit, std::vector<std::string> sections = {}) {
  item.shares.push_back({unit, std::move(sections)});
  return item;
}

// ---- the matrix ---------------------------------------------------------------------------------
TEST_F(Visibility, AC01_TheMatrixOfRolesAndThingsOfOneComune) {
  const Item own = case_of(kSector);
  const Item closed = case_of(kSector, ' ');  // nobody follows it any more
  const Item elsewhere = case_of(kOtherSector, 'S');
  Item card = thing(ItemKind::card);
  card.unit = kOffice;
  card.operators = {person_of('D')};
  Item other_card = card;
  other_card.unit = kOtherOffice;
  Item linked_card = card;
  linked_card.case_stream = kCase;
  const Item person = thing(ItemKind::person);
  const Item request = thing(ItemKind::rights_request);

  //                                                                          WCSFKEXDGRQABTPMZ
  EXPECT_EQ(row(own),
            /*                                       head of a case */ "cu..uu...r.......");
  EXPECT_EQ(row(own, {}, "interventi"), /*                  a section of it */ "cu..uu...r.......");
  EXPECT_EQ(row(own, {}, kSectionExistence), /*              that it exists */ "cu..uu.g.r.......");
  EXPECT_EQ(row(closed),
            /*                                    a closed case */ "uu..uu...r.......");
  EXPECT_EQ(row(elsewhere), /*                    a case of another sector */ "..c..u...r.......");
  EXPECT_EQ(row(part_of(own, ItemKind::interview), {{own}}), /* interview */ "cu..uu...r.......");
  EXPECT_EQ(row(part_of(own, ItemKind::note), {{own}}), /*           note */ "cu..uu...r.......");
  EXPECT_EQ(row(part_of(own, ItemKind::benefit), {{own}}), /*     benefit */ "cu..uu...r.......");
  EXPECT_EQ(row(part_of(own, ItemKind::benefit)), /*   case is not told of */ ".....u...r.......");
  EXPECT_EQ(row(card),
            /*                                   card of an office */ ".....u.g.r.......");
  EXPECT_EQ(row(other_card),
            /*                       card of another office */ ".....u.g.r.......");
  EXPECT_EQ(row(linked_card, {{own}}),
            /*            card that became a case */ "cu..uu.g.r.......");
  EXPECT_EQ(row(person), /*                         person without anything */ ".....u.g.r.......");
  EXPECT_EQ(row(person, {{own}}), /*               person with a case here */ "cu..uu.g.r.......");
  EXPECT_EQ(row(person, {{elsewhere}}), /*     person with a case elsewhere */ "..c..u.g.r.......");
  EXPECT_EQ(row(person, {{card}}), /*                    person with a card */ ".....u.g.r.......");
  EXPECT_EQ(row(request, {{own}}), /*                        rights request */ ".........r.......");
}

TEST_F(Visibility, AC01_TheMatrixOfWhatAnotherComuneHas) {
  const Item far = case_of(kFarSector, 'F', kOtherEnte);
  Item card = thing(ItemKind::card, kOtherEnte);
  const Item person = thing(ItemKind::person, kOtherEnte);

  //                                                                          WCSFKEXDGRQABTPMZ
  EXPECT_EQ(row(far),
            /*                                                      */ "...c..u...r......");
  EXPECT_EQ(row(far, {}, kSectionExistence),
            /*                               */ "...c..u.g.r......");
  EXPECT_EQ(row(part_of(far, ItemKind::interview), {{far}}),
            /*               */ "...c..u...r......");
  EXPECT_EQ(row(card),
            /*                                                     */ "......u.g.r......");
  EXPECT_EQ(row(person, {{far}}),
            /*                                          */ "...c..u.g.r......");
  EXPECT_EQ(row(thing(ItemKind::rights_request, kOtherEnte)),
            /*              */ "..........r......");
  // Even for who is written in it: they act for the other comune.
  EXPECT_EQ(row(case_of(kFarSector, 'W', kOtherEnte)),
            /*                     */ "...u..u...r......");
  EXPECT_EQ(row(person, {{case_of(kSector)}}), /* ties of another comune */ "......u.g.r......");
}

TEST_F(Visibility, AC02_TheMatrixOfShares) {
  const Item far = case_of(kFarSector, 'F', kOtherEnte);
  const Item whole = shared(far, kSector);
  const Item part = shared(far, kSector, {"interventi"});
  const Item with_ente = shared(far, kEnte);
  const Item here = shared(case_of(kSector), kOtherSector, {"interventi"});
  const Item person = thing(ItemKind::person, kOtherEnte);
  const auto interview = [](const Item& of) { return part_of(of, ItemKind::interview, 'F'); };
  const auto benefit = [](const Item& of) { return part_of(of, ItemKind::benefit, 'F'); };

  //                                                                          WCSFKEXDGRQABTPMZ
  EXPECT_EQ(row(whole), /*                                  all of it: head */ "ss.cs.u...r......");
  EXPECT_EQ(row(whole, {}, "colloqui"), /*               all of it: section */ "ss.cs.u...r......");
  EXPECT_EQ(row(interview(whole), {{whole}}), /*       all of it: interview */ "ss.cs.u...r......");
  EXPECT_EQ(row(person, {{whole}}), /*                    who the person is */ "ss.cs.u.g.r......");
  EXPECT_EQ(row(part), /*                                  a section: head */ "ss.cs.u...r......");
  EXPECT_EQ(row(part, {}, "interventi"),
            /*             that is in the share */ "ss.cs.u...r......");
  EXPECT_EQ(row(part, {}, "colloqui"),
            /*                         that is not */ "...c..u...r......");
  EXPECT_EQ(row(benefit(part), {{part}}),
            /*            that is in the share */ "ss.cs.u...r......");
  EXPECT_EQ(row(benefit(part), {{part}}, "colloqui"), /* asked for another */ "...c..u...r......");
  EXPECT_EQ(row(interview(part), {{part}}),
            /*                    that is not */ "...c..u...r......");
  EXPECT_EQ(row(with_ente), /*                        with the whole comune */ "ssscssu...r......");
  EXPECT_EQ(row(far), /*                                          revoked */ "...c..u...r......");
  EXPECT_EQ(row(interview(far), {{far}}), /*                      revoked */ "...c..u...r......");
  EXPECT_EQ(row(here), /*                          within the comune: head */ "cus.uu...r.......");
  EXPECT_EQ(row(part_of(here, ItemKind::interview), {{here}}),
            /*  not in it */ "cu..uu...r.......");
}

TEST_F(Visibility, AC03_AWithheldTextIsItsAuthorsAlone) {
  const Item own = case_of(kSector);
  const auto withheld = [&](ItemKind kind, char author) {
    Item item = part_of(own, kind, author);
    item.withheld = true;
    item.operators = {person_of(author)};
    return item;
  };
  for (const ItemKind kind : {ItemKind::interview, ItemKind::note}) {
    //                                                          WCSFKEXDGRQABTPMZ
    EXPECT_EQ(row(withheld(kind, 'W'), {{own}}), /*               */ "c................");
    EXPECT_EQ(row(withheld(kind, 'C'), {{own}}), /*               */ ".c...............");
    EXPECT_EQ(row(withheld(kind, 'S'), {{own}}), /*               */ "..c..............");
    EXPECT_EQ(row(withheld(kind, 'E'), {{own}}), /*               */ ".....c...........");
    EXPECT_EQ(row(withheld(kind, 'R'), {{own}}), /*               */ ".................");
    EXPECT_EQ(row(withheld(kind, 'P'), {{own}}), /*               */ ".................");
  }
  Item nobodys = withheld(ItemKind::note, 'W');
  nobodys.author = {};
  EXPECT_EQ(row(nobodys, {{own}}), ".................");
}

TEST_F(Visibility, ASecondLevelExcludesEveryOtherSector) {
  const Item ours = shared(case_of(kSector), kOtherSector);
  Item interview = part_of(ours, ItemKind::interview);
  interview.second_level = "EM";
  //                                                              WCSFKEXDGRQABTPMZ
  EXPECT_EQ(row(interview, {{ours}}), /*                            */ "..s......r.......");
  interview.second_level = "altro";
  EXPECT_EQ(row(interview, {{ours}}), /*                            */ ".........r.......");
  interview.second_level = "";
  EXPECT_EQ(row(interview, {{ours}}), /*                            */ "cus.uu...r.......");
}

// ---- audit --------------------------------------------------------------------------------------
class AuditVisibility : public Visibility {
 protected:
  using Standing = OrganisationState::Mandate::Standing;
  OrganisationState::Mandate& add(char auditor, const ControllerId& controller) {
    const EventId id = id_of<EventId>(++x_count);
    return organisation.mandates[id] = mandate_of(auditor, controller);
  }

 private:
  std::uint64_t x_count = 0;
};

TEST_F(AuditVisibility, AT08_AnAuditorSeesWhatAMandateNames) {
  const Item own = case_of(kSector);
  Item other = own;
  other.stream = id_of<StreamId>(80);
  other.subject = kSomebodyElse;
  const Item person = thing(ItemKind::person);
  add('A', controller_of(kEnte)).cases = {kCase};

  //                                                                     WCSFKEXDGRQABTPMZ
  EXPECT_EQ(row(own), /*                                    the case: head */ "cu..uu...r.a.....");
  EXPECT_EQ(row(own, {}, "interventi"), /*             a section it names */ "cu..uu...r.a.....");
  EXPECT_EQ(row(own, {}, "colloqui"), /*                         another */ "cu..uu...r.......");
  EXPECT_EQ(row(part_of(own, ItemKind::benefit), {{own}}), /*            */ "cu..uu...r.a.....");
  EXPECT_EQ(row(part_of(own, ItemKind::interview), {{own}}), /*          */ "cu..uu...r.......");
  EXPECT_EQ(row(other), /*                                  another case */ "cu..uu...r.......");
  EXPECT_EQ(row(person, {{own}}), /*  a case does not say who the person is */ "cu..uu.g.r.......");

  add('A', controller_of(kEnte)).subjects = {kSubject};
  EXPECT_EQ(row(person, {{own}}), /*                     the person's too */ "cu..uu.g.r.a.....");
  EXPECT_EQ(row(thing(ItemKind::card)), /*                               */ ".....u.g.r.a.....");
  EXPECT_EQ(row(part_of(own, ItemKind::note), {{own}}), /*               */ "cu..uu...r.......");
  EXPECT_EQ(row(other), /*                                               */ "cu..uu...r.......");
}

TEST_F(AuditVisibility, AT08_AMandateIsOfTheDaysThatItNamesAndOnlyOnceGranted) {
  const Item own = case_of(kSector);
  auto& mandate = add('A', controller_of(kEnte));
  mandate.cases = {kCase};
  const auto seen = [&](Date on) { return sight('A', own, {}, "", on).is_visible(); };
  EXPECT_FALSE(seen(Date{kToday.days - 1}));
  EXPECT_TRUE(seen(kToday));
  EXPECT_TRUE(seen(kTomorrow));
  EXPECT_FALSE(seen(Date{kTomorrow.days + 1}));
  for (const Standing standing : {Standing::proposed, Standing::refused}) {
    mandate.standing = standing;
    EXPECT_FALSE(seen(kToday));
  }
}

TEST_F(AuditVisibility, AMandateIsItsAuditorsAndItsControllers) {
  const Item own = case_of(kSector);
  add('T', controller_of(kEnte)).cases = {kCase};
  EXPECT_EQ(row(own), "cu..uu...r...a...") << "not of the ente's own auditor";
  organisation.mandates.clear();
  add('T', controller_of(kOtherEnte)).subjects = {kSubject};
  EXPECT_EQ(row(own), "cu..uu...r.......") << "the other ente cannot open this one's case";
  EXPECT_EQ(row(case_of(kFarSector, 'F', kOtherEnte)), "...c..u...r..a...");
  add('B', installation_controller()).subjects = {kSubject};
  EXPECT_EQ(row(own), "cu..uu...r.......") << "B is the other ente's auditor";
  add('T', installation_controller()).subjects = {kSubject};
  EXPECT_EQ(row(own), "cu..uu...r...a...");
}

TEST_F(AuditVisibility, AC03_AMandateOpensNoWithheldTextAndNoSecondLevel) {
  const Item own = case_of(kSector);
  auto& mandate = add('A', controller_of(kEnte));
  mandate.cases = {kCase};
  mandate.sections = {"colloqui", "note"};
  Item interview = part_of(own, ItemKind::interview, 'A');
  EXPECT_TRUE(sight('A', interview, {{own}}, "").is_visible());
  interview.withheld = true;
  EXPECT_FALSE(sight('A', interview, {{own}}, "").is_visible());
  interview.withheld = false;
  interview.second_level = "EM";
  EXPECT_FALSE(sight('A', interview, {{own}}, "").is_visible());
}

// ---- what ends a look ---------------------------------------------------------------------------
TEST_F(Visibility, NothingIsSeenForAPurposeThatDoesNotFitTheRole) {
  const Item own = case_of(kSector);
  const auto seen = [&](char letter, Purpose purpose) {
    return visible(own, {}, viewer_of(letter), purpose, "", organisation, kToday).is_visible();
  };
  for (const char letter : {'W', 'K'}) {
    EXPECT_TRUE(seen(letter, Purpose::casework));
    EXPECT_TRUE(seen(letter, Purpose::intake));
    EXPECT_TRUE(seen(letter, Purpose::service_planning));
    for (const Purpose wrong :
         {Purpose::rights, Purpose::audit, Purpose::access_review, Purpose::administration})
      EXPECT_FALSE(seen(letter, wrong));
  }
  EXPECT_TRUE(seen('R', Purpose::rights));
  for (const Purpose wrong : {Purpose::casework, Purpose::audit, Purpose::access_review})
    EXPECT_FALSE(seen('R', wrong));
}

TEST_F(Visibility, NothingIsSeenInARoleThatHasEnded) {
  const Item own = case_of(kSector);
  const Viewer worker = viewer_of('W');
  const auto seen = [&](const Viewer& viewer) {
    return visible(own, {}, viewer, Purpose::casework, "", organisation, kToday).is_visible();
  };
  ASSERT_TRUE(seen(worker));
  Viewer forged = worker;
  forged.controller = controller_of(kOtherEnte);
  EXPECT_FALSE(seen(forged));
  forged = worker;
  forged.acting_as.role = Role::coordinator;
  EXPECT_FALSE(seen(forged));
  organisation.roles.erase(worker.operator_id);
  EXPECT_FALSE(seen(worker)) << "revoked while the session lived";
  organisation.operators.at(worker.operator_id).sectors.insert(kSector);
  EXPECT_TRUE(seen(worker));
  organisation.operators.at(worker.operator_id).enabled = false;
  EXPECT_FALSE(seen(worker));
}

TEST_F(Visibility, AThingWithoutItsControllerOrSubjectIsSeenByNobody) {
  Item own = case_of(kSector);
  own.controller = {};
  EXPECT_EQ(row(own), ".................");
  own = case_of(kSector);
  own.subject = {};
  EXPECT_EQ(row(own), ".................");
}

TEST_F(Visibility, WhatIsBeingErasedIsNobodysAndWhatIsRestrictedTheRightsOfficersAlone) {
  const Item item = case_of(kSector);
  const std::string nobody(columns().size(), '.');
  const std::string before = row(item);
  ASSERT_NE(before[0], '.') << "who has it in charge";
  organisation.restrictions[id_of<EventId>(1)] = {controller_of(kEnte), kSubject, {}, {}};
  std::string officer = nobody;
  for (std::size_t i = 0; i < columns().size(); ++i)
    if (columns()[i].letter == 'R') officer[i] = before[i];
  EXPECT_NE(officer, nobody);
  EXPECT_EQ(row(item), officer);
  Item of_other = item;
  of_other.subject = kSomebodyElse;
  EXPECT_EQ(row(of_other), before);

  OrganisationState::Erasure erasure;
  erasure.controller = controller_of(kEnte);
  erasure.subject = kSubject;
  organisation.erasures[id_of<EventId>(2)] = erasure;
  organisation.erasing.insert(id_of<EventId>(2));
  EXPECT_EQ(row(item), nobody);
  EXPECT_EQ(row(of_other), before);
}

TEST_F(Visibility, WhatIsSharedAuditedOrOnlyKnownIsNotChanged) {
  const auto may = [&](char letter, Relation relation) {
    return may_change({relation}, viewer_of(letter));
  };
  for (const char letter : {'W', 'K', 'E'}) {
    EXPECT_TRUE(may(letter, Relation::in_charge));
    EXPECT_TRUE(may(letter, Relation::unit));
    for (const Relation read : {Relation::none, Relation::shared, Relation::segretariato,
                                Relation::rights_request, Relation::audit})
      EXPECT_FALSE(may(letter, read)) << letter;
  }
  EXPECT_TRUE(may('D', Relation::segretariato));
  EXPECT_FALSE(may('D', Relation::unit));
  EXPECT_TRUE(may('R', Relation::rights_request));
  EXPECT_FALSE(may('A', Relation::audit));
  for (const char letter : {'P', 'M', 'Z'})
    for (int i = 0; i <= static_cast<int>(Relation::system); ++i)
      EXPECT_FALSE(may(letter, static_cast<Relation>(i))) << letter;
}

}  // namespace
}  // namespace cartella::cases
