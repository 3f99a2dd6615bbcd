#include <mutex>
#include <ostream>

#include "base/local_time.h"
#include "keeping/backup.h"
#include "keeping/erasure_register.h"
#include "keeping/restore.h"
#include "ops/exit_code.h"
#include "ops/root_key_choice.h"
#include "ops/run.h"
#include "ops/second_paths.h"
#include "store/file_io.h"
#include "store/log_meta.h"
#include "store/restored_log.h"
#include "store/restored_mirror.h"

namespace cartella::ops {

namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

Cell number(std::uint64_t value) { return static_cast<std::int64_t>(value); }
Cell text(std::string value) { return value; }

std::string seconds(std::int64_t us) {
  const std::int64_t tenths = us / 100'000;
  return std::to_string(tenths / 10) + "," + std::to_string(tenths % 10) + " s";
}

void print_pairs(const Options& options, const Console& console, const char* name,
                 const char* title, std::vector<std::vector<Cell>> rows) {
  print_tables(console.out,
               {Table{name, title, {"Voce", "Valore"}, {"name", "value"}, std::move(rows)}},
               options.format);
}

// How much would be lost: what is known to have been committed and is not in the restored log.
struct PointOfRecovery {
  std::string events = "ignota";
  std::string age;
};

PointOfRecovery point_of_recovery(const Options& options, const keeping::BackupManifest& manifest,
                                  TimeUs now) {
  PointOfRecovery point;
  point.age = seconds(now.us - manifest.made_at.us);
  const auto meta = store::read_meta(options.data);
  if (!meta) return point;
  const auto head = store::read_head_copy(options.second_path, meta.value());
  if (!head || !head.value()) return point;
  const std::uint64_t known = head.value()->size;
  const std::uint64_t held = manifest.checkpoint.size;
  point.events = std::to_string(known > held ? known - held : 0);
  return point;
}

// The tree that the rows give must be the one that the manifest signs.
Status make_journal(const Options& options, const keeping::BackupManifest& manifest,
                    const SecondPaths& paths) {
  store::StoreOptions store_options;
  store_options.journal_mirror_dir = paths.journal_mirror;
  CARTELLA_TRY(const auto held, store::make_restored_journal(options.data, store_options));
  if (held.size == manifest.checkpoint.size && held.root == manifest.checkpoint.root) return ok();
  return fail(Errc::corrupt, "the restored rows are not the tree that the backup's list signs");
}

// The register that the newest copy holds, where the second path lacks records.
Status take_register(const Options& options, const Console& console, const LogId& log,
                     const crypto::PublicKey& key) {
  CARTELLA_TRY(const bool is_taken,
               keeping::take_register(options.data, options.second_path, log, key));
  std::error_code error;
  std::filesystem::remove(keeping::erasure_register_path(options.data), error);
  if (error) return fail(Errc::io, "il registro delle cancellazioni della copia non si toglie");
  if (is_taken)
    console.err << "cartella: il registro delle cancellazioni è quello della copia più recente: "
                   "chi è stato cancellato dopo va cancellato di nuovo\n";
  return ok();
}

Result<std::size_t> erase_again(const Options& options, const Console& console,
                                const crypto::RootSource& source,
                                const keeping::RestoredFiles& restored) {
  CARTELLA_TRY(const auto vault, crypto::Vault::open(options.data, source, {}));
  CARTELLA_TRY(const auto key, keeping::register_key(*vault));
  if (options.register_from_copy) {
    CARTELLA_TRY(take_register(options, console, restored.manifest.log, key->public_key()));
  }
  CARTELLA_TRY(const auto count,
               keeping::replay_erasures(*vault, restored, options.second_path, key->public_key()));
  CARTELLA_TRY(vault->close());
  return count;
}

// Rows of what is erased go before anybody opens the directory.
Status purge_again(const Options& options, const crypto::RootSource& source) {
  WorkspaceOptions wanted;
  wanted.with_views = false;
  wanted.finish_restore = true;
  CARTELLA_TRY(auto workspace, Workspace::open(options.data, source, wanted));
  // A log from before a rotation of keys is older than its vault: nothing signs for it or publishes
  // it, but what is erased goes from its rows all the same.
  CARTELLA_TRY(workspace->purge_erased());
  CARTELLA_TRY(workspace->close());
  workspace.reset();
  if (options.drill) return ok();
  // What it published goes: the head that counts is on the second path.
  std::error_code error;
  std::filesystem::remove(options.data / "head" / "head", error);
  if (error) return fail(Errc::io, "la testa provvisoria non si toglie");
  return ok();
}

// A drill's copy has no second path; what was erased since its backup is answered for all the same.
Status copy_register(const Options& options) {
  const auto from = keeping::erasure_register_path(options.second_path);
  const auto to = keeping::erasure_register_path(options.data / "head");
  std::error_code error;
  if (!std::filesystem::exists(from, error)) return ok();
  CARTELLA_TRY(store::make_directories(to.parent_path()));
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing, error);
  if (error) return fail(Errc::io, "il registro delle cancellazioni non si copia");
  return ok();
}

