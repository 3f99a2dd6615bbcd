#include <fstream>
#include <variant>

#include "cases/command_json.h"
#include "cases/decide.h"
#include "cases/json_text.h"
#include "ops/exit_code.h"
#include "ops/run.h"

namespace cartella::ops {

namespace {

// One byte more than may be there, so that too much is seen and not cut.
Result<std::string> read_text(std::istream& from) {
  std::string text(cases::kJsonBytesMax + 1, '\0');
  from.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (from.bad()) return fail(Errc::io, "lettura del comando non riuscita");
  text.resize(static_cast<std::size_t>(from.gcount()));
  return text;
}

Result<std::string> command_text(const Options& options, std::istream& in) {
  if (options.from.empty()) return read_text(in);
  std::ifstream from(options.from, std::ios::binary);
  if (!from) return fail(Errc::io, "il file del comando non si legge");
  return read_text(from);
}

// One row an event, as it stands in the log.
Result<Table> receipt_table(store::Store& store, const cases::Outcome& outcome) {
  Table table{"events",
              outcome.duplicate  ? "Comando già registrato: la ricevuta di allora"
              : outcome.existing ? "Già nota: nulla da registrare"
                                 : "Ricevuta",
              {"Posizione", "Flusso", "Revisione", "Evento", "Registrato"},
              {"position", "stream", "revision", "event", "recorded_at"},
              {}};
  for (std::uint32_t i = 0; i < outcome.receipt.event_count; ++i) {
    CARTELLA_TRY(const auto event, store.read(outcome.receipt.first_position + i));
    const crypto::Leaf& leaf = event.leaf;
    table.rows.push_back({static_cast<std::int64_t>(leaf.position), leaf.stream_id.hex(),
                          static_cast<std::int64_t>(leaf.revision), leaf.event_id.hex(),
                          format_time(leaf.recorded_at)});
  }
  return table;
}

// Two people erase (ledger.md 6), and `actor` is only a name: whoever may open the socket could
// write both. What keeps data from being erased, or away from those who work with them, is no less.
template <typename... Commands>
bool is_one_of(const cases::Command& command) {
  return (std::holds_alternative<Commands>(command) || ...);
}

Status check_needs_no_person(const cases::Command& command) {
  if (is_one_of<cases::ProposeErasure, cases::DecideErasure>(command))
    return fail(Errc::refused,
                "una cancellazione si propone e si decide con password e codice: erasure propose e "
                "erasure decide (un titolare che lascia l'ambito: --whole-comune, --export)");
  if (is_one_of<cases::PlaceLegalHold, cases::LiftLegalHold, cases::RestrictProcessing,
                cases::LiftRestriction, cases::SetRetentionRule>(command))
    return fail(Errc::refused,
                "vincoli legali, limitazioni e tempi di conservazione li registra una persona con "
                "password e codice: hold, restriction, retention");
  return ok();
}

}  // namespace

Result<int> run_record(const Options& options, Console& console) {
  CARTELLA_TRY(const auto text, command_text(options, console.in));
  CARTELLA_TRY(const auto request, cases::read_command(text));
  CARTELLA_TRY(check_needs_no_person(request.command));
  WorkspaceOptions workspace_options;
  workspace_options.with_views = false;
  workspace_options.with_executor = true;
  CARTELLA_TRY(auto workspace, open_workspace(options, console, workspace_options));
  cases::Executor& executor = workspace->executor();
  CARTELLA_TRY(const auto context,
               cases::context_of(request, *executor.organisation(), workspace->clock()));
  CARTELLA_TRY(const auto outcome, executor.execute(context, request.command));
  Table result{"result",
               "Flusso del comando",
               {"Flusso", "Soggetto", "Esito"},
               {"stream", "subject", "outcome"},
               {}};
  const std::string_view word = outcome.existing    ? "existing"
                                : outcome.duplicate ? "duplicate"
                                                    : "recorded";
  result.rows.push_back({outcome.stream.hex(),
                         outcome.subject.is_zero() ? std::string() : outcome.subject.hex(),
                         std::string(word)});
  CARTELLA_TRY(auto events, receipt_table(workspace->store(), outcome));
  CARTELLA_TRY(workspace.close());
  print_tables(console.out, {result, events}, options.format);
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
