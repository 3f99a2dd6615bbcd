
#include "ops/exit_code.h"
#include "ops/published_reports.h"
#include "ops/question.h"
#include "ops/run.h"

namespace cartella::ops {

namespace {

std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Table list_table(const std::vector<PublishedReport>& reports) {
  Table table{"published",
              "Rapporti pubblicati",
              {"Registrato", "Rapporto", "Posizione", "Regole", "Domanda", "Flusso"},
              {"recorded_at", "name", "position", "rules", "query", "stream"},
              {}};
  for (const auto& report : reports)
    table.rows.push_back({format_time(report.recorded_at), report.name, number(report.position),
                          number(report.rules), report.query, report.stream.hex()});
  return table;
}

std::string value_in(const Figures& figures, const Figures::key_type& place) {
  const auto at = figures.find(place);
  return at == figures.end() ? std::string() : std::to_string(at->second);
}

Table differences_table(const Figures& published, const Figures& recomputed) {
  Table table{"differences",
              "Differenze",
              {"Sezione", "Chiave", "Pubblicato", "Ricalcolato"},
              {"section", "key", "published", "recomputed"},
              {}};
  Figures all = published;
  all.insert(recomputed.begin(), recomputed.end());
  for (const auto& [place, value] : all) {
    const std::string then = value_in(published, place);
    const std::string now = value_in(recomputed, place);
    if (then != now) table.rows.push_back({place.first, place.second, then, now});
  }
  return table;
}

Result<std::vector<Table>> recompute(const Options& options, const Console& console,
                                     Workspace& workspace) {
  const auto stream = StreamId::parse(options.published);
  if (!stream) return fail(Errc::invalid_argument, "un flusso ha 32 cifre esadecimali");
  CARTELLA_TRY(const auto published, read_published_report(workspace, stream.value()));
  CARTELLA_TRY(const auto query, parse_query(published.query));
  projections::AsOf as_of;
  as_of.position = published.position;
  Progress progress(console, options.quiet);
  CARTELLA_TRY(const auto again,
               report_as_of(workspace, query, as_of, past_views_progress(progress)));
  progress.finish();
  CARTELLA_TRY(const auto changes, changes_since(workspace, published.position));
  Table summary{"summary", "Ricalcolo", {"Voce", "Valore"}, {"name", "value"}, {}};
  summary.rows.push_back({std::string("rapporto"), published.name});
  summary.rows.push_back({std::string("posizione"), number(published.position)});
  summary.rows.push_back({std::string("regole di allora"), number(published.rules)});
  summary.rows.push_back({std::string("regole di oggi"), number(projections::kReportRules)});
  summary.rows.push_back({std::string("cifre pubblicate"), number(published.figures.size())});
  summary.rows.push_back(
      {std::string("persone o elementi cancellati da allora"), number(changes.erasures)});
  summary.rows.push_back({std::string("limitazioni da allora"), number(changes.restrictions)});
  return std::vector<Table>{std::move(summary),
                            differences_table(published.figures, figures_of(again))};
}

}  // namespace

Result<int> run_published(const Options& options, Console& console) {
  CARTELLA_TRY(auto workspace, open_views(options, console));
  std::vector<Table> tables;
  if (options.published.empty()) {
    CARTELLA_TRY(const auto reports, published_reports(*workspace));
    tables.push_back(list_table(reports));
  } else {
    CARTELLA_TRY(tables, recompute(options, console, *workspace));
  }
  print_tables(console.out, tables, options.format);
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