// None of the folders may lie in another: each is written, emptied or moved on its own.
Result<SecondPaths> paths_of_restore(const Options& options) {
  CARTELLA_TRY(check_apart(options.data, options.target, "TARGET"));
  CARTELLA_TRY(
      check_apart(options.second_path, options.target, "TARGET", "dalla seconda cartella"));
  CARTELLA_TRY(check_apart(options.target, options.journal_mirror, "--journal-mirror",
                           "dalla cartella delle copie"));
  CARTELLA_TRY(auto paths,
               second_paths_for(options.data, options.second_path, options.journal_mirror));
  if (options.drill) return SecondPaths{};
  if (!paths.journal_mirror.empty()) {
    const Status usable = store::check_mirror(paths.journal_mirror);
    if (!usable && usable.error().code == Errc::invalid_argument)
      return fail(Errc::invalid_argument,
                  "--journal-mirror vuole una cartella vuota, o con la sola copia di un giornale e "
                  "senza un 'before-restore' di prima (" +
                      usable.error().detail + ")");
    if (!usable) return usable.error();
  }
  return paths;
}

Status finish_mirror(const SecondPaths& paths, const Console& console) {
  if (paths.journal_mirror.empty()) return ok();
  CARTELLA_TRY(const bool has_older, store::finish_mirror(paths.journal_mirror));
  if (has_older)
    console.err << "cartella: la copia del giornale che c'era prima sta in "
                << store::mirror_before_restore(paths.journal_mirror).string()
                << ": può avere eventi più recenti di questa copia, e byte di persone cancellate; "
                   "va distrutta appena non serve più\n";
  return ok();
}

}  // namespace

