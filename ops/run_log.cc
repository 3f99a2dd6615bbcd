#include <boost/json.hpp>

#include "crypto/note.h"
#include "ops/attest.h"
#include "ops/exit_code.h"
#include "ops/run.h"

namespace cartella::ops {

namespace {

Result<WorkspaceHandle> open_log(const Options& options, Console& console, bool with_views,
                                 bool with_executor = false) {
  WorkspaceOptions workspace_options;
  workspace_options.with_views = with_views;
  workspace_options.with_reference = with_views;
  workspace_options.with_executor = with_executor;
  return open_workspace(options, console, workspace_options);
}

std::uint64_t bytes_below(const std::filesystem::path& dir) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(dir, error), end; !error && at != end;
       at.increment(error)) {
    if (!at->is_regular_file(error)) continue;
    const std::uint64_t size = at->file_size(error);
    if (!error) bytes += size;  // RocksDB may have removed it meanwhile
    error.clear();
  }
  return bytes;
}

Cell number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Result<int> prove_growth(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_log(options, console, false));
  CARTELLA_TRY(auto proof, workspace->store().prove_growth(*options.consistency));
  if (options.format != Format::json) {
    console.out << crypto::encode_consistency(proof);
    return static_cast<int>(kExitOk);
  }
  boost::json::object object;
  object["old_size"] = proof.old_size;
  object["proof"] = crypto::encode_consistency(proof);
  object["vkey"] =
      crypto::verifier_key(workspace->store().origin(), workspace->log_key().public_key());
  console.out << boost::json::serialize(object) << "\n";
  return static_cast<int>(kExitOk);
}

}  // namespace

Result<int> run_checkpoint(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_log(options, console, false));
  CARTELLA_TRY(auto note, workspace->store().signed_checkpoint());
  if (options.format == Format::json) {
    boost::json::object object;
    object["checkpoint"] = note;
    object["vkey"] =
        crypto::verifier_key(workspace->store().origin(), workspace->log_key().public_key());
    console.out << boost::json::serialize(object) << "\n";
  } else {
    console.out << note;
  }
  return static_cast<int>(kExitOk);
}

Result<int> run_prove(const Options& options, Console& console) {
  if (options.event_id.empty() != options.consistency.has_value())
    return fail(Errc::invalid_argument, "prove vuole EVENT_ID oppure --consistency DIMENSIONE");
  if (options.consistency) return prove_growth(options, console);
  CARTELLA_TRY(auto event, EventId::parse(options.event_id));
  CARTELLA_TRY(auto workspace, open_log(options, console, false));
  CARTELLA_TRY(auto position, workspace->store().position_of(event));
  CARTELLA_TRY(auto proof, workspace->store().prove(position));
  if (options.format != Format::json) {
    console.out << crypto::encode_proof(proof);
    return static_cast<int>(kExitOk);
  }
  CARTELLA_TRY(auto stored, workspace->store().read(position));
  boost::json::object object;
  object["position"] = position;
  object["leaf"] = to_hex(crypto::encode_leaf(stored.leaf));
  object["proof"] = crypto::encode_proof(proof);
  object["vkey"] =
      crypto::verifier_key(workspace->store().origin(), workspace->log_key().public_key());
  console.out << boost::json::serialize(object) << "\n";
  return static_cast<int>(kExitOk);
}

Result<int> run_rebuild(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_log(options, console, true, true));
  Progress progress(console, options.quiet);
  const auto show = [&](std::uint64_t done, std::uint64_t total) {
    progress.update("ricostruzione", done, total);
  };
  if (options.view.empty()) {
    CARTELLA_TRY(workspace->engine().rebuild_all(show));
  } else {
    CARTELLA_TRY(workspace->engine().rebuild(options.view, show));
  }
  progress.finish();
  Table table{
      "views", "Viste ricostruite", {"Vista", "Eventi", "Radice"}, {"name", "events", "root"}, {}};
  for (const auto& status : workspace->engine().statuses()) {
    CARTELLA_TRY(auto root, workspace->engine().view_root(status.name));
    table.rows.push_back({status.name, number(status.cursor), to_hex(root.root)});
  }
  // What was rebuilt is what the log attests from now on.
  CARTELLA_TRY(attest_views(*workspace));
  print_tables(console.out, {table}, options.format);
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

Result<int> run_stats(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_log(options, console, true));
  CARTELLA_TRY(workspace->engine().catch_up());
  CARTELLA_TRY(auto checkpoint, workspace->store().checkpoint());
  Table log{"log", "Registro", {"Voce", "Valore"}, {"name", "value"}, {}};
  log.rows.push_back({std::string("origin"), workspace->store().origin()});
  log.rows.push_back({std::string("events"), number(checkpoint.size)});
  log.rows.push_back({std::string("root"), to_base64(checkpoint.root)});
  Table disk{"disk", "Spazio su disco", {"Cartella", "Byte"}, {"name", "bytes"}, {}};
  for (const char* part :
       {"log", "journal", "vault", "keys", "views", "reference", "accounts", "head"})
    disk.rows.push_back({std::string(part), number(bytes_below(options.data / part))});
  Table views{"views",
              "Viste",
              {"Vista", "Generazione", "Eventi", "Stato"},
              {"name", "generation", "events", "state"},
              {}};
  for (const auto& status : workspace->engine().statuses())
    views.rows.push_back({status.name, number(status.generation), number(status.cursor),
                          std::string(status.faulted ? "guasta" : "aggiornata")});
  print_tables(console.out, {log, disk, views}, options.format);
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
