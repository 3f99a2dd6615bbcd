// The sections that close a report: 14, 15, 16.
#include <fmt/format.h>

#include <set>

#include "disclosure/dsar_parts.h"
#include "schema/event_types.h"

namespace cartella::disclosure {

namespace {

using schema::CodeList;

struct NamedList {
  CodeList list;
  const char* name;
};
constexpr NamedList kLists[] = {
    {CodeList::sex, "Sesso"},
    {CodeList::civil_status, "Stato civile"},
    {CodeList::kinship, "Rapporto di parentela"},
    {CodeList::case_state, "Stato del caso"},
    {CodeList::card_mode, "Modalità di accesso"},
    {CodeList::card_motive, "Motivo dell'accesso"},
    {CodeList::card_interlocutor, "Interlocutore"},
    {CodeList::social_category, "Categoria sociale"},
    {CodeList::means_test, "Prova dei mezzi"},
    {CodeList::user_area, "Area di utenza"},
    {CodeList::beneficiary, "Beneficiario"},
};

}  // namespace

Section left_out_section(const Gathered& all) {
  ReportTable table{"omissioni",
                    "Che cosa è stato omesso",
                    {"Elemento", "Motivo", "Articolo", "Decisione", "Riesame", "Posizione"},
                    {"elemento", "motivo", "articolo", "decisione", "riesame", "posizione"},
                    {}};
  for (const LeftOut& one : all.left_out)
    table.rows.push_back({one.kind, one.reason, one.article, one.decision,
                          "prima del rilascio, da un'altra persona", std::to_string(one.position)});
  return SectionBuilder(14, "omissioni", "Che cosa è stato omesso")
      .say(
          "La persona può contestare un'omissione davanti al titolare, al Garante o al giudice "
          "(sezione 8).")
      .table(std::move(table))
      .finish("Nessuna omissione.");
}

Section code_lists_section(const Gathered& all) {
  ReportTable codes{"codici",
                    "Elenchi di codici",
                    {"Elenco", "Codice", "Significato"},
                    {"elenco", "codice", "significato"},
                    {}};
  for (const NamedList& named : kLists)
    for (const schema::Code& code : schema::codes(named.list))
      codes.rows.push_back({named.name, std::string(code.code), std::string(code.label)});
  for (const auto& [code, label] : all.organisation.categories)
    codes.rows.push_back({"Categoria sociale dell'ambito", code, label.label});
  ReportTable words{"glossario",
                    "Glossario",
                    {"Parola", "Significato"},
                    {"parola", "significato"},
                    {{"Titolare", "l'ente che decide perché e come si trattano i dati"},
                     {"Registro", "la sequenza di tutti gli eventi, che non si può riscrivere"},
                     {"Posizione", "il numero di un evento nel registro"},
                     {"Scheda di accesso",
                      "quanto il segretariato sociale scrive quando qualcuno "
                      "si rivolge al servizio"},
                     {"Caso", "quanto un servizio fa per una persona nel tempo"},
                     {"DSU", "dichiarazione sostitutiva unica, da cui si calcola l'ISEE"},
                     {"Impronta", "numero calcolato da un file, che cambia se il file cambia"}}};
  return SectionBuilder(15, "codici", "Codici e glossario")
      .table(std::move(words))
      .table(std::move(codes))
      .finish();
}

Section manifest_section(const Gathered& all, const std::string& origin) {
  std::set<schema::EventType> present;
  for (const HistoryEntry& entry : all.entries) present.insert(entry.type);
  ReportTable schemas{"schemi",
                      "Versioni degli schemi degli eventi",
                      {"Tipo di evento", "Nome", "Revisione"},
                      {"tipo", "nome", "revisione"},
                      {}};
  for (const schema::EventType type : present)
    if (const schema::TypeInfo* info = schema::find_type(type))
      schemas.rows.push_back(
          {std::string(info->label_it), std::string(info->name), std::to_string(info->revision)});
  return SectionBuilder(16, "manifesto", "Manifesto e prove")
      .say(
          "Il file manifest.json elenca ogni file del pacchetto con la sua impronta SHA-256, la "
          "posizione del registro, il punto di controllo firmato e le prove di inclusione.")
      .say(fmt::format("Registro: {}. Posizione della copia: {}. Eventi citati: {}.", origin,
                       all.end, all.entries.size()))
      .say(
          "Firma del titolare: nessuna, perché questa è una bozza. Scadenza del pacchetto: nessuna "
          "data; una nuova richiesta ne prepara uno nuovo.")
      .table(std::move(schemas))
      .finish();
}

}  // namespace cartella::disclosure
