#include <ostream>

#include "cases/registered_schemas.h"
#include "keeping/data_version.h"
#include "ops/exit_code.h"
#include "ops/run.h"

namespace cartella::ops {

namespace {

// Everything is looked at before anything is touched: the layout, then every byte of the log, the
// vault, the views.
Result<int> check_first(const Options& options, Console& console) {
  CARTELLA_TRY(keeping::check_data_version(options.data));
  Options verifying = options;
  verifying.verb = Verb::verify;
  return run_verify(verifying, console);
}

// What is to be registered needs a clock that is believed: said before hours of work, not after.
Status check_clock(const Options& options, const Options& before, Console& console) {
  if (options.clock_confirmed_by) return ok();
  WorkspaceOptions wanted;
  wanted.with_views = false;
  CARTELLA_TRY(auto workspace, open_workspace(before, console, wanted));
  if (cases::check_schemas(workspace->store())) return ok();
  CARTELLA_TRY(const auto doubt, workspace->store().clock_doubt());
  if (!doubt) return ok();
  return fail(Errc::clock_suspect,
              "dall'ultimo evento è passato più di un giorno, o l'orologio è tornato indietro: se "
              "l'ora è giusta, ripetere con --confirm-clock");
}

// What this build makes of the directory: the log is told the schemas that this one writes, and
// views of another generation are built here, before the server is asked for.
Status convert(const Options& options, Console& console) {
  WorkspaceOptions wanted;
  wanted.with_reference = true;
  wanted.register_schemas = true;
  CARTELLA_TRY(auto workspace, open_workspace(options, console, wanted));
  CARTELLA_TRY(workspace->store().rollback());
  CARTELLA_TRY(workspace->engine().catch_up());
  CARTELLA_TRY(workspace->close());
  return keeping::write_data_version(options.data);
}

}  // namespace

Result<int> run_upgrade(const Options& options, Console& console) {
  Options before = options;  // nothing is written until there is a way back
  before.clock_confirmed_by.reset();
  if (!options.check_only) {
    CARTELLA_TRY(check_clock(options, before, console));
  }
  CARTELLA_TRY(const int checked, check_first(before, console));
  if (checked != kExitOk) return checked;
  if (options.check_only) {
    console.err
        << "cartella: i controlli prima dell'aggiornamento sono riusciti; nulla è cambiato\n";
    return static_cast<int>(kExitOk);
  }
  if (options.target.empty())
    return fail(Errc::invalid_argument, "upgrade vuole TARGET: la copia è la via del ritorno");
  CARTELLA_TRY(const int copied, run_backup(before, console));
  if (copied != kExitOk) return copied;
  CARTELLA_TRY(convert(options, console));
  console.err
      << "cartella: aggiornato. Per tornare indietro: con il programma di prima, cartella "
         "restore in una cartella vuota della copia appena fatta (cartella accept-older-head "
         "se nel frattempo si è scritto)\n";
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
