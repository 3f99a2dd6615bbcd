
#include "cases/bootstrap.h"
#include "ops/exit_code.h"
#include "ops/import_predecessor.h"
#include "ops/import_registry.h"
#include "ops/run.h"

namespace cartella::ops {

namespace {

Result<WorkspaceHandle> open_for_import(const Options& options, Console& console) {
  WorkspaceOptions workspace_options;
  workspace_options.with_views = false;
  workspace_options.with_reference = true;
  workspace_options.with_executor = true;
  return open_workspace(options, console, workspace_options);
}

ImportOptions import_options(Progress& progress) {
  ImportOptions result;
  result.actor = cases::installation_actor();
  result.progress = [&progress](std::string_view stage, std::uint64_t done, std::uint64_t total) {
    progress.update(stage, done, total);
  };
  return result;
}

Cell number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

// The rejects are written even when the import stopped, so that what is known is not lost.
Status write_rejects(const Rejects& rejects, const Options& options) {
  if (options.rejects.empty()) return ok();
  return rejects.write(options.rejects);
}

Table registry_table(const RegistrySummary& summary) {
  Table table{
      "files",
      "Anagrafi caricate",
      {"File", "Comune", "Record", "Accettati", "Errati", "Avvisi", "Noti", "Variazioni", "Esito"},
      {"file", "comune", "records", "accepted", "faults", "warnings", "known", "variations",
       "skipped"},
      {}};
  for (const auto& file : summary.files)
    table.rows.push_back({file.file, file.comune, number(file.records), number(file.accepted),
                          number(file.faults), number(file.warnings), number(file.known),
                          number(file.variations), file.skipped});
  return table;
}

Table predecessor_table(const ImportSummary& summary) {
  Table table{"import", "Importazione da SISO", {"Voce", "Quantità"}, {"name", "value"}, {}};
  const std::pair<const char*, std::uint64_t> rows[] = {{"righe", summary.rows},
                                                        {"persone", summary.people},
                                                        {"schede", summary.cards},
                                                        {"casi", summary.cases},
                                                        {"colloqui", summary.interviews},
                                                        {"prestazioni", summary.benefits},
                                                        {"erogazioni", summary.deliveries},
                                                        {"eventi", summary.events},
                                                        {"eventi nuovi", summary.new_events},
                                                        {"righe scartate", summary.rejected},
                                                        {"avvisi", summary.warnings}};
  for (const auto& [name, value] : rows) table.rows.push_back({std::string(name), number(value)});
  return table;
}

}  // namespace

Result<int> run_import_registry(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_import(options, console));
  Progress progress(console, options.quiet);
  Rejects rejects;
  const RegistryTarget target{workspace->executor(), workspace->store(), workspace->vault(),
                              workspace->reference(), workspace->clock()};
  auto summary = import_registry(options.files, target, import_options(progress), rejects);
  progress.finish();
  CARTELLA_TRY(write_rejects(rejects, options));
  if (!summary) return std::move(summary).error();
  print_tables(console.out, {registry_table(summary.value())}, options.format);
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

Result<int> run_import_predecessor(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_import(options, console));
  Progress progress(console, options.quiet);
  Rejects rejects;
  const ImportTarget target{workspace->executor(), workspace->vault(), workspace->store().log_id(),
                            &workspace->reference()};
  ImportOptions how = import_options(progress);
  how.new_migration = options.new_migration;
  auto summary = import_predecessor(options.directory, target, how, rejects);
  progress.finish();
  CARTELLA_TRY(write_rejects(rejects, options));
  if (!summary) return std::move(summary).error();
  print_tables(console.out, {predecessor_table(summary.value())}, options.format);
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

Result<int> run_import_close(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_import(options, console));
  CARTELLA_TRY(finish_predecessor_import(workspace->vault()));
  const Table closed{
      "migration",
      "Migrazione da SISO",
      {"Stato", "Che cosa comporta"},
      {"state", "detail"},
      {{std::string("chiusa"), std::string("un'altra importazione da SISO sarà rifiutata")}}};
  print_tables(console.out, {closed}, options.format);
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
