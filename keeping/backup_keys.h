// keeping/backup_keys.h: the keys that open backups, in one small file that is in none of them.
//
// Files of the log, the reference and the accounts are sealed under one long-lived key. Each copy
// of the vault has a key of its own that is destroyed after 30 days at the latest and after an
// erasure as soon as a newer copy was verified: what an erasure destroyed cannot come back from a
// copy that nobody can open (ledger.md 6). The file, backup.keys, lies on the second path, is
// readable to the owner alone, and its replaced bytes are overwritten. It says, too, which log the
// backups are of and which backup is the newest, so that an older one is not taken for it. Who has
// this file and a backup still needs the root key to read about people.
// Threads: one writer, the process that holds the store.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "cases/access_commands.h"
#include "crypto/secret.h"
#include "crypto/signer.h"

namespace cartella::keeping {

using cases::VaultCopyId;

inline constexpr std::int64_t kVaultCopyLifeUs = std::int64_t{30} * 86'400'000'000;
inline constexpr std::size_t kLogKeysMax = 64;
inline constexpr std::size_t kVaultKeysMax = 4096;  // a copy every quarter of an hour for 30 days

struct VaultCopyKey {
  VaultCopyId id;
  TimeUs made_at;
  // Of the register, that were carried out to their end when the copy was begun (check_register).
  std::uint64_t erasures = 0;
  crypto::Secret32 key;
};

struct BackupKeys {
  LogId log;
  // Those that signed manifests, the newest one last: a log gets a new key with a new era.
  std::vector<crypto::PublicKey> log_keys;
  std::uint64_t newest = 0;  // number of the newest backup that was finished; 0: none
  crypto::Secret32 files_key;
  std::vector<VaultCopyKey> vault_keys;  // in the order in which they were made

  const VaultCopyKey* find(const VaultCopyId& id) const;
};

std::filesystem::path backup_keys_file(const std::filesystem::path& folder);
Bytes encode_backup_keys(const BackupKeys& keys);
// corrupt: damaged; unsupported.
Result<BackupKeys> decode_backup_keys(ByteView bytes);
// not_found: there are none yet. corrupt, unsupported, io.
Result<BackupKeys> read_backup_keys(const std::filesystem::path& folder);
// io, out_of_space.
Status write_backup_keys(const std::filesystem::path& folder, const BackupKeys& keys);
// Forgets every key past its life, and, given how many erasures there are now, those older than the
// newest one that were made at another count: before an erasure, or by a register that was lost and
// written anew since, whose count says nothing of this one's. Answers how many, as the next one.
// The caller writes the file.
std::size_t forget_vault_keys(BackupKeys& keys, TimeUs now, std::optional<std::uint64_t> erasures);
// Forgets those of a time that is still to come, but the newest one: a clock that had jumped made
// them, and they would outlive their time. `now` is believed, and the newest copy is whole.
std::size_t forget_later_vault_keys(BackupKeys& keys, TimeUs now);
// Of those past their life alone, in the file, where there is one: at a start, since
// backups may have ended. As read and write.
Status expire_vault_keys(const std::filesystem::path& folder, TimeUs now);

// The copies whose keys the file holds: what it lists could undo an erasure until it expires. Empty
// where there is no file, or where it cannot be read: then none of them can be opened either.
std::vector<cases::VaultCopy> vault_copies(const std::filesystem::path& folder);

}  // namespace cartella::keeping
