// Histories in words: each event, who did it, what it changed; two moments compared.
#include "api/gated.h"
#include "api/handlers.h"
#include "api/json_views.h"
#include "api/page.h"
#include "disclosure/history_words.h"

namespace cartella::api {

namespace {

JsonObject change_json(const disclosure::FieldChange& change) {
  JsonObject to;
  to["field"] = change.key;
  to["label"] = change.label;
  put(to, "before", change.before);
  put(to, "after", change.after);
  return to;
}

std::string signed_by(const crypto::Leaf& leaf) {
  if ((leaf.flags & crypto::kAuthorSigned) != 0) return "author";
  return (leaf.flags & crypto::kServerSigned) != 0 ? "server" : "none";
}

Result<JsonObject> entry_json(const Call& call, const disclosure::HistoryEntry& entry) {
  CARTELLA_TRY(const auto stored, call.service.store.read(entry.position));
  JsonObject to;
  to["position"] = entry.position;
  to["event_id"] = entry.event_id.hex();
  to["stream"] = entry.stream.hex();
  to["revision"] = entry.revision;
  to["type"] = type_name(entry.type);
  to["type_label"] = entry.label;
  put_time(to, "recorded_at", entry.recorded_at.us);
  put_time(to, "occurred_at", entry.occurred_at.us);
  put(to, "actor", entry.actor);
  put(to, "actor_label", entry.actor_name);
  put(to, "on_behalf_of", entry.on_behalf_of);
  put(to, "unit", entry.unit);
  put(to, "unit_label", entry.unit_name);
  put(to, "role", entry.role);
  put(to, "source", entry.source);
  put(to, "controller", entry.controller);
  to["text"] = entry.text.empty() ? entry.sentence : entry.sentence + '\n' + entry.text;
  to["signed_by"] = signed_by(stored.leaf);
  put(to, "signer", stored.leaf.signer_id);
  to["leaf_hash"] = to_hex(crypto::leaf_hash(crypto::encode_leaf(stored.leaf)));
  JsonArray changes;
  for (const auto& change : entry.changes) changes.push_back(change_json(change));
  to["changes"] = std::move(changes);
  return to;
}

// Events of streams that the viewer sees; withheld texts have passed the gate one by one.
disclosure::MayShow known_streams(std::set<StreamId> known) {
  return [known = std::move(known)](const projections::DecodedEvent& event) {
    return known.contains(event.stream);
  };
}

Result<Answer> history_answer(Call& call, disclosure::HistoryQuery query, cases::Look look,
                              std::string_view list) {
  CARTELLA_TRY(const auto page, page_of(call, list));
  CARTELLA_TRY(query.as_of, as_of_query(call.request));
  query.from_position = page.from;
  query.entries_max = page.limit;
  CARTELLA_TRY(const auto names, call.service.names.current());
  const disclosure::Words words{*names, disclosure::Audience::worker, true};
  CARTELLA_TRY(const auto history, disclosure::tell_history(call.service.engine, words, query));
  JsonArray items;
  for (const auto& entry : history.entries) {
    CARTELLA_TRY(auto item, entry_json(call, entry));
    items.push_back(std::move(item));
  }
  JsonObject body;
  body["position"] = history.as_of;
  body["items"] = std::move(items);
  if (history.next_position) body["next_cursor"] = page.cursor_at(call, *history.next_position);
  look.operation = cases::Operation::replay;
  look.as_of = history.as_of;
  look.result_count = static_cast<std::uint32_t>(history.entries.size());
  Answer answer = json_answer(200, std::move(body).text());
  answer.looks.push_back(std::move(look));
  return answer;
}

std::set<StreamId> streams_of(const views::CaseFile& file) {
  std::set<StreamId> known{file.stream};
  for (const auto& item : file.items) known.insert(item.stream);
  return known;
}

cases::Look look_at_case(const Call& call, const Seen<views::CaseFile>& seen) {
  cases::Look look = look_at(call, cases::Operation::replay, seen.thing.record.controller,
                             seen.thing.record.subject, seen.relation, "case/" + seen.stream.hex());
  look.case_stream = seen.stream;
  look.section = "history";
  return look;
}

// "123" or an instant.
Result<views::AsOf> moment(const Request& request, std::string_view name) {
  CARTELLA_TRY(const auto as_of, as_of_text(request.query_value(name), name));
  if (!as_of.position && !as_of.recorded_at)
    return fail(Errc::invalid_argument, "servono from e to");
  return as_of;
}

}  // namespace

Result<Answer> read_person_history(Call& call) {
  CARTELLA_TRY(const auto stream, path_stream(call, "person"));
  CARTELLA_TRY(const auto person, see_person(call, stream));
  CARTELLA_TRY(auto known, streams_known_of(call, person));
  disclosure::HistoryQuery query;
  query.subject = person.thing.subject;
  query.controller = person.thing.controller;
  query.may_show = known_streams(std::move(known));
  cases::Look look = look_at(call, cases::Operation::replay, person.thing.controller,
                             person.thing.subject, person.relation, "person/" + stream.hex());
  look.section = "history";
  return history_answer(call, std::move(query), std::move(look), "person-history");
}

Result<Answer> read_case_history(Call& call) {
  CARTELLA_TRY(const auto stream, path_stream(call, "case"));
  CARTELLA_TRY(const auto seen, see_case(call, stream));
  disclosure::HistoryQuery query;
  query.case_stream = stream;
  query.may_show = known_streams(streams_of(seen.thing));
  return history_answer(call, std::move(query), look_at_case(call, seen), "case-history");
}

Result<Answer> compare_case(Call& call) {
  CARTELLA_TRY(const auto stream, path_stream(call, "case"));
  CARTELLA_TRY(const auto from, moment(call.request, "from"));
  CARTELLA_TRY(const auto to, moment(call.request, "to"));
  CARTELLA_TRY(const auto seen, see_case(call, stream));
  disclosure::HistoryQuery query;
  query.case_stream = stream;
  query.may_show = known_streams(streams_of(seen.thing));
  CARTELLA_TRY(const auto names, call.service.names.current());
  const disclosure::Words words{*names, disclosure::Audience::worker, true};
  CARTELLA_TRY(const auto compared,
               disclosure::compare_moments(call.service.engine, words, query, from, to));
  JsonArray changes;
  for (const auto& each : compared.changes) changes.push_back(change_json(each.change));
  JsonObject body;
  body["from"] = compared.earlier;
  body["to"] = compared.later;
  body["event_count"] = compared.between.entries.size();
  body["changes"] = std::move(changes);
  Answer answer = json_answer(200, std::move(body).text());
  answer.looks.push_back(look_at_case(call, seen));
  return answer;
}

}  // namespace cartella::api
