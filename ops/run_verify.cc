#include <fstream>
#include <sstream>

#include "cases/command_digests.h"
#include "cases/key_account.h"
#include "ops/attest.h"
#include "ops/exit_code.h"
#include "ops/root_key_choice.h"
#include "ops/run.h"
#include "ops/second_paths.h"
#include "ops/witnessing.h"
#include "store/verify.h"

namespace cartella::ops {

namespace {

constexpr std::size_t kCheckpointBytesMax = 16 * 1024;

struct Finding {
  std::string check;
  std::string position;  // empty where it cannot be known
  std::string detail;
};

Result<std::string> read_checkpoint(const std::filesystem::path& file) {
  std::ifstream from(file, std::ios::binary);
  std::string text(kCheckpointBytesMax + 1, '\0');
  from.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(from.gcount()));
  if (text.empty() || text.size() > kCheckpointBytesMax)
    return fail(Errc::invalid_input, "il file del checkpoint è vuoto o troppo lungo");
  return text;
}

// Damage that keeps a part from opening is a finding like any other, so that the rest is looked at.
void note_failure(std::vector<Finding>& findings, const char* check, const Error& error) {
  findings.push_back({check, "", error.detail});
}

bool is_damage(const Error& error) {
  return error.code == Errc::corrupt || error.code == Errc::rollback ||
         error.code == Errc::unsupported || error.code == Errc::not_found || error.code == Errc::io;
}

void add_log_findings(const store::VerifyReport& report, std::vector<Finding>& findings) {
  for (const auto& finding : report.findings)
    findings.push_back({std::string(store::verify_check_name(finding.check)),
                        finding.position ? std::to_string(*finding.position) : std::string(),
                        finding.detail});
}

// A view rebuilt up to the place of its newest attestation has the root that was attested. Another
// generation was built by another program, whose rows may differ lawfully.
void compare_with_attestations(const std::vector<Attestation>& attestations,
                               const std::vector<projections::ViewComparison>& compared,
                               std::vector<Finding>& findings) {
  for (const Attestation& attestation : attestations)
    for (const auto& view : compared)
      if (view.name == attestation.view.view && view.earlier &&
          (view.earlier->root != attestation.view.root ||
           view.earlier->row_count != attestation.view.row_count))
        findings.push_back({"attestations", std::to_string(attestation.position),
                            "la vista " + view.name + " fino alla posizione " +
                                std::to_string(attestation.view.cursor) +
                                " non è quella che il registro attesta"});
}

Result<std::vector<Attestation>> comparable_attestations(Workspace& workspace) {
  CARTELLA_TRY(auto attestations, newest_attestations(workspace));
  std::vector<Attestation> comparable;
  for (const auto& status : workspace.engine().statuses())
    for (const Attestation& attestation : attestations)
      if (attestation.view.view == status.name && attestation.view.generation == status.generation)
        comparable.push_back(attestation);
  return comparable;
}

// Opens every event again (tags, commitments, headers) and compares every row of every view.
Status verify_views(Workspace& workspace, Progress& progress, std::vector<Finding>& findings) {
  const auto show = [&](std::uint64_t done, std::uint64_t total) {
    progress.update("viste", done, total);
  };
  std::vector<Attestation> attestations;
  std::vector<projections::EarlierCursor> earlier;
  if (auto found = comparable_attestations(workspace)) {
    attestations = std::move(found).value();
    for (const Attestation& each : attestations)
      earlier.push_back({each.view.view, each.view.cursor});
  } else {
    if (!is_damage(found.error())) return std::move(found).error();
    note_failure(findings, "attestations", found.error());
  }
  auto compared = workspace.engine().compare_all_with_rebuild(show, earlier);
  if (!compared) {
    if (!is_damage(compared.error())) return std::move(compared).error();
    note_failure(findings, "views", compared.error());
    return ok();
  }
  compare_with_attestations(attestations, compared.value(), findings);
  for (const auto& view : compared.value())
    if (!view.equal)
      findings.push_back({"views", "",
                          "la vista " + view.name +
                              " non è quella che il registro ricostruisce, riga " +
                              view.first_difference});
  for (const auto& status : workspace.engine().statuses())
    if (status.faulted)
      findings.push_back({"views", std::to_string(status.fault_position),
                          "la vista " + status.name + " è guasta: " + status.fault_detail});
  return ok();
}

// A start looks at the newest events alone; this looks at all of them.
Status verify_keys(Workspace& workspace, std::vector<Finding>& findings) {
  const auto lost =
      cases::find_lost_key(workspace.store(), workspace.vault(), workspace.known_erasures());
  if (!lost) {
    if (!is_damage(lost.error())) return lost.error();
    note_failure(findings, "keys", lost.error());
    return ok();
  }
  if (lost.value())
    findings.push_back({"keys", std::to_string(lost.value()->position),
                        "manca una chiave di questo evento e nessuna cancellazione ne risponde"});
  return ok();
}

// The digest by which a repeated command is known stands in the index and, sealed, in the event.
Status verify_digests(Workspace& workspace, std::vector<Finding>& findings) {
  const auto wrong = cases::find_wrong_digest(workspace.store(), workspace.vault());
  if (!wrong) {
    if (!is_damage(wrong.error())) return wrong.error();
    note_failure(findings, "ids", wrong.error());
    return ok();
  }
  if (wrong.value())
    findings.push_back({"ids", std::to_string(*wrong.value()),
                        "l'indice dice di questo comando un'altra impronta che il suo evento"});
  return ok();
}

Status verify_parts(Workspace& workspace, Progress& progress, std::vector<Finding>& findings) {
  if (auto vault = workspace.vault().verify(); !vault)
    note_failure(findings, "vault", vault.error());
  if (auto reference = workspace.reference().verify(); !reference)
    note_failure(findings, "reference", reference.error());
  if (workspace.has_accounts()) {
    if (auto accounts = workspace.accounts().verify(); !accounts)
      note_failure(findings, "accounts", accounts.error());
  }
  CARTELLA_TRY(verify_keys(workspace, findings));
  CARTELLA_TRY(verify_digests(workspace, findings));
  return verify_views(workspace, progress, findings);
}

// What witnesses and authorities said is of this very log.
Status verify_anchors(const Options& options, Workspace& workspace, proofs::AnchorReport& anchors,
                      std::vector<Finding>& findings) {
  CARTELLA_TRY(anchors, check_kept_anchors(options, workspace));
  for (const proofs::AnchorFinding& each : anchors.findings)
    findings.push_back(
        {each.is_rollback ? "rollback" : "anchors", std::to_string(each.size), each.detail});
  return ok();
}

Status verify_opened(const Options& options, const crypto::RootSource& source, Progress& progress,
                     proofs::AnchorReport& anchors, std::vector<Finding>& findings) {
  WorkspaceOptions workspace_options;
  workspace_options.with_views = !options.tree_only;
  workspace_options.with_reference = !options.tree_only;
  std::error_code none;  // a store that nobody logs in to has none, and verifying makes none
  workspace_options.with_accounts =
      !options.tree_only && std::filesystem::exists(options.data / "accounts", none);
  workspace_options.clock_confirmed_by = options.clock_confirmed_by;
  workspace_options.verify_files = !options.tree_only;
  auto workspace = Workspace::open(options.data, source, workspace_options);
  if (!workspace) {
    if (!is_damage(workspace.error())) return std::move(workspace).error();
    note_failure(findings, "open", workspace.error());
    return ok();
  }
  if (const Status older = workspace.value()->store().rollback(); !older)
    findings.push_back({"rollback", "", older.error().detail});
  CARTELLA_TRY(verify_anchors(options, *workspace.value(), anchors, findings));
  if (options.tree_only) return ok();
  return verify_parts(*workspace.value(), progress, findings);
}

Table summary_table(const store::VerifyReport& report, bool with_journal) {
  const auto count = [](std::uint64_t value) { return Cell(static_cast<std::int64_t>(value)); };
  Table table{"verify", "Verifica del registro", {"Voce", "Valore"}, {"name", "value"}, {}};
  table.rows.push_back({std::string("origine"), report.origin});
  table.rows.push_back({std::string("eventi"), count(report.size)});
  table.rows.push_back({std::string("radice"), to_base64(report.root)});
  table.rows.push_back({std::string("firme verificate"), count(report.signatures)});
  table.rows.push_back({std::string("flussi"), count(report.streams)});
  table.rows.push_back({std::string("checkpoint"), count(report.checkpoints)});
  if (with_journal)
    table.rows.push_back({std::string("record del giornale"), count(report.journal_records)});
  if (report.journal_healed > 0)
    table.rows.push_back(
        {std::string("record del giornale perduti dal disco"), count(report.journal_healed)});
  table.rows.push_back(
      {std::string("segmenti cancellati per legge"), count(report.erased_segments)});
  return table;
}

int print_result(const Options& options, const Console& console,
                 const std::optional<store::VerifyReport>& report,
                 const proofs::AnchorReport& anchors, const std::vector<Finding>& findings) {
  std::vector<Table> tables;
  if (report) tables.push_back(summary_table(*report, console.served == nullptr));
  const bool has_policy = !options.witness_policy.empty();
  if (anchors.count > 0) tables.push_back(anchor_table(anchors, has_policy));
  const std::string outside = anchor_summary(anchors, has_policy, !options.time_stamp_ca.empty());
  if (!outside.empty()) console.err << outside << "\n";
  // Nothing is lost, but a disk that loses bytes loses more.
  if (report && report->journal_healed > 0)
    console.err << "Il disco dell'archivio ha perduto o guastato " << report->journal_healed
                << " record del giornale, letti dalla copia sul secondo disco: controllare il "
                   "disco, se non è mancata la corrente. All'apertura vengono riscritti.\n";
  Table found{"findings",
              "Difetti",
              {"Controllo", "Posizione", "Che cosa"},
              {"check", "position", "detail"},
              {}};
  for (const Finding& finding : findings)
    found.rows.push_back({finding.check, finding.position, finding.detail});
  if (!findings.empty() || options.format == Format::json) tables.push_back(std::move(found));
  print_tables(console.out, tables, options.format);
  if (findings.empty()) {
    console.err << "Il registro è integro" << (options.tree_only ? " (solo albero)" : "")
                << (console.served == nullptr ? "" : " (archivio in uso: senza il giornale)")
                << ": verificato fino alla posizione " << (report ? report->size : 0) << ".\n";
    return kExitOk;
  }
  console.err << "Il registro NON è integro: " << findings[0].check
              << (findings[0].position.empty() ? "" : ", prima posizione " + findings[0].position)
              << ": " << findings[0].detail << "\n";
  return kExitCorrupt;
}

// What went wrong with the log's own check; an error where the check could not be made.
Status take_report(Result<store::VerifyReport> verified, std::optional<store::VerifyReport>& report,
                   std::vector<Finding>& findings) {
  if (verified) {
    report = std::move(verified).value();
    add_log_findings(*report, findings);
    return ok();
  }
  if (!is_damage(verified.error()) || verified.error().code == Errc::not_found)
    return std::move(verified).error();
  note_failure(findings, "log", verified.error());
  return ok();
}

// Up to the newest event, while others go on writing; the journal is theirs and is left alone.
Result<int> verify_served(const Options& options, const Console& console,
                          const store::VerifyOptions& verify_options, Progress& progress) {
  CARTELLA_TRY(auto workspace, open_workspace(options, console, {}));
  CARTELLA_TRY(workspace->store().signed_checkpoint());
  std::vector<Finding> findings;
  std::optional<store::VerifyReport> report;
  proofs::AnchorReport anchors;
  CARTELLA_TRY(
      take_report(store::verify_log(workspace->store(), verify_options), report, findings));
  if (findings.empty()) {
    CARTELLA_TRY(verify_anchors(options, *workspace, anchors, findings));
  }
  if (!options.tree_only && findings.empty()) {
    CARTELLA_TRY(verify_parts(*workspace, progress, findings));
  }
  progress.finish();
  return print_result(options, console, report, anchors, findings);
}

}  // namespace

