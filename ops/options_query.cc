#include <CLI/CLI.hpp>
#include <map>

#include "cases/access_log.h"
#include "ops/options_parts.h"
#include "ops/usage.h"

namespace cartella::ops {

namespace {

const std::map<std::string, Format> kFormats = {
    {"table", Format::table}, {"json", Format::json}, {"csv", Format::csv}};

constexpr const char* kDay = "AAAA-MM-GG";

void add_as_of(CLI::App& app, Options& o) {
  app.add_option("--as-of", o.as_of, "Posizione o istante (AAAA-MM-GGThh:mm:ssZ) della lettura");
  app.add_option("--valid-at", o.valid_at, "Giorno a cui valgono i fatti")->type_name(kDay);
}

CLI::App* add_question(CLI::App& app, Options& o, const char* verb, const char* what,
                       const char* from) {
  auto* command = app.add_subcommand(verb, what);
  add_store(*command, o);
  path_option(o, command->add_option("--from", o.from, from));
  add_purpose(*command, o);
  return command;
}

void add_report(CLI::App& app, Options& o) {
  auto* report = app.add_subcommand("report", "Stampa un rapporto");
  add_store(*report, o);
  report->add_option("NAME", o.report, "Rapporto")
      ->required()
      ->check(CLI::IsMember(
          {"people", "accesses", "needs", "services", "cases", "interviews", "deliveries"}));
  report->add_option("--by", o.by,
                     "Solo la sezione con questo nome (per esempio accesses_by_month)");
  report
      ->add_option("--group-by", o.group_by,
                   "Una tabella sola, per queste dimensioni (per esempio zone,office,month): "
                   "comune, zone, office, sector, month, mode, anonymous, label, state, category, "
                   "kind, prestazione, sex, age_band, identifier")
      ->delimiter(',');
  add_purpose(*report, o);
  report->add_flag("--all-cells", o.all_cells,
                   "Anche le celle sotto 5, per il controllo interno: non si consegna; resta "
                   "registrato");
  report->add_option("--zone", o.zone, "Solo la zona sociale con questo codice");
  report->add_option("--comune", o.comune, "Solo il comune con questo codice Belfiore");
  report->add_option("--office", o.office, "Solo l'ufficio con questo id");
  report->add_option("--sector", o.sector, "Solo il settore con questo id");
  report->add_option("--category", o.category, "Solo la categoria sociale con questo codice");
  report->add_option("--since", o.since, "Primo giorno contato")->type_name(kDay);
  report->add_option("--until", o.until, "Ultimo giorno contato")->type_name(kDay);
  report->add_option("--ages-at", o.valid_at, "Giorno a cui si calcolano le età")->type_name(kDay);
  report->add_option("--as-of", o.as_of,
                     "Il rapporto com'era a una posizione o a un istante (AAAA-MM-GGThh:mm:ssZ)");
  report->add_flag(
      "--publish", o.publish,
      "Registra il rapporto come pubblicato, con la posizione e le regole di conteggio");
  report->callback([&o] { o.verb = Verb::report; });

  auto* published = app.add_subcommand(
      "published", "I rapporti pubblicati; con un flusso, il ricalcolo e le differenze");
  add_store(*published, o);
  published->add_option("FLUSSO", o.published, "Il flusso di un rapporto pubblicato");
  published->callback([&o] { o.verb = Verb::published; });
}

void add_casework(CLI::App& app, Options& o) {
  auto* file = add_question(app, o, "case",
                            "Un caso, o tutti i casi di una persona, com'è o com'era a una "
                            "posizione, a un istante, per un giorno",
                            "File con una riga: 'caso NUMERO', 'flusso ID', 'cf CODICE' e simili "
                            "(senza: da standard input)");
  add_as_of(*file, o);
  file->callback([&o] { o.verb = Verb::case_file; });

  auto* card = add_question(app, o, "card", "Una scheda del segretariato sociale",
                            "File con una riga: 'scheda NUMERO' o 'flusso ID' (senza: da standard "
                            "input)");
  add_as_of(*card, o);
  card->callback([&o] { o.verb = Verb::card; });

  auto* caseload = add_question(
      app, o, "caseload", "I casi di un operatore o di un settore, o quanti ne ha ciascuno",
      "File con una riga: 'operatore NOMEUTENTE' o 'settore NOME' (senza: "
      "da standard input)");
  caseload->add_flag("--counts", o.counts, "Quanti casi per settore, operatore e stato");
  caseload->callback([&o] { o.verb = Verb::caseload; });

  auto* intake = app.add_subcommand("register", "Registro degli accessi al segretariato sociale");
  add_store(*intake, o);
  add_purpose(*intake, o);
  intake->add_option("--office", o.office, "Solo l'ufficio con questo id");
  intake->add_option("--since", o.since, "Primo giorno")->type_name(kDay);
  intake->add_option("--until", o.until, "Ultimo giorno")->type_name(kDay);
  intake->add_option("--rows", o.rows_max, "Quante schede al massimo")
      ->check(CLI::Range(1u, 100'000u).description("fra 1 e 100000"));
  intake->callback([&o] { o.verb = Verb::intake_register; });

  auto* organisation = app.add_subcommand(
      "organisation", "Zone, enti, uffici, settori, operatori con i loro ruoli, voci dei codici");
  add_store(*organisation, o);
  organisation->callback([&o] { o.verb = Verb::organisation; });
}

void add_replay(CLI::App& app, Options& o) {
  auto* replay = add_question(
      app, o, "replay",
      "La storia di una persona, di una scheda o di un caso in frasi italiane: chi, che cosa è "
      "cambiato, e la prova di ogni evento; oppure il confronto fra due momenti",
      "File con una riga come in timeline (senza: da standard input)");
  add_as_of(*replay, o);
  replay
      ->add_option("--compare", o.compare,
                   "Due posizioni o istanti: che cosa è diverso, e gli eventi in mezzo")
      ->expected(2)
      ->type_name("A B");
  replay->add_flag("--proofs", o.proofs, "Per ogni evento la prova che è nel registro");
  replay->add_flag("--names", o.names, "I nomi utente di chi ha agito");
  replay->add_option("--rows", o.rows_max, "Quanti eventi al massimo")
      ->check(CLI::Range(1u, 100'000u).description("fra 1 e 100000"));
  replay->callback([&o] { o.verb = Verb::replay; });
}

void add_dsar(CLI::App& app, Options& o) {
  auto* dsar = add_question(
      app, o, "dsar",
      "Una prima relazione sui dati di una persona, in un pacchetto ZIP: bozza da rivedere, apre "
      "una richiesta e registra il rilascio",
      "File con una riga: 'cf CODICE' e simili (senza: da standard input)");
  dsar->add_option("--kind", o.rights_kind, "gdpr15, l241, giudice o difensore")
      ->required()
      ->type_name("TIPO")
      ->check(CLI::IsMember({"gdpr15", "l241", "giudice", "difensore"}));
  dsar->add_option("--comune", o.comune, "Codice catastale del comune titolare")
      ->required()
      ->type_name("COMUNE");
  dsar->add_option("--requester", o.requester,
                   "Chi chiede, se non la persona; obbligatorio per giudice e difensore");
  dsar->add_option("--title", o.title, "A che titolo chiede");
  path_option(o, dsar->add_option("--out", o.out, "File ZIP da creare"))
      ->required()
      ->type_name("FILE");
  dsar->callback([&o] { o.verb = Verb::dsar; });
}

void add_clock(CLI::App& app, Options& o) {
  CLI::Option* confirm = app.add_flag_callback(
      "--confirm-clock",
      [&o] {
        if (!o.clock_confirmed_by) o.clock_confirmed_by = OperatorId{};
      },
      "Conferma che l'orologio della macchina è giusto: se era sospetto, il registro dice chi lo "
      "conferma");
  app.add_option_function<std::string>(
         "--operator",
         [&o](const std::string& text) {
           const auto id = OperatorId::parse(text);
           if (id.has_error()) throw CLI::ValidationError("--operator", "qui servono 32 cifre");
           o.clock_confirmed_by = id.value();
         },
         "Id dell'operatore che conferma l'orologio (senza: l'installazione)")
      ->type_name("ID")
      ->needs(confirm);
}

}  // namespace

void add_purpose(CLI::App& app, Options& o) {
  app.add_option("--purpose", o.purpose,
                 "Finalità dell'accesso, che il registro degli accessi conserva (senza: "
                 "amministrazione del sistema)")
      ->check(CLI::Validator(
          [](std::string& text) -> std::string {
            return !text.empty() && text.size() <= cases::kLookTextBytesMax
                       ? ""
                       : "qui serve un testo di al più 200 byte";
          },
          ""));
}

CLI::Option* path_option(const Options& o, CLI::Option* option) {
  if (o.working_directory.empty()) return option;
  return option->transform(
      [&o](const std::string& path) { return (o.working_directory / path).string(); });
}

void add_format(CLI::App& app, Options& o) {
  app.add_option("--format", o.format, "Formato dell'uscita: table, json o csv")
      ->type_name("FORMATO")
      ->transform(CLI::CheckedTransformer(kFormats, CLI::ignore_case).description(""));
}

void add_store(CLI::App& app, Options& o) {
  path_option(o, app.add_option("--data", o.data, "Cartella dei dati"))->required();
  require_file(path_option(o, app.add_option("--passphrase-file", o.passphrase_file,
                                             "File con la frase di accesso (prima riga)")));
  app.add_option("--root-key", o.root_key,
                 "Da dove viene la chiave radice, invece del file: prompt (predefinito), "
                 "credential:NOME di systemd, passphrase-file:FILE o "
                 "pkcs11:MODULO?token=ETICHETTA&object=ETICHETTA[&pin-file=FILE|"
                 "&pin-credential=NOME]")
      ->type_name("FONTE");
  add_format(app, o);
  app.add_flag("--quiet", o.quiet, "Nessun avanzamento su standard error");
  add_clock(app, o);
}

void add_queries(CLI::App& app, Options& o) {
  add_report(app, o);
  auto* timeline = add_question(
      app, o, "timeline", "Storia di una persona, di una scheda o di un caso, in parole italiane",
      "File con una riga: 'cf CODICE', 'stp CODICE', 'eni CODICE', 'alias NOME', 'scheda NUMERO' o "
      "'caso NUMERO' (senza: da standard input)");
  add_as_of(*timeline, o);
  timeline->callback([&o] { o.verb = Verb::timeline; });

  add_replay(app, o);
  add_dsar(app, o);
  auto* person = add_question(
      app, o, "person", "Cerca una persona per identificativo o per nome (letti da standard input)",
      "File con una riga come in timeline, o 'nome COGNOME NOME'");
  person->add_option("--birth-year", o.birth_year, "Solo chi è nato in questo anno")
      ->check(CLI::Range(1850, 2200).description("fra 1850 e 2200"));
  person->add_option("--comune", o.comune,
                     "Solo chi risiede nel comune con questo codice Belfiore");
  person->add_flag("--details", o.details, "Tutti i dati della sola persona trovata");
  add_as_of(*person, o);
  person->callback([&o] { o.verb = Verb::person; });
  add_casework(app, o);
}

}  // namespace cartella::ops
