// Who looked: the register of accesses, each reading of which is itself a look (AT-07).
#include "api/gated_access.h"
#include "api/handlers.h"
#include "api/json_views.h"
#include "api/page.h"

namespace cartella::api {

namespace {

std::string operation_label(const std::string& operation) {
  static const std::map<std::string, std::string, std::less<>> kLabels = {
      {"VIEW", "Consultazione"},
      {"LIST", "Elenco"},
      {"SEARCH", "Ricerca"},
      {"APPEND", "Registrazione"},
      {"CORRECT", "Rettifica"},
      {"ERASE", "Cancellazione"},
      {"PRINT", "Stampa"},
      {"DOWNLOAD", "Scaricamento"},
      {"EXPORT", "Esportazione"},
      {"DISCLOSE", "Comunicazione a terzi"},
      {"REPLAY", "Ricostruzione della storia"},
      {"DSAR", "Richiesta dell'interessato"},
      {"GRANT", "Concessione"},
      {"REVOKE", "Revoca"},
      {"LOGIN", "Ingresso"},
      {"LOGOUT", "Uscita"},
      {"FAILED", "Ingresso fallito"},
      {"DENY", "Tentativo rifiutato"},
      {"REPORT", "Statistica"},
  };
  const auto at = kLabels.find(operation);
  return at != kLabels.end() ? at->second : std::string();
}

JsonObject entry_json(const views::AccessEntry& entry, bool shows_subjects,
                      const views::Organisation& names) {
  JsonObject to;
  to["position"] = entry.position;
  put(to, "event_id", entry.event_id);
  put_time(to, "recorded_at", entry.recorded_at_us);
  put(to, "request_id", entry.request_id);
  to["operation"] = entry.operation;
  put(to, "operation_label", operation_label(entry.operation));
  to["outcome"] = entry.outcome;
  put(to, "actor", entry.actor);
  put(to, "actor_label", operator_label(names, entry.actor));
  put(to, "actor_role", entry.actor_role);
  put(to, "actor_unit", entry.actor_unit);
  put(to, "actor_unit_label", unit_label(names, entry.actor_unit));
  put(to, "on_behalf_of", entry.on_behalf_of);
  put(to, "client_id", entry.client_id);
  put(to, "ip", entry.ip);
  put(to, "auth_context", entry.auth_context);
  if (shows_subjects) {
    to["subjects"] = ids_json(entry.subjects);
    put(to, "case_id", entry.case_stream);
    put(to, "target", entry.target);
  }
  put(to, "section", entry.section);
  put(to, "relation", entry.relation);
  put(to, "purpose", entry.purpose);
  to["result_count"] = entry.result_count;
  to["as_of"] = entry.as_of;
  put(to, "released_to", entry.released_to);
  to["severity"] = entry.severity;
  to["policy_version"] = entry.policy_version;
  if (entry.repeated > 1) to["repeated"] = entry.repeated;
  return to;
}

// The range and the filters that were read, by opaque ids: the target of the look (AT-07). A
// purpose is a text, so only that there was such a filter stands there.
std::string target_of(const views::AccessQuery& query) {
  std::string target =
      "access-log/" + std::to_string(query.from_position) + "-" + std::to_string(query.to_position);
  if (query.actor) target += "/actor=" + query.actor->hex();
  if (query.unit) target += "/unit=" + query.unit->hex();
  if (query.from_day) target += "/from=" + format_date(*query.from_day);
  if (query.to_day) target += "/to=" + format_date(*query.to_day);
  if (!operation_label(query.operation).empty()) target += "/operation=" + query.operation;
  if (!query.purpose.empty()) target += "/purpose";
  return target;
}

cases::Look look_of(const Call& call, const views::AccessQuery& query, std::size_t count) {
  cases::Look look = look_at(call, cases::Operation::view, call.viewer.controller, {},
                             cases::Relation::audit, target_of(query));
  look.purpose = std::string(cases::purpose_word(cases::Purpose::access_review));
  look.result_count = static_cast<std::uint32_t>(count);
  look.administrative = call.viewer.acting_as.role == cases::Role::system_administrator;
  look.severity = look.administrative ? cases::Severity::high : cases::Severity::info;
  return look;
}

}  // namespace

Result<Answer> list_accesses(Call& call) {
  CARTELLA_TRY(const auto page, page_of(call, "accesses"));
  CARTELLA_TRY(auto query, access_query(call, page));
  CARTELLA_TRY(const auto found, see_accesses(call, query));
  CARTELLA_TRY(const auto names, call.service.names.current());
  const bool shows_subjects = call.viewer.acting_as.role != cases::Role::system_administrator;
  JsonArray items;
  for (const auto& entry : found.entries)
    items.push_back(entry_json(entry, shows_subjects, *names));
  JsonObject body;
  body["position"] = call.service.store.size();
  body["items"] = std::move(items);
  if (found.next_before) body["next_cursor"] = page.cursor_at(call, *found.next_before);
  Answer answer = json_answer(200, std::move(body).text());
  answer.looks.push_back(look_of(call, query, found.entries.size()));
  return answer;
}

// For the person: the unit, never the name (AT-06).
Result<Answer> list_person_accesses(Call& call) {
  CARTELLA_TRY(const auto stream, path_stream(call, "person"));
  CARTELLA_TRY(const auto page, page_of(call, "person-accesses"));
  CARTELLA_TRY(const auto accesses, see_accesses_of_person(call, stream, page));
  CARTELLA_TRY(const auto names, call.service.names.current());
  JsonArray items;
  for (const auto& entry : accesses.page.entries) {
    JsonObject one;
    put_time(one, "recorded_at", entry.recorded_at_us);
    put(one, "unit", entry.actor_unit);
    put(one, "unit_label", unit_label(*names, entry.actor_unit));
    put(one, "purpose", entry.purpose);
    one["operation"] = entry.operation;
    put(one, "operation_label", operation_label(entry.operation));
    items.push_back(std::move(one));
  }
  JsonObject body;
  put_time(body, "covered_to", call.service.clock.wall().us);
  body["items"] = std::move(items);
  if (accesses.page.next_before)
    body["next_cursor"] = page.cursor_at(call, *accesses.page.next_before);
  Answer answer = json_answer(200, std::move(body).text());
  cases::Look look = look_at(call, cases::Operation::view, accesses.controller, accesses.subject,
                             accesses.relation, "person-accesses/" + stream.hex());
  look.section = "accesses";
  look.result_count = static_cast<std::uint32_t>(accesses.page.entries.size());
  answer.looks.push_back(std::move(look));
  return answer;
}

}  // namespace cartella::api
