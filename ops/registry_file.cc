#include "ops/registry_file.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "cases/codice_fiscale.h"
#include "schema/code_lists.h"

namespace cartella::ops {

namespace {

constexpr std::size_t kRecordBytes = 665;
constexpr std::size_t kLineBytesMax = 4096;  // six times a record: enough to tell it is too long
constexpr std::size_t kCodesMax = 100'000;   // streets of the largest comune: about 15 000
constexpr std::size_t kReadBytes = 256 * 1024;

struct Field {
  std::size_t start;
  std::size_t length;
};
// predecessor.md 4.5; fields that are not read are left out.
constexpr Field kStatus{0, 1};
constexpr Field kName{1, 100};
constexpr Field kCodiceFiscale{101, 16};
constexpr Field kBirthDate{118, 8};
constexpr Field kSex{126, 1};
constexpr Field kBirthPlace{127, 7};
constexpr Field kBirthPlaceName{134, 50};
constexpr Field kResidentFrom{188, 8};
constexpr Field kStreet{196, 5};
constexpr Field kNumber{201, 5};
constexpr Field kNumberLetter{206, 5};
constexpr Field kNumberSub{211, 5};
constexpr Field kImmigratedOn{216, 8};
constexpr Field kImmigratedFrom{224, 7};
constexpr Field kNationality{285, 50};
constexpr Field kMatricola{343, 10};
constexpr Field kHousehold{353, 10};
constexpr Field kDeathDate{363, 8};
constexpr Field kEmigratedOn{371, 8};
constexpr Field kEmigratedTo{379, 7};
constexpr Field kKinship{440, 3};
constexpr Field kCivilStatus{525, 5};
constexpr Field kSpouseMatricola{530, 10};
constexpr Field kSpouseCodice{541, 16};
constexpr Field kSpouseSurname{557, 50};
constexpr Field kSpouseName{607, 50};
constexpr Field kSpouseBirthDate{657, 8};
constexpr std::string_view kNoMatricola = "0000000000";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string_view raw(std::string_view record, Field field) {
  return trimmed(record.substr(field.start, field.length));
}

std::string text_of(std::string_view record, Field field) {
  return utf8_from_latin1(raw(record, field));
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Control characters of both halves of ISO-8859-1 never stand in a registry file.
bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || (byte >= 0x7F && byte < 0xA0);
  });
}

// True when the field is empty or a possible date.
bool read_date(std::string_view record, Field field, std::optional<Date>& to) {
  const std::string_view text = raw(record, field);
  if (text.empty() || text == "00000000") return true;
  auto date = parse_compact_date(text);
  if (!date) return false;
  to = date.value();
  return true;
}

std::string_view fault_of_codice(std::string_view text) {
  if (text.empty()) return {};
  auto parsed = cases::classify_identifier(text);
  if (parsed) return {};
  return parsed.error().detail.starts_with("wrong_check") ? "bad_cf_check" : "bad_cf_form";
}

std::string house_number(std::string_view record) {
  std::string number = text_of(record, kNumber);
  for (const Field part : {kNumberLetter, kNumberSub}) {
    const std::string more = text_of(record, part);
    if (!more.empty()) number += "/" + more;
  }
  return number;
}

std::string_view read_identity(std::string_view record, Date file_date, store::Resident& person) {
  const std::string_view status = raw(record, kStatus);
  if (status != "A" && status != "D") return "bad_status";
  person.dead = status == "D";
  const std::string name = text_of(record, kName);
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos || slash == 0) return "bad_name";
  person.surname = trimmed(std::string_view(name).substr(0, slash));
  person.name = trimmed(std::string_view(name).substr(slash + 1));
  person.codice_fiscale = cases::normalise_identifier(raw(record, kCodiceFiscale));
  if (const auto fault = fault_of_codice(person.codice_fiscale); !fault.empty()) return fault;
  if (!read_date(record, kBirthDate, person.birth_date) ||
      (person.birth_date && *person.birth_date > file_date))
    return "impossible_birth_date";
  person.sex = text_of(record, kSex);
  if (person.sex != "M" && person.sex != "F" && !person.sex.empty()) return "bad_sex";
  person.birth_place = text_of(record, kBirthPlace);
  person.birth_place_name = text_of(record, kBirthPlaceName);
  return {};
}

