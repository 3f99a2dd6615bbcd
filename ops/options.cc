#include "ops/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/bytes.h"
#include "ops/console.h"
#include "ops/exit_code.h"
#include "ops/options_parts.h"
#include "ops/usage.h"

namespace cartella::ops {

namespace {

void add_init(CLI::App& app, Options& o) {
  auto* init = app.add_subcommand("init", "Crea un archivio cifrato e vuoto per un ambito");
  add_store(*init, o);
  init->add_option("--ambito", o.ambito, "Nome dell'ambito")->required();
  init->add_option("--slug", o.slug, "Nome breve nell'origine del registro (a-z, 0-9, -)");
  require_region(init->add_option("--region", o.region,
                                  "Codice ISTAT della regione, da 01 a 20 (obbligatorio in "
                                  "production)"));
  init->add_option("--mode", o.mode,
                   "production (predefinito), test o training; con test la frase protegge poco: "
                   "mai per dati veri")
      ->check(CLI::IsMember({"production", "test", "training"}));
  init->add_option("--enable-registry", o.enable_registry,
                   "Solo con --mode test o training: abilita l'anagrafe, "
                   "COMUNE[,COMUNE...]:ATTO:AAAA-MM-GG (ripetibile)");
  path_option(
      o, init->add_option("--head-copy", o.head_copy,
                          "Dove tenere una seconda copia della testa del registro: un altro disco"))
      ->type_name("CARTELLA");
  path_option(
      o, init->add_option("--journal-mirror", o.journal_mirror,
                          "Dove tenere una copia del giornale che ripara l'altra: un altro disco"))
      ->type_name("CARTELLA");
  init->callback([&o] { o.verb = Verb::init; });
}

void add_act(CLI::App& app, Options& o) {
  add_store(app, o);
  app.add_option("--comune", o.comuni, "Codice catastale del comune (ripetibile)")
      ->required()
      ->check(CLI::Validator(
          [](std::string& comune) -> std::string {
            const bool digits = comune.find_first_not_of("0123456789", 1) == std::string::npos;
            const bool letter = !comune.empty() && comune[0] >= 'A' && comune[0] <= 'Z';
            return comune.size() == 4 && letter && digits ? "" : "qui serve un codice come E256";
          },
          ""))
      ->type_name("COMUNE");
  app.add_option("--act", o.act, "Estremi dell'atto")->required()->type_name("ATTO");
}

void add_registry(CLI::App& app, Options& o) {
  auto* registry =
      app.add_subcommand("registry", "Abilita l'uso dell'anagrafe di un comune, o lo termina");
  registry->require_subcommand(1);
  auto* enable = registry->add_subcommand("enable", "Abilita l'anagrafe in base a un atto");
  add_act(*enable, o);
  enable->add_option("--expires", o.expires, "Ultimo giorno di validità dell'atto (AAAA-MM-GG)")
      ->required()
      ->type_name("GIORNO");
  enable->callback([&o] { o.verb = Verb::registry_enable; });
  auto* disable =
      registry->add_subcommand("disable", "Termina subito l'abilitazione in base a un atto");
  add_act(*disable, o);
  disable->callback([&o] { o.verb = Verb::registry_disable; });
}

void add_import_close(CLI::App& import, Options& o) {
  auto* close = import.add_subcommand(
      "close", "Chiude la migrazione da SISO: distrugge la chiave che lega righe ed eventi");
  add_store(*close, o);
  close->callback([&o] { o.verb = Verb::import_close; });
}

void add_imports(CLI::App& app, Options& o) {
  auto* import = app.add_subcommand("import", "Carica dati esterni");
  import->require_subcommand(1);
  auto* registry = import->add_subcommand(
      "registry", "Carica file anagrafici ANA_PER_, ANA_VIE_, ANA_STACIV_ (v2.0)");
  add_store(*registry, o);
  require_file(
      path_option(o, registry->add_option("FILES", o.files, "File anagrafici"))->required());
  path_option(
      o, registry->add_option("--rejects", o.rejects, "Dove scrivere le righe scartate (CSV)"));
  registry->callback([&o] { o.verb = Verb::import_registry; });
  auto* predecessor =
      import->add_subcommand("predecessor", "Carica le tabelle di SISO esportate in CSV");
  add_store(*predecessor, o);
  require_folder(path_option(o, predecessor->add_option("DIR", o.directory,
                                                        "Cartella con un file CSV per tabella"))
                     ->required());
  path_option(
      o, predecessor->add_option("--rejects", o.rejects, "Dove scrivere le righe scartate (CSV)"));
  predecessor->add_flag("--new-migration", o.new_migration,
                        "Riscrive tutto sotto una nuova chiave, dopo che una migrazione è stata "
                        "chiusa con 'import close'");
  predecessor->callback([&o] { o.verb = Verb::import_predecessor; });
  add_import_close(*import, o);
}

void add_record(CLI::App& app, Options& o) {
  auto* record = app.add_subcommand(
      "record", "Registra un comando in JSON (docs/commands.md li elenca), firmato dal server");
  add_store(*record, o);
  path_option(o, record->add_option("--from", o.from,
                                    "File con il comando, al più 1 MiB (senza: standard input)"));
  record->callback([&o] { o.verb = Verb::record; });
}

void add_log(CLI::App& app, Options& o) {
  auto* verify = app.add_subcommand("verify", "Verifica tutto il registro e le viste");
  add_store(*verify, o);
  verify->add_flag("--tree-only", o.tree_only, "Solo albero, catene e sigilli pubblici");
  require_file(path_option(
      o, verify->add_option("--against", o.against, "Un checkpoint conservato altrove")));
  add_anchor_check(*verify, o);
  verify->add_option("--memory", o.memory_mib, "Limite di memoria in MiB")
      ->check(CLI::Range(64u, 1u << 20).description("fra 64 e 1048576"));
  verify->callback([&o] { o.verb = Verb::verify; });

  auto* checkpoint = app.add_subcommand("checkpoint", "Stampa il checkpoint firmato più recente");
  add_store(*checkpoint, o);
  checkpoint->callback([&o] { o.verb = Verb::checkpoint; });

  auto* prove = app.add_subcommand(
      "prove", "Stampa la prova che un evento, o un registro più vecchio, sta nel registro");
  add_store(*prove, o);
  prove->add_option("EVENT_ID", o.event_id, "Id dell'evento, 32 cifre esadecimali");
  require_size(
      prove->add_option("--consistency", o.consistency,
                        "Dimensione di un checkpoint precedente: prova che quello attuale lo "
                        "contiene"));
  prove->callback([&o] { o.verb = Verb::prove; });

  auto* rebuild = app.add_subcommand("rebuild", "Ricostruisce le viste da zero");
  add_store(*rebuild, o);
  rebuild->add_option("--view", o.view, "Solo questa vista");
  rebuild->callback([&o] { o.verb = Verb::rebuild; });

  auto* stats = app.add_subcommand("stats", "Dimensioni del registro, delle viste e dei file");
  add_store(*stats, o);
  stats->callback([&o] { o.verb = Verb::stats; });
}

void add_check(CLI::App& app, Options& o) {
  auto* check = app.add_subcommand(
      "check",
      "Controlla una ricevuta (standard input) senza archivio: basta la chiave del registro");
  check->add_option("--vkey", o.vkey, "Chiave pubblica del registro, come init la stampa")
      ->required();
  check->callback([&o] { o.verb = Verb::check; });
}

void add_serve(CLI::App& app, Options& o) {
  auto* serve = app.add_subcommand("serve", "Serve l'archivio in HTTPS, fino a SIGTERM");
  add_store(*serve, o);
  add_listening(*serve, o);
  add_anchoring(*serve, o);
  serve
      ->add_option("--requests-per-second", o.requests_per_second,
                   "Richieste al secondo di una persona o di una macchina")
      ->check(CLI::Range(1u, 1'000'000u).description("fra 1 e 1000000"));
  serve->add_flag("--sealed", o.sealed,
                  "Parte chiuso, senza chiedere la chiave radice: la dà poi cartella unseal");
  serve
      ->add_option("--requests-in-flight", o.requests_in_flight,
                   "Richieste contemporanee di una persona o di una macchina")
      ->check(CLI::Range(1u, 4096u).description("fra 1 e 4096"));
  serve
      ->add_option("--streams", o.streams,
                   "Connessioni dal vivo contemporanee di una persona o di una macchina")
      ->check(CLI::Range(1u, 4096u).description("fra 1 e 4096"));
  serve->callback([&o] { o.verb = Verb::serve; });
}

void add_demo(CLI::App& app, Options& o) {
  auto* demo = app.add_subcommand(
      "demo-data", "Genera un ambito inventato: 28 comuni, anagrafi, due anni di lavoro");
  path_option(o, demo->add_option("DIR", o.directory, "Cartella da creare"))->required();
  demo->add_option("--seed", o.seed, "Seme del generatore");
  demo->add_option("--people", o.people, "Residenti in tutto (0: la misura predefinita)");
  demo->add_flag("--quiet", o.quiet, "Nessun avanzamento su standard error");
  demo->callback([&o] { o.verb = Verb::demo_data; });
}

}  // namespace

void add_listening(CLI::App& app, Options& o) {
  app.add_option("--listen", o.listen, "Indirizzo e porta; porta 0: una libera")
      ->type_name("INDIRIZZO:PORTA");
  app.add_option("--certificate", o.certificate,
                 "Certificato e catena (PEM), riletti quando cambiano; senza: uno autofirmato per "
                 "localhost");
  app.add_option("--key", o.certificate_key, "Chiave del certificato (PEM)");
  app.add_option(
      "--ocsp-response", o.ocsp_response,
      "Risposta OCSP (DER) dell'autorità del certificato, riletta quando cambia: i client "
      "la ricevono con il certificato");
  app.add_option("--connections-per-address", o.connections.per_network,
                 "Connessioni aperte da un indirizzo, o da un /64 di IPv6")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--handshakes-per-address", o.connections.handshakes_per_network,
                 "Aperture TLS in corso insieme dallo stesso indirizzo")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--handshakes-per-second", o.connections.handshakes_per_second,
                 "Aperture TLS al secondo dallo stesso indirizzo, oltre a una scorta iniziale")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--handshakes-burst", o.connections.handshakes_burst,
                 "La scorta iniziale di aperture TLS di un indirizzo")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--host", o.hosts, "Nome con cui i client chiamano il servizio (ripetibile)")
      ->type_name("NOME");
}

