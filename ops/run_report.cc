
#include "ops/exit_code.h"
#include "ops/published_reports.h"
#include "ops/question.h"
#include "ops/run.h"
#include "projections/reports.h"

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
    if (money && !machine)
      cells.emplace_back(euro(row.value));
    else
      cells.emplace_back(row.value);
    table.rows.push_back(std::move(cells));
  }
  return table;
}

}  // namespace

Result<int> run_report(const Options& options, Console& console) {
  CARTELLA_TRY(auto query, report_query(options));
  CARTELLA_TRY(auto as_of, as_of_option(options));
  as_of.valid_at.reset();
  CARTELLA_TRY(auto workspace, open_views(options, console, options.publish));
  Progress progress(console, options.quiet);
  CARTELLA_TRY(const auto report,
               report_as_of(*workspace, query, as_of, past_views_progress(progress)));
  progress.finish();
  std::vector<Table> tables;
  for (const auto& section : report.sections)
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