std::string_view read_life(std::string_view record, store::Resident& person) {
  if (!read_date(record, kResidentFrom, person.resident_from) ||
      !read_date(record, kImmigratedOn, person.immigrated_on) ||
      !read_date(record, kDeathDate, person.death_date) ||
      !read_date(record, kEmigratedOn, person.emigrated_on) ||
      !read_date(record, kSpouseBirthDate, person.spouse_birth_date))
    return "impossible_date";
  person.street_code = text_of(record, kStreet);
  person.number = house_number(record);
  person.immigrated_from = text_of(record, kImmigratedFrom);
  person.nationality = text_of(record, kNationality);
  person.household = text_of(record, kHousehold);
  person.emigrated_to = text_of(record, kEmigratedTo);
  person.kinship = text_of(record, kKinship);
  person.civil_status = text_of(record, kCivilStatus);
  person.spouse_matricola = text_of(record, kSpouseMatricola);
  if (person.spouse_matricola == kNoMatricola) person.spouse_matricola.clear();
  person.spouse_codice_fiscale = text_of(record, kSpouseCodice);
  person.spouse_surname = text_of(record, kSpouseSurname);
  person.spouse_name = text_of(record, kSpouseName);
  return {};
}

void add_warnings(RegistryRecord& record) {
  const store::Resident& person = record.person;
  if (!person.birth_date) record.warnings.emplace_back("missing_birth_date");
  if (!person.birth_place.empty() &&
      schema::place_name(person.birth_place, person.birth_date.value_or(Date{})).empty())
    record.warnings.emplace_back("unknown_birth_place");
  if (person.codice_fiscale.empty()) {
    record.warnings.emplace_back("missing_cf");
    return;
  }
  if (person.codice_fiscale.size() != 16) return;  // provisional: states nothing
  auto code = cases::parse_codice_fiscale(person.codice_fiscale);
  if (!code) return;
  const cases::KnownIdentity known{person.surname, person.name, person.sex, person.birth_date,
                                   person.birth_place};
  for (const cases::Mismatch mismatch : cases::compare_identity(code.value(), known))
    record.warnings.push_back("cf_mismatch_" + std::string(cases::mismatch_name(mismatch)));
}

}  // namespace

std::string utf8_from_latin1(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 4);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      result.push_back(c);
    } else {
      result.push_back(static_cast<char>(0xC0 | (byte >> 6)));
      result.push_back(static_cast<char>(0x80 | (byte & 0x3F)));
    }
  }
  return result;
}

std::string_view registry_kind_name(RegistryFileKind kind) {
  switch (kind) {
    case RegistryFileKind::people: return "ANA_PER";
    case RegistryFileKind::streets: return "ANA_VIE";
    case RegistryFileKind::civil_statuses: return "ANA_STACIV";
  }
  return "";
}

Result<RegistryFileName> parse_registry_file_name(const std::filesystem::path& file) {
  const std::string name = file.stem().string();
  const auto bad = [] {
    return fail(Errc::invalid_input,
                "a registry file is named ANA_PER_, ANA_VIE_ or ANA_STACIV_, comune and date");
  };
  for (const auto kind :
       {RegistryFileKind::people, RegistryFileKind::streets, RegistryFileKind::civil_statuses}) {
    const std::string prefix = std::string(registry_kind_name(kind)) + '_';
    if (!name.starts_with(prefix)) continue;
    const std::string rest = name.substr(prefix.size());
    if (rest.size() < 13 || rest[4] != '_' || rest[0] < 'A' || rest[0] > 'Z' ||
        !all_digits(std::string_view(rest).substr(1, 3)))
      return bad();
    auto date = parse_compact_date(std::string_view(rest).substr(5, 8));
    if (!date) return bad();
    return RegistryFileName{kind, rest.substr(0, 4), date.value()};
  }
  return bad();
}

LineReader::LineReader(SourceFile file, std::size_t bytes_max)
    : x_file(std::move(file)),
      x_bytes_max(bytes_max),
      x_hash(std::make_unique<crypto::Sha256Stream>()) {}

