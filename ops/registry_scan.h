// ops/registry_scan.h: the first pass over a registry file: digest, counts and faults.
//
// Nothing is loaded before every file of the call was read once, because a record that is cut short
// has lost its matricola: it is deduced from the numbers that all files together leave free between
// its neighbours, and stays empty where more than one answer is possible.
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "ops/registry_file.h"

namespace cartella::ops {

struct RegistryFault {
  std::uint64_t line = 0;
  std::string matricola;  // as read, or deduced; empty when unknown
  bool deduced = false;
  std::string reason;
};

struct RegistryScan {
  std::filesystem::path file;
  RegistryFileName name;
  Hash32 digest{};
  std::uint64_t records = 0;  // all lines, the faulty ones included
  std::uint64_t accepted = 0;
  std::vector<RegistryFault> faults;
  std::vector<RegistryFault> warnings;
  // Of ANA_PER_ only: the matricola of each line, 0 where it could not be read. Line numbers are
  // those of `lines`.
  std::vector<std::uint64_t> matricole;
  std::vector<std::uint64_t> lines;
};

// Twice the residents of the largest comune; each is remembered until the file is loaded.
inline constexpr std::uint64_t kRegistryRecordsMax = 6'000'000;

// io. invalid_input: the name is not a registry file's, or it is too long.
Result<RegistryScan> scan_registry_file(const std::filesystem::path& file,
                                        std::uint64_t records_max = kRegistryRecordsMax);
// Fills the matricole of short records where the gaps leave exactly as many numbers as there are
// records in a row without one.
void deduce_matricole(std::span<RegistryScan> scans);
// Matricola as registries write it: ten digits.
std::string matricola_text(std::uint64_t matricola);

}  // namespace cartella::ops
