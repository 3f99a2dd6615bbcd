#include <fmt/format.h>

#include <ostream>

#include "crypto/note.h"
#include "keeping/controller_export.h"
#include "ops/erasing.h"
#include "ops/exit_code.h"
#include "ops/look.h"
#include "ops/run.h"

namespace cartella::ops {

namespace {

std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Result<crypto::Passphrase> receiver_passphrase(const Options& options) {
  return read_passphrase(options.receiver_passphrase_file, "della frase del destinatario");
}

void print_pairs(const Options& options, const Console& console, const char* title,
                 std::vector<std::vector<Cell>> rows) {
  print_tables(console.out,
               {Table{"export", title, {"Voce", "Valore"}, {"name", "value"}, std::move(rows)}},
               options.format);
}

// Field by field, as the body's schema has it; a schema unknown here by its number.
Status print_event(std::ostream& out, const keeping::ExportedEvent& event) {
  out << fmt::format("posizione {}  flusso {}  revisione {}  registrato {}\n", event.leaf.position,
                     event.leaf.stream_id.hex(), event.leaf.revision,
                     format_time(event.leaf.recorded_at));
  for (const proofs::DisclosedSegment& segment : event.segments) {
    CARTELLA_TRY(const auto told, proofs::prove_segment(segment, event.leaf, event.stubs));
    const std::string schema = told.schema.empty()
                                   ? fmt::format("schema {:016x}", segment.plaintext.schema_id)
                                   : told.schema;
    out << fmt::format("  {}  {}\n", schema, told.content);
  }
  if (event.segments.size() < event.stubs.size())
    out << fmt::format("  segmenti chiusi: {}\n", event.stubs.size() - event.segments.size());
  return out ? Status(ok()) : fail(Errc::io, "l'uscita non si scrive");
}

// What is no proof of anything has an exit code of its own, as a bundle has.
Result<int> refusal_of(const Error& error, const Console& console) {
  if (error.code == Errc::wrong_passphrase || error.code == Errc::not_found ||
      error.code == Errc::io || error.code == Errc::unavailable)
    return error;
  console.err << "cartella: l'esportazione NON è valida (" << errc_name(error.code)
              << "): " << error.detail << "\n";
  return static_cast<int>(kExitCorrupt);
}

void print_report(const Options& options, const Console& console,
                  const keeping::ExportReport& report) {
  const auto& manifest = report.manifest;
  const auto& newest = report.supplement ? *report.supplement : manifest;
  const std::string supplement =
      report.supplement ? "sha256 " + to_hex(report.supplement->digest) : "nessuno";
  print_pairs(options, console, "Esportazione verificata",
              {{std::string("origine"), manifest.checkpoint.origin},
               {std::string("titolare"), manifest.controller.hex()},
               {std::string("fatta il"), format_time(manifest.made_at)},
               {std::string("registro fino a"), number(newest.checkpoint.size)},
               {std::string("radice"), to_base64(newest.checkpoint.root)},
               {std::string("eventi del titolare"), number(report.events)},
               {std::string("eventi in chiaro del registro"), number(report.clear)},
               {std::string("flussi"), number(report.streams)},
               {std::string("segmenti leggibili"), number(report.segments)},
               {std::string("segmenti chiusi"), number(report.closed_segments)},
               {std::string("sha256"), to_hex(manifest.digest)},
               {std::string("supplemento"), supplement}});
}

}  // namespace

Result<int> run_erasure_export(const Options& options, Console& console) {
  CARTELLA_TRY(const auto proposal, proposal_of(options));
  CARTELLA_TRY(const auto passphrase, receiver_passphrase(options));
  WorkspaceOptions wanted;
  wanted.with_executor = true;
  CARTELLA_TRY(auto workspace, open_workspace(options, console, wanted));
  CARTELLA_TRY(const auto erasure, known_erasure(workspace->executor(), proposal));
  using Standing = cases::OrganisationState::Erasure::Standing;
  if (!erasure.of_controller || erasure.standing != Standing::proposed)
    return fail(Errc::refused, "non è la proposta, ancora da decidere, di un ente che se ne va");
  // What was being decided for the controller when it was proposed is in the log from here on.
  workspace->executor().drain();
  Showing showing;
  showing.operation = cases::Operation::export_;
  showing.target = "controller/" + erasure.controller.hex();
  showing.all_of = erasure.controller;
  CARTELLA_TRY(record_look(*workspace, options, console, showing, ""));
  CARTELLA_TRY(workspace->store().publish());
  CARTELLA_TRY(
      const auto manifest,
      keeping::write_export(
          {workspace->store(), workspace->vault(), workspace->log_key(), workspace->clock()},
          erasure.controller, proposal, passphrase, crypto::PassphraseCost::moderate, options.out));
  const std::string key =
      crypto::verifier_key(workspace->store().origin(), workspace->log_key().public_key());
  CARTELLA_TRY(workspace.close());
  print_pairs(options, console, "Esportazione scritta",
              {{std::string("eventi"), number(manifest.events)},
               {std::string("segmenti"), number(manifest.segments)},
               {std::string("registro fino a"), number(manifest.checkpoint.size)},
               {std::string("sha256"), to_hex(manifest.digest)},
               {std::string("chiave del registro"), key}});
  return static_cast<int>(kExitOk);
}

Result<int> run_read_export(const Options& options, Console& console) {
  CARTELLA_TRY(const auto passphrase, receiver_passphrase(options));
  std::optional<crypto::PublicKey> trusted;
  if (!options.vkey.empty()) {
    CARTELLA_TRY(const auto given, crypto::parse_verifier_key(options.vkey));
    trusted = given.key;
  }
  const auto report = keeping::read_export(options.export_folder, passphrase, trusted, nullptr);
  if (!report) return refusal_of(report.error(), console);
  // Nothing of it is shown before all of it was checked.
  if (options.with_events) {
    CARTELLA_TRY(keeping::read_export(
        options.export_folder, passphrase, trusted,
        [&](const keeping::ExportedEvent& event) { return print_event(console.out, event); }));
  }
  print_report(options, console, report.value());
  if (!trusted)
    console.err << "cartella: la chiave che ha firmato è quella che l'esportazione dice di sé: "
                   "confrontarla con --log-key\n";
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
