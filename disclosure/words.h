// disclosure/words.h: codes, ids, days and amounts as an Italian reader reads them.
//
// Whoever reads a history or a report never meets a bare code: every code stands beside its label,
// every unit by its name. An id that the organisation does not know stays an id, and a code in no
// list is said to be in none. Threads: values and free functions; an organisation that is referred
// to outlives the words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "projections/organisation.h"
#include "projections/person_index.h"
#include "schema/code_lists.h"

namespace cartella::disclosure {

// To whom it is told: a worker who may open the thing, or the person that it is about. The person
// is told nothing about others: who reported, who else was there, whose number it is.
enum class Audience : std::uint8_t { worker, subject };

struct Words {
  const projections::Organisation& organisation;
  Audience audience = Audience::worker;
  bool operator_names = false;  // user names of those who work here
};

// "15/03/2025"; empty for projections::kNoDate.
std::string day_words(std::int32_t days);
// "15/03/2025 14:30", as clocks in Italy show it; empty for schema::K_NO_TIME.
std::string time_words(TimeUs time);
// "1.234,56 €".
std::string euro_words(std::int64_t cents);
std::string yes_no(bool value);

// "Di persona"; "codice 77, non in elenco" for one in no list; empty for an empty code. A code that
// was valid on another day keeps its label.
std::string code_words(schema::CodeList list, std::string_view code, Date at);
// "Gubbio (E256)".
std::string place_words(std::string_view belfiore, Date at);
// "A1.04 Contributi economici ..."; `name` is what the record itself says.
std::string benefit_words(std::string_view code, std::string_view name, Date at);
// Code and label of a social category as the ambito defines it, else of the national list.
std::string category_words(const Words& words, std::string_view code, Date at);
std::string need_words(const Words& words, const UnitId& need);
std::string service_words(const Words& words, const UnitId& service);

// "Servizio Sociale (Comune di Gubbio)"; empty for zero, the id for one that is not known.
std::string unit_words(const Words& words, const UnitId& unit);
std::string controller_words(const Words& words, const ControllerId& controller);
// The user name where names are told, else "un operatore"; "installazione" for the installation.
std::string worker_words(const Words& words, const OperatorId& worker);

std::string identifier_kind_words(projections::IdentifierKind kind);  // "codice fiscale"
// "Figlio / Figlia" for a code of the registers, the word itself for a word.
std::string kinship_words(std::string_view role, Date at);
std::string variation_words(std::string_view kind);       // of the registry: "moved"
std::string role_words(std::string_view role);            // "addetto ai diritti"
std::string source_words(std::string_view source);        // "anagrafe comunale"
std::string link_state_words(std::string_view state);     // of a card to its case: "CREATA"
std::string right_words(std::string_view kind);           // of a request: "gdpr15"
std::string operation_words(std::string_view operation);  // of the access log: "VIEW"

// Joins what is there: "a, b, c".
std::string joined(const std::vector<std::string>& parts, std::string_view between = ", ");

}  // namespace cartella::disclosure
