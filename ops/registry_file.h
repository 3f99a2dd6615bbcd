// ops/registry_file.h: the files of a comune's population registry, version 2.0.
//
// ANA_PER_ holds one resident per line of 665 bytes in 40 fields, ANA_VIE_ the streets, ANA_STACIV_
// the civil statuses; all ISO-8859-1. A record with a fault is given back with a code and with what
// is needed to find it, and reading goes on. A difference between the codice fiscale and the person
// is a warning: the tax office assigns it and may have had other data.
// Threads: one reader belongs to one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "ops/source_file.h"
#include "store/resident.h"

namespace cartella::ops {

enum class RegistryFileKind : std::uint8_t { people, streets, civil_statuses };

struct RegistryFileName {
  RegistryFileKind kind = RegistryFileKind::people;
  std::string comune;  // Belfiore
  Date date;           // of the export
};
// "ANA_PER_E256_20260630.txt"; the date may be followed by a time. invalid_input: another name.
Result<RegistryFileName> parse_registry_file_name(const std::filesystem::path& file);
std::string_view registry_kind_name(RegistryFileKind kind);  // "ANA_PER", "ANA_VIE", "ANA_STACIV"

struct RegistryRecord {
  std::uint64_t line = 0;
  // Empty, or: short_record, long_record, bad_character, bad_matricola, bad_status, bad_name,
  // bad_sex, bad_cf_form, bad_cf_check, impossible_birth_date, impossible_date.
  std::string_view fault;
  // cf_mismatch_surname, cf_mismatch_name, cf_mismatch_sex, cf_mismatch_birth_date,
  // cf_mismatch_birth_place, unknown_birth_place, missing_birth_date, missing_cf.
  std::vector<std::string> warnings;
  store::Resident
      person;  // its comune is empty; with a fault: the matricola only, where it can be read
};

// Twice the largest comune: 2.8 million records of 667 bytes.
inline constexpr std::uint64_t kRegistryFileBytesMax = 4ull << 30;

// Lines of a file, bounded: what is longer than `bytes_max` is cut and marked.
class LineReader {
 public:
  // io. invalid_input: longer than kRegistryFileBytesMax.
  static Result<LineReader> open(const std::filesystem::path& file, std::size_t bytes_max);
  // False at the end. Without the line end. io, invalid_input.
  Result<bool> next(std::string& line, bool& cut);
  std::uint64_t line() const { return x_line; }
  // Of all bytes of the file. Once, after the end.
  Hash32 digest() { return x_hash->finish(); }

 private:
  LineReader(SourceFile file, std::size_t bytes_max);
  SourceFile x_file;
  std::size_t x_bytes_max;
  std::unique_ptr<crypto::Sha256Stream> x_hash;
  std::string x_buffer;
  std::size_t x_at = 0;
  std::uint64_t x_line = 0;
};

class RegistryReader {
 public:
  // `file_date` is the day against which a birth lies in the future. io.
  static Result<RegistryReader> open(const std::filesystem::path& file, Date file_date);
  // False at the end. io, invalid_input.
  Result<bool> next(RegistryRecord& record);
  // Of the file, as it was read. Once, after the end.
  Hash32 digest() { return x_lines.digest(); }

 private:
  RegistryReader(LineReader lines, Date file_date)
      : x_lines(std::move(lines)), x_file_date(file_date) {}
  LineReader x_lines;
  Date x_file_date;
};

// One line without its end; `line` numbers it.
RegistryRecord parse_registry_record(std::string_view text, std::uint64_t line, Date file_date);

struct RegistryCode {
  std::string code;
  std::string label;  // of a street: kind and name, "VIA ROMA"
};
struct RegistryCodes {
  std::vector<RegistryCode> codes;
  std::uint64_t records = 0;
  std::vector<std::uint64_t> faulty_lines;  // too short for a code and a label
  Hash32 digest{};                          // of the file, as it was read
};
// ANA_VIE_ and ANA_STACIV_. io. invalid_input: more than 100 000 lines.
Result<RegistryCodes> read_registry_codes(const std::filesystem::path& file, RegistryFileKind kind);

std::string utf8_from_latin1(std::string_view text);

}  // namespace cartella::ops
