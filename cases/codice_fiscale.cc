#include "cases/codice_fiscale.h"

#include <algorithm>

#include "cases/plain_letters.h"

namespace cartella::cases {

namespace {

constexpr std::string_view kMonths = "ABCDEHLMPRST";
constexpr std::string_view kSubstitutes = "LMNPQRSTUV";  // of the digits 0 to 9
// Where a digit may be substituted, in the order in which it is done: from the right.
constexpr std::array<std::size_t, 7> kDigitPlaces = {14, 13, 12, 10, 9, 7, 6};
constexpr std::size_t kCodeLength = 16;
constexpr int kDaysOfWomen = 40;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }
bool all_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

// Values of the characters in odd places (counted from one), by the decree of 23 December 1976.
constexpr std::array<int, 26> kOddLetter = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                            20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};

int odd_value(char c) {
  return kOddLetter[static_cast<std::size_t>(is_digit(c) ? c - '0' : c - 'A')];
}
int even_value(char c) { return is_digit(c) ? c - '0' : c - 'A'; }

// The digit in a place, also where a letter stands for it; empty for anything else.
std::optional<int> digit_at(char c) {
  if (is_digit(c)) return c - '0';
  const auto at = kSubstitutes.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<int>(at);
}

Error wrong(std::string_view code, std::string_view why) {
  return fail(Errc::invalid_input, std::string(code) + ": " + std::string(why));
}

int days_in(int month) {
  if (month == 2) return 29;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Letters where letters stand, digits or their substitutes where digits stand.
bool has_form(std::string_view text) {
  for (std::size_t i = 0; i < kCodeLength; ++i) {
    const bool digit_place =
        std::find(kDigitPlaces.begin(), kDigitPlaces.end(), i) != kDigitPlaces.end();
    if (digit_place ? !digit_at(text[i]).has_value() : !is_letter(text[i])) return false;
  }
  return true;
}

void split(std::string_view name, std::string& consonants, std::string& vowels) {
  for (const char c : plain_letters(name)) {
    if (std::string_view("AEIOU").find(c) != std::string_view::npos)
      vowels.push_back(c);
    else
      consonants.push_back(c);
  }
}

std::string three(std::string consonants, const std::string& vowels) {
  consonants += vowels;
  consonants.resize(3, 'X');
  return consonants;
}

Result<ParsedIdentifier> provisional(std::string value) {
  const auto digit = check_digit(std::string_view(value).substr(0, 10));
  if (!digit || *digit != value[10])
    return wrong("wrong_check_character", "la cifra di controllo non torna");
  return ParsedIdentifier{IdentifierKind::cf_provisional, std::move(value)};
}

bool is_stp_or_eni(std::string_view value, std::string_view prefix) {
  return value.size() == kCodeLength && value.starts_with(prefix) && all_digits(value.substr(3));
}

}  // namespace

std::string_view identifier_kind_name(IdentifierKind kind) {
  switch (kind) {
    case IdentifierKind::cf: return "cf";
    case IdentifierKind::cf_provisional: return "cf_provisional";
    case IdentifierKind::stp: return "stp";
    case IdentifierKind::eni: return "eni";
    case IdentifierKind::internal: return "internal";
    case IdentifierKind::alias: return "alias";
  }
  return "unknown";
}

std::string_view mismatch_name(Mismatch mismatch) {
  switch (mismatch) {
    case Mismatch::surname: return "surname";
    case Mismatch::name: return "name";
    case Mismatch::sex: return "sex";
    case Mismatch::birth_date: return "birth_date";
    case Mismatch::birth_place: return "birth_place";
  }
  return "unknown";
}

std::string normalise_identifier(std::string_view text) {
  std::string value;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    value.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return value;
}

