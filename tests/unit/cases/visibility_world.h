// tests/unit/cases/visibility_world.h: an operator in each role, of two comuni.
//
// What the tests of the gate share. Threads: one.
#pragma once

#include "cases/bootstrap.h"
#include "cases/visibility.h"
#include "tests/unit/cases/world.h"

namespace cartella::cases {

inline const UnitId kAmbito;
inline const UnitId kOtherSector = id_of<UnitId>(52);  // of kEnte, second level "EM"
inline const UnitId kFarSector = id_of<UnitId>(53);    // of kOtherEnte
inline const UnitId kOtherOffice = id_of<UnitId>(54);  // of kEnte
inline const SubjectId kSubject = id_of<SubjectId>(60);
inline const SubjectId kSomebodyElse = id_of<SubjectId>(61);
inline const StreamId kCase = id_of<StreamId>(62);
inline const Date kTomorrow{kToday.days + 1};

// An operator for each column of the matrix.
inline OperatorId person_of(char column) {
  return id_of<OperatorId>(static_cast<std::uint64_t>(column));
}

struct Column {
  char letter;
  ActingAs acting_as;
};
// W who has the case in charge, C a colleague of the sector, S of another sector, F of a sector of
// another ente; K coordinator of the sector, E of the ente, X of the other ente; D desk of the
// office, G desk of the other ente; R rights officer, Q of the other ente; A auditor of the ente,
// B of the other ente, T of the ambito; P DPO, M application manager, Z system administrator.
inline const std::vector<Column>& columns() {
  static const std::vector<Column> all = {{'W', {kEnte, kSector, Role::caseworker}},
                                          {'C', {kEnte, kSector, Role::caseworker}},
                                          {'S', {kEnte, kOtherSector, Role::caseworker}},
                                          {'F', {kOtherEnte, kFarSector, Role::caseworker}},
                                          {'K', {kEnte, kSector, Role::coordinator}},
                                          {'E', {kEnte, kEnte, Role::coordinator}},
                                          {'X', {kOtherEnte, kOtherEnte, Role::coordinator}},
                                          {'D', {kEnte, kOffice, Role::intake_desk}},
                                          {'G', {kOtherEnte, kOtherEnte, Role::intake_desk}},
                                          {'R', {kEnte, kEnte, Role::rights_officer}},
                                          {'Q', {kOtherEnte, kOtherEnte, Role::rights_officer}},
                                          {'A', {kEnte, kEnte, Role::auditor}},
                                          {'B', {kOtherEnte, kOtherEnte, Role::auditor}},
                                          {'T', {kAmbito, kAmbito, Role::auditor}},
                                          {'P', {kEnte, kEnte, Role::dpo}},
                                          {'M', {kEnte, kEnte, Role::application_manager}},
                                          {'Z', {kAmbito, kAmbito, Role::system_administrator}}};
  return all;
}

inline OrganisationState organisation_of_all() {
  World world;
  world.must(DefineSector{kOtherSector, "Minori", kEnte, "EM", true});
  world.must(DefineSector{kFarSector, "Settore lontano", kOtherEnte, "", true});
  world.must(DefineOffice{kOtherOffice, "Altro ufficio", kEnte, false, false, "", true});
  for (const Column& column : columns()) {
    world.must(DefineOperator{person_of(column.letter), "operatore", true});
    GrantRole grant;
    grant.worker = person_of(column.letter);
    grant.role = role_word(column.acting_as.role);
    grant.unit = column.acting_as.unit;
    world.must(grant);
  }
  return world.organisation();
}

// A mandate over a subject or a case, in force today.
inline OrganisationState::Mandate mandate_of(char auditor, const ControllerId& controller) {
  OrganisationState::Mandate mandate;
  mandate.standing = OrganisationState::Mandate::Standing::granted;
  mandate.controller = controller;
  mandate.auditor = person_of(auditor);
  mandate.sections = {"interventi", "accessi"};
  mandate.from = kToday;
  mandate.to = kTomorrow;
  return mandate;
}

}  // namespace cartella::cases
