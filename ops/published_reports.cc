#include "ops/published_reports.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "cases/organisation_at.h"
#include "cases/state.h"
#include "cases/withdrawn.h"
#include "ops/question.h"
#include "projections/past_views.h"
#include "schema/body.h"

namespace cartella::ops {

namespace {

namespace json = boost::json;
namespace views = projections;

constexpr std::size_t kPageEvents = 256;

constexpr std::pair<const char*, std::string views::ReportQuery::*> kTexts[] = {
    {"name", &views::ReportQuery::name},     {"zone", &views::ReportQuery::zone},
    {"comune", &views::ReportQuery::comune}, {"office", &views::ReportQuery::office},
    {"sector", &views::ReportQuery::sector}, {"category", &views::ReportQuery::category}};
constexpr std::pair<const char*, std::optional<Date> views::ReportQuery::*> kDays[] = {
    {"from", &views::ReportQuery::from},
    {"to", &views::ReportQuery::to},
    {"at", &views::ReportQuery::at}};

Error not_a_query() {
  return fail(Errc::invalid_input, "the question of a published report cannot be read");
}

// Labels may hold anything; a tab or a line end would part the line elsewhere.
std::string one_word(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

std::string figures_text(const Figures& figures) {
  std::string text;
  for (const auto& [place, value] : figures)
    text += place.first + "\t" + place.second + "\t" + std::to_string(value) + "\n";
  return text;
}

Result<Figures> parse_figures(const std::string& text) {
  Figures figures;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    const std::size_t first = text.find('\t', at);
    const std::size_t second = first == std::string::npos ? first : text.find('\t', first + 1);
    if (end == std::string::npos || second == std::string::npos || second > end)
      return fail(Errc::corrupt, "the figures of a published report cannot be read");
    std::int64_t value = 0;
    const auto read = std::from_chars(text.data() + second + 1, text.data() + end, value);
    if (read.ec != std::errc() || read.ptr != text.data() + end)
      return fail(Errc::corrupt, "the figures of a published report cannot be read");
    figures[{text.substr(at, first - at), text.substr(first + 1, second - first - 1)}] = value;
    at = end + 1;
  }
  return figures;
}

Result<PublishedReport> read_body(const views::DecodedEvent& event) {
  PublishedReport report;
  report.stream = event.stream;
  report.recorded_position = event.position;
  report.recorded_at = event.recorded_at;
  if (event.bodies.empty() || !event.bodies[0].available)
    return fail(Errc::erased, "the published report can no longer be read");
  std::string figures;
  CARTELLA_TRY(schema::with_body<schema::ReportPublished>(
      event.bodies[0].plaintext.message, [&](schema::ReportPublished::Reader from) -> Status {
        report.name = schema::text_of(from.getName());
        report.query = schema::text_of(from.getQuery());
        report.rules = from.getRules();
        report.position = from.getPosition();
        figures = schema::text_of(from.getFigures());
        return ok();
      }));
  CARTELLA_TRY(report.figures, parse_figures(figures));
  return report;
}

// The streams that the organisation's settings name as published reports.
Result<std::vector<StreamId>> report_streams(Workspace& workspace) {
  const store::Store& log = workspace.store();
  const StreamId organisation = cases::organisation_stream(log.log_id());
  std::vector<StreamId> streams;
  std::uint64_t from = 0;
  for (;;) {
    CARTELLA_TRY(const auto page, log.read_stream(organisation, from, kPageEvents));
    if (page.empty()) return streams;
    for (const crypto::StoredEvent& event : page) {
      CARTELLA_TRY(const auto decoded, views::decode_event(log.eras(), workspace.vault(), event));
      if (decoded.type() != schema::EventType::configuration_set || decoded.bodies.empty())
        continue;
      CARTELLA_TRY(schema::with_body<schema::ConfigurationSet>(
          decoded.bodies[0].plaintext.message,
          [&](schema::ConfigurationSet::Reader setting) -> Status {
            const std::string key = schema::text_of(setting.getKey());
            if (!key.starts_with(cases::kReportKeyPrefix)) return ok();
            CARTELLA_TRY(const auto stream,
                         StreamId::parse(key.substr(cases::kReportKeyPrefix.size())));
            streams.push_back(stream);
            return ok();
          }));
    }
    from = page.back().leaf.revision + 1;
  }
}

}  // namespace

Result<views::ReportQuery> report_query(const Options& options) {
  views::ReportQuery query;
  query.name = options.report;
  query.zone = options.zone;
  query.comune = options.comune;
  query.office = options.office;
  query.sector = options.sector;
  query.category = options.category;
  query.group_by = options.group_by;
  CARTELLA_TRY(query.from, day_option(options.since, "--since"));
  CARTELLA_TRY(query.to, day_option(options.until, "--until"));
  CARTELLA_TRY(query.at, day_option(options.valid_at, "--ages-at"));
  return query;
}

std::string query_text(const views::ReportQuery& query) {
  json::object object;
  for (const auto& [name, member] : kTexts)
    if (!(query.*member).empty()) object[name] = query.*member;
  for (const auto& [name, member] : kDays)
    if (query.*member) object[name] = format_date(*(query.*member));
  json::array dimensions;
  for (const std::string& dimension : query.group_by) dimensions.emplace_back(dimension);
  if (!dimensions.empty()) object["group_by"] = std::move(dimensions);
  return json::serialize(object);
}

Result<views::ReportQuery> parse_query(const std::string& text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return not_a_query();
  views::ReportQuery query;
  for (const auto& [name, member] : kTexts) {
    const json::value* found = value.as_object().if_contains(name);
    if (found == nullptr) continue;
    if (!found->is_string()) return not_a_query();
    query.*member = found->as_string().c_str();
  }
  for (const auto& [name, member] : kDays) {
    const json::value* found = value.as_object().if_contains(name);
    if (found == nullptr) continue;
    if (!found->is_string()) return not_a_query();
    const auto day = parse_iso_date(found->as_string().c_str());
    if (!day) return not_a_query();
    query.*member = day.value();
  }
  if (const json::value* found = value.as_object().if_contains("group_by")) {
    if (!found->is_array()) return not_a_query();
    for (const json::value& dimension : found->as_array()) {
      if (!dimension.is_string()) return not_a_query();
      query.group_by.emplace_back(dimension.as_string().c_str());
    }
  }
  return query;
}

Result<views::Report> report_as_of(Workspace& workspace, const views::ReportQuery& query,
                                   const views::AsOf& as_of, const views::Progress& progress) {
  const auto withdrawn_at = [&](std::uint64_t end) -> Result<cases::Withdrawn> {
    CARTELLA_TRY(const auto organisation,
                 cases::organisation_at(workspace.store(), workspace.vault(), end));
    return cases::withdrawn_from(cases::Role::none, organisation);
  };
  CARTELLA_TRY(const auto now, withdrawn_at(UINT64_MAX));
  if (!as_of.position && !as_of.recorded_at)
    return views::make_report(workspace.engine(), query, now);
  CARTELLA_TRY(const auto position, views::position_of(workspace.engine(), as_of));
  CARTELLA_TRY(const auto then, withdrawn_at(position));
  CARTELLA_TRY(const auto secret, workspace.vault().named_secret("views"));
  const projections::StoreSource source(workspace.store());
  CARTELLA_TRY(auto past, views::PastViews::build(workspace.dir(), source, workspace.vault(),
                                                  secret, position, progress));
  return views::make_report(
      past.engine(), query,
      [&](const ControllerId& controller, const SubjectId& subject, const StreamId& stream) {
        return now(controller, subject, stream) || then(controller, subject, stream);
      });
}

Figures figures_of(const views::Report& report) {
  Figures figures;
  for (const auto& section : report.sections)
    for (const auto& row : section.rows)
      figures[{one_word(section.name), one_word(row.key)}] = row.value;
  return figures;
}

Result<StreamId> publish_report(Workspace& workspace, const views::ReportQuery& query,
                                const views::Report& report) {
  cases::PublishReport command;
  command.name = report.name;
  command.query = query_text(query);
  command.rules = views::kReportRules;
  command.position = report.position;
  command.figures = figures_text(figures_of(report));
  CARTELLA_TRY(
      const auto outcome,
      workspace.executor().execute(installation_context(workspace, "rendicontazione"), command));
  return outcome.stream;
}

Result<PublishedReport> read_published_report(Workspace& workspace, const StreamId& stream) {
  const store::Store& log = workspace.store();
  CARTELLA_TRY(const auto events, log.read_stream(stream, 0, 1));
  if (events.empty()) return fail(Errc::not_found, "nessun rapporto pubblicato con questo flusso");
  CARTELLA_TRY(const auto event, views::decode_event(log.eras(), workspace.vault(), events[0]));
  if (event.type() != schema::EventType::report_published)
    return fail(Errc::not_found, "nessun rapporto pubblicato con questo flusso");
  return read_body(event);
}

Result<std::vector<PublishedReport>> published_reports(Workspace& workspace) {
  CARTELLA_TRY(const auto streams, report_streams(workspace));
  std::vector<PublishedReport> reports;
  for (const StreamId& stream : streams) {
    CARTELLA_TRY(auto report, read_published_report(workspace, stream));
    reports.push_back(std::move(report));
  }
  return reports;
}

Result<ChangesSince> changes_since(Workspace& workspace, std::uint64_t position) {
  const store::Store& log = workspace.store();
  ChangesSince changes;
  CARTELLA_TRY(log.scan(position, log.size(), [&](const crypto::StoredEvent& stored) -> Status {
    CARTELLA_TRY(const auto event, views::decode_event(log.eras(), workspace.vault(), stored));
    if (event.type() == schema::EventType::erasure_completed) ++changes.erasures;
    if (event.type() == schema::EventType::processing_restricted) ++changes.restrictions;
    return ok();
  }));
  return changes;
}

}  // namespace cartella::ops
