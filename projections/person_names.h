// projections/person_names.h: how names are folded, so that people are found as they are written.
//
// Accents, case and apostrophes fall away; a prefix (De, Di, La, D') is joined to the word after
// it, and that word stands alone too; one typing slip (a letter more, less, wrong or two swapped)
// is found because both sides also look under the word with each letter left out.
// Threads: free functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cartella::projections {

struct NameWord {
  std::string joined;  // "dangelo", "deluca", "rossi"
  std::string alone;   // "angelo", "luca"; empty where there is no prefix
  std::string prefix;  // "d", "de"; it may be a whole name, too: Li Wei
  bool operator==(const NameWord&) const = default;
};

// Words of a name in the order given; letters only, lower case, no accents.
std::vector<NameWord> name_words(std::string_view text);

// The word itself and, where it has at least four letters, the word without each of its letters;
// sorted, without repetition.
std::vector<std::string> with_one_letter_out(const std::string& word);

// At most one insertion, deletion, substitution or swap of neighbours. Words under four letters
// must be equal.
bool nearly_equal(std::string_view a, std::string_view b);

}  // namespace cartella::projections
