// Section 11: the data themselves.
#include <fmt/format.h>

#include "disclosure/dsar_parts.h"

namespace cartella::disclosure {

namespace {

using schema::EventType;

ReportTable fields_table(std::string key, std::string caption, const std::vector<Field>& fields) {
  ReportTable table{std::move(key), std::move(caption), {"Dato", "Valore"}, {"dato", "valore"}, {}};
  for (const Field& field : fields) table.rows.push_back({field.label, field.value});
  return table;
}

std::string value_of(const ItemFacts& item, std::string_view key) {
  for (const Field& field : item.fields)
    if (field.key == key) return field.value;
  return {};
}

// "Scheda di accesso n. 5": every item of one kind as a table of its own.
void add_items(SectionBuilder& section, const Gathered& all, EventType type, const char* key,
               const char* caption, const char* named_by, const char* none) {
  std::size_t count = 0;
  for (const ItemFacts& item : all.items) {
    if (item.type != type) continue;
    ++count;
    section.table(fields_table(fmt::format("{}_{}", key, count),
                               joined({caption, value_of(item, named_by)}, " "), item.fields));
  }
  if (count == 0) section.say(none);
}

// Events of some types as rows; `with_text` adds what somebody wrote.
ReportTable events_table(const Gathered& all, const char* key, const char* caption,
                         std::initializer_list<EventType> types, bool with_text) {
  ReportTable table{key, caption, {"Quando", "Che cosa"}, {"quando", "descrizione"}, {}};
  if (with_text) {
    table.columns.emplace_back("Testo");
    table.keys.emplace_back("testo");
  }
  for (const char* title : {"Unità", "Fonte", "Posizione"}) table.columns.emplace_back(title);
  for (const char* name : {"unita", "fonte", "posizione"}) table.keys.emplace_back(name);
  for (const HistoryEntry& entry : all.entries) {
    bool wanted = false;
    for (const EventType type : types) wanted = wanted || entry.type == type;
    if (!wanted) continue;
    std::vector<std::string> row = {time_words(entry.occurred_at), entry.sentence};
    if (with_text)
      row.push_back(entry.text_left_out  ? "[testo riservato, da valutare: sezione 14]"
                    : entry.text.empty() ? "nessuno"
                                         : entry.text);
    row.push_back(entry.unit_name.empty() ? "nessuna" : entry.unit_name);
    row.push_back(entry.source);
    row.push_back(std::to_string(entry.position));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

Section data_section(const Gathered& all) {
  SectionBuilder section(11, "dati", "I dati");
  section.say(
      "Ogni riga dice l'unità che ha registrato il dato, la fonte e la posizione nel "
      "registro. I dati di altre persone sono omessi (sezione 14); i familiari compaiono "
      "solo come rapporto di parentela.");
  add_items(section, all, EventType::person_registered, "identita", "Identità e recapiti", "",
            "Identità e recapiti: nessuno.");
  section.table(events_table(
      all, "storia_identita", "Storia dei dati anagrafici e dei recapiti",
      {EventType::person_registered, EventType::identifier_added, EventType::identity_recorded,
       EventType::residence_recorded, EventType::contact_recorded, EventType::death_recorded,
       EventType::registry_variation, EventType::persons_linked, EventType::persons_unlinked,
       EventType::pseudonym_assigned, EventType::possible_duplicate_noted},
      false));
  section.table(events_table(all, "nucleo", "Nucleo familiare e rapporti di parentela",
                             {EventType::household_recorded, EventType::kinship_recorded}, false));
  add_items(section, all, EventType::card_opened, "scheda", "Scheda di accesso n.", "number",
            "Schede di accesso al segretariato sociale: nessuna.");
  section.table(events_table(
      all, "storia_schede", "Storia delle schede: bisogni, richieste, segnalazioni",
      {EventType::card_opened, EventType::card_reporter_recorded, EventType::card_needs_recorded,
       EventType::card_services_requested, EventType::card_closed, EventType::card_linked_to_case},
      false));
  add_items(section, all, EventType::case_opened, "caso", "Caso n.", "number", "Casi: nessuno.");
  section.table(events_table(
      all, "storia_casi", "Storia dei casi",
      {EventType::case_opened, EventType::case_state_changed, EventType::case_category_set,
       EventType::case_operator_assigned, EventType::case_shared},
      false));
  section.table(events_table(all, "colloqui", "Colloqui e note",
                             {EventType::interview_recorded, EventType::note_recorded}, true));
  add_items(section, all, EventType::benefit_granted, "prestazione", "Prestazione con protocollo",
            "protocol", "Prestazioni: nessuna.");
  section.table(events_table(all, "erogazioni", "Concessioni, erogazioni e chiusure",
                             {EventType::benefit_granted, EventType::benefit_delivered,
                              EventType::benefit_closed, EventType::benefit_superseded},
                             false));
  section.table(
      events_table(all, "informative", "Informative e consensi", {EventType::notice_given}, false));
  section.table(
      events_table(all, "oscuramenti", "Oscuramenti, limitazioni, vincoli",
                   {EventType::item_masked, EventType::item_unmasked,
                    EventType::processing_restricted, EventType::processing_restriction_lifted,
                    EventType::legal_hold_placed, EventType::legal_hold_lifted},
                   false));
  section.table(events_table(
      all, "rettifiche", "Rettifiche e dichiarazioni integrative",
      {EventType::fact_corrected, EventType::statement_added, EventType::item_voided}, true));
  for (const char* absent : {"Valutazioni e strumenti", "Progetti personalizzati",
                             "Attestazioni ISEE", "Atti dell'autorità giudiziaria", "Documenti"})
    section.say(std::string(absent) + ": nessuno.");
  return section.finish();
}

}  // namespace cartella::disclosure
