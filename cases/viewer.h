// cases/viewer.h: who asks: an operator acting in one role, for one unit, at one moment.
//
// An operator may have several roles; each request is made in one of them, and that one stands in
// every record (`acting_as`). Words of roles and relations are those of the API and of the access
// log (privacy.md 5.1). Threads: values and free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "cases/commands.h"
#include "cases/state.h"

namespace cartella::cases {

enum class Role : std::uint8_t {
  none,
  caseworker,            // operatore
  coordinator,           // coordinatore
  intake_desk,           // segretariato sociale
  rights_officer,        // addetto ai diritti
  auditor,               // auditor
  dpo,                   // responsabile della protezione dei dati
  application_manager,   // referente applicativo
  system_administrator,  // amministratore di sistema: no application data at all
};
// "operatore", "coordinatore", "segretariato", "addetto_diritti", "auditor", "dpo",
// "referente_applicativo", "amministratore_sistema"; none for any other word.
std::string_view role_word(Role role);
Role role_of(std::string_view word);

// What a unit id names; none: nothing that is defined.
enum class UnitKind : std::uint8_t { none, ambito, ente, office, sector };
UnitKind unit_kind(const OrganisationState& organisation, const UnitId& unit);  // zero: ambito
// Which units a role is for: operatore a sector; coordinatore a sector or an ente; segretariato an
// office or an ente; addetto_diritti an ente; auditor, dpo and referente_applicativo an ente or the
// ambito; amministratore_sistema the ambito.
bool role_fits(Role role, UnitKind kind);

// Why this viewer may see it; none: may not.
enum class Relation : std::uint8_t {
  none,
  in_charge,
  unit,
  shared,
  segretariato,
  rights_request,
  audit,
  emergency,
  system
};
std::string_view relation_word(Relation relation);

struct ActingAs {
  UnitId ente;  // zero: the whole ambito
  UnitId unit;  // sector or office; the ente itself, or zero as the ente is
  Role role = Role::none;
  bool operator==(const ActingAs&) const = default;
};

struct Viewer {
  OperatorId operator_id;
  ActingAs acting_as;
  ControllerId controller;   // of acting_as.ente; the installation's where that is zero
  std::string second_level;  // of the sector acted for; empty: none
  // What stands in the records of what this viewer does (privacy.md 5.1).
  std::string client_id;
  std::string ip;
  std::string auth_context;  // "password+totp", "token", "socket"
};

// What an operator may act as on a day: each assignment to an enabled sector gives the role of
// caseworker there, each grant in force its role for its unit, while unit, ente and operator are
// enabled. Sorted, without repetitions.
std::vector<ActingAs> acting_choices(const OrganisationState& organisation,
                                     const OperatorId& worker, Date on);
// Whether it is one of them, without making the list.
bool may_act(const OrganisationState& organisation, const OperatorId& worker,
             const ActingAs& acting_as, Date on);
// The viewer of one of the choices, with nothing said of client, address and log-in.
// permission_denied: it is none of them.
Result<Viewer> make_viewer(const OrganisationState& organisation, const OperatorId& worker,
                           const ActingAs& acting_as, Date on);

}  // namespace cartella::cases