Result<int> run_verify(const Options& options, Console& console) {
  Progress progress(console, options.quiet);
  store::VerifyOptions verify_options;
  verify_options.tree_only = options.tree_only;
  verify_options.memory_bytes_max = options.memory_mib << 20;
  verify_options.progress = [&](std::uint64_t done, std::uint64_t total) {
    progress.update("registro", done, total);
  };
  if (!options.against.empty()) {
    CARTELLA_TRY(auto note, read_checkpoint(options.against));
    verify_options.against = note;
  }
  if (console.served != nullptr) return verify_served(options, console, verify_options, progress);
  CARTELLA_TRY(const auto choice, chosen_root_key(options));
  CARTELLA_TRY(const auto source, read_root_source(choice));
  CARTELLA_TRY(const auto paths, read_second_paths(options.data));
  verify_options.store.head_copy_dir = paths.head_copy;
  verify_options.store.journal_mirror_dir = paths.journal_mirror;
  std::vector<Finding> findings;
  std::optional<store::VerifyReport> report;
  CARTELLA_TRY(take_report(store::verify_log(options.data, verify_options), report, findings));
  // A start repairs and settles keys: not on a log that is known to be damaged.
  proofs::AnchorReport anchors;
  const bool has_more = !options.tree_only || has_anchors(options.data);
  if (has_more && findings.empty()) {
    CARTELLA_TRY(verify_opened(options, source, progress, anchors, findings));
  }
  progress.finish();
  return print_result(options, console, report, anchors, findings);
}

}  // namespace cartella::ops
