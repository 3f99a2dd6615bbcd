// cases/permission.h: which commands a role may give, and an operator for which units.
//
// Asked before a command is decided; whether the viewer may change the thing that it is about is
// the gate's answer (cases/visibility.h, may_change). There is no default: a command that is in no
// list does not compile. Threads: free functions.
#pragma once

#include "cases/commands.h"
#include "cases/state.h"
#include "cases/viewer.h"

namespace cartella::cases {

//   caseworker           facts of people, cases, interviews, notes, benefits
//   coordinator          the same, and people, cards, assignments, shares, audit mandates
//   intake_desk          people, cards, a case that is opened from a card
//   rights_officer       rights requests, disclosures, releases
//   dpo                  audit mandates
//   application_manager  organisation, code lists, operators, roles, keys
//   auditor, system_administrator: nothing
// All but the last two may enrol a key of their own. What only the system says nobody may.
bool may_command(Role role, const Command& command);

// Also where: an application manager of an ente defines its own offices, sectors, operators and
// roles, and its registry; what the whole ambito has (zones, enti, code lists, settings, roles of
// the ambito, revoked keys) is the ambito's own. A card is opened for an office of the ente, by an
// office's desk for that office. Nobody else enrols keys but their own, nor writes a text that a
// colleague is the author of, but a coordinator.
bool may_command(const Viewer& viewer, const Command& command,
                 const OrganisationState& organisation);

// Whether it gives the viewer a role or the work of a sector, which nobody gives themselves
// (AT-23).
bool gives_oneself(const Viewer& viewer, const Command& command);

}  // namespace cartella::cases
