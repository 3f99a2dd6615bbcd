// cases/visibility.h: the one gate: may this viewer see this thing, now, for this purpose?
//
// Pure and total: every query, count, list, report, export and subscription asks it, once for each
// thing (architecture.md 3), and what is not visible is answered as if it did not exist. Things are
// described by ids only; callers fill them from a view or from a state. Threads: values and free
// functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "cases/state.h"
#include "cases/viewer.h"

namespace cartella::cases {

enum class Purpose : std::uint8_t {
  casework,          // presa in carico e gestione del caso
  intake,            // accesso al servizio
  rights,            // esercizio dei diritti dell'interessato
  audit,             // verifica di legittimità, within a mandate
  access_review,     // controllo degli accessi
  administration,    // configurazione
  service_planning,  // statistiche
};
std::string_view purpose_word(Purpose purpose);  // Italian words as the person reads them

enum class ItemKind : std::uint8_t {
  person,     // who somebody is: identity, identifiers, residence, contacts
  card,       // an access to the segretariato
  case_file,  // state, categories, operators, steps
  interview,
  note,
  benefit,
  rights_request,
};

struct ItemShare {
  UnitId unit;
  std::vector<std::string> sections;  // empty: all
};

// What the gate has to know of a thing.
struct Item {
  ItemKind kind = ItemKind::person;
  StreamId stream;
  SubjectId subject;
  ControllerId controller;
  UnitId ente;
  UnitId unit;                        // office of a card, sector that holds the case
  std::vector<OperatorId> operators;  // assigned to the case; worker of a card; author of a text
  std::vector<ItemShare> shares;      // of the case
  StreamId case_stream;               // that it belongs to; zero: to none
  bool withheld = false;              // reserved interview, private note: its author alone
  OperatorId author;
  std::string second_level;  // only sectors of that level; empty: no such limit
};

// Cases of a person and cards of a person give the relation to the person; the caller adds what it
// found of them.
struct Ties {
  std::vector<Item> items;  // cases and cards of the same subject and controller
};

struct Sight {
  Relation relation = Relation::none;
  bool is_visible() const { return relation != Relation::none; }
};

// ---- sections -----------------------------------------------------------------------------------
// Parts of what is known of a person: what shares and mandates name, by these words or others that
// a page has. The thing's head (who, state, operators) has none. That a thing exists and no more:
inline constexpr std::string_view kSectionExistence = "esistenza";
// The section that a thing is: "accessi" of a card, "colloqui", "note", "interventi" (benefits),
// "richieste" (rights requests); empty for a person and a case file.
std::string_view section_of(ItemKind kind);

// ---- the gate -----------------------------------------------------------------------------------
// The purpose of what a role does; others may fit too. Nothing is seen for one that does not fit:
// casework, intake and service_planning are the caseworker's and the coordinator's, intake the
// intake desk's, rights the rights officer's, audit the auditor's.
Purpose purpose_of(Role role);

// The sections needed are the thing's own and the one asked for (empty: none more). Rules:
//   every viewer     is an enabled operator acting in a role that is in force for its unit on `on`
//   caseworker       what is in their charge (of the controller they act for), what the unit holds,
//                    what is shared with the unit or its ente, in the sections of that share
//   coordinator      the same; of an ente: everything of that controller but rights requests
//   intake_desk      people and cards of their controller; of a case that it exists, never more
//   rights_officer   everything of their controller but withheld texts
//   auditor          what a mandate in force names: subject or case, and section; of the mandate's
//                    controller, and of the auditor's own unless the auditor is the ambito's
//   dpo, application_manager, system_administrator: nothing
// A thing that belongs to a case is seen as the case is; a person as one of their cases or cards.
// A withheld text is its author's alone, and only as caseworker or coordinator. A second level
// excludes every other sector, the ente's coordinator and the auditor; not the rights officer,
// because how sectors divide their work does not limit the person's rights. What is being erased is
// nobody's from the decision on; what is restricted (GDPR 18) is the rights officer's alone.
// Another controller's
// things are seen through a share or an audit mandate alone. Rights requests are the rights
// officer's.
Sight visible(const Item& item, const Ties& ties, const Viewer& viewer, Purpose purpose,
              std::string_view section, const OrganisationState& organisation, Date on);

// What is shared, audited or only known to exist may be read, not written: true for in_charge and
// unit (caseworker, coordinator), segretariato (intake desk) and rights_request (rights officer).
bool may_change(const Sight& sight, const Viewer& viewer);

}  // namespace cartella::cases
