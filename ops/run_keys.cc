#include <ostream>

#include "crypto/note.h"
#include "ops/exit_code.h"
#include "ops/root_key_choice.h"
#include "ops/run.h"

namespace cartella::ops {

namespace {

Result<WorkspaceHandle> open_for_keys(const Options& options, const Console& console) {
  WorkspaceOptions wanted;
  wanted.with_executor = true;
  return open_workspace(options, console, wanted);
}

Result<int> said(const Console& console, const char* text) {
  console.err << text << "\n";
  return static_cast<int>(kExitOk);
}

std::string state_of(const std::optional<store::SignerStatus>& known) {
  if (!known) return "non registrata";
  if (!known->revoked_from) return "in vigore";
  return "revocata dalla posizione " + std::to_string(*known->revoked_from);
}

}  // namespace

Result<int> run_keys_list(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_keys(options, console));
  CARTELLA_TRY(const auto serial, crypto::root_token_serial(options.data / "keys"));
  Table table{"keys", "Chiavi", {"Chiave", "Id", "Stato"}, {"key", "id", "state"}, {}};
  table.rows.push_back({std::string("radice"), serial,
                        std::string(serial.empty() ? "da una frase di accesso" : "in un token")});
  table.rows.push_back({std::string("titolari"),
                        std::to_string(workspace->vault().owner_generation()),
                        std::string("generazione")});
  const crypto::Signer& server = workspace->server_key();
  table.rows.push_back({std::string("firma del server"), server.id().hex(),
                        state_of(workspace->store().find_signer(server.id()))});
  const std::string& origin = workspace->store().origin();
  table.rows.push_back({std::string("registro"),
                        crypto::verifier_key(origin, workspace->log_key().public_key()),
                        std::string("in vigore")});
  print_tables(console.out, {table}, options.format);
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

Result<int> run_keys_rotate_root(const Options& options, Console& console) {
  CARTELLA_TRY(const auto choice, parse_root_key(options.new_root_key, options.working_directory));
  CARTELLA_TRY(auto workspace, open_for_keys(options, console));
  CARTELLA_TRY(const auto mode, workspace->mode());
  if (mode == "production") {
    CARTELLA_TRY(const bool beside, lies_beside_data(choice, options.data));
    if (beside) return beside_data_error(choice);
  }
  const Asking asking{true, console.served != nullptr ? &console.in : nullptr};
  CARTELLA_TRY(const auto source, read_root_source(choice, asking));
  CARTELLA_TRY(workspace->vault().rotate_root(source));
  CARTELLA_TRY(workspace.close());
  return said(console, "La chiave radice è cambiata: la precedente non apre più questo archivio.");
}

Result<int> run_keys_rotate_shards(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_keys(options, console));
  CARTELLA_TRY(workspace->vault().rotate_shards());
  CARTELLA_TRY(workspace.close());
  return said(console, "Tutte le chiavi sono avvolte da chiavi nuove.");
}

Result<int> run_keys_rotate_owners(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_keys(options, console));
  CARTELLA_TRY(workspace->vault().rotate_owners());
  CARTELLA_TRY(workspace.close());
  return said(console, "Da ora ogni titolare di dati ha una chiave nuova al primo evento.");
}

Result<int> run_keys_rotate_signing(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_keys(options, console));
  CARTELLA_TRY(workspace->server_keys().rotate(workspace->for_rotation()));
  CARTELLA_TRY(workspace.close());
  return said(console, "Il server firma con una chiave nuova; la precedente è revocata.");
}

Result<int> run_keys_rotate_log(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_for_keys(options, console));
  CARTELLA_TRY(workspace->log_keys().rotate(workspace->for_rotation()));
  const std::string& origin = workspace->store().origin();
  const Table table{"archive",
                    "Registro",
                    {"Origine", "Chiave del registro (vkey)"},
                    {"origin", "vkey"},
                    {{origin, crypto::verifier_key(origin, workspace->store().log_key())}}};
  print_tables(console.out, {table}, options.format);
  CARTELLA_TRY(workspace.close());
  return said(console, "I checkpoint sono firmati da una chiave nuova: darla a chi verifica.");
}

// A server that is sealed answers it itself (ops/sealed_server.cc).
Result<int> run_unseal(const Options&, Console& console) {
  if (console.served == nullptr)
    return fail(Errc::not_found, "nessun server tiene questo archivio: non c'è nulla da aprire");
  return said(console, "L'archivio è già aperto.");
}

Result<int> run_seal_now(const Options&, Console& console) {
  if (console.served == nullptr || console.seal == nullptr)
    return fail(Errc::not_found, "nessun server tiene questo archivio: è chiuso");
  (*console.seal)();
  return said(
      console,
      "L'archivio si chiude appena finite le richieste in corso; cartella unseal lo riapre.");
}

}  // namespace cartella::ops
