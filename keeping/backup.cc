#include "keeping/backup.h"

#include <algorithm>
#include <set>
#include <string>
#include <system_error>

#include "crypto/forget.h"
#include "crypto/table_files.h"
#include "keeping/backup_keys.h"
#include "keeping/backup_objects.h"
#include "keeping/erasure_register.h"
#include "keeping/register_check.h"
#include "store/file_io.h"

namespace cartella::keeping {

namespace {

std::filesystem::path snapshot_of(const std::filesystem::path& data_dir) {
  return data_dir / "snapshot";
}

std::filesystem::path wanted_file(const std::filesystem::path& data_dir) {
  return data_dir / "backup.wanted";
}

// Small files that say which log this is and what outsiders said of it.
Status copy_small_files(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  for (const char* name : {"log.meta", "second-paths.json", "data-version"}) {
    if (!std::filesystem::exists(from / name, error)) continue;
    std::filesystem::copy_file(from / name, to / name, error);
    if (error) return fail(Errc::io, std::string("copy ") + name + ": " + error.message());
  }
  return ok();
}

// While anchors are made, set aside and removed: one that is gone meanwhile is not missed.
Status copy_anchors(const std::filesystem::path& from, const std::filesystem::path& to) {
  const auto names = store::names_in(from);
  if (!names && names.error().code == Errc::not_found) return ok();
  if (!names) return names.error();
  CARTELLA_TRY(store::make_directories(to));
  for (const std::string& name : names.value()) {
    if (name.ends_with(".new")) continue;
    std::error_code error;
    std::filesystem::copy_file(from / name, to / name, error);
    if (error && error != std::errc::no_such_file_or_directory)
      return fail(Errc::io, "copy anchors: " + error.message());
  }
  return ok();
}

// Removes the snapshot whatever happens: it holds keys.
class SnapshotFolder {
 public:
  explicit SnapshotFolder(const std::filesystem::path& data_dir) : x_data_dir(data_dir) {}
  ~SnapshotFolder() { (void)remove_snapshot(x_data_dir); }
  SnapshotFolder(const SnapshotFolder&) = delete;
  SnapshotFolder& operator=(const SnapshotFolder&) = delete;

