#include "projections/person_names.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace cartella::projections {
namespace {

constexpr std::size_t kSlipLettersMin = 4;  // shorter words would match almost anything
constexpr std::size_t kWordLettersMax = 32;

// Base letters of U+00C0 to U+017F, one entry a code point; "?" is no letter.
constexpr std::array<std::string_view, 192> kBaseLetters = {
    // U+00C0
    "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",  //
    "d", "n", "o", "o", "o", "o", "o", "?", "o", "u", "u", "u", "u", "y", "th", "ss",
    // U+00E0
    "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i", "i",  //
    "d", "n", "o", "o", "o", "o", "o", "?", "o", "u", "u", "u", "u", "y", "th", "y",
    // U+0100
    "a", "a", "a", "a", "a", "a", "c", "c", "c", "c", "c", "c", "c", "c", "d", "d",  //
    "d", "d", "e", "e", "e", "e", "e", "e", "e", "e", "e", "e", "g", "g", "g", "g",
    // U+0120
    "g", "g", "g", "g", "h", "h", "h", "h", "i", "i", "i", "i", "i", "i", "i", "i",  //
    "i", "i", "ij", "ij", "j", "j", "k", "k", "k", "l", "l", "l", "l", "l", "l", "l",
    // U+0140
    "l", "l", "l", "n", "n", "n", "n", "n", "n", "n", "n", "n", "o", "o", "o", "o",  //
    "o", "o", "oe", "oe", "r", "r", "r", "r", "r", "r", "s", "s", "s", "s", "s", "s",
    // U+0160
    "s", "s", "t", "t", "t", "t", "t", "t", "u", "u", "u", "u", "u", "u", "u", "u",  //
    "u", "u", "u", "u", "w", "w", "y", "y", "y", "z", "z", "z", "z", "z", "z", "s"};

constexpr std::array<std::string_view, 30> kPrefixes = {
    "a",   "al",   "d",     "da",    "dal",   "dall", "dalla", "de",  "degli", "dei",
    "del", "dell", "della", "delle", "dello", "di",   "du",    "el",  "il",    "l",
    "la",  "le",   "li",    "lo",    "mac",   "mc",   "o",     "van", "von",   "zu"};

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 1;
};

// Malformed UTF-8 is taken byte by byte as something that is no letter.
CodePoint next_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto follows = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xc0) == 0x80; };
  if (byte(0) < 0x80) return {byte(0), 1};
  if ((byte(0) & 0xe0) == 0xc0 && follows(1))
    return {(static_cast<std::uint32_t>(byte(0) & 0x1f) << 6) | (byte(1) & 0x3fu), 2};
  if ((byte(0) & 0xf0) == 0xe0 && follows(1) && follows(2))
    return {(static_cast<std::uint32_t>(byte(0) & 0x0f) << 12) |
                (static_cast<std::uint32_t>(byte(1) & 0x3f) << 6) | (byte(2) & 0x3fu),
            3};
  return {0, 1};
}

bool is_apostrophe(std::uint32_t point) {
  return point == '\'' || point == '`' || point == 0xb4 || point == 0x2018 || point == 0x2019 ||
         point == 0x02bc || point == 0x2032;
}
bool is_combining(std::uint32_t point) { return point >= 0x300 && point <= 0x36f; }

// A run of letters; `elided` when an apostrophe and then another letter follow ("D'").
struct Piece {
  std::string letters;
  bool elided = false;
};

std::vector<Piece> pieces_of(std::string_view text) {
  std::vector<Piece> pieces;
  Piece piece;
  const auto end_piece = [&](bool elided) {
    if (piece.letters.empty()) return;
    piece.letters.resize(std::min(piece.letters.size(), kWordLettersMax));
    piece.elided = elided;
    pieces.push_back(std::move(piece));
    piece = {};
  };
  while (!text.empty()) {
    const CodePoint point = next_code_point(text);
    text.remove_prefix(point.bytes);
    if (point.value >= 'A' && point.value <= 'Z') {
      piece.letters.push_back(static_cast<char>(point.value - 'A' + 'a'));
    } else if (point.value >= 'a' && point.value <= 'z') {
      piece.letters.push_back(static_cast<char>(point.value));
    } else if (point.value >= 0xc0 && point.value < 0x180 &&
               kBaseLetters[point.value - 0xc0] != "?") {
      piece.letters += kBaseLetters[point.value - 0xc0];
    } else if (is_apostrophe(point.value)) {
      // At the end of a word it stands for an accent ("Niccolo'"), inside for an elision.
      end_piece(true);
    } else if (!is_combining(point.value)) {
      if (piece.letters.empty() && !pieces.empty()) pieces.back().elided = false;
      end_piece(false);
    }
  }
  if (piece.letters.empty() && !pieces.empty()) pieces.back().elided = false;
  end_piece(false);
  return pieces;
}

bool is_prefix(const Piece& piece) {
  return piece.elided ||
         std::find(kPrefixes.begin(), kPrefixes.end(), piece.letters) != kPrefixes.end();
}

}  // namespace

std::vector<NameWord> name_words(std::string_view text) {
  std::vector<NameWord> words;
  std::string prefix;
  const std::vector<Piece> pieces = pieces_of(text);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const bool last = i + 1 == pieces.size();
    if (!last && is_prefix(pieces[i])) {
      prefix += pieces[i].letters;
      continue;
    }
    const std::string& letters = pieces[i].letters;
    words.push_back({prefix + letters, prefix.empty() ? std::string() : letters, prefix});
    prefix.clear();
  }
  return words;
}

std::vector<std::string> with_one_letter_out(const std::string& word) {
  std::vector<std::string> variants{word};
  if (word.size() >= kSlipLettersMin)
    for (std::size_t i = 0; i < word.size(); ++i)
      variants.push_back(word.substr(0, i) + word.substr(i + 1));
  std::sort(variants.begin(), variants.end());
  variants.erase(std::unique(variants.begin(), variants.end()), variants.end());
  return variants;
}

bool nearly_equal(std::string_view a, std::string_view b) {
  if (a == b) return true;
  if (std::min(a.size(), b.size()) + 1 < kSlipLettersMin ||
      std::max(a.size(), b.size()) < kSlipLettersMin)
    return false;
  std::size_t same = 0;
  while (same < a.size() && same < b.size() && a[same] == b[same]) ++same;
  const std::string_view rest_a = a.substr(same);
  const std::string_view rest_b = b.substr(same);
  if (a.size() == b.size()) {
    if (rest_a.substr(1) == rest_b.substr(1)) return true;
    return rest_a.size() >= 2 && rest_a[0] == rest_b[1] && rest_a[1] == rest_b[0] &&
           rest_a.substr(2) == rest_b.substr(2);
  }
  if (a.size() + 1 == b.size()) return rest_a == rest_b.substr(1);
  if (b.size() + 1 == a.size()) return rest_b == rest_a.substr(1);
  return false;
}

}  // namespace cartella::projections
