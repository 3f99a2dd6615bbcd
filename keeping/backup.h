// keeping/backup.h: one consistent, sealed copy of the installation, and whether it is whole.
//
// Taken while the store is open and goes on appending (ledger.md 6): first the log, then the vault,
// so that no event lacks its key, then accounts and reference. Views are not in it: they are
// rebuilt. Files that did not change since an earlier backup are not written again. The keys are in
// a file apart (keeping/backup_keys.h). A crash at any step leaves what was there before, and the
// next backup goes on from it. Threads: one backup at a time of one data directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "keeping/backup_manifest.h"
#include "store/accounts.h"
#include "store/reference.h"
#include "store/store.h"

namespace cartella::keeping {

struct BackupSource {
  std::filesystem::path data_dir;
  store::Store& store;
  const crypto::Vault& vault;
  const store::Reference* reference = nullptr;  // null: not open, and not in the backup
  const store::Accounts* accounts = nullptr;
  const crypto::Signer& log_key;
  const crypto::Signer& register_key;  // signs the erasure register
  const Clock& clock;
};

struct BackupOptions {
  std::filesystem::path target;
  std::filesystem::path keys_folder;  // the second path: backup.keys and the erasure register
  std::int64_t keep_us = 0;           // older backups than this go; the newest stays
};

struct BackupReport {
  std::uint64_t number = 0;
  std::uint64_t size = 0;  // events
  Hash32 root{};
  std::size_t files = 0;
  std::size_t new_files = 0;
  std::uint64_t bytes = 0;      // of all files
  std::uint64_t new_bytes = 0;  // written to the target
  std::size_t damaged = 0;      // objects of earlier backups that were sealed anew
  std::size_t forgotten_keys = 0;
  std::size_t removed_backups = 0;
  bool is_clock_in_doubt = false;  // so that nothing was forgotten or removed by its age
};

// refused: the target holds backups of another log, backup.keys is lost while backups are there, or
// the register lacks an erasure that the log calls completed (check_register).
// corrupt: a table of the store does not match its checksum, so that damage is never handed on.
// out_of_space, io, unavailable.
Result<BackupReport> make_backup(const BackupSource& source, const BackupOptions& options);

struct BackupCheck {
  BackupManifest manifest;
  std::uint64_t bytes = 0;
  bool vault_is_kept = false;  // its copy of the vault can still be opened
};
// Opens and compares every file of one backup, by default the newest one. Needs no store and no
// root key. not_found: no backup, or no backup.keys. corrupt: names what is missing, changed, older
// or another's. unsupported, io.
Result<BackupCheck> verify_backup(const std::filesystem::path& target,
                                  const std::filesystem::path& keys_folder,
                                  std::optional<std::uint64_t> number);

// Asks for a backup, once what is erased is gone here: only a newer copy ends the keys of those
// from before. The file that says so is what ops/systemd/cartella-backup.path waits for; the next
// backup takes it away when it begins. io, out_of_space.
Status ask_for_backup(const std::filesystem::path& data_dir);

// What an interrupted backup left in the data directory: it holds keys that may be destroyed since.
Status remove_snapshot(const std::filesystem::path& data_dir);

}  // namespace cartella::keeping
