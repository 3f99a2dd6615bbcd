// ops/import_registry.h: loads the population registers of the comuni.
//
// Residents go to the reference store and stay out of the ledger: only people whom the service
// knows get events, when a later file differs from what the ledger last took from the registry. A
// comune is loaded only while an act enables it. One RegistryImported event per file closes its
// load; everything before it is repeated harmlessly after an interruption, under ids of a key that
// is destroyed when the file is complete. Threads: one import at a time, from one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cases/executor.h"
#include "crypto/vault.h"
#include "ops/import_run.h"
#include "ops/rejects.h"
#include "store/reference.h"
#include "store/store.h"

namespace cartella::ops {

struct RegistryFileSummary {
  std::string file;
  std::string comune;
  std::string kind;  // ANA_PER, ANA_VIE, ANA_STACIV
  // Empty, or why the file was not loaded: older_file, already_loaded.
  std::string skipped;
  std::uint64_t records = 0;
  std::uint64_t accepted = 0;
  std::uint64_t faults = 0;
  std::uint64_t warnings = 0;
  std::uint64_t known = 0;       // residents whom the service knows
  std::uint64_t variations = 0;  // of them
};
struct RegistrySummary {
  std::vector<RegistryFileSummary> files;
};

struct RegistryTarget {
  cases::Executor& executor;
  store::Store& store;
  crypto::Vault& vault;
  store::Reference& reference;
  const Clock& clock;
};

// Streets and statuses are loaded before people, whatever the order given. refused: no act enables
// the registry of one of the comuni, or it has expired: nothing is loaded; or a file is no longer
// the one that was controlled: that one is not loaded. invalid_input: a name is
// not a registry file's. io, and what stops the store; files that were closed stay loaded.
Result<RegistrySummary> import_registry(std::span<const std::filesystem::path> files,
                                        const RegistryTarget& target, const ImportOptions& options,
                                        Rejects& rejects);

}  // namespace cartella::ops
