// ops/import_predecessor.h: loads the predecessor's tables into the ledger.
//
// Stages, each waiting for the one before: organisation, people, cards, cases with their steps and
// interviews, benefits with their deliveries. Every row becomes events through the same commands
// that people use. An import that is killed is run again and ends in the same state; the key of its
// command ids stays in the vault under "import/siso" until finish_predecessor_import.
// Threads: one import at a time, from one thread; it uses threads of its own.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"
#include "cases/executor.h"
#include "crypto/vault.h"
#include "ops/import_run.h"
#include "ops/rejects.h"
#include "store/reference.h"

namespace cartella::ops {

struct ImportSummary {
  std::uint64_t rows = 0;
  std::uint64_t people = 0;
  std::uint64_t cards = 0;
  std::uint64_t cases = 0;
  std::uint64_t interviews = 0;
  std::uint64_t benefits = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t events = 0;      // of all rows, at whatever run they were written
  std::uint64_t new_events = 0;  // written by this run
  std::uint64_t rejected = 0;
  std::uint64_t warnings = 0;
};

// What the import works on; everything outlives the call. `reference` may be null: then no person
// is completed from the population registry.
struct ImportTarget {
  cases::Executor& executor;
  crypto::Vault& vault;
  const LogId& log_id;
  const store::Reference* reference = nullptr;
};

// What read_source returns, and what stops the store. Rows that were committed stay. refused: a
// migration was closed, so that everything would be written a second time; only with
// options.new_migration, and nothing was read or written.
Result<ImportSummary> import_predecessor(const std::filesystem::path& dir,
                                         const ImportTarget& target, const ImportOptions& options,
                                         Rejects& rejects);

// The predecessor is switched off: destroys the key of the ids, so that no row can be linked to its
// events by anybody any more. After this an import is refused unless it asks for a new migration.
Status finish_predecessor_import(crypto::Vault& vault);

}  // namespace cartella::ops
