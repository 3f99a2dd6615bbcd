#include <CLI/CLI.hpp>

#include "ops/options_parts.h"

namespace cartella::ops {

namespace {

void add_target(CLI::App& app, Options& o) {
  add_store(app, o);
  app.add_flag("--whole-comune", o.whole_comune,
               "Tutto ciò che è dell'ente, che lascia l'ambito: non si legge alcuna domanda");
  app.add_option("--comune", o.comune, "Codice Belfiore dell'ente titolare")->required();
  path_option(o, app.add_option("--from", o.from,
                                "File con la domanda: 'cf CODICE' per una persona, 'caso NUMERO', "
                                "'scheda NUMERO' o 'flusso ID' (senza: standard input)"));
}

CLI::Option* add_receiver(CLI::App& app, Options& o, const char* what) {
  return path_option(
      o, app.add_option("--receiver-passphrase-file", o.receiver_passphrase_file, what));
}
constexpr const char* kReceiver = "File con la frase di chi riceve l'esportazione";

void add_proposal(CLI::App& app, Options& o) {
  app.add_option("PROPOSTA", o.proposal, "Evento della proposta, 32 cifre esadecimali")->required();
}

void add_decide(CLI::App& erasure, Options& o) {
  auto* decide = erasure.add_subcommand(
      "decide", "Decide una proposta e, se si cancella, esegue la cancellazione");
  add_store(*decide, o);
  add_proposal(*decide, o);
  add_actor(*decide, o);
  decide->add_option("--outcome", o.outcome, "La decisione")
      ->required()
      ->check(CLI::IsMember({"erase", "refuse", "restrict", "keep_for_other"}));
  decide->add_option("--ground", o.ground, "Motivo; obbligatorio se non si cancella");
  decide->add_option("--erase-mention", o.erased_mentions,
                     "Posizione di un testo che cita la persona e si cancella (ripetibile)");
  auto* kept = decide->add_option("--keep-mention", o.kept_mentions,
                                  "Posizione di un testo che cita la persona e resta (ripetibile)");
  decide->add_flag("--keep-other-mentions", o.keep_all_mentions, "Tutte le altre citazioni restano")
      ->excludes(kept);
  path_option(o, decide->add_option("--export", o.export_folder,
                                    "Cartella scritta da erasure export: serve per cancellare "
                                    "un ente che lascia l'ambito"));
  add_receiver(*decide, o,
               "File con la frase di chi riceve l'esportazione: serve se dopo l'esportazione "
               "qualcuno ha consultato i dati");
  decide->callback([&o] { o.verb = Verb::erasure_decide; });
}

void add_export(CLI::App& erasure, Options& o) {
  auto* leave = erasure.add_subcommand(
      "export", "Scrive cifrato e firmato ciò che porta con sé un ente che lascia l'ambito");
  add_store(*leave, o);
  add_proposal(*leave, o);
  path_option(o, leave->add_option("--output", o.out, "Cartella da creare")->required());
  add_receiver(*leave, o, kReceiver)->required();
  leave->callback([&o] { o.verb = Verb::erasure_export; });
}

}  // namespace

void add_actor(CLI::App& app, Options& o) {
  app.add_option("--user", o.username, "Nome utente di chi agisce")->required();
  path_option(o, app.add_option("--credential-file", o.credential_file,
                                "File con la password e, sulla seconda riga, il codice a sei cifre "
                                "di chi agisce (senza: li chiede il terminale)"));
}

void add_read_export(CLI::App& app, Options& o) {
  auto* read = app.add_subcommand(
      "read-export", "Apre e verifica l'esportazione di un ente, senza archivio né sue chiavi");
  path_option(
      o, read->add_option("CARTELLA", o.export_folder, "Scritta da erasure export")->required());
  add_receiver(*read, o, kReceiver)->required();
  read->add_option("--log-key", o.vkey,
                   "Chiave pubblica del registro, avuta da altra via (senza: quella che "
                   "l'esportazione dice, che così non è provata)")
      ->type_name("CHIAVE");
  read->add_flag("--events", o.with_events, "Stampa ogni evento, campo per campo");
  add_format(*read, o);
  read->callback([&o] { o.verb = Verb::read_export; });
}

void add_erasures(CLI::App& app, Options& o) {
  auto* erasure = app.add_subcommand(
      "erasure", "Cancella un elemento o una persona: una persona propone, un'altra decide");
  erasure->require_subcommand(1);
  auto* dry_run = erasure->add_subcommand(
      "dry-run", "Conta ciò che andrebbe via ed elenca i testi di altri che citano la persona");
  add_target(*dry_run, o);
  dry_run->callback([&o] { o.verb = Verb::erasure_dry_run; });
  auto* propose = erasure->add_subcommand("propose", "Registra la proposta, con i conti di ora");
  add_target(*propose, o);
  add_actor(*propose, o);
  propose->add_option("--basis", o.basis, "Motivo, poche parole senza dati personali")->required();
  propose->callback([&o] { o.verb = Verb::erasure_propose; });
  add_export(*erasure, o);
  add_decide(*erasure, o);
  auto* status = erasure->add_subcommand("status", "Le proposte e che cosa ne è stato");
  add_store(*status, o);
  status->callback([&o] { o.verb = Verb::erasure_status; });
  auto* certificate = erasure->add_subcommand(
      "certificate", "Stampa l'attestato di una cancellazione e la prova che sta nel registro");
  add_store(*certificate, o);
  add_proposal(*certificate, o);
  certificate->callback([&o] { o.verb = Verb::erasure_certificate; });
  auto* rewrite = erasure->add_subcommand(
      "rewrite-register",
      "Riscrive un registro delle cancellazioni perduto, con ciò che l'archivio ne sa");
  add_store(*rewrite, o);
  rewrite->callback([&o] { o.verb = Verb::erasure_rewrite_register; });
}

}  // namespace cartella::ops
