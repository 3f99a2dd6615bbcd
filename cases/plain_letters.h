// cases/plain_letters.h: the letters A to Z that a name is written with.
//
// The codice fiscale knows no accents, apostrophes or spaces. Letters with marks of the Latin
// blocks (U+00C0 to U+017F and a few more) become their plain letters; what is not a letter goes.
// Threads: a free function.
#pragma once

#include <string>
#include <string_view>

namespace cartella::cases {

// `utf8` may be malformed: what does not decode is left out.
std::string plain_letters(std::string_view utf8);

}  // namespace cartella::cases
