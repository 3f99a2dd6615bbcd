#include "cases/codice_fiscale.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <sstream>

#include "cases/plain_letters.h"

namespace cartella::cases {
namespace {

// One row of the shared vectors; the notes alone may be quoted.
struct Vector {
  std::string identifier, expected, note, surname, name, birth_date, sex, belfiore;
};

std::vector<std::string> split_row(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      cells.emplace_back();
    else if (c != '\r')
      cells.back().push_back(c);
  }
  return cells;
}

std::vector<Vector> vectors() {
  std::ifstream file(CARTELLA_SHARED_DIR "/data/reference/codice_fiscale_vectors.csv");
  std::vector<Vector> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    const auto cells = split_row(line);
    if (cells.size() < 8) continue;
    rows.push_back(
        {cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6], cells[7]});
  }
  return rows;
}

KnownIdentity known_of(const Vector& row) {
  KnownIdentity known{row.surname, row.name, row.sex, std::nullopt, row.belfiore};
  if (!row.birth_date.empty()) known.birth_date = parse_iso_date(row.birth_date).value();
  return known;
}

const Date kToday = *make_date(2026, 11, 24);

TEST(CodiceFiscale, JudgesEveryVectorAsExpected) {
  const auto rows = vectors();
  ASSERT_GE(rows.size(), 60u);
  for (const Vector& row : rows) {
    const auto parsed = classify_identifier(row.identifier);
    EXPECT_EQ(parsed.has_value(), row.expected != "invalid") << row.identifier << " " << row.note;
    if (parsed && row.expected != "valid") {
      EXPECT_EQ(identifier_kind_name(parsed.value().kind), row.expected) << row.identifier;
    }
  }
}

TEST(CodiceFiscale, AgreesWithTheIdentityOfEveryValidVector) {
  for (const Vector& row : vectors()) {
    if (row.expected != "valid" || row.birth_date.empty()) continue;
    const auto code = parse_codice_fiscale(row.identifier);
    ASSERT_TRUE(code) << row.identifier;
    const auto known = known_of(row);
    EXPECT_TRUE(compare_identity(code.value(), known).empty()) << row.identifier;
    const auto made = make_codice_fiscale(known);
    ASSERT_TRUE(made) << row.identifier;
    EXPECT_EQ(made.value(), code.value().base) << row.identifier;
    const auto again = substitute_digits(made.value(), 7);
    ASSERT_TRUE(again);
    EXPECT_EQ(parse_codice_fiscale(again.value()).value().base, made.value());
    const auto birth = birth_date_of(code.value(), known.birth_date, kToday);
    ASSERT_TRUE(birth);
    EXPECT_EQ(birth->date, *known.birth_date);
    EXPECT_FALSE(birth->guessed);
  }
}

TEST(CodiceFiscale, NamesTheReasonOfARefusal) {
  const auto reason = [](std::string_view text) {
    const auto parsed = classify_identifier(text);
    return parsed ? std::string("valid")
                  : parsed.error().detail.substr(0, parsed.error().detail.find(':'));
  };
  EXPECT_EQ(reason("PRVFTZ59A41D653C"), "wrong_check_character");
  EXPECT_EQ(reason("PRVFTZ59A41D653"), "wrong_length");
  EXPECT_EQ(reason("PRVFTZ59A4!D653B"), "wrong_form");
  EXPECT_EQ(reason("PRVFTZ59F41D653N"), "impossible_month");
  EXPECT_EQ(reason("PRVFTZ59A32D653F"), "impossible_day");
  EXPECT_EQ(reason("80012345602"), "wrong_check_character");
  EXPECT_EQ(validate_identifier(IdentifierKind::stp, "PRVFTZ59A41D653B").error().code,
            Errc::invalid_input);
  EXPECT_EQ(validate_identifier(IdentifierKind::alias, "  ").error().code, Errc::invalid_input);
}

