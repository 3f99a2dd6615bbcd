
#include "ops/exit_code.h"
#include "ops/look.h"
#include "ops/published_reports.h"
#include "ops/question.h"
#include "ops/run.h"
#include "projections/reports.h"
#include "projections/suppression.h"

namespace cartella::ops {

namespace {

// People read labels; machines get the stable key beside them.
Table table_of(const projections::ReportSection& section, Format format) {
  const bool machine = format != Format::table;
  const bool money = section.measure == projections::Measure::cents;
  Table table;
  table.name = section.name;
  table.title = section.title;
  if (machine) {
    table.columns.emplace_back("chiave");
    table.keys.emplace_back("key");
  }
  for (std::size_t i = 0; i < section.columns.size(); ++i) {
    const bool value = i + 1 == section.columns.size();
    table.columns.push_back(section.columns[i] + (value && money && !machine ? " (€)" : ""));
    table.keys.push_back(value ? "value" : i == 0 ? "label" : "label" + std::to_string(i + 1));
  }
  for (const auto& row : section.rows) {
    std::vector<Cell> cells;
    if (machine) cells.emplace_back(row.key);
    for (const auto& label : row.labels) cells.emplace_back(label);
    if (row.suppressed)
      cells.emplace_back(machine ? std::string() : std::string("soppresso"));
    else if (money && !machine)
      cells.emplace_back(euro(row.value));
    else
      cells.emplace_back(row.value);
    table.rows.push_back(std::move(cells));
  }
  return table;
}

// A statistic, without small cells, is what may leave; all cells are a look at what is behind it.
Result<projections::Report> shown_report(Workspace& workspace, const Options& options,
                                         const Console& console,
                                         const projections::Report& report) {
  if (options.all_cells) {
    Showing showing;
    showing.operation = cases::Operation::report;
    showing.target = "report/" + report.name + "/all-cells";
    showing.as_of = report.position;
    CARTELLA_TRY(record_look(workspace, options, console, showing, report.name));
    return report;
  }
  CARTELLA_TRY(const auto names, projections::read_organisation(workspace.engine()));
  return projections::suppress_small_cells(report, names);
}

}  // namespace

Result<int> run_report(const Options& options, Console& console) {
  CARTELLA_TRY(auto query, report_query(options));
  CARTELLA_TRY(auto as_of, as_of_option(options));
  as_of.valid_at.reset();
  CARTELLA_TRY(auto workspace, open_views(options, console, options.publish || options.all_cells));
  Progress progress(console, options.quiet);
  CARTELLA_TRY(const auto report,
               report_as_of(*workspace, query, as_of, past_views_progress(progress)));
  progress.finish();
  CARTELLA_TRY(const auto shown, shown_report(*workspace, options, console, report));
  std::vector<Table> tables;
  for (const auto& section : shown.sections)
    if (options.by.empty() || options.by == section.name)
      tables.push_back(table_of(section, options.format));
  if (tables.empty())
    return fail(Errc::invalid_argument, "il rapporto non ha la sezione " + options.by);
  if (options.format == Format::table)
    console.out << report.title << " (posizione " << report.position << ")\n\n";
  print_tables(console.out, tables, options.format);
  if (options.publish) {
    CARTELLA_TRY(const auto stream, publish_report(*workspace, query, report));
    console.err << "Rapporto pubblicato: " << stream.hex() << "\n";
  }
  CARTELLA_TRY(workspace.close());
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
