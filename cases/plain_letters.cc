#include "cases/plain_letters.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace cartella::cases {

namespace {

constexpr std::uint32_t kFirst = 0xC0;
// The plain letters of U+00C0 to U+017F, in order.
constexpr std::array<std::string_view, 192> kPlain = {
    "A", "A", "A",  "A",  "A", "A", "AE", "C",  "E",  "E", "E", "E", "I",  "I",  "I", "I", "D", "N",
    "O", "O", "O",  "O",  "O", "",  "O",  "U",  "U",  "U", "U", "Y", "TH", "SS", "A", "A", "A", "A",
    "A", "A", "AE", "C",  "E", "E", "E",  "E",  "I",  "I", "I", "I", "D",  "N",  "O", "O", "O", "O",
    "O", "",  "O",  "U",  "U", "U", "U",  "Y",  "TH", "Y", "A", "A", "A",  "A",  "A", "A", "C", "C",
    "C", "C", "C",  "C",  "C", "C", "D",  "D",  "D",  "D", "E", "E", "E",  "E",  "E", "E", "E", "E",
    "E", "E", "G",  "G",  "G", "G", "G",  "G",  "G",  "G", "H", "H", "H",  "H",  "I", "I", "I", "I",
    "I", "I", "I",  "I",  "I", "I", "IJ", "IJ", "J",  "J", "K", "K", "K",  "L",  "L", "L", "L", "L",
    "L", "L", "L",  "L",  "L", "N", "N",  "N",  "N",  "N", "N", "N", "N",  "N",  "O", "O", "O", "O",
    "O", "O", "OE", "OE", "R", "R", "R",  "R",  "R",  "R", "S", "S", "S",  "S",  "S", "S", "S", "S",
    "T", "T", "T",  "T",  "T", "T", "U",  "U",  "U",  "U", "U", "U", "U",  "U",  "U", "U", "U", "U",
    "W", "W", "Y",  "Y",  "Y", "Z", "Z",  "Z",  "Z",  "Z", "Z", "S"};

// Reads one code point; a malformed byte counts as one and gives 0.
std::uint32_t next(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint32_t point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
  bool malformed = lead >= 0x80 && lead < 0xC0;
  if (text.size() < length) malformed = true;
  for (std::size_t i = 1; i < length && !malformed; ++i) {
    if ((byte(i) & 0xC0) != 0x80) malformed = true;
    point = (point << 6) | (byte(i) & 0x3F);
  }
  text.remove_prefix(malformed ? 1 : length);
  return malformed ? 0 : point;
}

}  // namespace

std::string plain_letters(std::string_view utf8) {
  std::string letters;
  while (!utf8.empty()) {
    const std::uint32_t point = next(utf8);
    if (point >= 'a' && point <= 'z')
      letters.push_back(static_cast<char>(point - 'a' + 'A'));
    else if (point >= 'A' && point <= 'Z')
      letters.push_back(static_cast<char>(point));
    else if (point >= kFirst && point < kFirst + kPlain.size())
      letters += kPlain[point - kFirst];
    else if (point == 0x218 || point == 0x219)  // Romanian letters with a comma below
      letters.push_back('S');
    else if (point == 0x21A || point == 0x21B)
      letters.push_back('T');
  }
  return letters;
}

}  // namespace cartella::cases