std::optional<Options> parse_options(const std::vector<std::string>& words, const Console& console,
                                     int& exit_code, const std::filesystem::path& directory) {
  // What is typed may become part of the log, where a text is UTF-8.
  if (!std::ranges::all_of(words, [](const std::string& word) { return is_utf8(word); })) {
    console.err << "cartella: un argomento non è UTF-8; cartella --help spiega l'uso\n";
    exit_code = kExitUsage;
    return std::nullopt;
  }
  Options options;
  options.working_directory = directory;
  CLI::App app("Cartella: archivio dei servizi sociali comunali, firmato, cifrato, verificabile");
  app.name("cartella");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("cartella 0.1.0"), "Mostra la versione");
  add_init(app, options);
  add_registry(app, options);
  add_imports(app, options);
  add_queries(app, options);
  add_record(app, options);
  add_log(app, options);
  add_serve(app, options);
  add_check(app, options);
  add_erasures(app, options);
  add_holds(app, options);
  add_read_export(app, options);
  add_witness(app, options);
  add_audit(app, options);
  add_accounts(app, options);
  add_keys(app, options);
  add_backups(app, options);
  add_demo(app, options);
  speak_italian(app);
  app.footer(
      "Uscita: 0 riuscito, 1 rifiutato, 2 uso errato, 3 non trovato, 4 archivio in uso,\n"
      "5 frase di accesso errata, 6 dati danneggiati, 7 errore di sistema, 8 riprovare.");
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // as the library wants them
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      app.exit(error, console.out, console.err);  // prints the help or the version
      exit_code = kExitOk;
      return std::nullopt;
    }
    console.err << "cartella: " << usage_message(error) << "; cartella --help spiega l'uso\n";
    exit_code = kExitUsage;
    return std::nullopt;
  }
  return options;
}

}  // namespace cartella::ops