Result<int> run_backup(const Options& options, Console& console) {
  CARTELLA_TRY(const auto folder, keeping_folder(options.data));
  CARTELLA_TRY(check_apart(options.data, options.target, "TARGET"));
  CARTELLA_TRY(check_apart(folder, options.target, "TARGET", "dalla seconda cartella"));
  const SystemClock timer;
  const std::int64_t begun = timer.monotonic_us();
  WorkspaceOptions wanted;
  std::error_code error;
  wanted.with_views = false;
  wanted.with_reference = std::filesystem::exists(options.data / "reference", error);
  wanted.with_accounts = std::filesystem::exists(options.data / "accounts", error);
  CARTELLA_TRY(auto workspace, open_workspace(options, console, wanted));
  const keeping::BackupSource source{workspace->dir(),
                                     workspace->store(),
                                     workspace->vault(),
                                     workspace->has_reference() ? &workspace->reference() : nullptr,
                                     workspace->has_accounts() ? &workspace->accounts() : nullptr,
                                     workspace->log_key(),
                                     workspace->register_key(),
                                     workspace->clock()};
  const std::lock_guard lock(workspace->copying());
  CARTELLA_TRY(const auto report,
               keeping::make_backup(source, {options.target, folder, options.keep_days * kDayUs}));
  print_pairs(options, console, "backup", "Copia fatta",
              {{text("numero"), number(report.number)},
               {text("eventi"), number(report.size)},
               {text("radice"), text(to_base64(report.root))},
               {text("file"), number(report.files)},
               {text("file nuovi"), number(report.new_files)},
               {text("byte"), number(report.bytes)},
               {text("byte scritti"), number(report.new_bytes)},
               {text("oggetti danneggiati rifatti"), number(report.damaged)},
               {text("chiavi di copie del vault distrutte"), number(report.forgotten_keys)},
               {text("copie scadute tolte"), number(report.removed_backups)},
               {text("durata"), text(seconds(timer.monotonic_us() - begun))}});
  if (report.damaged > 0)
    console.err << "cartella: nella cartella delle copie c'erano oggetti danneggiati, ora rifatti: "
                   "controllarne il disco\n";
  if (report.is_clock_in_doubt)
    console.err
        << "cartella: l'orologio è in dubbio: finché qualcuno non lo conferma nessuna copia "
           "precedente scade, e nessuna chiave di copie del vault viene distrutta\n";
  if (folder.parent_path() == options.data || folder == options.data / "head")
    console.err << "cartella: le chiavi delle copie stanno nella cartella dei dati ("
                << folder.string() << "): copiarle altrove, o perduta l'una si perdono le altre\n";
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

Result<int> run_verify_backup(const Options& options, Console& console) {
  const SystemClock timer;
  const std::int64_t begun = timer.monotonic_us();
  CARTELLA_TRY(const auto check,
               keeping::verify_backup(options.target, options.second_path, options.backup_number));
  const auto& manifest = check.manifest;
  print_pairs(options, console, "verify-backup", "Copia verificata",
              {{text("numero"), number(manifest.number)},
               {text("origine"), text(manifest.checkpoint.origin)},
               {text("fatta il"), text(format_time(manifest.made_at))},
               {text("eventi"), number(manifest.checkpoint.size)},
               {text("radice"), text(to_base64(manifest.checkpoint.root))},
               {text("file"), number(manifest.files.size())},
               {text("byte"), number(check.bytes)},
               {text("vault"), text(check.vault_is_kept ? "apribile" : "scaduto o distrutto")},
               {text("durata"), text(seconds(timer.monotonic_us() - begun))}});
  return static_cast<int>(kExitOk);
}

Result<int> run_restore(const Options& options, Console& console) {
  const SystemClock timer;
  const std::int64_t begun = timer.monotonic_us();
  CARTELLA_TRY(const auto choice, chosen_root_key(options));
  CARTELLA_TRY(const auto source, read_root_source(choice));
  CARTELLA_TRY(const auto paths, paths_of_restore(options));
  CARTELLA_TRY(const auto restored,
               keeping::restore_files({options.target, options.second_path, options.data,
                                       options.backup_number, options.register_from_copy}));
  CARTELLA_TRY(write_second_paths(options.data, paths));
  CARTELLA_TRY(make_journal(options, restored.manifest, paths));
  CARTELLA_TRY(const auto erasures, erase_again(options, console, source, restored));
  if (options.drill) {
    CARTELLA_TRY(mark_drill(options.data));
    CARTELLA_TRY(copy_register(options));
    // The head that it is verified against is the backup's own.
    CARTELLA_TRY(store::make_directories(options.data / "head"));
    CARTELLA_TRY(store::write_head_copy(options.data / "head", restored.manifest.note));
  }
  if (erasures > 0) {
    CARTELLA_TRY(purge_again(options, source));
  }
  CARTELLA_TRY(finish_mirror(paths, console));
  CARTELLA_TRY(keeping::finish_restore(options.data));
  const auto point = point_of_recovery(options, restored.manifest, timer.wall());
  print_pairs(options, console, "restore", "Copia ripristinata",
              {{text("numero"), number(restored.manifest.number)},
               {text("vault della copia"), number(restored.vault_number)},
               {text("eventi"), number(restored.manifest.checkpoint.size)},
               {text("radice"), text(to_base64(restored.manifest.checkpoint.root))},
               {text("cancellazioni ripetute"), number(erasures)},
               {text("byte"), number(restored.bytes)},
               {text("RPO, eventi mancanti"), text(point.events)},
               {text("RPO, età della copia"), text(point.age)},
               {text("RTO, durata"), text(seconds(timer.monotonic_us() - begun))}});
  if (point.events != "0" && !options.drill)
    console.err << "cartella: la testa conosciuta è più avanti di questa copia: l'archivio si apre "
                   "in sola lettura finché qualcuno non l'accetta (cartella accept-older-head)\n";
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
