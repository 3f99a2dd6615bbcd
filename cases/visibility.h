// cases/visibility.h: the one gate: may this viewer see this thing, now, for this purpose?
//
// Pure and total: every query, count, list, report, export and subscription asks it, once for each
// thing (architecture.md 3), and what is not visible is answered as if it did not exist. Things are
// described by ids only; callers fill them from a view or from a state. Threads: values and free
// functions.
#pragma once

#include <cstdint>
#include <string>
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

// `section` is what a share names: "interventi", "colloqui", ...; empty: the thing's head. Rules:
//   caseworker       what is in their charge, what their unit holds, what is shared with it
//   coordinator      what their unit holds or was shared; of an ente: everything of that controller
//   intake_desk      people and cards of their controller; of a case that it exists, never more
//   rights_officer   for Purpose::rights: everything of their controller but withheld texts
//   auditor          for Purpose::audit: what a mandate in force names (subject or case, section)
//   dpo, application_manager, system_administrator: nothing
// A withheld text is its author's alone; a second level excludes every other. Another controller's
// things are seen through a share alone.
Sight visible(const Item& item, const Ties& ties, const Viewer& viewer, Purpose purpose,
              std::string_view section, const OrganisationState& organisation, Date on);

}  // namespace cartella::cases
