// cases/codice_fiscale.h: identifiers of people: the codice fiscale and its substitutes.
//
// A codice fiscale states six letters of surname and name, birth date, sex and birth place, and a
// check character. When two people would have the same one, digits are replaced by letters from
// the right (omocodia); all eight forms of a digit's place are read here, also those that the
// published SIUSS pattern refuses. What it states about a person is compared with what is known;
// a difference is a warning, because the tax office assigns it and may have had other data.
// Threads: values and free functions, any thread.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace cartella::cases {

// As in schema/events.capnp.
enum class IdentifierKind : std::uint8_t { cf, cf_provisional, stp, eni, internal, alias };

// Text of a kind, as reports print it: "cf", "cf_provisional", "stp", "eni", "internal", "alias".
std::string_view identifier_kind_name(IdentifierKind kind);

struct ParsedIdentifier {
  IdentifierKind kind = IdentifierKind::cf;
  std::string value;  // normalised
};

// Upper case, without white space.
std::string normalise_identifier(std::string_view text);
// Recognises cf (16 characters), cf_provisional (11 digits), stp and eni (STP or ENI and 13 digits)
// by their form and validates them. invalid_input: no known form, or "wrong_check_character" and
// the like at the start of the detail.
Result<ParsedIdentifier> classify_identifier(std::string_view text);
// Normalises and validates a value of a stated kind; internal and alias only must not be empty.
// invalid_input as above.
Result<ParsedIdentifier> validate_identifier(IdentifierKind kind, std::string_view text);

// What a valid codice fiscale says.
struct CodiceFiscale {
  std::string text;          // normalised, 16 characters
  std::string base;          // with substituted digits decoded and its own check character
  std::string name_letters;  // the six letters of surname and name
  int year_of_century = 0;   // 0 to 99: the century is not in the code
  int month = 0;
  int day = 0;
  char sex = 'M';       // M or F
  std::string place;    // Belfiore code of a comune, or Z and a foreign state
  int substituted = 0;  // how many digits omocodia replaced
};

// invalid_input: the detail starts with wrong_length, wrong_form, wrong_check_character,
// impossible_month or impossible_day.
Result<CodiceFiscale> parse_codice_fiscale(std::string_view text);
// The check character of the first fifteen characters; empty when one of them is neither letter nor
// digit.
std::optional<char> check_character(std::string_view first_fifteen);
// The check digit of a provisional codice (ten digits, Luhn's rule); empty as above.
std::optional<char> check_digit(std::string_view first_ten);

// The birth date, with the century that the known date gives, if that is the same day of the same
// century's year; else the newest past one that makes the person younger than a hundred years at
// `at`. `guessed` says that nothing but the code gave the century.
struct BirthDate {
  Date date;
  bool guessed = false;
};
std::optional<BirthDate> birth_date_of(const CodiceFiscale& code, std::optional<Date> known,
                                       Date at);

// What is known of a person; empty fields are not compared.
struct KnownIdentity {
  std::string surname;
  std::string name;
  std::string sex;
  std::optional<Date> birth_date;
  std::string birth_place;
};
enum class Mismatch : std::uint8_t { surname, name, sex, birth_date, birth_place };
std::string_view mismatch_name(Mismatch mismatch);
// Warnings, never refusals.
std::vector<Mismatch> compare_identity(const CodiceFiscale& code, const KnownIdentity& known);

// Three letters of a surname or of a name; accents are dropped, apostrophes and spaces ignored.
std::string surname_code(std::string_view surname);
std::string name_code(std::string_view name);
// The whole codice without omocodia. invalid_argument: sex is not M or F, no birth date, or the
// place is not a letter and three digits.
Result<std::string> make_codice_fiscale(const KnownIdentity& identity);
// The form in which the last `count` (0 to 7) of the seven digits are substituted from the right.
// invalid_argument: not a valid codice without substitutions.
Result<std::string> substitute_digits(std::string_view codice, int count);

}  // namespace cartella::cases
