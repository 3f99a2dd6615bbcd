
#include "cases/withdrawn.h"
#include "ops/exit_code.h"
#include "ops/look.h"
#include "ops/question.h"
#include "ops/run.h"
#include "projections/timeline.h"
#include "schema/code_lists.h"

namespace cartella::ops {

namespace {

namespace views = projections;

std::string place(const std::string& belfiore, std::int32_t day) {
  return std::string(schema::place_name(belfiore, Date{day == views::kNoDate ? 0 : day}));
}

// Lists show the minimum: the birth year and the comune are enough to choose by.
Table hits_table(const std::vector<views::PersonHit>& hits) {
  Table table{"people",
              "Persone note (al massimo 20)",
              {"Cognome", "Nome", "Nascita", "Comune", "Flusso"},
              {"surname", "name", "birth_date", "comune", "stream"},
              {}};
  for (const auto& hit : hits)
    table.rows.push_back({hit.person.surname, hit.person.name,
                          day_text(hit.person.birth_date).substr(0, 4),
                          place(hit.person.comune, hit.person.birth_date), hit.stream.hex()});
  return table;
}

Table person_table(const views::PersonRecord& person) {
  Table table{"person", "Persona", {"Dato", "Valore"}, {"field", "value"}, {}};
  const auto add = [&](const char* field, const std::string& value) {
    if (!value.empty()) table.rows.push_back({std::string(field), value});
  };
  add("Cognome", person.surname);
  add("Nome", person.name);
  add("Sesso", person.sex);
  add("Nato il", day_text(person.birth_date));
  add("Luogo di nascita", place(person.birth_place, person.birth_date));
  add("Morto il", day_text(person.death_date));
  add("Cittadinanza", person.citizenship);
  add("Stato civile", person.civil_status);
  add("Comune", place(person.comune, views::kNoDate));
  add("Via", person.street);
  add("Numero civico", person.number);
  add("Interno e altro", person.detail);
  add("Senza dimora", person.homeless ? "sì" : "");
  add("Famiglia anagrafica", person.household_number);
  add("Relazione di parentela", person.household_role);
  add("Telefono", person.phone);
  add("Cellulare", person.mobile);
  add("Posta elettronica", person.email);
  return table;
}

Table identifiers_table(const views::PersonRecord& person) {
  Table table{"identifiers",
              "Identificativi",
              {"Tipo", "Valore", "Rilasciato da", "Dal", "Al", "Verificato"},
              {"kind", "value", "issuer", "valid_from", "valid_to", "verified"},
              {}};
  for (const auto& each : person.identifiers)
    table.rows.push_back({std::string(views::identifier_kind_name(each.kind)), each.value,
                          each.issuer, day_text(each.valid_from), day_text(each.valid_to),
                          std::string(each.verified ? "sì" : "no")});
  return table;
}

// Who the other is, only the vault could tell: the same key is the same person.
Table relations_table(const views::PersonRecord& person) {
  Table table{"relations",
              "Rapporti di parentela",
              {"Rapporto", "Dal", "Al", "Chiave dell'altra persona"},
              {"role", "valid_from", "valid_to", "other_key"},
              {}};
  for (const auto& each : person.relations)
    table.rows.push_back(
        {each.role, day_text(each.valid_from), day_text(each.valid_to), each.other_key.hex()});
  return table;
}

}  // namespace

Result<int> run_timeline(const Options& options, Console& console) {
  CARTELLA_TRY(auto question, read_question(options, console.in));
  CARTELLA_TRY(auto as_of, as_of_option(options));
  CARTELLA_TRY(auto workspace, open_views(options, console, true));
  const views::Engine& engine = workspace->engine();
  CARTELLA_TRY(auto asked, timeline_question(*workspace, options, console, question));
  CARTELLA_TRY(fix_position(workspace->engine(), as_of));
  const std::uint64_t before = *as_of.position;
  asked.query.before = before;
  asked.query.valid_at = as_of.valid_at;
  CARTELLA_TRY(auto entries, views::read_timeline(engine, asked.query));
  asked.showing.as_of = before;
  CARTELLA_TRY(auto organisation, views::read_organisation(engine));
  Table table{"timeline",
              "Storia fino alla posizione " + std::to_string(before),
              {"Posizione", "Quando", "Registrato", "Che cosa", "Dettaglio", "Chi", "Per conto di",
               "Unità", "Fonte", "Evento"},
              {"position", "occurred_at", "recorded_at", "what", "detail", "actor", "on_behalf_of",
               "unit", "source", "event"},
              {}};
  for (const auto& entry : entries)
    table.rows.push_back(
        {static_cast<std::int64_t>(entry.position), format_time(TimeUs{entry.occurred_at_us}),
         format_time(TimeUs{entry.recorded_at_us}), views::event_label(entry.type),
         entry.cents < 0 ? entry.detail : euro(entry.cents) + " €",
         worker_name(organisation, entry.actor), worker_name(organisation, entry.on_behalf_of),
         unit_name(organisation, entry.unit), entry.source, entry.event_id.hex()});
  CARTELLA_TRY(show_tables(*workspace, options, console, asked.showing, {table}));
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(table.rows.empty() ? kExitNotFound : kExitOk);
}

Result<int> run_person(const Options& options, Console& console) {
  CARTELLA_TRY(auto question, read_question(options, console.in));
  CARTELLA_TRY(auto as_of, as_of_option(options));
  CARTELLA_TRY(auto query, person_query(question));
  if (options.birth_year != 0) query.birth_year = options.birth_year;
  query.comune = options.comune;
  CARTELLA_TRY(auto workspace, open_views(options, console, true));
  const views::Engine& engine = workspace->engine();
  // The installation finds who is restricted, as a rights officer does, and nobody who is being
  // erased.
  query.passed_over =
      cases::withdrawn_from(cases::Role::rights_officer, *workspace->executor().organisation());
  std::vector<views::PersonHit> hits;
  Showing showing;
  std::vector<Table> tables;
  if (!options.details) {
    CARTELLA_TRY(hits, views::find_people(engine, query));
    showing = showing_of_search(question, hits);
    tables.push_back(hits_table(hits));
  } else {
    CARTELLA_TRY(hits, look_up_person(*workspace, options, console, question, query));
    showing.target = "person/" + hits[0].person.subject.hex();
    showing.seen = seen_people(hits);
    // One record for each controller that knows the person.
    for (const auto& hit : hits) {
      CARTELLA_TRY(auto person, views::person_as_of(engine, hit.stream, as_of));
      tables.push_back(person_table(person));
      tables.push_back(identifiers_table(person));
      tables.push_back(relations_table(person));
    }
  }
  CARTELLA_TRY(show_tables(*workspace, options, console, showing, tables));
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(hits.empty() ? kExitNotFound : kExitOk);
}

}  // namespace cartella::ops