 private:
  const std::filesystem::path& x_data_dir;
};

// For a restore that finds none on the second path. It is replaced as a whole: old or new.
Status copy_register(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  if (!std::filesystem::exists(from, error)) return ok();
  std::filesystem::copy_file(from, to, error);
  if (error) return fail(Errc::io, "copy the erasure register: " + error.message());
  return ok();
}

Result<store::Store::Snapshot> take_snapshot(const BackupSource& source,
                                             const std::filesystem::path& keys_folder) {
  const auto to = snapshot_of(source.data_dir);
  CARTELLA_TRY(store::make_directories(to));
  std::error_code error;
  std::filesystem::permissions(to, std::filesystem::perms::owner_all, error);
  if (error) return fail(Errc::io, "the snapshot cannot be closed to others");
  // Before the log: an anchor of more events than the copy holds would call the copy rolled back.
  CARTELLA_TRY(copy_anchors(source.data_dir / "anchors", to / "anchors"));
  CARTELLA_TRY(auto snapshot, source.store.snapshot(to / "log"));
  CARTELLA_TRY(source.vault.snapshot(to));
  if (source.accounts != nullptr) {
    CARTELLA_TRY(source.accounts->snapshot(to / "accounts"));
  }
  if (source.reference != nullptr) {
    CARTELLA_TRY(source.reference->snapshot(to / "reference"));
  }
  CARTELLA_TRY(copy_small_files(source.data_dir, to));
  CARTELLA_TRY(copy_register(erasure_register_path(keys_folder), erasure_register_path(to)));
  CARTELLA_TRY(crypto::verify_table_files(to / "log", nullptr));
  CARTELLA_TRY(crypto::verify_table_files(to / "vault", nullptr));
  return snapshot;
}

Result<std::vector<BackupFile>> files_below(const std::filesystem::path& dir) {
  std::vector<BackupFile> files;
  std::error_code error;
  std::filesystem::recursive_directory_iterator at(dir, error);
  for (; !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error)) {
    if (!at->is_regular_file(error)) continue;
    BackupFile file;
    file.path = at->path().lexically_relative(dir).generic_string();
    // RocksDB's own LOG is of no use to a restored store.
    if (at->path().filename() == "LOG" || at->path().filename() == "LOCK") continue;
    if (file.path.starts_with("vault/") || file.path.starts_with("keys/"))
      file.part = BackupPart::vault;
    files.push_back(std::move(file));
  }
  if (error) return fail(Errc::io, "the snapshot cannot be listed: " + error.message());
  std::ranges::sort(files, {}, &BackupFile::path);
  return files;
}

Result<BackupKeys> keys_for(const BackupSource& source, const BackupOptions& options,
                            const BackupFolder& folder) {
  auto keys = read_backup_keys(options.keys_folder);
  if (keys) {
    if (keys.value().log != source.store.log_id())
      return fail(Errc::refused, "backup.keys belongs to another log");
    auto& known = keys.value().log_keys;
    if (known.empty() || known.back() != source.log_key.public_key()) {
      if (known.size() >= kLogKeysMax) known.erase(known.begin());
      known.push_back(source.log_key.public_key());
    }
    return keys;
  }
  if (keys.error().code != Errc::not_found) return keys.error();
  CARTELLA_TRY(const auto manifests, folder.manifests());
  if (!manifests.empty())
    return fail(Errc::refused, "there are backups in " + options.target.string() + ", but " +
                                   backup_keys_file(options.keys_folder).string() +
                                   " is missing: restore it, or take another folder");
  BackupKeys fresh;
  fresh.log = source.store.log_id();
  fresh.log_keys = {source.log_key.public_key()};
  fresh.files_key = crypto::Secret32::random();
  return fresh;
}

Status add_vault_key(BackupKeys& keys, TimeUs now, std::uint64_t erasures) {
  VaultCopyKey key;
  crypto::random_fill(key.id.bytes);
  key.made_at = now;
  key.erasures = erasures;
  key.key = crypto::Secret32::random();
  if (keys.vault_keys.size() >= kVaultKeysMax)
    return fail(Errc::refused, "too many copies of the vault in 30 days");
  keys.vault_keys.push_back(std::move(key));
  return ok();
}

// Before an older copy is given up, the new one must open.
Status read_back(const BackupFolder& folder, const BackupManifest& manifest,
                 const crypto::Secret32& key) {
  for (const BackupFile& file : manifest.files) {
    if (file.part != BackupPart::vault) continue;
    CARTELLA_TRY(folder.read(file, key, [](ByteView) -> Status { return ok(); }));
  }
  return ok();
}

// Backups past their time go, and every object that no kept backup needs.
Result<std::size_t> prune(BackupFolder& folder, const BackupKeys& keys, TimeUs oldest) {
  CARTELLA_TRY(const auto numbers, folder.manifests());
  std::set<std::string> kept;
  std::size_t removed = 0;
  for (const std::uint64_t number : numbers) {
    const auto manifest = folder.read_manifest(number, keys.log_keys);
    // A damaged one is left for whoever looks into it; then nothing else may go either.
    if (!manifest) return removed;
    if (number != numbers.back() && manifest.value().made_at < oldest) {
      CARTELLA_TRY(folder.remove_manifest(number));
      ++removed;
      continue;
    }
    const VaultCopyKey* vault_key = keys.find(manifest.value().vault_copy);
    for (const BackupFile& file : manifest.value().files) {
      if (file.part == BackupPart::files)
        kept.insert(BackupFolder::object_name(file, keys.files_key));
      else if (vault_key != nullptr)
        kept.insert(BackupFolder::object_name(file, vault_key->key));
    }
  }
  CARTELLA_TRY(folder.remove_others(kept));
  return removed;
}

Status put_files(BackupFolder& folder, const BackupKeys& keys, const std::filesystem::path& from,
                 BackupManifest& manifest, BackupReport& report) {
  CARTELLA_TRY(auto files, files_below(from));
  for (BackupFile& file : files) {
    const crypto::Secret32& key =
        file.part == BackupPart::vault ? keys.vault_keys.back().key : keys.files_key;
    const auto path = from / file.path;
    CARTELLA_TRY(auto stored, folder.put(path, std::move(file), key));
    ++report.files;
    report.bytes += stored.file.bytes;
    report.damaged += stored.was_damaged ? 1 : 0;
    if (stored.is_new) {
      ++report.new_files;
      report.new_bytes += stored.sealed_bytes;
    }
    manifest.files.push_back(std::move(stored.file));
  }
  return folder.sync();
}

}  // namespace