TEST(CodiceFiscale, IgnoresCaseAndSpaces) {
  EXPECT_EQ(classify_identifier(" prvftz 59a41 d653b ").value().value, "PRVFTZ59A41D653B");
}

TEST(CodiceFiscale, TakesTheCenturyFromTheKnownDateAndSaysWhenItGuesses) {
  const auto code = parse_codice_fiscale("SMPMRA04B29G478M").value();

  const auto known = birth_date_of(code, make_date(1904, 2, 29), kToday);
  const auto guessed = birth_date_of(code, std::nullopt, kToday);

  ASSERT_TRUE(known && guessed);
  EXPECT_EQ(civil(known->date).year, 1904);
  EXPECT_FALSE(known->guessed);
  EXPECT_EQ(civil(guessed->date).year, 2004);
  EXPECT_TRUE(guessed->guessed);
}

TEST(CodiceFiscale, ListsEveryFieldThatDiffers) {
  const auto code = parse_codice_fiscale("PRVFTZ59A41D653B").value();
  const KnownIdentity other{"Altra", "Persona", "M", make_date(1960, 1, 1), "G478"};

  const auto found = compare_identity(code, other);

  EXPECT_EQ(found, (std::vector{Mismatch::surname, Mismatch::name, Mismatch::sex,
                                Mismatch::birth_date, Mismatch::birth_place}));
  EXPECT_TRUE(compare_identity(code, {}).empty());
}

TEST(CodiceFiscale, RefusesToMakeOneFromHalfAnIdentity) {
  const KnownIdentity whole{"Provetta", "Fittizia", "F", make_date(1959, 1, 1), "D653"};
  auto no_date = whole;
  no_date.birth_date.reset();
  auto no_sex = whole;
  no_sex.sex.clear();
  auto no_place = whole;
  no_place.birth_place = "Foligno";
  EXPECT_EQ(make_codice_fiscale(whole).value(), "PRVFTZ59A41D653B");
  EXPECT_EQ(make_codice_fiscale(no_date).error().code, Errc::invalid_argument);
  EXPECT_EQ(make_codice_fiscale(no_sex).error().code, Errc::invalid_argument);
  EXPECT_EQ(make_codice_fiscale(no_place).error().code, Errc::invalid_argument);
  EXPECT_EQ(substitute_digits("PRVFTZ59A41D653B", 8).error().code, Errc::invalid_argument);
  EXPECT_EQ(substitute_digits("PRVFTZ59A41D65PX", 1).error().code, Errc::invalid_argument);
}

TEST(CodiceFiscale, DropsMarksAndSurvivesMalformedText) {
  EXPECT_EQ(plain_letters("D'Ambrosio Niccolò"), "DAMBROSIONICCOLO");
  EXPECT_EQ(plain_letters("Østergård Łuß Țepeș"), "OSTERGARDLUSSTEPES");
  EXPECT_EQ(plain_letters("A\xff\xc3"), "A");
  EXPECT_EQ(name_code("Ö"), "OXX");
}

RC_GTEST_PROP(CodiceFiscale, NeverFailsOnArbitraryBytes, (const std::string& text)) {
  const auto parsed = classify_identifier(text);
  if (parsed) RC_ASSERT(classify_identifier(parsed.value().value).has_value());
  surname_code(text);
}

RC_GTEST_PROP(CodiceFiscale, FindsEveryChangedCharacter, ()) {
  const int count = *rc::gen::inRange(0, 8);
  std::string code = substitute_digits("DMBNCL23H30H935R", count).value();
  const auto at = *rc::gen::inRange<std::size_t>(0, 15);
  const char to = *rc::gen::elementOf(std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"));
  const auto value = [](char c) { return c >= 'A' ? c - 'A' : c - '0'; };
  RC_PRE(value(code[at]) != value(to));
  code[at] = to;
  RC_ASSERT(!parse_codice_fiscale(code).has_value());
}

}  // namespace
}  // namespace cartella::cases
