#include "ops/import_predecessor.h"

#include "ops/import_stages.h"

namespace cartella::ops {

namespace {

constexpr const char* kKeyName = "import/siso";

ImportSummary summary_of(const Source& source, const StageState& state, const Rejects& rejects) {
  ImportSummary summary;
  summary.rows = source.rows;
  for (const auto& at : state.people_of) summary.people += at.empty() ? 0u : 1u;
  for (const StreamId& card : state.cards) summary.cards += card.is_zero() ? 0u : 1u;
  for (const StreamId& one : state.cases) summary.cases += one.is_zero() ? 0u : 1u;
  for (const SourceCase& one : source.cases) summary.interviews += one.interviews.size();
  summary.benefits = source.benefits.size();
  for (const SourceBenefit& benefit : source.benefits)
    summary.deliveries += benefit.deliveries.size();
  summary.events = state.run.events();
  summary.new_events = state.run.new_events();
  summary.rejected = rejects.rejected();
  summary.warnings = rejects.warnings();
  return summary;
}

// Opening and closing are events of the lead ente's organisation; the import is named by what was
// imported, so that a repeated run finds them there.
class ImportFrame {
 public:
  ImportFrame(ImportRun& run, const Source& source)
      : x_run(run),
        x_source(source),
        x_id(cases::ImportId::from_view(run.command_id("import", to_hex(source.digest)).view())) {}

  Status open(const ControllerId& controller) {
    return execute(controller, "import/open", cases::OpenImport{x_id, "SISO", x_source.digest});
  }
  Status close(const ControllerId& controller, const ImportSummary& summary) {
    return execute(
        controller, "import/close",
        cases::CloseImport{x_id, summary.rows, summary.events, summary.rejected, summary.warnings});
  }

 private:
  Status execute(const ControllerId& controller, std::string_view name,
                 const cases::Command& command) {
    // The newest fact of the export is not known here; the frame is dated like the organisation.
    const SourceRef ref{name, 0, 0};
    cases::CommandContext context = x_run.context(controller, ref, TimeUs{946'684'800'000'000});
    context.command_id = x_run.command_id(name, to_hex(x_source.digest));
    context.external_refs.clear();
    auto outcome = x_run.try_execute(context, command);
    // The registry may have changed between two runs, and the totals with it: the first stand.
    if (!outcome && outcome.error().code != Errc::idempotency_conflict &&
        outcome.error().code != Errc::refused)
      return outcome.error();
    return ok();
  }

  ImportRun& x_run;
  const Source& x_source;
  cases::ImportId x_id;
};

// The key of a migration lives until it is closed; under a new key every row would be new. An open
// migration goes on under its key, whatever was asked for.
Status check_migration(const ImportTarget& target, const ImportOptions& options) {
  CARTELLA_TRY(const bool is_open, target.vault.has_named(kKeyName));
  if (is_open || options.new_migration || target.executor.organisation()->imports.empty())
    return ok();
  return fail(Errc::refused,
              "la migrazione da SISO è stata chiusa: una nuova importazione scriverebbe tutto una "
              "seconda volta; se è quello che serve, usare --new-migration");
}

}  // namespace

Result<ImportSummary> import_predecessor(const std::filesystem::path& dir,
                                         const ImportTarget& target, const ImportOptions& options,
                                         Rejects& rejects) {
  CARTELLA_TRY(check_migration(target, options));
  CARTELLA_TRY(const Source source, read_source(dir, rejects));
  CARTELLA_TRY(const auto key, target.vault.named_secret(kKeyName));
  ImportRun run(target.executor, key, to_hex(target.log_id.bytes), rejects, options);
  StageState state(run, source, target.reference);
  ImportFrame frame(run, source);

  CARTELLA_TRY(import_organisation(state));
  const ControllerId controller = state.controller(0);
  CARTELLA_TRY(frame.open(controller));
  CARTELLA_TRY(import_people(state));
  CARTELLA_TRY(import_cards(state));
  CARTELLA_TRY(import_cases(state));
  CARTELLA_TRY(import_benefits(state));
  CARTELLA_TRY(frame.close(controller, summary_of(source, state, rejects)));
  return summary_of(source, state, rejects);
}

Status finish_predecessor_import(crypto::Vault& vault) { return vault.destroy_named(kKeyName); }

}  // namespace cartella::ops
