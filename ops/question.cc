#include "ops/question.h"

#include <algorithm>
#include <fstream>
#include <istream>

#include "cases/bootstrap.h"
#include "projections/case_file.h"
#include "projections/intake_register.h"

namespace cartella::ops {

namespace {

namespace views = projections;

constexpr std::size_t kLineBytesMax = 512;
constexpr std::size_t kNumberDigitsMax = 15;

// Reads no more than a question may have, however long the line is.
std::string first_line(std::istream& from) {
  std::string line;
  for (char c = 0; line.size() <= kLineBytesMax && from.get(c) && c != '\n';) line += c;
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return line;
}

bool all_digits(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<Question> read_question(const Options& options, std::istream& in) {
  std::string line;
  if (options.from.empty()) {
    line = first_line(in);
  } else {
    std::ifstream from(options.from);
    if (!from) return fail(Errc::io, "il file di --from non si legge");
    line = first_line(from);
  }
  const std::size_t space = line.find(' ');
  if (line.size() > kLineBytesMax || space == std::string::npos || space == 0)
    return fail(Errc::invalid_input,
                "serve una riga: 'cf CODICE', 'stp CODICE', 'eni CODICE', 'provvisorio CODICE', "
                "'interno CODICE', "
                "'alias NOME', 'nome COGNOME NOME', 'scheda NUMERO', 'caso NUMERO', 'flusso ID', "
                "'operatore NOME' o 'settore NOME'");
  return Question{line.substr(0, space), line.substr(line.find_first_not_of(' ', space))};
}

Result<WorkspaceHandle> open_views(const Options& options, const Console& console,
                                   bool with_executor) {
  WorkspaceOptions wanted;
  wanted.with_executor = with_executor;
  return open_views(options, console, wanted);
}

Result<WorkspaceHandle> open_views(const Options& options, const Console& console,
                                   const WorkspaceOptions& wanted) {
  CARTELLA_TRY(auto workspace, open_workspace(options, console, wanted));
  Progress progress(console, options.quiet);
  CARTELLA_TRY(workspace->engine().catch_up(
      std::nullopt,
      [&](std::uint64_t done, std::uint64_t total) { progress.update("viste", done, total); }));
  progress.finish();
  return workspace;
}

views::Progress past_views_progress(Progress& progress) {
  return [&progress](std::uint64_t done, std::uint64_t total) {
    progress.update("viste di allora", done, total);
  };
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
      {"interno", views::IdentifierKind::internal},
      {"alias", views::IdentifierKind::alias}};
  for (const auto& [word, kind] : kKinds) {
    if (question.kind != word) continue;
    query.identifier = question.value;
    query.identifier_kind = kind;
    return query;
  }
  return fail(Errc::invalid_input, "il tipo di identificativo non è tra quelli previsti");
}

Result<SubjectId> one_subject(const std::vector<views::PersonHit>& hits) {
  if (hits.empty()) return fail(Errc::not_found, "nessuna persona nota con questi dati");
  for (const auto& hit : hits)
    if (hit.person.subject != hits[0].person.subject)
      return fail(Errc::refused, "più persone corrispondono: usare un identificativo");
  return hits[0].person.subject;
}

Result<ControllerId> controller_of_comune(const views::Organisation& all,
                                          const std::string& belfiore) {
  for (const auto& [id, ente] : all.enti)
    if (ente.belfiore == belfiore) return cases::controller_of(id);
  return fail(Errc::not_found, "nessun ente dell'ambito ha questo codice catastale");
}

// The person as that controller knows them. An identifier means one person; a name may mean others.
Result<views::PersonHit> person_at(const views::Engine& engine, const Question& question,
                                   const ControllerId& controller) {
  CARTELLA_TRY(auto find, person_query(question));
  if (find.identifier.empty())
    return fail(Errc::invalid_input, "qui serve un identificativo: 'cf CODICE' e simili");
  CARTELLA_TRY(auto hits, views::find_people(engine, find));
  std::erase_if(hits,
                [&](const views::PersonHit& hit) { return hit.person.controller != controller; });
  if (hits.empty())
    return fail(Errc::not_found,
                "questo titolare non ha dati di una persona con questo identificativo");
  CARTELLA_TRY(one_subject(hits));
  return hits.front();
}

Result<StreamId> stream_of(const views::Engine& engine, const Question& question) {
  if (question.kind == "flusso") {
    auto stream = StreamId::parse(question.value);
    if (!stream) return fail(Errc::invalid_input, "un flusso ha 32 cifre esadecimali");
    return stream.value();
  }
  if (question.kind != "caso" && question.kind != "scheda")
    return fail(Errc::invalid_input, "qui serve 'caso NUMERO', 'scheda NUMERO' o 'flusso ID'");
  if (question.value.size() > kNumberDigitsMax || !all_digits(question.value))
    return fail(Errc::invalid_input, "il numero non è fatto di sole cifre");
  const std::uint64_t number = std::stoull(question.value);
  CARTELLA_TRY(auto streams, question.kind == "caso" ? views::cases_by_number(engine, number)
                                                     : views::cards_by_number(engine, number));
  if (streams.empty()) return fail(Errc::not_found, "nessun elemento con questo numero");
  if (streams.size() > 1)
    return fail(Errc::refused, "più elementi hanno questo numero: usare 'flusso ID'");
  return streams[0];
}

Result<views::AsOf> moment_option(const std::string& text, const char* option) {
  views::AsOf as_of;
  if (all_digits(text) && text.size() <= 18) {
    as_of.position = std::stoull(text);
  } else if (!text.empty()) {
    const auto time = parse_timestamp(text);
    if (!time)
      return fail(Errc::invalid_argument, std::string(option) +
                                              " vuole una posizione o un istante "
                                              "AAAA-MM-GGThh:mm:ssZ");
    as_of.recorded_at = time.value();
  }
  return as_of;
}

Result<views::AsOf> as_of_option(const Options& options) {
  CARTELLA_TRY(auto as_of, moment_option(options.as_of, "--as-of"));
  CARTELLA_TRY(as_of.valid_at, day_option(options.valid_at, "--valid-at"));
  return as_of;
}

Status fix_position(views::Engine& engine, views::AsOf& as_of) {
  CARTELLA_TRY(const auto position, views::position_of(engine, as_of));
  as_of.position = position;
  as_of.recorded_at.reset();
  return engine.catch_up(position);
}

Result<std::optional<Date>> day_option(const std::string& text, const char* option) {
  if (text.empty()) return std::optional<Date>{};
  const auto day = parse_iso_date(text);
  if (!day)
    return fail(Errc::invalid_argument, std::string(option) + " vuole un giorno AAAA-MM-GG");
  return std::optional<Date>(day.value());
}

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

std::string day_text(std::int32_t days) {
  return days == views::kNoDate ? std::string() : format_date(Date{days});
}

}  // namespace cartella::ops
