// disclosure/screen.h: takes other people's identifiers out of texts that somebody wrote.
//
// A text about one person may name another's codice fiscale, STP or ENI code, phone or e-mail. What
// has that form and is not the person's own is replaced by a mark that says that something was left
// out. Names cannot be told from words; that is a reviewer's work. Threads: values and free
// functions.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "projections/person_index.h"

namespace cartella::disclosure {

struct OwnValues {
  std::set<std::string> codes;   // upper case
  std::set<std::string> phones;  // digits only, without +39
  std::set<std::string> emails;  // lower case
};
// What the record of the person says; `with_contacts` false: the contacts are somebody else's.
void add_own_values(OwnValues& own, const projections::PersonRecord& person, bool with_contacts);

inline constexpr std::string_view kScreened = "[dato di altra persona omesso]";

// Replaces in place; answers how many were taken out.
std::size_t screen_text(std::string& text, const OwnValues& own);

}  // namespace cartella::disclosure
