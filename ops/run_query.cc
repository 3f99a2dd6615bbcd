#include <algorithm>
#include <fstream>
#include <iostream>

#include "cases/bootstrap.h"
#include "ops/exit_code.h"
#include "ops/run.h"
#include "ops/workspace.h"
#include "projections/case_file.h"
#include "projections/history.h"
#include "projections/intake_register.h"
#include "projections/organisation.h"
#include "projections/timeline.h"
#include "schema/code_lists.h"

namespace cartella::ops {

namespace {

namespace views = projections;

constexpr std::size_t kLineBytesMax = 512;

// What the one line of standard input (or of --from) asks for: a kind and a value.
struct Question {
  std::string kind;
  std::string value;
};

Result<Question> read_question(const Options& options) {
  std::string line;
  if (options.from.empty()) {
    std::getline(std::cin, line);
  } else {
    std::ifstream from(options.from);
    if (!from) return fail(Errc::io, "cannot read " + options.from.string());
    std::getline(from, line);
  }
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  const std::size_t space = line.find(' ');
  if (line.size() > kLineBytesMax || space == std::string::npos || space == 0)
    return fail(Errc::invalid_input,
                "serve una riga: 'cf CODICE', 'stp CODICE', 'eni CODICE', 'provvisorio CODICE', "
                "'alias NOME', 'nome COGNOME NOME', 'scheda NUMERO', 'caso NUMERO' o 'flusso ID'");
  return Question{line.substr(0, space), line.substr(line.find_first_not_of(' ', space))};
}

Result<std::unique_ptr<Workspace>> open_views(const Options& options) {
  CARTELLA_TRY(auto passphrase, read_passphrase(options.passphrase_file));
  WorkspaceOptions workspace_options;
  workspace_options.confirm_clock = options.confirm_clock;
  CARTELLA_TRY(auto workspace, Workspace::open(options.data, passphrase, workspace_options));
  CARTELLA_TRY(workspace->engine().catch_up());
  return workspace;
}

Result<views::PersonQuery> person_query(const Question& question) {
  views::PersonQuery query;
  if (question.kind == "nome") {
    query.name = question.value;
    return query;
  }
  static const std::pair<std::string_view, views::IdentifierKind> kKinds[] = {
      {"cf", views::IdentifierKind::cf},
      {"provvisorio", views::IdentifierKind::cf_provisional},
      {"stp", views::IdentifierKind::stp},
      {"eni", views::IdentifierKind::eni},
      {"alias", views::IdentifierKind::alias}};
  for (const auto& [word, kind] : kKinds) {
    if (question.kind != word) continue;
    query.identifier = question.value;
    query.identifier_kind = kind;
    return query;
  }
  return fail(Errc::invalid_input, "il tipo di identificativo non è tra quelli previsti");
}

std::string date_text(std::int32_t days) {
  return days == views::kNoDate ? std::string() : format_date(Date{days});
}

Result<views::AsOf> as_of_option(const Options& options) {
  views::AsOf as_of;
  const std::string& text = options.as_of;
  if (!text.empty()) {
    if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
        text.size() <= 18) {
      as_of.position = std::stoull(text);
    } else {
      CARTELLA_TRY(auto time, parse_timestamp(text));
      as_of.recorded_at = time;
    }
  }
  if (!options.valid_at.empty()) {
    CARTELLA_TRY(auto day, parse_iso_date(options.valid_at));
    as_of.valid_at = day;
  }
  return as_of;
}

// Who acted and where, in words; an id where the organisation does not know it.
std::string worker_name(const views::Organisation& all, const OperatorId& worker) {
  if (worker == cases::installation_actor()) return "installazione";
  const auto at = all.operators.find(worker);
  return at != all.operators.end() ? at->second.username : worker.is_zero() ? "" : worker.hex();
}

std::string unit_name(const views::Organisation& all, const UnitId& unit) {
  if (const auto at = all.sectors.find(unit); at != all.sectors.end()) return at->second.name;
  if (const auto at = all.offices.find(unit); at != all.offices.end()) return at->second.name;
  if (const auto at = all.enti.find(unit); at != all.enti.end()) return at->second.name;
  return unit.is_zero() ? "" : unit.hex();
}

// What the question's stream or subject is called in the timeline view.
Result<views::TimelineQuery> timeline_query(const views::Engine& engine, const Question& question) {
  views::TimelineQuery query;
  if (question.kind == "flusso") {
    CARTELLA_TRY(auto stream, StreamId::parse(question.value));
    query.stream = stream;
    return query;
  }
  if (question.kind == "caso" || question.kind == "scheda") {
    if (question.value.size() > 15 ||
        question.value.find_first_not_of("0123456789") != std::string::npos)
      return fail(Errc::invalid_input, "il numero non è fatto di sole cifre");
    const std::uint64_t number = std::stoull(question.value);
    const bool is_case = question.kind == "caso";
    CARTELLA_TRY(auto streams, is_case ? views::cases_by_number(engine, number)
                                       : views::cards_by_number(engine, number));
    if (streams.empty()) return fail(Errc::not_found, "nessun elemento con questo numero");
    if (streams.size() > 1)
      return fail(Errc::refused, "più elementi hanno questo numero: usare 'flusso ID'");
    (is_case ? query.case_stream : query.stream) = streams[0];
    return query;
  }
  CARTELLA_TRY(auto find, person_query(question));
  CARTELLA_TRY(auto hits, views::find_people(engine, find));
  if (hits.empty()) return fail(Errc::not_found, "nessuna persona nota con questi dati");
  for (const auto& hit : hits)
    if (hit.person.subject != hits[0].person.subject)
      return fail(Errc::refused, "più persone corrispondono: usare un identificativo");
  query.subject = hits[0].person.subject;
  return query;
}

}  // namespace