std::optional<char> check_character(std::string_view first_fifteen) {
  if (first_fifteen.size() != kCodeLength - 1) return std::nullopt;
  int sum = 0;
  for (std::size_t i = 0; i < first_fifteen.size(); ++i) {
    const char c = first_fifteen[i];
    if (!is_digit(c) && !is_letter(c)) return std::nullopt;
    sum += i % 2 == 0 ? odd_value(c) : even_value(c);
  }
  return static_cast<char>('A' + sum % 26);
}

std::optional<char> check_digit(std::string_view first_ten) {
  if (first_ten.size() != 10 || !all_digits(first_ten)) return std::nullopt;
  int sum = 0;
  for (std::size_t i = 0; i < 10; ++i) {
    const int digit = first_ten[i] - '0';
    const int doubled = 2 * digit > 9 ? 2 * digit - 9 : 2 * digit;
    sum += i % 2 == 0 ? digit : doubled;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

Result<CodiceFiscale> parse_codice_fiscale(std::string_view text) {
  CodiceFiscale code;
  code.text = normalise_identifier(text);
  if (code.text.size() != kCodeLength)
    return wrong("wrong_length", "un codice fiscale ha 16 caratteri");
  if (!has_form(code.text)) return wrong("wrong_form", "lettere e cifre non sono al loro posto");
  if (check_character(std::string_view(code.text).substr(0, 15)) != code.text[15])
    return wrong("wrong_check_character", "il carattere di controllo non torna");

  code.base = code.text;
  for (const std::size_t at : kDigitPlaces) {
    if (!is_digit(code.text[at])) ++code.substituted;
    code.base[at] = static_cast<char>('0' + digit_at(code.text[at]).value_or(0));
  }
  const auto check = check_character(std::string_view(code.base).substr(0, 15));
  code.base[15] = check.value_or('A');

  const auto number = [&](std::size_t at) {
    return (code.base[at] - '0') * 10 + code.base[at + 1] - '0';
  };
  code.name_letters = code.base.substr(0, 6);
  code.year_of_century = number(6);
  const auto month = kMonths.find(code.base[8]);
  if (month == std::string_view::npos)
    return wrong("impossible_month", "nessun mese ha questa lettera");
  code.month = static_cast<int>(month) + 1;
  const int day = number(9);
  code.sex = day > kDaysOfWomen ? 'F' : 'M';
  code.day = day > kDaysOfWomen ? day - kDaysOfWomen : day;
  const bool leap_day = code.month == 2 && code.day == 29;
  if (code.day < 1 || code.day > days_in(code.month) || (leap_day && code.year_of_century % 4 != 0))
    return wrong("impossible_day", "il giorno di nascita non esiste");
  code.place = code.base.substr(11, 4);
  return code;
}

Result<ParsedIdentifier> classify_identifier(std::string_view text) {
  std::string value = normalise_identifier(text);
  if (is_stp_or_eni(value, "STP")) return ParsedIdentifier{IdentifierKind::stp, std::move(value)};
  if (is_stp_or_eni(value, "ENI")) return ParsedIdentifier{IdentifierKind::eni, std::move(value)};
  if (value.size() == 11 && all_digits(value)) return provisional(std::move(value));
  CARTELLA_TRY(auto code, parse_codice_fiscale(value));
  return ParsedIdentifier{IdentifierKind::cf, std::move(code.text)};
}

Result<ParsedIdentifier> validate_identifier(IdentifierKind kind, std::string_view text) {
  if (kind == IdentifierKind::internal || kind == IdentifierKind::alias) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos)
      return wrong("empty_identifier", "l'identificativo è vuoto");
    const auto end = text.find_last_not_of(" \t\r\n");
    return ParsedIdentifier{kind, std::string(text.substr(begin, end - begin + 1))};
  }
  CARTELLA_TRY(auto parsed, classify_identifier(text));
  if (parsed.kind != kind) return wrong("wrong_kind", "il valore non è del tipo dichiarato");
  return parsed;
}

