#include "ops/console.h"

#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "ops/root_key_choice.h"

namespace cartella::ops {

Console process_console() {
  return {std::cin, std::cout, std::cerr, isatty(STDERR_FILENO) == 1, nullptr};
}

Result<WorkspaceHandle> open_workspace(const Options& options, const Console& console,
                                       WorkspaceOptions workspace_options) {
  if (console.served != nullptr) {
    std::error_code error;
    if (!std::filesystem::equivalent(options.data, console.served->dir(), error) || error)
      return fail(Errc::invalid_argument, "il server tiene un'altra cartella dei dati");
    if (options.clock_confirmed_by) {
      CARTELLA_TRY(console.served->confirm_clock(*options.clock_confirmed_by));
    }
    return WorkspaceHandle(*console.served);
  }
  CARTELLA_TRY(const auto choice, chosen_root_key(options));
  CARTELLA_TRY(const auto source, read_root_source(choice));
  workspace_options.clock_confirmed_by = options.clock_confirmed_by;
  CARTELLA_TRY(auto workspace, Workspace::open(options.data, source, workspace_options));
  if (const Status older = workspace->store().rollback(); !older)
    console.err << "cartella: ALLARME: l'archivio è più vecchio di quanto si sa per certo, o "
                   "un'altra storia: si apre in sola lettura ("
                << older.error().detail << ")\n";
  if (const std::uint64_t healed = workspace->store().healed_records(); healed > 0)
    console.err << "cartella: il disco dell'archivio aveva perduto o guastato " << healed
                << " record del giornale, ripresi dalla copia sul secondo disco e riscritti: "
                   "controllare il disco, se non è mancata la corrente\n";
  if (const Status& known = workspace->register_at_start(); !known)
    console.err << "cartella: ALLARME: il registro delle cancellazioni non è quello giusto ("
                << known.error().detail << ")\n";
  return WorkspaceHandle(std::move(workspace));
}

}  // namespace cartella::ops
