#include "keeping/restore.h"

#include <algorithm>
#include <set>
#include <string>
#include <system_error>

#include "crypto/forget.h"
#include "keeping/backup_keys.h"
#include "keeping/backup_objects.h"
#include "keeping/erasure_register.h"
#include "store/file_io.h"

namespace cartella::keeping {

namespace {

std::filesystem::path marker_of(const std::filesystem::path& data_dir) {
  return data_dir / "restore.incomplete";
}

// An empty directory with the marker in it.
Status begin(const std::filesystem::path& data_dir) {
  std::error_code error;
  if (std::filesystem::exists(data_dir, error) && !std::filesystem::is_empty(data_dir, error) &&
      !is_unfinished_restore(data_dir))
    return fail(Errc::invalid_argument, data_dir.string() + " is not empty");
  CARTELLA_TRY(store::make_directories(data_dir));
  std::filesystem::permissions(data_dir, std::filesystem::perms::owner_all, error);
  if (error) return fail(Errc::io, data_dir.string() + " cannot be closed to others");
  CARTELLA_TRY(store::replace_file(marker_of(data_dir), {}));
  CARTELLA_TRY(const auto names, store::names_in(data_dir));
  for (const std::string& name : names) {
    if (data_dir / name == marker_of(data_dir)) continue;
    CARTELLA_TRY(crypto::forget_files(data_dir / name));
  }
  return ok();
}

struct VaultChoice {
  BackupManifest manifest;
  const VaultCopyKey* key = nullptr;
};

// Of the backup itself or of a newer one: a vault older than the log would lack keys.
Result<VaultChoice> choose_vault(const BackupFolder& folder, const BackupKeys& keys,
                                 const BackupManifest& wanted) {
  CARTELLA_TRY(const auto numbers, folder.manifests());
  for (const std::uint64_t number : numbers) {
    if (number < wanted.number) continue;
    CARTELLA_TRY(auto manifest, folder.read_manifest(number, keys.log_keys));
    const VaultCopyKey* key = keys.find(manifest.vault_copy);
    if (key == nullptr || manifest.checkpoint.size < wanted.checkpoint.size) continue;
    return VaultChoice{std::move(manifest), key};
  }
  return fail(Errc::refused, "no copy of the vault as new as backup " +
                                 std::to_string(wanted.number) + " can be opened any more");
}

class RestoredFolder {
 public:
  RestoredFolder(const BackupFolder& from, const std::filesystem::path& to)
      : x_from(from), x_to(to) {}
  // The files of one part; what paths say was checked with the manifest.
  Status write(const BackupManifest& manifest, BackupPart part, const crypto::Secret32& key) {
    for (const BackupFile& file : manifest.files) {
      if (file.part != part || is_register(file)) continue;
      CARTELLA_TRY(write_file(file, key));
    }
    return ok();
  }
  // Whether the backup has one.
  Result<bool> write_register(const BackupManifest& manifest, const crypto::Secret32& key) {
    const auto file = std::ranges::find_if(manifest.files, is_register);
    if (file == manifest.files.end()) return false;
    CARTELLA_TRY(write_file(*file, key));
    return true;
  }
  Status sync() {
    for (const auto& dir : x_folders) {
      CARTELLA_TRY(store::fsync_dir(dir));
    }
    return store::fsync_dir(x_to);
  }
  std::uint64_t bytes() const { return x_bytes; }

 private:
  static bool is_register(const BackupFile& file) {
    return file.part == BackupPart::files && file.path == erasure_register_path({});
  }
  Status write_file(const BackupFile& file, const crypto::Secret32& key) {
    const auto path = x_to / file.path;
    CARTELLA_TRY(store::make_directories(path.parent_path()));
    x_folders.insert(path.parent_path());
    CARTELLA_TRY(const auto to, store::File::create(path));
    std::uint64_t at = 0;
    CARTELLA_TRY(x_from.read(file, key, [&](ByteView piece) -> Status {
      CARTELLA_TRY(store::pwrite_all(to, at, piece));
      at += piece.size();
      return ok();
    }));
    x_bytes += at;
    return store::fsync_file(to);
  }