Result<int> run_timeline(const Options& options) {
  CARTELLA_TRY(auto question, read_question(options));
  CARTELLA_TRY(auto as_of, as_of_option(options));
  CARTELLA_TRY(auto workspace, open_views(options));
  const views::Engine& engine = workspace->engine();
  CARTELLA_TRY(auto query, timeline_query(engine, question));
  CARTELLA_TRY(auto before, views::position_of(engine, as_of));
  query.before = before;
  CARTELLA_TRY(auto entries, views::read_timeline(engine, query));
  CARTELLA_TRY(auto organisation, views::read_organisation(engine));
  Table table{
      "timeline",
      "Storia fino alla posizione " + std::to_string(before),
      {"Posizione", "Quando", "Registrato", "Che cosa", "Chi", "Unità", "Fonte", "Evento"},
      {"position", "occurred_at", "recorded_at", "what", "actor", "unit", "source", "event"},
      {}};
  for (const auto& entry : entries) {
    if (as_of.valid_at && date_of(TimeUs{entry.occurred_at_us}) > *as_of.valid_at) continue;
    table.rows.push_back({static_cast<std::int64_t>(entry.position),
                          format_time(TimeUs{entry.occurred_at_us}),
                          format_time(TimeUs{entry.recorded_at_us}), views::event_label(entry.type),
                          worker_name(organisation, entry.actor),
                          unit_name(organisation, entry.unit), entry.source, entry.event_id.hex()});
  }
  print_tables(std::cout, {table}, options.format);
  CARTELLA_TRY(workspace->close());
  return static_cast<int>(table.rows.empty() ? kExitNotFound : kExitOk);
}

Result<int> run_person(const Options& options) {
  CARTELLA_TRY(auto question, read_question(options));
  CARTELLA_TRY(auto query, person_query(question));
  CARTELLA_TRY(auto workspace, open_views(options));
  CARTELLA_TRY(auto hits, views::find_people(workspace->engine(), query));
  Table table{"people",
              "Persone note (al massimo 20)",
              {"Cognome", "Nome", "Nascita", "Comune", "Flusso"},
              {"surname", "name", "birth_date", "comune", "stream"},
              {}};
  // Lists show the minimum: the birth year and the comune are enough to choose by.
  for (const auto& hit : hits) {
    const Date day{hit.person.birth_date == views::kNoDate ? 0 : hit.person.birth_date};
    table.rows.push_back(
        {hit.person.surname, hit.person.name, date_text(hit.person.birth_date).substr(0, 4),
         std::string(schema::place_name(hit.person.comune, day)), hit.stream.hex()});
  }
  print_tables(std::cout, {table}, options.format);
  CARTELLA_TRY(workspace->close());
  return static_cast<int>(hits.empty() ? kExitNotFound : kExitOk);
}

}  // namespace cartella::ops
