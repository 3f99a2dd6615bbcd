#include "ops/import_reading.h"
#include "schema/code_lists.h"

namespace cartella::ops {

namespace {

constexpr std::string_view kAccessPeople = "SS_ANAGRAFICA";
constexpr std::string_view kCasePeople = "CS_A_ANAGRAFICA";
constexpr std::string_view kAnonymous = "ANONIMO";

std::string_view identifier_fault(const Error& error) {
  return error.detail.starts_with("wrong_check") ? "bad_cf_check" : "bad_cf_form";
}

// Birth place: a comune, or the state where the predecessor has no comune.
std::string birth_place(const ImportTable& table, ImportTable::Row row) {
  const std::string_view comune = table.text(row, "COMUNE_NASCITA_COD");
  return std::string(comune.empty() ? table.text(row, "STATO_NASCITA_COD") : comune);
}

std::string_view read_identity(const ImportTable& table, ImportTable::Row row,
                               SourcePerson& person) {
  const Field<Date> birth = table.date(row, "DATA_NASCITA");
  const Field<Date> death = table.date(row, "DATA_DECESSO");
  if (birth.bad) return "impossible_birth_date";
  if (death.bad) return "impossible_date";
  person.identity.surname = table.text(row, "COGNOME");
  person.identity.name = table.text(row, "NOME");
  person.identity.sex = table.text(row, "SESSO");
  person.identity.birth_date = birth.value;
  person.identity.death_date = death.value;
  person.identity.birth_place = birth_place(table, row);
  person.identity.citizenship = table.text(row, "CITTADINANZA");
  person.identity.civil_status = table.text(row, "STATO_CIVILE");
  if (!person.identity.sex.empty() && person.identity.sex != "M" && person.identity.sex != "F")
    return "bad_sex";
  return {};
}

std::string_view read_person(const ImportTable& table, ImportTable::Row row, SourcePerson& person) {
  if (const auto fault = read_identity(table, row, person); !fault.empty()) return fault;
  const std::string_view text = table.text(row, "CF");
  if (text == kAnonymous) {
    person.anonymous = true;
    person.alias = table.text(row, "ALIAS");
    // What is known of an anonymous person beside the alias stays with the card.
    person.identity.surname.clear();
    person.identity.name.clear();
    return person.alias.empty() ? "missing_alias" : std::string_view{};
  }
  if (text.empty()) return person.identity.surname.empty() ? "missing_cf" : std::string_view{};
  auto identifier = cases::classify_identifier(text);
  if (!identifier) return identifier_fault(identifier.error());
  person.identifier = std::move(identifier).value();
  return {};
}

void warn_of_mismatches(Reading& reading, const SourcePerson& person) {
  if (!person.identifier) {
    if (!person.anonymous) reading.warn(person.ref, "missing_cf");
    return;
  }
  if (person.identifier->kind != cases::IdentifierKind::cf) return;
  auto code = cases::parse_codice_fiscale(person.identifier->value);
  if (!code) return;
  const cases::IdentityValue& known = person.identity;
  for (const cases::Mismatch mismatch : cases::compare_identity(
           code.value(),
           {known.surname, known.name, known.sex, known.birth_date, known.birth_place}))
    reading.warn(person.ref, "cf_mismatch_" + std::string(cases::mismatch_name(mismatch)));
}

bool same_person_data(const cases::IdentityValue& a, const cases::IdentityValue& b) {
  return a.surname == b.surname && a.name == b.name && a.sex == b.sex &&
         a.birth_date == b.birth_date && a.birth_place == b.birth_place;
}

// One codice fiscale is one person in all tables; a person without one is one row.
Index add_person(Reading& reading, SourcePerson person) {
  std::vector<SourcePerson>& persons = reading.source.persons;
  if (person.identifier) {
    const auto [at, is_new] =
        reading.by_identifier.emplace(person.identifier->value, persons.size());
    if (!is_new) {
      if (!same_person_data(persons[at->second].identity, person.identity))
        reading.warn(person.ref, "identity_differs");
      persons[at->second].same.push_back(person.ref);
      return at->second;
    }
  }
  persons.push_back(std::move(person));
  return persons.size() - 1;
}

Status read_table(Reading& reading, std::string_view name, IndexOf& keys) {
  CARTELLA_TRY(const auto table,
               reading.load(name, "ID", {"ID", "CF", "COGNOME", "NOME", "DATA_NASCITA"}, true));
  for (ImportTable::Row row = 0; row < table.size(); ++row) {
    SourcePerson person;
    person.ref = {name, table.key(row), table.line(row)};
    if (const auto fault = read_person(table, row, person); !fault.empty()) {
      reading.refuse(person.ref, fault);
      continue;
    }
    if (name == kCasePeople)
      reading.subjects.emplace(
          table.key(row),
          SourceSubject{person.ref, std::string(table.text(row, "TEL")),
                        std::string(table.text(row, "CELL")), std::string(table.text(row, "EMAIL")),
                        std::string(table.text(row, "NOTE"))});
    warn_of_mismatches(reading, person);
    keys.emplace(table.key(row), add_person(reading, std::move(person)));
  }
  return ok();
}

}  // namespace

// A person keeps the code that the predecessor wrote; who reads the reports or sends a flow has to
// know that no list has it.
void warn_of_codes(Reading& reading) {
  using schema::CodeList;
  const Date at = reading.newest.value_or(Date{schema::kForever.days - 1});
  const auto is_known = [&](CodeList list, const std::string& code) {
    return code.empty() || schema::find_code(list, code, at) != nullptr;
  };
  for (const SourcePerson& person : reading.source.persons) {
    const cases::IdentityValue& identity = person.identity;
    const Date birth = identity.birth_date.value_or(at);
    if (!is_known(CodeList::citizenship, identity.citizenship))
      reading.warn(person.ref, "unknown_citizenship");
    if (!is_known(CodeList::civil_status, identity.civil_status))
      reading.warn(person.ref, "unknown_civil_status");
    if (!identity.birth_place.empty() &&
        schema::find_comune(identity.birth_place, birth) == nullptr &&
        schema::find_state(identity.birth_place, birth) == nullptr)
      reading.warn(person.ref, "unknown_birth_place");
  }
}

Status read_people(Reading& reading) {
  CARTELLA_TRY(read_table(reading, kAccessPeople, reading.access_people));
  return read_table(reading, kCasePeople, reading.case_people);
}

}  // namespace cartella::ops