  const BackupFolder& x_from;
  const std::filesystem::path& x_to;
  std::set<std::filesystem::path> x_folders;
  std::uint64_t x_bytes = 0;
};

// Of the newest backup whose list can be read, whichever is restored: an older copy of backup.keys
// lacks the log key of newer ones. How many completed erasures it must have.
Result<std::uint64_t> write_newest_register(const BackupFolder& folder, const BackupKeys& keys,
                                            RestoredFolder& to) {
  CARTELLA_TRY(auto numbers, folder.manifests());
  for (auto number = numbers.rbegin(); number != numbers.rend(); ++number) {
    const auto manifest = folder.read_manifest(*number, keys.log_keys);
    if (!manifest) continue;
    CARTELLA_TRY(const bool is_there, to.write_register(manifest.value(), keys.files_key));
    if (is_there) return manifest.value().erasures;
  }
  return fail(Errc::not_found, "no backup holds an erasure register");
}

}  // namespace

bool is_unfinished_restore(const std::filesystem::path& data_dir) {
  std::error_code error;
  return std::filesystem::exists(marker_of(data_dir), error);
}

Result<RestoredFiles> restore_files(const RestoreOptions& options) {
  CARTELLA_TRY(const auto keys, read_backup_keys(options.keys_folder));
  CARTELLA_TRY(const auto folder, BackupFolder::find(options.target));
  if (keys.newest == 0) return fail(Errc::not_found, "no backup was ever finished");
  RestoredFiles restored;
  CARTELLA_TRY(restored.manifest,
               folder.read_manifest(options.number.value_or(keys.newest), keys.log_keys));
  if (restored.manifest.log != keys.log)
    return fail(Errc::corrupt, "the backup is of another log than backup.keys");
  CARTELLA_TRY(const auto vault, choose_vault(folder, keys, restored.manifest));
  restored.vault_number = vault.manifest.number;
  for (const VaultCopyKey& key : keys.vault_keys)
    restored.erasures_known = std::max(restored.erasures_known, key.erasures);
  CARTELLA_TRY(begin(options.data_dir));
  RestoredFolder to(folder, options.data_dir);
  CARTELLA_TRY(to.write(restored.manifest, BackupPart::files, keys.files_key));
  CARTELLA_TRY(to.write(vault.manifest, BackupPart::vault, vault.key->key));
  if (options.with_register) {
    CARTELLA_TRY(restored.erasures_known, write_newest_register(folder, keys, to));
  }
  CARTELLA_TRY(to.sync());
  restored.bytes = to.bytes();
  std::error_code error;
  std::filesystem::permissions(options.data_dir / "keys", std::filesystem::perms::owner_all, error);
  if (error) return fail(Errc::io, "keys/ cannot be closed to others");
  return restored;
}

Result<std::size_t> replay_erasures(crypto::Vault& vault, const RestoredFiles& restored,
                                    const std::filesystem::path& keys_folder,
                                    const crypto::PublicKey& register_key) {
  CARTELLA_TRY(const auto records, read_erasures(keys_folder, restored.manifest.log, register_key));
  if (records.size() < restored.erasures_known)
    return fail(Errc::refused, "the erasure register has " + std::to_string(records.size()) +
                                   " records, but " + std::to_string(restored.erasures_known) +
                                   " are known: the newest one is needed");
  for (const ErasureRecord& record : records) {
    CARTELLA_TRY(vault.destroy_keys(keys_of(vault, record), record.streams));
  }
  CARTELLA_TRY(vault.lower_mark(restored.manifest.checkpoint.size));
  return records.size();
}

Result<std::size_t> purge_erased(
    store::Store& store, cases::Executor& executor, const std::vector<ErasureRecord>& records,
    const std::function<Status(const ControllerId&)>& forget_registry) {
  // The copy may have other claims than the vault has a key for, and claims of who was erased.
  CARTELLA_TRY(executor.replace_claims_key());
  std::size_t count = 0;
  for (const ErasureRecord& record : records) {
    if (is_of_controller(record)) {
      CARTELLA_TRY(forget_registry(record.controller));
    }
    const auto decided = store.position_of(record.decision);
    // What the log tells of was purged before its backup, or the next start goes on with it.
    if (decided) continue;
    if (decided.error().code != Errc::not_found) return decided.error();
    store::PurgeOrder order;
    order.owner_keys = record.owner_keys;
    order.streams = record.streams;
    CARTELLA_TRY(store.purge(order));
    ++count;
  }
  return count;
}

Status finish_restore(const std::filesystem::path& data_dir) {
  std::error_code error;
  std::filesystem::remove(marker_of(data_dir), error);
  if (error) return fail(Errc::io, "the restored directory cannot be finished");
  return store::fsync_dir(data_dir);
}

}  // namespace cartella::keeping
