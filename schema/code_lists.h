// schema/code_lists.h: the national code lists: comuni, foreign states, citizenships, INPS
// benefits.
//
// Codes change over the years and a record keeps the code of its own time, so every lookup takes a
// date. The lists stand in schema/codelists/*.csv with their source and are part of the binary.
// Threads: any; the lists are parsed once, at first use, and are immutable afterwards.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "base/clock.h"

namespace cartella::schema {

inline constexpr Date kAlways{std::numeric_limits<std::int32_t>::min()};
inline constexpr Date kForever{std::numeric_limits<std::int32_t>::max()};

// Half open: valid on valid_from, no longer valid on valid_to.
struct Validity {
  Date from = kAlways;
  Date to = kForever;
  bool covers(Date at) const { return from <= at && at < to; }
};

struct Comune {
  std::string_view belfiore;
  std::string_view istat;  // six digits; empty where the list has none for those years
  std::string_view name;
  std::string_view province;  // car plate code of those years
  Validity validity;
  std::string_view source;
};

struct ForeignState {
  std::string_view belfiore;     // Z and three digits
  std::string_view iso_numeric;  // empty for a state that is no more
  std::string_view name;
  Validity validity;
  std::string_view source;
};

struct BenefitCode {
  std::string_view code;
  std::string_view label;
  std::string_view group;
  bool sina = false;            // asks the SINA block
  bool only_in_charge = false;  // sent only when the professional service took the person in charge
  Validity validity;
  std::string_view source;
};

enum class CodeList : std::uint8_t {
  sex,
  civil_status,
  citizenship,  // ISO 3166 numeric, as the INPS flows write it
  case_state,
  card_mode,
  card_motive,
  card_interlocutor,
  social_category,
  in_charge,
  benefit_character,
  beneficiary,
  user_area,
  kinship,     // of the municipal registers and ANPR
  means_test,  // of the INPS flows
};

struct Code {
  CodeList list = CodeList::sex;
  std::string_view code;
  std::string_view label;
  Validity validity;
  std::string_view source;
};

// nullptr: no such code, or not valid on that day.
const Comune* find_comune(std::string_view belfiore, Date at);
const Comune* find_comune_by_istat(std::string_view istat, Date at);
const ForeignState* find_state(std::string_view belfiore, Date at);
const BenefitCode* find_benefit_code(std::string_view code, Date at);
const Code* find_code(CodeList list, std::string_view code, Date at);

// The name of a place of birth, comune or state; empty when the code never existed. The day decides
// between several names; outside all periods the nearest one in the list is given.
std::string_view place_name(std::string_view belfiore, Date at);
// Every period of one comune, oldest first; empty when the code never existed.
std::span<const Comune> comune_history(std::string_view belfiore);

// Whole lists, ordered by code and then by time.
std::span<const Comune> comuni();
std::span<const ForeignState> states();
std::span<const BenefitCode> benefit_codes();
std::span<const Code> codes(CodeList list);

}  // namespace cartella::schema
