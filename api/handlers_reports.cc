// Statistics: counted by reports, without small cells; only they are exported (RE-03).
#include "api/body.h"
#include "api/gated.h"
#include "api/handlers.h"
#include "api/json_views.h"

namespace cartella::api {

namespace {

Result<views::ReportQuery> report_query(const Request& request) {
  CARTELLA_TRY(auto body, Body::of(request));
  views::ReportQuery query;
  query.name = body.text("name", 20, true);
  query.zone = body.text("zone", 20);
  query.comune = body.place("comune");
  if (const auto office = body.id<UnitId>("office"); !office.is_zero()) query.office = office.hex();
  if (const auto sector = body.id<UnitId>("sector"); !sector.is_zero()) query.sector = sector.hex();
  query.category = body.text("category", 20);
  query.from = body.day("from");
  query.to = body.day("to");
  query.at = body.day("at");
  query.group_by = body.texts("group_by", 3, 20);
  CARTELLA_TRY(body.finish());
  // Whole months: two questions that differ by a day would give the cells of that day (RE-03).
  const bool begins = !query.from || civil(*query.from).day == 1;
  const bool ends = !query.to || civil(Date{query.to->days + 1}).day == 1;
  if (!begins || !ends)
    return fail(Errc::invalid_input,
                "whole_months: una statistica conta mesi interi, dal primo all'ultimo giorno");
  return query;
}

JsonObject section_json(const views::ReportSection& section) {
  JsonObject to;
  to["name"] = section.name;
  to["title"] = section.title;
  to["columns"] = texts_json(section.columns);
  to["measure"] = section.measure == views::Measure::cents ? "cents" : "count";
  JsonArray rows;
  for (const auto& row : section.rows) {
    JsonObject one;
    one["key"] = row.key;
    one["labels"] = texts_json(row.labels);
    one["value"] = row.suppressed ? Json(nullptr) : Json(row.value);
    one["suppressed"] = row.suppressed;
    rows.push_back(std::move(one));
  }
  to["rows"] = std::move(rows);
  return to;
}

// Quoted always; a text that a spreadsheet would run begins with an apostrophe.
std::string csv_field(std::string_view text) {
  std::string field = "\"";
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos)
    field += '\'';
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

std::string csv_of(const views::Report& report) {
  std::string csv = "\xEF\xBB\xBFsezione;chiave;voce;valore;soppresso\r\n";
  for (const auto& section : report.sections)
    for (const auto& row : section.rows) {
      std::string label;
      for (const std::string& part : row.labels) label += (label.empty() ? "" : " / ") + part;
      csv += csv_field(section.name) + ';' + csv_field(row.key) + ';' + csv_field(label) + ';' +
             (row.suppressed ? "" : std::to_string(row.value)) + ';' +
             (row.suppressed ? "sì" : "no") + "\r\n";
    }
  return csv;
}

cases::Look report_look(const Call& call, cases::Operation operation,
                        const views::ReportQuery& query, const views::Report& report) {
  cases::Look look = look_at(call, operation, call.viewer.controller, {}, cases::Relation::system,
                             "report/" + query.name);
  look.purpose = std::string(cases::purpose_word(cases::Purpose::service_planning));
  look.as_of = report.position;
  look.result_count = 0;
  return look;
}

}  // namespace

Result<Answer> make_statistics(Call& call) {
  CARTELLA_TRY(const auto query, report_query(call.request));
  CARTELLA_TRY(const auto report, statistics(call, query));
  JsonObject body;
  body["name"] = report.name;
  body["title"] = report.title;
  body["position"] = report.position;
  JsonArray sections;
  for (const auto& section : report.sections) sections.push_back(section_json(section));
  body["sections"] = std::move(sections);
  Answer answer = json_answer(200, std::move(body).text());
  answer.looks.push_back(report_look(call, cases::Operation::report, query, report));
  return answer;
}

Result<Answer> export_statistics(Call& call) {
  CARTELLA_TRY(const auto query, report_query(call.request));
  CARTELLA_TRY(const auto report, statistics(call, query));
  Answer answer;
  answer.response.content_type = "text/csv; charset=utf-8";
  answer.response.body = csv_of(report);
  answer.response.headers.push_back(
      {"Content-Disposition", "attachment; filename=\"statistica.csv\""});
  cases::Look look = report_look(call, cases::Operation::export_, query, report);
  look.severity = cases::Severity::notice;
  look.released_to = "operatore che scarica; statistica senza dati personali";
  answer.looks.push_back(std::move(look));
  return answer;
}

}  // namespace cartella::api
