// The sections about who gave, who got and who looked: 5, 9, 10, 12, 13.
#include <fmt/format.h>

#include <algorithm>

#include "disclosure/dsar_parts.h"

namespace cartella::disclosure {

namespace {

namespace views = projections;
using schema::EventType;

struct SourceUse {
  std::map<std::string, std::size_t> labels;
  std::size_t events = 0;
  TimeUs first;
};

std::string relation_words(std::string_view relation) {
  if (relation == "in_charge") return "ha in carico la persona";
  if (relation == "unit") return "unità che ha in carico la persona";
  if (relation == "shared") return "caso condiviso con l'unità";
  if (relation == "segretariato") return "segretariato sociale";
  if (relation == "rights_request") return "esercizio dei diritti";
  if (relation == "audit") return "verifica con mandato";
  if (relation == "emergency") return "emergenza";
  if (relation == "system") return "sistema";
  return "nessuna";
}

std::string outcome_words(std::string_view outcome) {
  if (outcome == "ok") return "riuscito";
  if (outcome == "denied") return "rifiutato";
  if (outcome == "partial") return "parziale";
  return "non riuscito";
}

ReportTable departures_table(const char* key, const char* caption,
                             const std::vector<Departure>& all, bool releases) {
  ReportTable table{
      key,
      caption,
      {"Quando", "A chi", "Base giuridica o finalità", "Che cosa", "Impronta SHA-256", "Posizione"},
      {"quando", "destinatario", "base", "contenuto", "sha256", "posizione"},
      {}};
  for (const Departure& gone : all)
    if (gone.is_release == releases)
      table.rows.push_back({time_words(gone.when), gone.recipient, gone.ground, gone.items,
                            gone.digest, std::to_string(gone.position)});
  return table;
}

}  // namespace

Section recipients_section(const Gathered& all) {
  return SectionBuilder(5, "destinatari", "Destinatari")
      .table(departures_table("comunicazioni", "Comunicazioni di dati ad altri enti",
                              all.departures, false))
      .table(departures_table("rilasci", "Documenti rilasciati", all.departures, true))
      .say("Trasferimenti fuori dall'Unione europea: nessuno.")
      .say(
          "Responsabili del trattamento (art. 28 GDPR) che hanno ricevuto dati: nessuno "
          "registrato.")
      .finish();
}

Section sources_section(const Gathered& all) {
  std::map<std::string, SourceUse> uses;
  for (const HistoryEntry& entry : all.entries) {
    SourceUse& use = uses[entry.source.empty() ? "non indicata" : entry.source];
    if (use.events == 0) use.first = entry.recorded_at;
    ++use.events;
    ++use.labels[entry.label];
  }
  ReportTable table{"fonti",
                    "Da dove vengono i dati",
                    {"Fonte", "Dati", "Eventi", "Prima registrazione"},
                    {"fonte", "dati", "eventi", "prima"},
                    {}};
  for (const auto& [source, use] : uses) {
    std::vector<std::string> labels;
    for (const auto& [label, count] : use.labels)
      labels.push_back(fmt::format("{} ({})", label, count));
    table.rows.push_back(
        {source, joined(labels), std::to_string(use.events), time_words(use.first)});
  }
  SectionBuilder section(9, "fonti", "Fonti");
  for (const std::string& sentence : all.registry) section.say(sentence);
  section.say("Chi ha fatto una segnalazione compare solo come categoria.");
  return section.table(std::move(table)).finish();
}

Section decisions_section(const Gathered& all) {
  ReportTable table{"isee",
                    "Prestazioni soggette a una prova dei mezzi",
                    {"Prestazione", "Prova dei mezzi", "DSU", "Decisione"},
                    {"prestazione", "prova", "dsu", "decisione"},
                    {}};
  for (const ItemFacts& item : all.items) {
    if (item.type != EventType::benefit_granted) continue;
    std::map<std::string, std::string> values;
    for (const Field& field : item.fields) values[field.key] = field.value;
    if (values["dsu"].empty() && values["means_test"].starts_with("Non soggetta")) continue;
    table.rows.push_back({values["benefit"], values["means_test"],
                          values["dsu"].empty() ? "nessuna" : values["dsu"],
                          "presa da un operatore"});
  }
  return SectionBuilder(10, "decisioni", "Decisioni automatizzate, graduatorie e punteggi")
      .say("Decisioni automatizzate e profilazione (art. 22 GDPR): nessuna.")
      .say("Graduatorie e punteggi: nessuno.")
      .table(std::move(table))
      .finish("Nessuna.");
}

Section accesses_section(const Gathered& all) {
  ReportTable table{"accessi",
                    "Chi ha consultato i dati, e quando",
                    {"Data e ora", "Unità", "Finalità", "Operazione", "Parte", "Titolo", "Esito",
                     "Comunicato a", "Posizione"},
                    {"quando", "unita", "finalita", "operazione", "parte", "relazione", "esito",
                     "destinatario", "posizione"},
                    {}};
  const Words words = all.words();
  for (const views::AccessEntry& entry : all.accesses) {
    const std::string unit = unit_words(words, entry.actor_unit);
    table.rows.push_back(
        {time_words(TimeUs{entry.recorded_at_us}),
         unit.empty() ? controller_words(words, entry.controller) : unit,
         entry.purpose.empty() ? "non indicata" : entry.purpose, operation_words(entry.operation),
         entry.section.empty() ? "tutto" : entry.section, relation_words(entry.relation),
         outcome_words(entry.outcome), entry.released_to.empty() ? "nessuno" : entry.released_to,
         std::to_string(entry.position)});
  }
  const std::size_t emergencies = static_cast<std::size_t>(
      std::count_if(all.accesses.begin(), all.accesses.end(), [](const views::AccessEntry& entry) {
        return entry.operation == "EMERGENCY" || entry.relation == "emergency";
      }));
  return SectionBuilder(12, "accessi", "Chi ha consultato il fascicolo")
      .say(fmt::format("Periodo coperto: dal {} al {}. Di mesi la cui chiave è stata distrutta, e "
                       "dell'applicativo precedente, non si sa più chi ha guardato.",
                       time_words(all.log_began), time_words(all.as_of)))
      .say(
          "I nomi degli operatori compaiono solo dopo una decisione di bilanciamento (CGUE "
          "C-579/21): nessuna è registrata.")
      .say(emergencies == 0 ? std::string("Accessi in emergenza: nessuno.")
                            : fmt::format("Accessi in emergenza: {}.", emergencies))
      .table(std::move(table))
      .finish("Nessun accesso registrato nel periodo.");
}

Section requests_section(const Gathered& all) {
  ReportTable table{"richieste",
                    "Richieste della persona e pacchetti già preparati",
                    {"Quando", "Che cosa", "Posizione"},
                    {"quando", "descrizione", "posizione"},
                    {}};
  for (const HistoryEntry& entry : all.entries) {
    const bool is_request = entry.type == EventType::rights_request_opened;
    if (!is_request && entry.type != EventType::document_released) continue;
    std::string what = entry.sentence;
    if (entry.position == all.request.position) what += " (questa richiesta)";
    table.rows.push_back({time_words(entry.recorded_at), what, std::to_string(entry.position)});
  }
  return SectionBuilder(13, "richieste", "Richieste precedenti e risposte")
      .say("Risposte, rifiuti e proroghe: nessuno.")
      .table(std::move(table))
      .finish();
}

}  // namespace cartella::disclosure
