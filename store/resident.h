// store/resident.h: one resident of a comune's population registry, and its stored bytes.
//
// Stored bytes = version u8 = 1, then the fields that are not empty: tag u8, length u16, bytes, in
// rising order of tags; a date is its days since 1970-01-01, 4 bytes (docs/data_formats.md
// "Reference"). They stand in encrypted files only.
// Threads: values and free functions.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace cartella::store {

inline constexpr std::size_t kResidentFieldBytesMax = 1024;  // the longest registry field has 100

struct Resident {
  bool dead = false;      // state flag of the registry
  std::string comune;     // Belfiore, of the registry that holds the record
  std::string matricola;  // within the comune
  std::string household;  // number of the family, within the comune
  std::string surname;
  std::string name;
  std::string codice_fiscale;
  std::optional<Date> birth_date;
  std::string sex;          // M or F
  std::string birth_place;  // Belfiore
  std::string birth_place_name;
  std::string nationality;  // as written in the file
  std::string civil_status;
  std::string kinship;
  std::string street_code;
  std::string number;  // with its letters, "12/A"
  std::string number_detail;
  std::optional<Date> resident_from;
  std::optional<Date> immigrated_on;
  std::string immigrated_from;  // Belfiore
  std::optional<Date> emigrated_on;
  std::string emigrated_to;  // Belfiore
  std::optional<Date> death_date;
  std::string spouse_matricola;
  std::string spouse_codice_fiscale;
  std::string spouse_surname;
  std::string spouse_name;
  std::optional<Date> spouse_birth_date;

  bool operator==(const Resident&) const = default;
};

// invalid_argument: a field is longer than kResidentFieldBytesMax (names its tag, not its value).
Result<Bytes> encode_resident(const Resident& resident);
// corrupt: not what encode_resident writes; unsupported: another version.
Result<Resident> decode_resident(ByteView bytes);

}  // namespace cartella::store
