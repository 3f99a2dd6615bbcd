// ops/published_reports.h: reports as they were given to somebody, and what recomputing them shows.
//
// A published report stands in the log with its question, the version of the rules that counted and
// the position it was counted at (ledger.md 9). Recomputing counts again at that position, from the
// events that can still be read: what differs was erased or restricted since, or is counted by
// other rules. Threads: the thread of the command line.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ops/options.h"
#include "ops/workspace.h"
#include "projections/history.h"
#include "projections/reports.h"

namespace cartella::ops {

// The question of the options of `report`. invalid_argument.
Result<projections::ReportQuery> report_query(const Options& options);
// One line of JSON, and back. invalid_input: not what query_text writes.
std::string query_text(const projections::ReportQuery& query);
Result<projections::ReportQuery> parse_query(const std::string& text);

// Now, or counted on views built up to an earlier position. Passed over is whoever is withdrawn now
// (a new count is a new use, GDPR 18), and at an earlier position whoever was then, so that a
// lifted restriction changes no count. What make_report, PastViews and organisation_at return.
Result<projections::Report> report_as_of(Workspace& workspace,
                                         const projections::ReportQuery& query,
                                         const projections::AsOf& as_of,
                                         const projections::Progress& progress = {});

// (section, key) -> value.
using Figures = std::map<std::pair<std::string, std::string>, std::int64_t>;
Figures figures_of(const projections::Report& report);

// Appends the report; answers the stream it stands in. The workspace has an executor. refused: too
// long. What Executor::execute returns.
Result<StreamId> publish_report(Workspace& workspace, const projections::ReportQuery& query,
                                const projections::Report& report);

struct PublishedReport {
  StreamId stream;
  std::uint64_t recorded_position = 0;
  TimeUs recorded_at;
  std::string name;
  std::string query;
  std::uint32_t rules = 0;
  std::uint64_t position = 0;
  Figures figures;
};
// Oldest first. corrupt, io.
Result<std::vector<PublishedReport>> published_reports(Workspace& workspace);
// not_found.
Result<PublishedReport> read_published_report(Workspace& workspace, const StreamId& stream);

// What happened after `position` that takes people out of a recount.
struct ChangesSince {
  std::uint64_t erasures = 0;
  std::uint64_t restrictions = 0;
};
Result<ChangesSince> changes_since(Workspace& workspace, std::uint64_t position);

}  // namespace cartella::ops