Result<LineReader> LineReader::open(const std::filesystem::path& file, std::size_t bytes_max) {
  CARTELLA_TRY(auto opened, SourceFile::open(file, kRegistryFileBytesMax));
  return LineReader(std::move(opened), bytes_max);
}

Result<bool> LineReader::next(std::string& line, bool& cut) {
  line.clear();
  cut = false;
  bool any = false;
  bool ended = false;
  while (!ended) {
    if (x_at == x_buffer.size()) {
      x_at = 0;
      x_buffer.resize(kReadBytes);
      CARTELLA_TRY(const std::size_t got, x_file.read(x_buffer));
      x_buffer.resize(got);
      x_hash->update(as_bytes(x_buffer));
      if (got == 0) break;
    }
    any = true;
    const std::size_t stop = std::min(x_buffer.find('\n', x_at), x_buffer.size());
    const std::size_t kept = std::min(stop - x_at, x_bytes_max - line.size());
    line.append(x_buffer, x_at, kept);
    cut = cut || kept < stop - x_at;
    ended = stop < x_buffer.size();
    x_at = ended ? stop + 1 : stop;
  }
  if (!any) return false;
  ++x_line;
  if (line.ends_with('\r')) line.pop_back();
  return true;
}

RegistryRecord parse_registry_record(std::string_view text, std::uint64_t line, Date file_date) {
  RegistryRecord record;
  record.line = line;
  if (text.size() >= kMatricola.start + kMatricola.length) {
    const std::string_view matricola = raw(text, kMatricola);
    if (all_digits(matricola)) record.person.matricola = matricola;
  }
  const auto faulty = [&](std::string_view fault) {
    store::Resident kept;
    kept.matricola = record.person.matricola;
    record.person = std::move(kept);
    record.fault = fault;
    return record;
  };
  if (text.size() < kRecordBytes) return faulty("short_record");
  if (text.size() > kRecordBytes) return faulty("long_record");
  if (has_control(text)) return faulty("bad_character");
  if (record.person.matricola.empty()) return faulty("bad_matricola");
  if (const auto fault = read_identity(text, file_date, record.person); !fault.empty())
    return faulty(fault);
  if (const auto fault = read_life(text, record.person); !fault.empty()) return faulty(fault);
  add_warnings(record);
  return record;
}

Result<RegistryReader> RegistryReader::open(const std::filesystem::path& file, Date file_date) {
  CARTELLA_TRY(auto lines, LineReader::open(file, kLineBytesMax));
  return RegistryReader(std::move(lines), file_date);
}

Result<bool> RegistryReader::next(RegistryRecord& record) {
  std::string text;
  bool cut = false;
  do {
    CARTELLA_TRY(const bool found, x_lines.next(text, cut));
    if (!found) return false;
  } while (text.empty());
  record = parse_registry_record(text, x_lines.line(), x_file_date);
  return true;
}

Result<RegistryCodes> read_registry_codes(const std::filesystem::path& file,
                                          RegistryFileKind kind) {
  CARTELLA_TRY(auto lines, LineReader::open(file, kLineBytesMax));
  RegistryCodes result;
  std::string text;
  bool cut = false;
  while (true) {
    CARTELLA_TRY(const bool found, lines.next(text, cut));
    if (!found) {
      result.digest = lines.digest();
      return result;
    }
    if (text.empty()) continue;
    if (++result.records > kCodesMax)
      return fail(Errc::invalid_input, file.filename().string() + ": too many lines");
    const std::size_t label_start = kind == RegistryFileKind::streets ? 20 : 5;
    if (cut || text.size() <= label_start || has_control(text)) {
      result.faulty_lines.push_back(lines.line());
      continue;
    }
    RegistryCode code;
    code.code = trimmed(std::string_view(text).substr(0, 5));
    code.label = utf8_from_latin1(trimmed(std::string_view(text).substr(label_start, 50)));
    if (kind == RegistryFileKind::streets) {
      const std::string type = utf8_from_latin1(trimmed(std::string_view(text).substr(5, 15)));
      if (!type.empty()) code.label = type + ' ' + code.label;
    }
    if (code.code.empty() || code.label.empty())
      result.faulty_lines.push_back(lines.line());
    else
      result.codes.push_back(std::move(code));
  }
}

}  // namespace cartella::ops