Status ask_for_backup(const std::filesystem::path& data_dir) {
  return store::replace_file(wanted_file(data_dir), {});
}

Status remove_snapshot(const std::filesystem::path& data_dir) {
  return crypto::forget_files(snapshot_of(data_dir));
}

Result<BackupReport> make_backup(const BackupSource& source, const BackupOptions& options) {
  // Whoever asks from here on asks for the next one. Should this one fail, the night's follows:
  // asked for still, it would be begun again at once.
  std::error_code error;
  std::filesystem::remove(wanted_file(source.data_dir), error);
  if (error) return fail(Errc::io, "cannot remove " + wanted_file(source.data_dir).string());
  CARTELLA_TRY(auto folder, BackupFolder::make(options.target));
  CARTELLA_TRY(auto keys, keys_for(source, options, folder));
  CARTELLA_TRY(const auto numbers, folder.manifests());
  const TimeUs now = source.clock.wall();
  // Before the vault is copied: what is carried out meanwhile counts as made after the copy.
  CARTELLA_TRY(const std::uint64_t erasures,
               check_register(source.store, options.keys_folder, source.register_key.public_key()));
  CARTELLA_TRY(add_vault_key(keys, now, erasures));
  // The key is safe before anything is sealed with it.
  CARTELLA_TRY(write_backup_keys(options.keys_folder, keys));
  CARTELLA_TRY(remove_snapshot(source.data_dir));
  const SnapshotFolder snapshot_folder(source.data_dir);
  CARTELLA_TRY(auto snapshot, take_snapshot(source, options.keys_folder));
  BackupManifest manifest;
  manifest.number = std::max(keys.newest, numbers.empty() ? 0 : numbers.back()) + 1;
  manifest.log = source.store.log_id();
  manifest.made_at = now;
  manifest.checkpoint = snapshot.checkpoint;
  manifest.note = std::move(snapshot.note);
  manifest.vault_copy = keys.vault_keys.back().id;
  manifest.erasures = erasures;
  BackupReport report;
  CARTELLA_TRY(put_files(folder, keys, snapshot_of(source.data_dir), manifest, report));
  CARTELLA_TRY(read_back(folder, manifest, keys.vault_keys.back().key));
  CARTELLA_TRY(folder.put_manifest(manifest.number, encode_manifest(manifest, source.log_key)));
  keys.newest = manifest.number;
  // `now` is of before: a clock that has jumped by then is in doubt here.
  CARTELLA_TRY(const auto doubt, source.store.clock_doubt());
  report.is_clock_in_doubt = doubt.has_value();
  if (!doubt) {
    report.forgotten_keys = forget_vault_keys(keys, now, erasures);
    report.forgotten_keys += forget_later_vault_keys(keys, now);
  }
  CARTELLA_TRY(write_backup_keys(options.keys_folder, keys));
  if (!doubt) {
    CARTELLA_TRY(report.removed_backups, prune(folder, keys, TimeUs{now.us - options.keep_us}));
  }
  report.number = manifest.number;
  report.size = manifest.checkpoint.size;
  report.root = manifest.checkpoint.root;
  return report;
}

Result<BackupCheck> verify_backup(const std::filesystem::path& target,
                                  const std::filesystem::path& keys_folder,
                                  std::optional<std::uint64_t> number) {
  CARTELLA_TRY(const auto keys, read_backup_keys(keys_folder));
  CARTELLA_TRY(const auto folder, BackupFolder::find(target));
  if (keys.newest == 0) return fail(Errc::not_found, "no backup was ever finished");
  BackupCheck check;
  CARTELLA_TRY(check.manifest, folder.read_manifest(number.value_or(keys.newest), keys.log_keys));
  if (check.manifest.log != keys.log)
    return fail(Errc::corrupt, "the backup is of another log than backup.keys");
  const VaultCopyKey* vault_key = keys.find(check.manifest.vault_copy);
  check.vault_is_kept = vault_key != nullptr;
  for (const BackupFile& file : check.manifest.files) {
    if (file.part == BackupPart::vault && vault_key == nullptr) continue;
    const crypto::Secret32& key = file.part == BackupPart::vault ? vault_key->key : keys.files_key;
    CARTELLA_TRY(folder.read(file, key, [&](ByteView piece) -> Status {
      check.bytes += piece.size();
      return ok();
    }));
  }
  return check;
}

}  // namespace cartella::keeping
