#include <algorithm>

#include "ops/demo_world.h"

namespace cartella::ops::demo {

namespace {

constexpr std::size_t kRecordBytes = 665;
constexpr std::size_t kShortBytes = 90;
constexpr std::uint64_t kOneFaultIn = 250;

// Names have only letters of ISO-8859-1, so two bytes of UTF-8 are one of it.
std::string latin1(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80 || i + 1 == text.size()) {
      result.push_back(text[i]);
      continue;
    }
    const auto next = static_cast<unsigned char>(text[++i]);
    result.push_back(static_cast<char>(((byte & 0x03u) << 6) | (next & 0x3Fu)));
  }
  return result;
}

void put(std::string& record, std::size_t start, std::size_t length, std::string_view text) {
  const std::string_view cut = text.substr(0, length);
  record.replace(start, cut.size(), cut);
}

std::string compact(Date date) {
  std::string text = format_date(date);
  std::erase(text, '-');
  return text;
}

std::string padded(std::uint64_t number, std::size_t digits) {
  std::string text = std::to_string(number);
  return text.size() < digits ? std::string(digits - text.size(), '0') + text : text;
}

// Another letter than the right one.
std::string spoiled(std::string codice) {
  codice.back() = codice.back() == 'Z' ? 'A' : static_cast<char>(codice.back() + 1);
  return codice;
}

std::string record_of(const Person& person) {
  std::string record(kRecordBytes, ' ');
  put(record, 0, 1, person.died ? "D" : "A");
  put(record, 1, 100, latin1(person.surname + '/' + person.name));
  put(record, 101, 16, person.fault == "bad_cf_check" ? spoiled(person.codice) : person.codice);
  put(record, 117, 1, "1");
  put(record, 118, 8, person.fault == "impossible_birth_date" ? "19990231" : compact(person.birth));
  put(record, 126, 1, std::string(1, person.sex));
  put(record, 127, 7, person.birth_place);
  put(record, 134, 50, latin1(person.birth_place_name));
  put(record, 184, 4, person.province);
  put(record, 188, 8, compact(person.resident_from));
  put(record, 196, 5, padded(static_cast<std::uint64_t>(person.street), 5));
  put(record, 201, 5, std::to_string(person.number));
  put(record, 285, 50, person.nationality);
  put(record, 343, 10, padded(person.matricola, 10));
  put(record, 353, 10, padded(person.household, 10));
  if (person.died) put(record, 363, 8, compact(*person.died));
  put(record, 493, 8, compact(person.resident_from));
  put(record, 525, 5, std::to_string(person.civil_status));
  put(record, 530, 10, "0000000000");
  if (person.fault == "short_record") record.resize(kShortBytes);
  return record;
}

// A short record must not end its file: what bounds its number from above would be missing.
void choose_faults(World& world, std::vector<std::vector<Person*>>& by_comune) {
  constexpr std::array<std::string_view, 3> kFaults = {"short_record", "bad_cf_check",
                                                       "impossible_birth_date"};
  for (auto& residents : by_comune)
    for (std::size_t i = 1; i + 1 < residents.size(); ++i)
      if (world.random.below(kOneFaultIn) == 0)
        residents[i]->fault = world.random.pick(std::span<const std::string_view>(kFaults));
}

std::string streets_text() {
  constexpr std::array<std::string_view, kStreets> kNames = {
      "ROMA",         "GARIBALDI", "MAZZINI",     "DEI TIGLI",   "DELLA FONTE",
      "XX SETTEMBRE", "VECCHIA",   "DEL MERCATO", "CAMPO LUNGO", "SALARIA",
      "DELLE MURA",   "CAVOUR",    "DANTE",       "DEL FIUME",   "SAN ROCCO"};
  constexpr std::array<std::string_view, 5> kTypes = {"VIA", "PIAZZA", "VIALE", "LOC.", "VICOLO"};
  std::string text;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    std::string line(70, ' ');
    put(line, 0, 5, padded(i + 1, 5));
    put(line, 5, 15, kTypes[i % kTypes.size()]);
    put(line, 20, 50, kNames[i]);
    text += line + "\r\n";
  }
  return text;
}

std::string statuses_text() {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kStatuses = {
      {{"1", "CELIBE/NUBILE"},
       {"2", "CONIUGATO/A"},
       {"3", "VEDOVO/A"},
       {"4", "DIVORZIATO/A"},
       {"5", "SEPARATO/A"},
       {"6", "UNITO/A CIVILMENTE"},
       {"9", "NON CONOSCIUTO"}}};
  std::string text;
  for (const auto& [code, label] : kStatuses) {
    std::string line(55, ' ');
    put(line, 0, 5, code);
    put(line, 5, 50, label);
    text += line + "\r\n";
  }
  return text;
}

}  // namespace

Status write_registry(World& world, const std::filesystem::path& dir) {
  std::vector<std::vector<Person*>> by_comune(world.comuni.size());
  for (Person& person : world.people) by_comune[person.comune].push_back(&person);
  choose_faults(world, by_comune);
  const std::string date = compact(world.last_day);
  for (std::size_t i = 0; i < world.comuni.size(); ++i) {
    const std::string& comune = world.comuni[i].belfiore;
    std::string text;
    for (const Person* person : by_comune[i]) {
      text += record_of(*person) + "\r\n";
      if (!person->fault.empty())
        world.expected.faults.push_back(
            {comune, padded(person->matricola, 10), std::string(person->fault)});
    }
    world.expected.people += static_cast<std::int64_t>(by_comune[i].size());
    world.expected.people_by_comune[comune] = static_cast<std::int64_t>(by_comune[i].size());
    std::string end = "_";
    end.append(comune).append("_").append(date).append(".txt");
    CARTELLA_TRY(write_text(dir / ("ANA_PER" + end), text));
    CARTELLA_TRY(write_text(dir / ("ANA_VIE" + end), streets_text()));
    CARTELLA_TRY(write_text(dir / ("ANA_STACIV" + end), statuses_text()));
  }
  return ok();
}

}  // namespace cartella::ops::demo
