#include "ops/registry_scan.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <unordered_set>

namespace cartella::ops {

namespace {

// Between two neighbours more free numbers than this are a jump of the numbering, not a gap.
constexpr std::uint64_t kGapMax = 100'000;

std::uint64_t number_of(const std::string& matricola) {
  std::uint64_t number = 0;
  std::from_chars(matricola.data(), matricola.data() + matricola.size(), number);
  return number;
}

Status scan_people(RegistryScan& scan, std::uint64_t records_max) {
  CARTELLA_TRY(auto reader, RegistryReader::open(scan.file, scan.name.date));
  RegistryRecord record;
  std::unordered_set<std::uint64_t> seen;
  while (true) {
    CARTELLA_TRY(const bool found, reader.next(record));
    if (!found) {
      scan.digest = reader.digest();
      return ok();
    }
    if (++scan.records > records_max)
      return fail(Errc::invalid_input, scan.file.filename().string() + " has more than " +
                                           std::to_string(records_max) + " records");
    const std::string& matricola = record.person.matricola;
    const std::uint64_t number = number_of(matricola);
    scan.matricole.push_back(number);
    scan.lines.push_back(record.line);
    std::string fault(record.fault);
    if (fault.empty() && !seen.insert(number).second) fault = "duplicate_matricola";
    if (!fault.empty()) {
      scan.faults.push_back({record.line, matricola, false, std::move(fault)});
      continue;
    }
    ++scan.accepted;
    for (std::string& warning : record.warnings)
      scan.warnings.push_back({record.line, matricola, false, std::move(warning)});
  }
}

Status scan_codes(RegistryScan& scan) {
  CARTELLA_TRY(const RegistryCodes codes, read_registry_codes(scan.file, scan.name.kind));
  scan.records = codes.records;
  scan.digest = codes.digest;
  scan.accepted = codes.codes.size();
  for (const std::uint64_t line : codes.faulty_lines)
    scan.faults.push_back({line, "", false, "short_record"});
  return ok();
}

// The run of lines without a matricola that starts at `from`; answers where it ends.
std::size_t end_of_run(const std::vector<std::uint64_t>& matricole, std::size_t from) {
  std::size_t end = from;
  while (end < matricole.size() && matricole[end] == 0) ++end;
  return end;
}

void name_fault(RegistryScan& scan, std::uint64_t line, std::uint64_t matricola) {
  const auto fault = std::ranges::lower_bound(scan.faults, line, {}, &RegistryFault::line);
  if (fault == scan.faults.end() || fault->line != line) return;
  fault->matricola = matricola_text(matricola);
  fault->deduced = true;
}

void deduce(RegistryScan& scan, const std::unordered_set<std::uint64_t>& taken) {
  for (std::size_t from = 0; from < scan.matricole.size(); ++from) {
    if (scan.matricole[from] != 0) continue;
    const std::size_t end = end_of_run(scan.matricole, from);
    const std::uint64_t low = from == 0 ? 0 : scan.matricole[from - 1];
    // After the last line nothing bounds the numbers: the next free ones would be a guess, unless
    // the file is numbered without gaps; a run at the end stays unknown.
    if (end < scan.matricole.size() && scan.matricole[end] > low &&
        scan.matricole[end] - low <= kGapMax) {
      std::vector<std::uint64_t> free;
      for (std::uint64_t number = low + 1; number < scan.matricole[end]; ++number)
        if (!taken.contains(number)) free.push_back(number);
      if (free.size() == end - from)
        for (std::size_t i = 0; i < free.size(); ++i)
          name_fault(scan, scan.lines[from + i], free[i]);
    }
    from = end;
  }
}

}  // namespace

std::string matricola_text(std::uint64_t matricola) {
  std::string text = std::to_string(matricola);
  if (text.size() < 10) text.insert(0, 10 - text.size(), '0');
  return text;
}

Result<RegistryScan> scan_registry_file(const std::filesystem::path& file,
                                        std::uint64_t records_max) {
  RegistryScan scan;
  scan.file = file;
  CARTELLA_TRY(scan.name, parse_registry_file_name(file));
  const bool people = scan.name.kind == RegistryFileKind::people;
  CARTELLA_TRY(people ? scan_people(scan, records_max) : scan_codes(scan));
  return scan;
}

void deduce_matricole(std::span<RegistryScan> scans) {
  std::unordered_set<std::uint64_t> taken;
  bool missing = false;
  for (const RegistryScan& scan : scans)
    for (const std::uint64_t number : scan.matricole) {
      missing = missing || number == 0;
      taken.insert(number);
    }
  if (!missing) return;
  for (RegistryScan& scan : scans) deduce(scan, taken);
}

}  // namespace cartella::ops
