// Cases, cards, benefits and what was written about them.
#include <algorithm>

#include "api/handlers.h"
#include "api/json_views.h"
#include "api/page.h"

namespace cartella::api {

namespace {

using cases::Operation;

std::string target(std::string_view kind, const StreamId& stream) {
  return std::string(kind) + '/' + stream.hex();
}

void add_etag(const Call& call, Answer& answer, const StreamId& stream, std::int64_t revision) {
  answer.response.headers.push_back(
      {"ETag", call.service.tokens.etag(call.viewer.operator_id, stream, revision)});
}

// One thing, shown to somebody who may see it.
template <class T>
Answer shown(Call& call, const Seen<T>& seen, JsonObject body, cases::Look look) {
  Answer answer = json_answer(200, std::move(body).text());
  if (seen.revision >= 0) add_etag(call, answer, seen.stream, seen.revision);
  look.as_of = seen.position;
  answer.looks.push_back(std::move(look));
  return answer;
}

cases::Look look_at_case(const Call& call, const Seen<views::CaseFile>& seen, Operation operation) {
  cases::Look look = look_at(call, operation, seen.thing.record.controller,
                             seen.thing.record.subject, seen.relation, target("case", seen.stream));
  look.case_stream = seen.stream;
  return look;
}

}  // namespace

Result<Answer> read_case(Call& call) {
  CARTELLA_TRY(const auto stream, path_stream(call, "case"));
  CARTELLA_TRY(const auto as_of, as_of_query(call.request));
  CARTELLA_TRY(const auto seen, see_case(call, stream, {}, as_of));
  CARTELLA_TRY(const auto names, call.service.names.current());
  return shown(call, seen, case_json(seen, *names), look_at_case(call, seen, Operation::view));
}

Result<Answer> read_case_timeline(Call& call) {
  CARTELLA_TRY(const auto stream, path_stream(call, "case"));
  CARTELLA_TRY(const auto seen, see_case(call, stream));
  std::set<StreamId> known{stream};
  for (const auto& item : seen.thing.items) known.insert(item.stream);
  views::TimelineQuery query;
  query.case_stream = stream;
  CARTELLA_TRY(const auto page, page_of(call, "timeline"));
  CARTELLA_TRY(const auto entries, see_timeline(call, query, known));
  CARTELLA_TRY(const auto names, call.service.names.current());
  JsonArray items;
  for (std::size_t i = page.from; i < entries.size() && items.size() < page.limit; ++i)
    items.push_back(timeline_json(entries[i], *names));
  const std::size_t end = page.from + items.size();
  JsonObject body;
  body["position"] = seen.position;
  body["items"] = std::move(items);
  if (end < entries.size()) body["next_cursor"] = page.cursor_at(call, end);
  cases::Look look = look_at_case(call, seen, Operation::view);
  look.section = "timeline";
  return shown(call, seen, std::move(body), std::move(look));
}

namespace {

Result<Answer> read_case_text(Call& call, std::string_view name, schema::EventType type) {
  CARTELLA_TRY(const auto stream, path_stream(call, "case"));
  CARTELLA_TRY(const auto text, path_stream(call, name));
  CARTELLA_TRY(const auto seen, see_text(call, stream, text));
  if (seen.thing.type != type) {
    call.denied_target = target(name, text);
    return fail(Errc::not_found, "nessun testo di questo tipo");
  }
  CARTELLA_TRY(const auto names, call.service.names.current());
  cases::Look look = look_at(call, Operation::view, seen.thing.controller, seen.thing.subject,
                             seen.relation, target(name, text));
  look.case_stream = stream;
  look.section = std::string(name);
  return shown(call, seen, text_json(seen, *names), std::move(look));
}

}  // namespace

Result<Answer> read_interview(Call& call) {
  return read_case_text(call, "interview", schema::EventType::interview_recorded);
}

Result<Answer> read_note(Call& call) {
  return read_case_text(call, "note", schema::EventType::note_recorded);
}

namespace {

Result<CaseloadQuery> caseload_query(const Request& request) {
  CaseloadQuery query;
  CARTELLA_TRY(id_query(request, "operator", query.worker));
  CARTELLA_TRY(id_query(request, "sector", query.sector));
  const std::string_view state = request.query_value("state");
  if (state.empty()) return query;
  query.state = state_of(state);
  if (*query.state == views::CaseState::none)
    return fail(Errc::invalid_argument, "state è uno stato del caso");
  return query;
}

// A record names a person once, however many lines are theirs.
void name_once(std::vector<SubjectId>& subjects) {
  std::sort(subjects.begin(), subjects.end());
  subjects.erase(std::unique(subjects.begin(), subjects.end()), subjects.end());
}

}  // namespace

Result<Answer> list_caseload(Call& call) {
  CARTELLA_TRY(const auto page, page_of(call, "caseload"));
  CARTELLA_TRY(const auto query, caseload_query(call.request));
  CARTELLA_TRY(const auto entries, see_caseload(call, query));
  CARTELLA_TRY(const auto names, call.service.names.current());
  JsonArray items;
  cases::Look look =
      look_at(call, Operation::list, call.viewer.controller, {},
              call.viewer.acting_as.role == cases::Role::coordinator ? cases::Relation::unit
                                                                     : cases::Relation::in_charge,
              "caseload");
  for (std::size_t i = page.from; i < entries.size() && items.size() < page.limit; ++i) {
    const views::CaseloadEntry& entry = entries[i];
    JsonObject one = case_line_json(entry.case_stream, entry.record, *names);
    one["responsible"] = entry.responsible;
    items.push_back(std::move(one));
    look.subjects.push_back(entry.record.subject);
  }
  name_once(look.subjects);
  const std::size_t end = page.from + items.size();
  look.result_count = static_cast<std::uint32_t>(items.size());
  Answer answer = json_answer(
      200, list_body(std::move(items), end < entries.size() ? page.cursor_at(call, end) : ""));
  answer.looks.push_back(std::move(look));
  return answer;
}

Result<Answer> count_caseload(Call& call) {
  CARTELLA_TRY(const auto counts, see_caseload_counts(call));
  CARTELLA_TRY(const auto names, call.service.names.current());
  JsonArray items;
  for (const auto& each : counts) {
    JsonObject one;
    put(one, "sector", each.sector);
    put(one, "sector_label", unit_label(*names, each.sector));
    put(one, "operator_id", each.operator_id);
    put(one, "operator_label", operator_label(*names, each.operator_id));
    put_state(one, "state", each.state);
    one["cases"] = each.cases;
    items.push_back(std::move(one));
  }
  JsonObject body;
  body["position"] = call.service.store.size();
  body["items"] = std::move(items);
  return json_answer(200, std::move(body).text());
}

namespace {

Result<CardListQuery> card_query(const Request& request) {
  CardListQuery query;
  CARTELLA_TRY(id_query(request, "office", query.office));
  CARTELLA_TRY(day_query(request, "from", query.from));
  CARTELLA_TRY(day_query(request, "to", query.to));
  return query;
}

}  // namespace

// A page is found again by its place in the list, which is ordered by office and date.
Result<Answer> list_cards(Call& call) {
  CARTELLA_TRY(const auto query, card_query(call.request));
  CARTELLA_TRY(const auto page, page_of(call, "cards"));
  CARTELLA_TRY(const auto cards, see_cards(call, query));
  CARTELLA_TRY(const auto names, call.service.names.current());
  JsonArray items;
  cases::Look look =
      look_at(call, Operation::list, call.viewer.controller, {}, cases::Relation::unit, "cards");
  for (std::size_t i = page.from; i < cards.size() && items.size() < page.limit; ++i) {
    items.push_back(card_line_json(cards[i].stream, cards[i].card, *names));
    look.subjects.push_back(cards[i].card.subject);
  }
  name_once(look.subjects);
  const std::size_t end = page.from + items.size();
  look.result_count = static_cast<std::uint32_t>(items.size());
  Answer answer = json_answer(
      200, list_body(std::move(items), end < cards.size() ? page.cursor_at(call, end) : ""));
  answer.looks.push_back(std::move(look));
  return answer;
}

Result<Answer> read_card_file(Call& call) {
  CARTELLA_TRY(const auto stream, path_stream(call, "card"));
  CARTELLA_TRY(const auto as_of, as_of_query(call.request));
  CARTELLA_TRY(const auto seen, see_card(call, stream, as_of));
  CARTELLA_TRY(const auto names, call.service.names.current());
  cases::Look look = look_at(call, Operation::view, cases::controller_of(seen.thing.ente),
                             seen.thing.subject, seen.relation, target("card", stream));
  return shown(call, seen, card_json(seen, *names), std::move(look));
}

Result<Answer> read_benefit_file(Call& call) {
  CARTELLA_TRY(const auto stream, path_stream(call, "benefit"));
  CARTELLA_TRY(const auto seen, see_benefit(call, stream));
  CARTELLA_TRY(const auto names, call.service.names.current());
  cases::Look look = look_at(call, Operation::view, seen.thing.benefit.controller,
                             seen.thing.benefit.subject, seen.relation, target("benefit", stream));
  look.case_stream = seen.thing.benefit.case_stream;
  return shown(call, seen, benefit_json(seen, *names), std::move(look));
}

}  // namespace cartella::api
