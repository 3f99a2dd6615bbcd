#include "api/gated.h"

#include <algorithm>
#include <set>

#include "base/local_time.h"

namespace cartella::api {

namespace {

using cases::Item;
using cases::ItemKind;
using cases::Relation;
using cases::Ties;

Error hidden(Call& call, std::string target) {
  call.denied_target = std::move(target);
  return fail(Errc::not_found, "non c'è, oppure non è visibile con questo ruolo");
}

Relation relation_to(const Call& call, const Item& item, const Ties& ties,
                     std::string_view section) {
  return cases::visible(item, ties, call.viewer, call.purpose(), section, *call.organisation,
                        call.today)
      .relation;
}

Item item_of(const StreamId& stream, const views::CaseRecord& record) {
  Item item;
  item.kind = ItemKind::case_file;
  item.stream = stream;
  item.subject = record.subject;
  item.controller = record.controller;
  item.ente = record.ente;
  item.unit = record.sector;
  for (const auto& worker : record.operators) item.operators.push_back(worker.operator_id);
  for (const auto& share : record.shares) item.shares.push_back({share.unit, share.sections});
  item.case_stream = stream;
  return item;
}

Item item_of(const StreamId& stream, const views::CardRecord& card) {
  Item item;
  item.kind = ItemKind::card;
  item.stream = stream;
  item.subject = card.subject;
  item.controller = cases::controller_of(card.ente);
  item.ente = card.ente;
  item.unit = card.office;
  item.operators.push_back(card.operator_id);
  item.case_stream = card.case_stream;
  return item;
}

// What belongs to a case is seen as the case is, with limits of its own.
Item item_of(const views::CaseItem& of, const Item& its_case) {
  Item item = its_case;
  item.kind = of.type == schema::EventType::interview_recorded ? ItemKind::interview
              : of.type == schema::EventType::note_recorded    ? ItemKind::note
              : of.type == schema::EventType::benefit_granted  ? ItemKind::benefit
                                                               : ItemKind::card;
  item.stream = of.stream;
  item.withheld = of.withheld;
  item.author = of.operator_id;
  item.second_level = of.second_level;
  return item;
}

// What an event's stream is of; empty: of nothing that anybody is shown.
std::optional<ItemKind> kind_of(schema::EventType type) {
  using schema::EventType;
  switch (type) {
    case EventType::person_registered:
    case EventType::identifier_added:
    case EventType::identity_recorded:
    case EventType::residence_recorded:
    case EventType::household_recorded:
    case EventType::kinship_recorded:
    case EventType::contact_recorded:
    case EventType::death_recorded:
    case EventType::possible_duplicate_noted:
    case EventType::data_disclosed:
    case EventType::document_released: return ItemKind::person;
    case EventType::card_opened:
    case EventType::card_reporter_recorded:
    case EventType::card_needs_recorded:
    case EventType::card_services_requested:
    case EventType::card_closed:
    case EventType::card_linked_to_case: return ItemKind::card;
    case EventType::case_opened:
    case EventType::case_state_changed:
    case EventType::case_category_set:
    case EventType::case_operator_assigned:
    case EventType::case_shared: return ItemKind::case_file;
    case EventType::interview_recorded: return ItemKind::interview;
    case EventType::note_recorded: return ItemKind::note;
    case EventType::benefit_granted:
    case EventType::benefit_delivered:
    case EventType::benefit_closed:
    case EventType::benefit_superseded: return ItemKind::benefit;
    case EventType::rights_request_opened: return ItemKind::rights_request;
    default: return std::nullopt;
  }
}

std::string target_of(std::string_view kind, const StreamId& stream) {
  return std::string(kind) + '/' + stream.hex();
}

// Items of a case that this viewer may know of, by what the case is now: whoever was in charge of
// it at an earlier moment is not for that asked about it as of then.
void keep_visible_items(const Call& call, const Item& its_case, views::CaseFile& file) {
  std::erase_if(file.items, [&](const views::CaseItem& each) {
    const Item item = item_of(each, its_case);
    return relation_to(call, item, {}, cases::section_of(item.kind)) == Relation::none;
  });
}

// A person's cases and cards at this controller: what gives a viewer a relation to the person.
Result<Ties> ties_of(Call& call, const SubjectId& subject) {
  Ties ties;
  const views::Engine& engine = call.service.engine;
  CARTELLA_TRY(const auto streams, views::cases_of_subject(engine, subject));
  for (const StreamId& stream : streams) {
    CARTELLA_TRY(const auto record, views::read_case_record(engine, stream));
    ties.items.push_back(item_of(stream, record));
  }
  views::TimelineQuery query;
  query.subject = subject;
  CARTELLA_TRY(const auto entries, views::read_timeline(engine, query));
  for (const views::TimelineEntry& entry : entries) {
    if (entry.type != schema::EventType::card_opened) continue;
    CARTELLA_TRY(const auto card, views::read_card(engine, entry.stream));
    ties.items.push_back(item_of(entry.stream, card));
  }
  return ties;
}

template <class T>
Seen<T> seen(T thing, const StreamId& stream, Relation relation, std::int64_t revision) {
  Seen<T> result{std::move(thing), stream, relation, 0, revision};
  return result;
}

// Absent, another kind, or erased before anybody looked: one answer.
bool is_absent(const Error& error) { return error.code == Errc::not_found; }

}  // namespace

Result<views::AsOf> as_of_text(std::string_view given, std::string_view name) {
  views::AsOf as_of;
  const std::string text(given);
  if (text.empty()) return as_of;
  if (text.find_first_not_of("0123456789") == std::string::npos && text.size() <= 18) {
    as_of.position = std::stoull(text);
    return as_of;
  }
  const auto time = parse_timestamp(text);
  if (!time)
    return fail(Errc::invalid_argument, std::string(name) + " è una posizione o un istante");
  as_of.recorded_at = time.value();
  return as_of;
}

Result<views::AsOf> as_of_query(const Request& request) {
  CARTELLA_TRY(auto as_of, as_of_text(request.query_value("as_of"), "as_of"));
  const std::string_view day = request.query_value("valid_at");
  if (!day.empty()) {
    const auto date = parse_iso_date(day);
    if (!date) return fail(Errc::invalid_argument, "valid_at è una data AAAA-MM-GG");
    as_of.valid_at = date.value();
  }
  return as_of;
}

bool may_know_of(const views::CaseRecord* its_case, const ChangeFacts& facts,
                 const cases::Viewer& viewer, cases::Purpose purpose,
                 const cases::OrganisationState& organisation, Date today) {
  const auto kind = kind_of(facts.type);
  if (!kind) return false;
  const auto is_visible = [&](const Item& item, std::string_view section) {
    return cases::visible(item, {}, viewer, purpose, section, organisation, today).is_visible();
  };
  Item item;
  if (its_case != nullptr) {
    item = item_of(facts.case_stream, *its_case);
    // The case is named beside its part.
    if (!is_visible(item, cases::kSectionExistence)) return false;
  } else {
    item.ente = UnitId::from_view(facts.controller.view());
  }
  item.kind = *kind;
  item.stream = facts.stream;
  item.subject = facts.subject;
  item.controller = facts.controller;
  if (*kind == ItemKind::interview || *kind == ItemKind::note) {
    // Whether it is withheld stands in the text alone: it is told to nobody else.
    item.withheld = true;
    item.author = facts.actor;
  }
  return is_visible(item, {});
}

bool may_see_case(const Call& call, const StreamId& stream, const views::CaseRecord& record) {
  return relation_to(call, item_of(stream, record), {}, {}) != Relation::none;
}

bool may_see_card(const Call& call, const StreamId& stream, const views::CardRecord& card) {
  return relation_to(call, item_of(stream, card), {}, cases::section_of(ItemKind::card)) !=
         Relation::none;
}

Result<std::int64_t> settle(Call& call, const StreamId& stream) {
  CARTELLA_TRY(const auto head, call.service.store.stream_head(stream));
  if (!head) return fail(Errc::not_found, "nessun elemento");
  CARTELLA_TRY(call.service.engine.wait_for(head->position, call.service.limits.view_wait));
  return static_cast<std::int64_t>(head->revision);
}

Result<Seen<views::PersonRecord>> see_person(Call& call, const StreamId& person,
                                             const views::AsOf& as_of) {
  const auto revision = settle(call, person);
  if (!revision && !is_absent(revision.error())) return revision.error();
  const std::string target = target_of("person", person);
  if (!revision) return hidden(call, target);
  const views::Engine& engine = call.service.engine;
  auto record = views::read_person(engine, person);
  if (!record && !is_absent(record.error())) return record.error();
  if (!record) return hidden(call, target);
  Item item;
  item.stream = person;
  item.subject = record.value().subject;
  item.controller = record.value().controller;
  CARTELLA_TRY(const auto ties, ties_of(call, item.subject));
  const Relation relation = relation_to(call, item, ties, {});
  if (relation == Relation::none) return hidden(call, target);
  if (as_of.position || as_of.recorded_at || as_of.valid_at) {
    CARTELLA_TRY(record, views::person_as_of(engine, person, as_of));
  }
  auto result = seen(std::move(record.value()), person, relation, revision.value());
  CARTELLA_TRY(result.position, views::position_of(engine, as_of));
  return result;
}

Result<Relation> relation_to_case(Call& call, const StreamId& case_stream,
                                  std::string_view section) {
  const auto settled = settle(call, case_stream);
  if (!settled && !is_absent(settled.error())) return settled.error();
  const std::string target = target_of("case", case_stream);
  if (!settled) return hidden(call, target);
  const auto record = views::read_case_record(call.service.engine, case_stream);
  if (!record && !is_absent(record.error())) return record.error();
  if (!record) return hidden(call, target);
  const Relation relation = relation_to(call, item_of(case_stream, record.value()), {}, section);
  if (relation == Relation::none) return hidden(call, target);
  return relation;
}

Result<Seen<views::CaseFile>> see_case(Call& call, const StreamId& case_stream,
                                       std::string_view section, const views::AsOf& as_of) {
  const auto revision = settle(call, case_stream);
  if (!revision && !is_absent(revision.error())) return revision.error();
  const std::string target = target_of("case", case_stream);
  if (!revision) return hidden(call, target);
  const views::Engine& engine = call.service.engine;
  auto file = views::read_case_file(engine, case_stream);
  if (!file && !is_absent(file.error())) return file.error();
  if (!file) return hidden(call, target);
  const Item item = item_of(case_stream, file.value().record);
  const Relation relation = relation_to(call, item, {}, section);
  if (relation == Relation::none) return hidden(call, target);
  if (as_of.position || as_of.recorded_at || as_of.valid_at) {
    CARTELLA_TRY(file, views::case_as_of(engine, case_stream, as_of));
  }
  keep_visible_items(call, item, file.value());
  auto result = seen(std::move(file.value()), case_stream, relation, revision.value());
  result.position = result.thing.position;
  return result;
}

Result<Seen<views::CardRecord>> see_card(Call& call, const StreamId& card,
                                         const views::AsOf& as_of) {
  const auto revision = settle(call, card);
  if (!revision && !is_absent(revision.error())) return revision.error();
  const std::string target = target_of("card", card);
  if (!revision) return hidden(call, target);
  const views::Engine& engine = call.service.engine;
  auto record = views::read_card(engine, card);
  if (!record && !is_absent(record.error())) return record.error();
  if (!record) return hidden(call, target);
  const Item item = item_of(card, record.value());
  Ties ties;
  if (!item.case_stream.is_zero()) {
    CARTELLA_TRY(const auto its_case, views::read_case_record(engine, item.case_stream));
    ties.items.push_back(item_of(item.case_stream, its_case));
  }
  const Relation relation = relation_to(call, item, ties, cases::section_of(ItemKind::card));
  if (relation == Relation::none) return hidden(call, target);
  if (as_of.position || as_of.recorded_at || as_of.valid_at) {
    CARTELLA_TRY(record, views::card_as_of(engine, card, as_of));
  }
  auto result = seen(std::move(record.value()), card, relation, revision.value());
  CARTELLA_TRY(result.position, views::position_of(engine, as_of));
  return result;
}

namespace {

// A benefit is seen as its case is, whoever granted it; without a case, by its unit and its worker.
Result<Relation> relation_to_benefit(Call& call, const StreamId& stream,
                                     const views::BenefitRecord& benefit) {
  Item item;
  if (!benefit.case_stream.is_zero()) {
    CARTELLA_TRY(const auto record,
                 views::read_case_record(call.service.engine, benefit.case_stream));
    item = item_of(benefit.case_stream, record);
  }
  item.kind = ItemKind::benefit;
  item.stream = stream;
  item.subject = benefit.subject;
  item.controller = benefit.controller;
  if (item.unit.is_zero()) item.unit = benefit.sector;
  if (item.ente.is_zero()) item.ente = UnitId::from_view(benefit.controller.view());
  if (benefit.case_stream.is_zero()) item.operators.push_back(benefit.operator_id);
  return relation_to(call, item, {}, cases::section_of(ItemKind::benefit));
}

}  // namespace

Result<Seen<views::BenefitFile>> see_benefit(Call& call, const StreamId& benefit) {
  const auto revision = settle(call, benefit);
  if (!revision && !is_absent(revision.error())) return revision.error();
  const std::string target = target_of("benefit", benefit);
  if (!revision) return hidden(call, target);
  auto file = views::read_benefit(call.service.engine, benefit);
  if (!file && !is_absent(file.error())) return file.error();
  if (!file) return hidden(call, target);
  CARTELLA_TRY(const auto relation, relation_to_benefit(call, benefit, file.value().benefit));
  if (relation == Relation::none) return hidden(call, target);
  return seen(std::move(file.value()), benefit, relation, revision.value());
}

Result<Seen<views::CaseText>> see_text(Call& call, const StreamId& case_stream,
                                       const StreamId& text) {
  const std::string target = target_of("text", text);
  CARTELLA_TRY(const auto file, see_case(call, case_stream));
  const auto& items = file.thing.items;
  const auto at = std::find_if(items.begin(), items.end(),
                               [&](const views::CaseItem& each) { return each.stream == text; });
  if (at == items.end()) return hidden(call, target);
  auto read = views::read_text(call.service.engine, text);
  if (!read && !is_absent(read.error())) return read.error();
  if (!read || read.value().case_stream != case_stream) return hidden(call, target);
  // The limits of the text itself decide, not those that its row in the view repeats.
  Item item = item_of(*at, item_of(case_stream, file.thing.record));
  item.withheld = read.value().withheld;
  // Who wrote it down, where the text names nobody.
  item.author = read.value().operator_id.is_zero() ? at->operator_id : read.value().operator_id;
  item.second_level = read.value().second_level;
  const Relation relation = relation_to(call, item, {}, cases::section_of(item.kind));
  if (relation == Relation::none) return hidden(call, target);
  CARTELLA_TRY(const auto revision, settle(call, text));
  auto result = seen(std::move(read.value()), text, relation, revision);
  result.position = file.position;
  return result;
}

Result<Seen<views::RightsRequest>> see_rights_request(Call& call, const StreamId& request) {
  const std::string target = target_of("rights-request", request);
  auto read = views::read_rights_request(call.service.engine, request);
  // Whose an erased one was is not known any more.
  if (!read && !is_absent(read.error()) && read.error().code != Errc::erased) return read.error();
  if (!read) return hidden(call, target);
  Item item;
  item.kind = ItemKind::rights_request;
  item.stream = request;
  item.subject = read.value().subject;
  item.controller = read.value().controller;
  item.ente = UnitId::from_view(item.controller.view());
  const Relation relation = relation_to(call, item, {}, {});
  if (relation == Relation::none) return hidden(call, target);
  CARTELLA_TRY(const auto revision, settle(call, request));
  auto result = seen(std::move(read.value()), request, relation, revision);
  result.position = call.service.store.size();
  return result;
}

Result<std::vector<Seen<views::CaseFile>>> see_cases_of(Call& call,
                                                        const Seen<views::PersonRecord>& person) {
  std::vector<Seen<views::CaseFile>> all;
  CARTELLA_TRY(const auto streams,
               views::cases_of_subject(call.service.engine, person.thing.subject));
  for (const StreamId& stream : streams) {
    CARTELLA_TRY(auto file, views::read_case_file(call.service.engine, stream));
    if (file.record.controller != person.thing.controller) continue;
    const Item item = item_of(stream, file.record);
    const Relation relation = relation_to(call, item, {}, {});
    if (relation == Relation::none) continue;
    keep_visible_items(call, item, file);
    all.push_back(seen(std::move(file), stream, relation, -1));
  }
  return all;
}

Result<std::vector<Seen<views::CardRecord>>> see_cards_of(Call& call,
                                                          const Seen<views::PersonRecord>& person) {
  std::vector<Seen<views::CardRecord>> all;
  CARTELLA_TRY(const auto ties, ties_of(call, person.thing.subject));
  for (const Item& item : ties.items) {
    if (item.kind != ItemKind::card || item.controller != person.thing.controller) continue;
    const Relation relation = relation_to(call, item, ties, cases::section_of(ItemKind::card));
    if (relation == Relation::none) continue;
    CARTELLA_TRY(auto card, views::read_card(call.service.engine, item.stream));
    all.push_back(seen(std::move(card), item.stream, relation, -1));
  }
  return all;
}

Result<std::vector<Seen<views::BenefitFile>>> see_benefits_of(
    Call& call, const Seen<views::PersonRecord>& person) {
  std::vector<Seen<views::BenefitFile>> all;
  CARTELLA_TRY(auto files, views::benefits_of_subject(call.service.engine, person.thing.subject));
  for (views::BenefitFile& file : files) {
    if (file.benefit.controller != person.thing.controller) continue;
    CARTELLA_TRY(const auto relation, relation_to_benefit(call, file.stream, file.benefit));
    if (relation == Relation::none) continue;
    const StreamId stream = file.stream;
    all.push_back(seen(std::move(file), stream, relation, -1));
  }
  return all;
}

Result<std::set<StreamId>> streams_known_of(Call& call, const Seen<views::PersonRecord>& person) {
  std::set<StreamId> known{person.stream};
  CARTELLA_TRY(const auto all_cases, see_cases_of(call, person));
  for (const auto& each : all_cases) {
    known.insert(each.stream);
    for (const views::CaseItem& item : each.thing.items) known.insert(item.stream);
  }
  CARTELLA_TRY(const auto cards, see_cards_of(call, person));
  for (const auto& each : cards) known.insert(each.stream);
  CARTELLA_TRY(const auto benefits, see_benefits_of(call, person));
  for (const auto& each : benefits) known.insert(each.stream);
  return known;
}

Result<std::vector<views::TimelineEntry>> see_timeline(Call& call, views::TimelineQuery query,
                                                       const std::set<StreamId>& known) {
  CARTELLA_TRY(const auto as_of, as_of_query(call.request));
  CARTELLA_TRY(query.before, views::position_of(call.service.engine, as_of));
  query.valid_at = as_of.valid_at;
  CARTELLA_TRY(auto entries, views::read_timeline(call.service.engine, query));
  std::erase_if(entries,
                [&](const views::TimelineEntry& entry) { return !known.contains(entry.stream); });
  return entries;
}

}  // namespace cartella::api