std::optional<BirthDate> birth_date_of(const CodiceFiscale& code, std::optional<Date> known,
                                       Date at) {
  const auto in_century = [&](int century) {
    return make_date(century * 100 + code.year_of_century, code.month, code.day);
  };
  if (known) {
    const auto date = in_century(civil(*known).year / 100);
    if (!date) return std::nullopt;
    return BirthDate{*date, false};
  }
  for (int century = civil(at).year / 100; century >= 10; --century) {
    const auto date = in_century(century);
    if (date && *date <= at) return BirthDate{*date, true};
  }
  return std::nullopt;
}

std::vector<Mismatch> compare_identity(const CodiceFiscale& code, const KnownIdentity& known) {
  std::vector<Mismatch> found;
  const std::string_view letters = code.name_letters;
  if (!known.surname.empty() && surname_code(known.surname) != letters.substr(0, 3))
    found.push_back(Mismatch::surname);
  if (!known.name.empty() && name_code(known.name) != letters.substr(3, 3))
    found.push_back(Mismatch::name);
  if (!known.sex.empty() && known.sex != std::string_view(&code.sex, 1))
    found.push_back(Mismatch::sex);
  if (known.birth_date) {
    const CivilDate date = civil(*known.birth_date);
    if (date.year % 100 != code.year_of_century || date.month != code.month || date.day != code.day)
      found.push_back(Mismatch::birth_date);
  }
  if (!known.birth_place.empty() && normalise_identifier(known.birth_place) != code.place)
    found.push_back(Mismatch::birth_place);
  return found;
}

std::string surname_code(std::string_view surname) {
  std::string consonants;
  std::string vowels;
  split(surname, consonants, vowels);
  return three(std::move(consonants), vowels);
}

std::string name_code(std::string_view name) {
  std::string consonants;
  std::string vowels;
  split(name, consonants, vowels);
  if (consonants.size() >= 4) consonants.erase(1, 1);
  return three(std::move(consonants), vowels);
}

Result<std::string> make_codice_fiscale(const KnownIdentity& identity) {
  if (!identity.birth_date) return fail(Errc::invalid_argument, "a codice needs a birth date");
  if (identity.sex != "M" && identity.sex != "F")
    return fail(Errc::invalid_argument, "a codice needs M or F");
  const std::string place = normalise_identifier(identity.birth_place);
  if (place.size() != 4 || !is_letter(place[0]) || !all_digits(std::string_view(place).substr(1)))
    return fail(Errc::invalid_argument, "a birth place is a letter and three digits");
  const CivilDate date = civil(*identity.birth_date);
  const auto two_digits = [](int value) {
    return std::string{static_cast<char>('0' + value / 10), static_cast<char>('0' + value % 10)};
  };
  std::string code = surname_code(identity.surname) + name_code(identity.name);
  code += two_digits(date.year % 100);
  code.push_back(kMonths[static_cast<std::size_t>(date.month - 1)]);
  code += two_digits(date.day + (identity.sex == "F" ? kDaysOfWomen : 0));
  code += place;
  const auto check = check_character(code);
  if (!check) return fail(Errc::invalid_argument, "a name has letters outside the alphabet");
  code.push_back(*check);
  return code;
}

Result<std::string> substitute_digits(std::string_view codice, int count) {
  auto parsed = parse_codice_fiscale(codice);
  if (!parsed || parsed.value().substituted != 0)
    return fail(Errc::invalid_argument, "not a codice without substitutions");
  if (count < 0 || static_cast<std::size_t>(count) > kDigitPlaces.size())
    return fail(Errc::invalid_argument, "a codice has seven digits");
  std::string code = parsed.value().base;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    code[kDigitPlaces[i]] = kSubstitutes[static_cast<std::size_t>(code[kDigitPlaces[i]] - '0')];
  code[15] = check_character(std::string_view(code).substr(0, 15)).value_or('A');
  return code;
}

}  // namespace cartella::cases
