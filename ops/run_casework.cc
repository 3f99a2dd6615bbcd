
#include "cases/withdrawn.h"
#include "ops/exit_code.h"
#include "ops/look.h"
#include "ops/question.h"
#include "ops/run.h"
#include "projections/case_file.h"
#include "projections/caseload.h"
#include "projections/intake_register.h"
#include "projections/timeline.h"

namespace cartella::ops {

namespace {

namespace views = projections;

std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

std::string yes_or_no(bool value) { return value ? "sì" : "no"; }

std::string category_name(const views::Organisation& all, const std::string& code) {
  const auto at = all.categories.find(code);
  return at != all.categories.end() ? at->second.label : code;
}

std::string label_of(const std::map<UnitId, views::Label>& labels, const UnitId& id) {
  const auto at = labels.find(id);
  return at != labels.end() ? at->second.label : id.hex();
}

Table fields_table(std::string name, std::string title,
                   const std::vector<std::pair<const char*, std::string>>& fields) {
  Table table{std::move(name), std::move(title), {"Dato", "Valore"}, {"field", "value"}, {}};
  for (const auto& [field, value] : fields)
    if (!value.empty()) table.rows.push_back({std::string(field), value});
  return table;
}

Table case_table(const views::CaseFile& file, const views::Organisation& all) {
  const views::CaseRecord& record = file.record;
  return fields_table("case", "Caso alla posizione " + std::to_string(file.position),
                      {{"Numero", std::to_string(record.number)},
                       {"Stato", views::case_state_label(record.state)},
                       {"Aperto il", format_time(TimeUs{record.opened_at_us})},
                       {"Ente", unit_name(all, record.ente)},
                       {"Settore", unit_name(all, record.sector)},
                       {"Nota", record.note},
                       {"Flusso", file.stream.hex()},
                       {"Flusso della persona", record.person_stream.hex()}});
}

Table categories_table(const views::CaseRecord& record, const views::Organisation& all) {
  Table table{"categories",
              "Categorie sociali",
              {"Codice", "Categoria", "Prevalente", "Dal"},
              {"code", "category", "prevalent", "since"},
              {}};
  for (const auto& each : record.categories)
    table.rows.push_back({each.category, category_name(all, each.category),
                          yes_or_no(each.prevalent), day_text(each.since)});
  return table;
}

Table operators_table(const views::CaseRecord& record, const views::Organisation& all) {
  Table table{"operators",
              "Operatori",
              {"Operatore", "Settore", "Responsabile", "Dal"},
              {"operator", "sector", "responsible", "since"},
              {}};
  for (const auto& each : record.operators)
    table.rows.push_back({worker_name(all, each.operator_id), unit_name(all, each.sector),
                          yes_or_no(each.responsible), day_text(each.since)});
  return table;
}

Table steps_table(const views::CaseRecord& record, const views::Organisation& all) {
  Table table{"steps",
              "Cambi di stato",
              {"Posizione", "Quando", "Da", "A", "Operatore", "Verso"},
              {"position", "occurred_at", "from", "to", "operator", "towards"},
              {}};
  for (const auto& each : record.steps) {
    std::string towards = worker_name(all, each.to_operator);
    if (towards.empty()) towards = unit_name(all, each.to_sector);
    if (towards.empty()) towards = unit_name(all, each.to_ente);
    table.rows.push_back(
        {number(each.position), format_time(TimeUs{each.occurred_at_us}),
         each.from == views::CaseState::none ? std::string() : views::case_state_label(each.from),
         views::case_state_label(each.state), worker_name(all, each.operator_id), towards});
  }
  return table;
}

// What belongs to the case, told by kind; texts are read one by one by those who may.
Table items_table(const views::CaseFile& file, const views::Organisation& all) {
  Table table{"items",
              "Elementi del caso",
              {"Posizione", "Quando", "Che cosa", "Riservato", "Operatore", "Flusso"},
              {"position", "occurred_at", "what", "withheld", "operator", "stream"},
              {}};
  for (const auto& item : file.items)
    table.rows.push_back({number(item.position), format_time(TimeUs{item.occurred_at_us}),
                          views::event_label(item.type), yes_or_no(item.withheld),
                          worker_name(all, item.operator_id), item.stream.hex()});
  return table;
}

Table caseload_table(const std::vector<views::CaseloadEntry>& entries,
                     const views::Organisation& all) {
  Table table{"caseload",
              "Casi in carico",
              {"Numero", "Stato", "Categoria prevalente", "Settore", "Responsabile", "Flusso"},
              {"number", "state", "category", "sector", "responsible", "stream"},
              {}};
  for (const auto& entry : entries)
    table.rows.push_back({entry.record.number, views::case_state_label(entry.record.state),
                          category_name(all, views::prevalent_category(entry.record)),
                          unit_name(all, entry.record.sector), yes_or_no(entry.responsible),
                          entry.case_stream.hex()});
  return table;
}

Table counts_table(const std::vector<views::CaseloadCount>& counts,
                   const views::Organisation& all) {
  Table table{"caseload",
              "Carichi di lavoro",
              {"Settore", "Operatore responsabile", "Stato", "Casi", "Id del settore"},
              {"sector", "operator", "state", "cases", "sector_id"},
              {}};
  for (const auto& each : counts)
    table.rows.push_back({unit_name(all, each.sector), worker_name(all, each.operator_id),
                          views::case_state_label(each.state), number(each.cases),
                          each.sector.hex()});
  return table;
}

// "operatore NOME" by user name, "settore NOME" by name or id.
Result<std::vector<views::CaseloadEntry>> caseload_of(const views::Engine& engine,
                                                      const Question& question,
                                                      const views::Organisation& all) {
  if (question.kind == "operatore") {
    for (const auto& [id, each] : all.operators)
      if (each.username == question.value) return views::caseload_of_operator(engine, id);
    return fail(Errc::not_found, "nessun operatore con questo nome utente");
  }
  if (question.kind != "settore")
    return fail(Errc::invalid_input, "qui serve 'operatore NOME' o 'settore NOME'");
  std::optional<UnitId> found;
  for (const auto& [id, each] : all.sectors) {
    if (each.name != question.value && id.hex() != question.value) continue;
    if (found) return fail(Errc::refused, "più settori hanno questo nome: usare l'id");
    found = id;
  }
  if (!found) return fail(Errc::not_found, "nessun settore con questo nome");
  return views::caseload_of_sector(engine, *found);
}

// A list for choosing a card: no name of a person stands in it.
Table register_table(const std::vector<views::CardEntry>& cards, const views::Organisation& all) {
  Table table{"register",
              "Registro degli accessi",
              {"Numero", "Data", "Ufficio", "Modalità", "Anonima", "Chiusa", "Flusso"},
              {"number", "date", "office", "mode", "anonymous", "closed", "stream"},
              {}};
  for (const auto& [stream, card] : cards)
    table.rows.push_back({card.number, day_text(card.access_date), unit_name(all, card.office),
                          card.mode, yes_or_no(card.anonymous), yes_or_no(card.closed),
                          stream.hex()});
  return table;
}

Table card_table(const views::CardRecord& card, const views::Organisation& all) {
  return fields_table(
      "card", "Scheda di accesso",
      {{"Numero", std::to_string(card.number)},
       {"Data di accesso", day_text(card.access_date)},
       {"Ufficio", unit_name(all, card.office)},
       {"Punto di contatto", card.contact_point},
       {"Ente", unit_name(all, card.ente)},
       {"Operatore", worker_name(all, card.operator_id)},
       {"Modalità", card.mode},
       {"Interlocutore", card.interlocutor},
       {"Motivo", card.motive},
       {"Motivo in parole", card.motive_text},
       {"Bisogni in parole", card.needs_text},
       {"Servizi in parole", card.services_text},
       {"Anonima", yes_or_no(card.anonymous)},
       {"Informativa data", yes_or_no(card.informed)},
       {"Chiusa", yes_or_no(card.closed)},
       {"Tipo di scheda", card.card_type},
       {"Presa in carico", card.closed ? yes_or_no(card.taken_in_charge) : ""},
       {"Flusso del caso", card.case_stream.is_zero() ? "" : card.case_stream.hex()}});
}

// Whom lists of many people leave out; one thing at a time the installation may look at.
cases::Withdrawn withdrawn_now(Workspace& workspace) {
  return cases::withdrawn_from(cases::Role::none, *workspace.executor().organisation());
}

Table labels_table(const char* name, const char* title, const std::vector<UnitId>& ids,
                   const std::map<UnitId, views::Label>& labels) {
  Table table{name, title, {"Voce"}, {"label"}, {}};
  for (const UnitId& id : ids) table.rows.push_back({label_of(labels, id)});
  return table;
}

}  // namespace

Result<int> run_case(const Options& options, Console& console) {
  CARTELLA_TRY(auto question, read_question(options, console.in));
  CARTELLA_TRY(auto as_of, as_of_option(options));
  CARTELLA_TRY(auto workspace, open_views(options, console, true));
  const views::Engine& engine = workspace->engine();
  std::vector<StreamId> streams;
  if (question.kind == "caso" || question.kind == "flusso") {
    CARTELLA_TRY(auto stream, stream_of(engine, question));
    streams.push_back(stream);
  } else {
    CARTELLA_TRY(const auto query, person_query(question));
    CARTELLA_TRY(const auto hits, look_up_person(*workspace, options, console, question, query));
    CARTELLA_TRY(streams, views::cases_of_subject(engine, hits[0].person.subject));
    if (streams.empty()) return fail(Errc::not_found, "la persona non ha casi");
  }
  CARTELLA_TRY(auto organisation, views::read_organisation(engine));
  CARTELLA_TRY(fix_position(workspace->engine(), as_of));
  std::vector<Table> tables;
  Showing showing;
  for (const StreamId& stream : streams) {
    auto file = views::case_as_of(engine, stream, as_of);
    // A person's later cases did not exist yet.
    if (!file && file.error().code == Errc::not_found && streams.size() > 1) continue;
    if (!file) return file.error();
    showing.seen.push_back({file.value().record.controller, file.value().record.subject});
    showing.case_stream = streams.size() == 1 ? stream : StreamId{};
    showing.target =
        streams.size() == 1 ? "case/" + stream.hex() : "cases/" + file.value().record.subject.hex();
    showing.as_of = file.value().position;
    tables.push_back(case_table(file.value(), organisation));
    tables.push_back(categories_table(file.value().record, organisation));
    tables.push_back(operators_table(file.value().record, organisation));
    tables.push_back(steps_table(file.value().record, organisation));
    tables.push_back(items_table(file.value(), organisation));
  }
  CARTELLA_TRY(show_tables(*workspace, options, console, showing, tables));
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(tables.empty() ? kExitNotFound : kExitOk);
}

Result<int> run_card(const Options& options, Console& console) {
  CARTELLA_TRY(auto question, read_question(options, console.in));
  CARTELLA_TRY(auto as_of, as_of_option(options));
  CARTELLA_TRY(auto workspace, open_views(options, console, true));
  const views::Engine& engine = workspace->engine();
  CARTELLA_TRY(auto stream, stream_of(engine, question));
  CARTELLA_TRY(auto card, views::card_as_of(engine, stream, as_of));
  CARTELLA_TRY(auto organisation, views::read_organisation(engine));
  Showing showing;
  showing.target = "card/" + stream.hex();
  showing.seen = {{cases::controller_of(card.ente), card.subject}};
  CARTELLA_TRY(show_tables(
      *workspace, options, console, showing,
      {card_table(card, organisation),
       labels_table("needs", "Bisogni", card.needs, organisation.needs),
       labels_table("services", "Servizi richiesti", card.services, organisation.services)}));
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

Result<int> run_caseload(const Options& options, Console& console) {
  std::optional<Question> question;
  if (!options.counts) {
    CARTELLA_TRY(question, read_question(options, console.in));
  }
  CARTELLA_TRY(auto workspace, open_views(options, console, true));
  const views::Engine& engine = workspace->engine();
  CARTELLA_TRY(auto organisation, views::read_organisation(engine));
  const auto withdrawn = withdrawn_now(*workspace);
  Table table;
  Showing showing;  // counts show nobody
  if (question) {
    CARTELLA_TRY(auto entries, caseload_of(engine, *question, organisation));
    std::erase_if(entries, [&](const views::CaseloadEntry& entry) {
      return withdrawn(entry.record.controller, entry.record.subject, entry.case_stream);
    });
    table = caseload_table(entries, organisation);
    showing.operation = cases::Operation::list;
    showing.target = "caseload";
    for (const auto& entry : entries)
      showing.seen.push_back({entry.record.controller, entry.record.subject});
  } else {
    CARTELLA_TRY(auto counts, views::caseload_counts(engine, withdrawn));
    table = counts_table(counts, organisation);
  }
  CARTELLA_TRY(show_tables(*workspace, options, console, showing, {table}));
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

Result<int> run_register(const Options& options, Console& console) {
  views::CardQuery query;
  CARTELLA_TRY(query.from, day_option(options.since, "--since"));
  CARTELLA_TRY(query.to, day_option(options.until, "--until"));
  query.cards_max = options.rows_max;
  CARTELLA_TRY(auto workspace, open_views(options, console, true));
  const views::Engine& engine = workspace->engine();
  CARTELLA_TRY(auto organisation, views::read_organisation(engine));
  if (!options.office.empty()) {
    const auto office = UnitId::parse(options.office);
    if (!office || !organisation.offices.contains(office.value()))
      return fail(Errc::not_found, "nessun ufficio con questo id: li elenca 'organisation'");
    query.office = office.value();
  }
  query.passed_over = withdrawn_now(*workspace);
  CARTELLA_TRY(auto cards, views::find_cards(engine, query));
  Showing showing;
  showing.operation = cases::Operation::list;
  showing.target = "register";
  for (const auto& [stream, card] : cards)
    showing.seen.push_back({cases::controller_of(card.ente), card.subject});
  CARTELLA_TRY(
      show_tables(*workspace, options, console, showing, {register_table(cards, organisation)}));
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(cards.empty() ? kExitNotFound : kExitOk);
}

}  // namespace cartella::ops
