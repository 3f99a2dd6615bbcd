#include <ostream>

#include "crypto/forget.h"
#include "keeping/erasure_register.h"
#include "keeping/older_head.h"
#include "ops/exit_code.h"
#include "ops/run.h"
#include "ops/second_paths.h"
#include "store/log_meta.h"

namespace cartella::ops {

namespace {

// Only what was looked at is accepted: the caller names its size.
Status check_size(const Options& options, const store::Store& store) {
  if (options.accepted_size == store.size()) return ok();
  return fail(Errc::refused, "l'archivio ha " + std::to_string(store.size()) + " eventi, non " +
                                 std::to_string(options.accepted_size));
}

// The clock is confirmed with the genesis: nothing may stand before it.
Result<WorkspaceHandle> open_era(Options options, Console& console) {
  options.clock_confirmed_by.reset();
  WorkspaceOptions wanted;
  wanted.with_views = false;
  wanted.finish_era = true;
  return open_workspace(options, console, wanted);
}

// Step 1: origin and key of the new era stand in log.meta. Nothing to do where they stand there
// already and the genesis is missing.
Status begin(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_era(options, console));
  CARTELLA_TRY(check_size(options, workspace->store()));
  CARTELLA_TRY(const auto meta, store::read_meta(options.data));
  if (keeping::is_unfinished_era(meta, workspace->store())) return ok();
  CARTELLA_TRY(const auto folder, keeping_folder(options.data));
  return keeping::begin_era(options.data, folder, workspace->store(), workspace->vault(),
                            workspace->log_keys());
}

// Step 2, before the genesis, so that a kill repeats it. What was erased after that head is erased
// again: the log does not tell of it any more, and its vault may have the keys again. The views may
// show it, and are made anew.
Status erase_again(const Options& options, Workspace& workspace) {
  CARTELLA_TRY(const auto folder, keeping_folder(options.data));
  CARTELLA_TRY(const auto records, keeping::read_erasures(folder, workspace.store().log_id(),
                                                          workspace.register_key().public_key()));
  for (const keeping::ErasureRecord& record : records) {
    CARTELLA_TRY(workspace.vault().destroy_keys(keeping::keys_of(workspace.vault(), record),
                                                record.streams));
  }
  CARTELLA_TRY(const auto purged, workspace.purge_erased());
  if (purged == 0) return ok();
  return crypto::forget_files(options.data / "views");
}

}  // namespace

Result<int> run_accept_older_head(const Options& options, Console& console) {
  CARTELLA_TRY(begin(options, console));
  CARTELLA_TRY(auto workspace, open_era(options, console));
  CARTELLA_TRY(workspace->store().rollback());
  CARTELLA_TRY(erase_again(options, *workspace));
  CARTELLA_TRY(const auto meta, store::read_meta(options.data));
  CARTELLA_TRY(const auto folder, keeping_folder(options.data));
  CARTELLA_TRY(const auto era, keeping::describe_era(folder, meta, options.reason));
  CARTELLA_TRY(cases::write_new_era(workspace->store(), workspace->vault(), workspace->log_key(),
                                    workspace->server_key(), workspace->clock(), era,
                                    options.clock_confirmed_by));
  CARTELLA_TRY(workspace->log_keys().forget_past(workspace->vault()));
  print_tables(
      console.out,
      {Table{"accept-older-head",
             "Era nuova",
             {"Voce", "Valore"},
             {"name", "value"},
             {{std::string("origine"), meta.origin},
              {std::string("chiave"), crypto::verifier_key(meta.origin, meta.key)},
              {std::string("origine precedente"), era.previous_origin},
              {std::string("prima posizione"), static_cast<std::int64_t>(*meta.era_start())}}}},
      options.format);
  console.err
      << "cartella: chi controlla questo registro deve ricevere l'origine e la chiave nuove; "
         "gli eventi dopo la posizione indicata nella storia di prima sono perduti\n";
  CARTELLA_TRY(workspace->close());
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
