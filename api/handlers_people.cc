// People: searched for on submit, then opened one at a time.
#include "api/body.h"
#include "api/handlers.h"
#include "api/json_views.h"
#include "api/page.h"

namespace cartella::api {

namespace {

using cases::Operation;

cases::Look look_at_person(const Call& call, const Seen<views::PersonRecord>& seen,
                           std::string section) {
  cases::Look look = look_at(call, Operation::view, seen.thing.controller, seen.thing.subject,
                             seen.relation, "person/" + seen.stream.hex());
  look.section = std::move(section);
  look.as_of = seen.position;
  return look;
}

// One line for each thing of a person, a page of them; the look is at the person.
Result<Answer> listed(const Call& call, const Seen<views::PersonRecord>& person,
                      const JsonArray& all, std::string section) {
  CARTELLA_TRY(const auto page, page_of(call, section));
  JsonArray items;
  for (std::size_t i = page.from; i < all.size() && items.size() < page.limit; ++i)
    items.push_back(all[i]);
  const std::size_t end = page.from + items.size();
  cases::Look look = look_at_person(call, person, std::move(section));
  look.operation = Operation::list;
  look.result_count = static_cast<std::uint32_t>(items.size());
  JsonObject body;
  if (look.section == "timeline") body["position"] = person.position;
  body["items"] = std::move(items);
  if (end < all.size()) body["next_cursor"] = page.cursor_at(call, end);
  Answer answer = json_answer(200, std::move(body).text());
  answer.looks.push_back(std::move(look));
  return answer;
}

std::string front_office_of(const views::Organisation& names, const UnitId& ente) {
  return "Persona già nota: rivolgersi al front office (" + unit_label(names, ente) + ")";
}

cases::Relation search_relation(const Call& call) {
  return call.viewer.acting_as.role == cases::Role::intake_desk ? cases::Relation::segretariato
                                                                : cases::Relation::unit;
}

// AT-10: the list counts as a look at each person listed, the terms stay as a digest.
cases::Look look_of_search(const Call& call, const SearchHits& hits, const SearchTerms& terms) {
  cases::Look look = look_at(call, Operation::search, call.viewer.controller, {},
                             search_relation(call), "person-search");
  for (const auto& hit : hits.shown) look.subjects.push_back(hit.person.subject);
  look.result_count = static_cast<std::uint32_t>(hits.count);
  look.search_terms = terms.identifier + '\n' + terms.surname + '\n' + terms.name + '\n' +
                      std::to_string(terms.birth_year.value_or(0)) + '\n' + terms.comune;
  return look;
}

}  // namespace

Result<Answer> search_for_people(Call& call) {
  CARTELLA_TRY(auto body, Body::of(call.request));
  SearchTerms terms;
  terms.identifier = body.text("identifier", 32);
  terms.identifier_kind = body.text("identifier_kind", 20);
  terms.surname = body.text("surname", 100);
  terms.name = body.text("name", 100);
  const auto year = body.whole("birth_year", 1850, 2200);
  if (year) terms.birth_year = static_cast<int>(*year);
  terms.comune = body.place("comune");
  CARTELLA_TRY(body.finish());
  CARTELLA_TRY(const auto hits, search_people(call, terms));
  CARTELLA_TRY(const auto names, call.service.names.current());
  JsonArray items;
  for (const auto& hit : hits.shown) items.push_back(person_line_json(hit));
  JsonArray elsewhere;
  for (const UnitId& ente : hits.elsewhere) {
    JsonObject one;
    const auto at = names->enti.find(ente);
    if (at != names->enti.end()) {
      one["comune"] = at->second.belfiore;
      put(one, "comune_label", at->second.name);
    }
    one["message"] = front_office_of(*names, ente);
    elsewhere.push_back(std::move(one));
  }
  JsonObject answer_body;
  answer_body["items"] = std::move(items);
  answer_body["count"] = hits.count;
  answer_body["elsewhere"] = std::move(elsewhere);
  Answer answer = json_answer(200, std::move(answer_body).text());
  answer.looks.push_back(look_of_search(call, hits, terms));
  // That another titolare knows somebody is told of its data: the record stands with them.
  for (const UnitId& ente : hits.elsewhere)
    answer.looks.push_back(look_at(call, Operation::search, cases::controller_of(ente),
                                   hits.subject_elsewhere, search_relation(call),
                                   "person-search/elsewhere"));
  return answer;
}

Result<Answer> read_person_file(Call& call) {
  CARTELLA_TRY(const auto stream, path_stream(call, "person"));
  CARTELLA_TRY(const auto as_of, as_of_query(call.request));
  CARTELLA_TRY(const auto seen, see_person(call, stream, as_of));
  CARTELLA_TRY(const auto names, call.service.names.current());
  Answer answer = json_answer(200, person_json(seen, *names).text());
  answer.response.headers.push_back(
      {"ETag", call.service.tokens.etag(call.viewer.operator_id, stream, seen.revision)});
  answer.looks.push_back(look_at_person(call, seen, {}));
  return answer;
}

Result<Answer> read_person_timeline(Call& call) {
  CARTELLA_TRY(const auto stream, path_stream(call, "person"));
  CARTELLA_TRY(const auto person, see_person(call, stream));
  CARTELLA_TRY(const auto known, streams_known_of(call, person));
  views::TimelineQuery query;
  query.subject = person.thing.subject;
  CARTELLA_TRY(const auto entries, see_timeline(call, query, known));
  CARTELLA_TRY(const auto names, call.service.names.current());
  JsonArray items;
  for (const auto& entry : entries) items.push_back(timeline_json(entry, *names));
  return listed(call, person, items, "timeline");
}

Result<Answer> list_person_cases(Call& call) {
  CARTELLA_TRY(const auto stream, path_stream(call, "person"));
  CARTELLA_TRY(const auto person, see_person(call, stream));
  CARTELLA_TRY(const auto all, see_cases_of(call, person));
  CARTELLA_TRY(const auto names, call.service.names.current());
  JsonArray items;
  for (const auto& each : all)
    items.push_back(case_line_json(each.stream, each.thing.record, *names));
  return listed(call, person, items, "cases");
}

Result<Answer> list_person_cards(Call& call) {
  CARTELLA_TRY(const auto stream, path_stream(call, "person"));
  CARTELLA_TRY(const auto person, see_person(call, stream));
  CARTELLA_TRY(const auto all, see_cards_of(call, person));
  CARTELLA_TRY(const auto names, call.service.names.current());
  JsonArray items;
  for (const auto& each : all) items.push_back(card_line_json(each.stream, each.thing, *names));
  return listed(call, person, items, "cards");
}

Result<Answer> list_person_benefits(Call& call) {
  CARTELLA_TRY(const auto stream, path_stream(call, "person"));
  CARTELLA_TRY(const auto person, see_person(call, stream));
  CARTELLA_TRY(const auto all, see_benefits_of(call, person));
  CARTELLA_TRY(const auto names, call.service.names.current());
  JsonArray items;
  for (const auto& each : all) items.push_back(benefit_line_json(each.thing, *names));
  return listed(call, person, items, "benefits");
}

}  // namespace cartella::api
