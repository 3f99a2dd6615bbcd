// keeping/restore.h: an installation made again from a backup, in an empty directory.
//
// What an erasure destroyed stays destroyed: the newest erasure register is demanded and replayed
// before the directory can be opened (ledger.md 6, CR-04). Until the last step the directory holds
// restore.incomplete, which every open refuses; an interrupted restore is simply repeated.
// Threads: one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "base/result.h"
#include "cases/executor.h"
#include "crypto/vault.h"
#include "keeping/backup_manifest.h"
#include "keeping/erasure_register.h"
#include "store/store.h"

namespace cartella::keeping {

struct RestoreOptions {
  std::filesystem::path target;
  std::filesystem::path keys_folder;  // the second path: backup.keys and the erasure register
  std::filesystem::path data_dir;
  std::optional<std::uint64_t> number;  // of the backup; the newest one where none is named
  // Writes the erasure register of the newest backup that has one into `data_dir`, for
  // take_register; then no more records are demanded than that backup says.
  bool with_register = false;
};

struct RestoredFiles {
  BackupManifest manifest;
  std::uint64_t vault_number = 0;    // of the backup whose copy of the vault was taken
  std::uint64_t erasures_known = 0;  // the register must have at least as many
  std::uint64_t bytes = 0;
};

// Whether a restore was begun there and not finished.
bool is_unfinished_restore(const std::filesystem::path& data_dir);

// Writes and syncs every file. Takes the vault of the same backup or, where its key is destroyed,
// of the next newer one that has one: a vault may be newer than the log, never older.
// invalid_argument: the directory is not empty, unless an unfinished restore left it so. not_found:
// no backup, no backup.keys, or no register where one is asked for. refused: every copy of the
// vault of that age is destroyed. corrupt: as verify_backup. out_of_space, io.
Result<RestoredFiles> restore_files(const RestoreOptions& options);

// Destroys again every key that the register lists (keys_of), and lets the next start replay
// from the restored head. Answers the number of records. refused: the register is older than the
// backup. What read_erasures and Vault return.
Result<std::size_t> replay_erasures(crypto::Vault& vault, const RestoredFiles& restored,
                                    const std::filesystem::path& keys_folder,
                                    const crypto::PublicKey& register_key);

// Takes out of the restored rows what was erased by decisions that the log does not hold: their
// segments, and the claims of their identifiers, under a new key. Of every controller that left,
// also before the backup, `forget_registry` takes the population register. Answers how many
// erasures. What purge, replace_claims_key and `forget_registry` return.
Result<std::size_t> purge_erased(store::Store& store, cases::Executor& executor,
                                 const std::vector<ErasureRecord>& records,
                                 const std::function<Status(const ControllerId&)>& forget_registry);

// The directory may be opened from now on. io.
Status finish_restore(const std::filesystem::path& data_dir);

}  // namespace cartella::keeping
