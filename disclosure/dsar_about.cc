// The sections about the processing: 1, 2, 3, 4, 6, 7, 8.
#include <fmt/format.h>

#include <set>

#include "disclosure/dsar_parts.h"
#include "schema/event_types.h"

namespace cartella::disclosure {

namespace {

std::string category_of(const HistoryEntry& entry) {
  const schema::TypeInfo* info = schema::find_type(entry.type);
  return info == nullptr ? std::string() : std::string(info->retention_category);
}

// Retention category -> labels of the kinds of event that are there.
std::map<std::string, std::set<std::string>> kinds_by_category(const Gathered& all) {
  std::map<std::string, std::set<std::string>> kinds;
  for (const HistoryEntry& entry : all.entries)
    if (!category_of(entry).empty()) kinds[category_of(entry)].insert(entry.label);
  if (!all.accesses.empty()) kinds["access_log"].insert("Accesso registrato");
  return kinds;
}

std::string listed(const std::set<std::string>& labels) {
  return joined({labels.begin(), labels.end()});
}

// What art. 9 and 10 GDPR may cover by the nature of the service.
std::string special_words(const std::string& category) {
  if (category == "case_file" || category == "intake_card")
    return "può contenere categorie particolari (art. 9 GDPR)";
  if (category == "benefit") return "può rivelare condizioni di bisogno o di salute";
  return "no";
}

std::string when_asked(const RequestFacts& request) { return day_words(request.received_on); }

}  // namespace

std::string retention_words(std::string_view category) {
  if (category == "person_file") return "Fascicolo della persona: identità, residenza, recapiti";
  if (category == "intake_card") return "Schede di accesso al segretariato sociale";
  if (category == "case_file") return "Cartella sociale: casi, colloqui, note";
  if (category == "benefit") return "Prestazioni ed erogazioni";
  if (category == "rights") return "Esercizio dei diritti: richieste, oscuramenti, limitazioni";
  if (category == "access_log") return "Registro degli accessi ai dati";
  return std::string(category);
}

std::string term_words(std::string_view term_start) {
  if (term_start == "last_case_closed") return "chiusura dell'ultimo caso o scheda della persona";
  if (term_start == "card_closed") return "chiusura della scheda";
  if (term_start == "case_closed") return "chiusura del caso";
  if (term_start == "benefit_closed") return "chiusura della prestazione";
  if (term_start == "request_closed") return "chiusura della richiesta";
  if (term_start == "hold_lifted") return "fine del vincolo legale";
  if (term_start == "month_ended") return "fine del mese dell'accesso";
  return "nessun termine: permanente";
}

Section cover_section(const Gathered& all) {
  ReportTable facts{
      "copertina", "Dati della richiesta", {"Voce", "Valore"}, {"voce", "valore"}, {}};
  const auto add = [&](const char* label, const std::string& value) {
    facts.rows.push_back({label, value.empty() ? std::string("nessuno") : value});
  };
  add("Titolare del trattamento", controller_words(all.words(), all.person.controller));
  add("Contatto del responsabile della protezione dei dati",
      "da indicare nella versione da rilasciare");
  add("Richiesta", all.request.stream.hex());
  add("Tipo di richiesta", right_words(all.request.kind));
  add("Ricevuta il", when_asked(all.request));
  add("Risposta il", "nessuna: questa è una bozza e non chiude la richiesta");
  add("Richiedente", all.request.requester.empty() ? "l'interessato" : all.request.requester);
  add("Titolo", all.request.title.empty() ? "in proprio" : all.request.title);
  add("Verifica dell'identità", "nessuna verifica registrata");
  add("Ambito della ricerca", "tutti i dati che il titolare ha sulla persona in questo archivio");
  add("Versione delle regole", "1");
  return SectionBuilder(1, "copertina", "Copertina")
      .say(
          "Questa relazione è una bozza per chi la deve rivedere. Non è una risposta e non si può "
          "consegnare.")
      .table(std::move(facts))
      .finish();
}

Section confirmation_section(const Gathered& all, const std::string& origin) {
  ReportTable searched{
      "archivi", "Archivi cercati", {"Archivio", "Esito"}, {"archivio", "esito"}, {}};
  searched.rows.push_back({"Registro degli eventi " + origin,
                           fmt::format("{} eventi sulla persona", all.entries.size())});
  searched.rows.push_back({"Registro degli accessi ai dati",
                           fmt::format("{} accessi ai dati della persona", all.accesses.size())});
  searched.rows.push_back({"Anagrafi comunali", joined(all.registry, " ")});
  return SectionBuilder(2, "conferma", "Conferma del trattamento")
      .say("Il titolare tratta dati personali della persona.")
      .say(fmt::format("La copia dice quanto era registrato fino alla posizione {} del registro, "
                       "registrata il {} ({} UTC). Il registro comincia il {}.",
                       all.end, time_words(all.as_of), format_time(all.as_of),
                       time_words(all.log_began)))
      .say(
          "Non sono cercati: gli archivi cartacei, l'applicativo precedente, gli altri titolari "
          "dell'ambito.")
      .table(std::move(searched))
      .finish();
}

Section purposes_section(const Gathered& all) {
  ReportTable table{"finalita",
                    "Finalità registrate e base giuridica",
                    {"Finalità", "Base giuridica", "Eventi"},
                    {"finalita", "base", "eventi"},
                    {}};
  for (const auto& [purpose, bases] : all.purposes)
    for (const auto& [basis, count] : bases)
      table.rows.push_back({purpose.empty() ? "non indicata" : purpose,
                            basis.empty() ? "non indicata" : basis, std::to_string(count)});
  return SectionBuilder(3, "finalita", "Finalità e basi giuridiche")
      .say(
          "I servizi sociali trattano dati per compiti di interesse pubblico (art. 6, par. 1, "
          "lett. e, GDPR); le categorie particolari per motivi di interesse pubblico rilevante "
          "(art. 2-sexies, comma 2, lett. s, d.lgs. 196/2003).")
      .table(std::move(table))
      .finish();
}

Section categories_section(const Gathered& all) {
  ReportTable table{"categorie",
                    "Categorie di dati presenti",
                    {"Categoria", "Che cosa c'è", "Categorie particolari"},
                    {"categoria", "contenuto", "particolari"},
                    {}};
  for (const auto& [category, labels] : kinds_by_category(all))
    table.rows.push_back({retention_words(category), listed(labels), special_words(category)});
  return SectionBuilder(4, "categorie", "Categorie di dati personali")
      .table(std::move(table))
      .finish();
}

Section retention_section(const Gathered& all) {
  ReportTable table{"conservazione",
                    "Conservazione per categoria",
                    {"Categoria", "Il termine comincia con", "Durata", "Fine prevista"},
                    {"categoria", "inizio", "durata", "fine"},
                    {}};
  for (const auto& [category, labels] : kinds_by_category(all)) {
    std::set<std::string> terms;
    for (const schema::TypeInfo& info : schema::event_types())
      if (info.retention_category == category) terms.insert(term_words(info.term_start));
    const bool is_log = category == "access_log";
    table.rows.push_back(
        {retention_words(category), listed(terms),
         is_log ? "almeno 24 mesi (Garante, provv. 192/2011)" : "nessuna regola registrata",
         is_log ? "distruzione della chiave del mese" : "non prevista finché manca la regola"});
  }
  return SectionBuilder(6, "conservazione", "Conservazione")
      .say(
          "Quanto a lungo si conserva lo decidono il piano di conservazione e gli atti dell'ente. "
          "Dove nessuna regola è registrata, niente scade.")
      .table(std::move(table))
      .finish();
}

Section rights_section() {
  return SectionBuilder(7, "diritti", "I diritti della persona")
      .data()
      .say(
          "Rettifica (art. 16 GDPR): la persona può chiedere di correggere dati inesatti e di "
          "aggiungere una dichiarazione integrativa. Le valutazioni professionali non si "
          "riscrivono: si aggiunge la dichiarazione.")
      .say(
          "Cancellazione (art. 17 GDPR): di regola non si applica a dati trattati per un compito "
          "di "
          "interesse pubblico o da conservare in archivio; si applica a dati trattati senza "
          "fondamento o riferiti alla persona sbagliata.")
      .say(
          "Limitazione (art. 18 GDPR): la persona può chiederla, per esempio mentre si verifica "
          "l'esattezza di un dato.")
      .say(
          "Opposizione (art. 21 GDPR): la persona può opporsi per motivi legati alla sua "
          "situazione; il titolare smette, se non dimostra motivi cogenti.")
      .say(
          "Portabilità (art. 20 GDPR): non si applica a trattamenti per compiti di interesse "
          "pubblico.")
      .say(
          "Oscuramento: la persona può chiedere che un elemento del fascicolo non sia visibile ad "
          "altri che a chi lo ha prodotto.")
      .finish();
}

Section complaint_section() {
  return SectionBuilder(8, "reclamo", "Reclamo e ricorso")
      .data()
      .say(
          "La persona può proporre reclamo al Garante per la protezione dei dati personali (art. "
          "77 "
          "GDPR; www.garanteprivacy.it) e ricorrere al giudice ordinario (art. 79 GDPR; art. 152 "
          "d.lgs. 196/2003).")
      .finish();
}

}  // namespace cartella::disclosure
