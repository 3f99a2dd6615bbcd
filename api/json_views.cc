#include "api/json_views.h"

#include "schema/code_lists.h"

namespace cartella::api {

namespace {

// Of a place of today.
constexpr std::int32_t kLatestDay = INT32_MAX - 1;

std::string code_label(schema::CodeList list, const std::string& code, std::int32_t on) {
  const schema::Code* found = schema::find_code(list, code, Date{on == INT32_MIN ? 0 : on});
  return found != nullptr ? std::string(found->label) : std::string();
}

std::string comune_label(const std::string& belfiore, std::int32_t on) {
  return std::string(schema::place_name(belfiore, Date{on}));
}

JsonObject identifier_json(const views::PersonIdentifier& identifier) {
  JsonObject to;
  to["kind"] = views::identifier_kind_name(identifier.kind);
  to["value"] = identifier.value;
  put(to, "issuer", identifier.issuer);
  put_day(to, "valid_from", identifier.valid_from);
  put_day(to, "valid_to", identifier.valid_to);
  to["verified"] = identifier.verified;
  return to;
}

JsonObject relation_json(const views::PersonRelation& relation) {
  JsonObject to;
  to["role"] = relation.role;
  to["other_key"] = relation.other_key.hex();
  put_day(to, "valid_from", relation.valid_from);
  put_day(to, "valid_to", relation.valid_to);
  return to;
}

std::string category_label(const views::Organisation& names, const std::string& code) {
  const auto at = names.categories.find(code);
  return at != names.categories.end() ? at->second.label : code;
}

JsonArray labelled(const std::vector<UnitId>& ids, const std::map<UnitId, views::Label>& labels) {
  JsonArray all;
  for (const UnitId& id : ids) {
    JsonObject one;
    one["id"] = id.hex();
    const auto at = labels.find(id);
    if (at != labels.end()) one["label"] = at->second.label;
    all.push_back(std::move(one));
  }
  return all;
}

std::string_view state_word(views::CaseState state) {
  switch (state) {
    case views::CaseState::aperto: return "aperto";
    case views::CaseState::chiuso: return "chiuso";
    case views::CaseState::preso_in_carico: return "preso_in_carico";
    case views::CaseState::segnalato: return "segnalato";
    case views::CaseState::riaperto: return "riaperto";
    case views::CaseState::segnalato_ente: return "segnalato_ente";
    case views::CaseState::segnalato_operatore: return "segnalato_operatore";
    case views::CaseState::none: break;
  }
  return {};
}

void put_unit(JsonObject& to, std::string_view name, const UnitId& unit,
              const views::Organisation& names) {
  put(to, name, unit);
  if (!unit.is_zero()) put(to, std::string(name) + "_label", unit_label(names, unit));
}

void put_operator(JsonObject& to, std::string_view name, const OperatorId& worker,
                  const views::Organisation& names) {
  put(to, name, worker);
  std::string label(name);
  if (label.ends_with("_id")) label.resize(label.size() - 3);
  if (!worker.is_zero()) put(to, label + "_label", operator_label(names, worker));
}

JsonArray categories_json(const views::CaseRecord& record, const views::Organisation& names) {
  JsonArray all;
  for (const auto& each : record.categories) {
    JsonObject one;
    one["category"] = each.category;
    one["category_label"] = category_label(names, each.category);
    one["prevalent"] = each.prevalent;
    put_day(one, "since", each.since);
    all.push_back(std::move(one));
  }
  return all;
}

JsonArray operators_json(const views::CaseRecord& record, const views::Organisation& names) {
  JsonArray all;
  for (const auto& each : record.operators) {
    JsonObject one;
    put_operator(one, "operator_id", each.operator_id, names);
    put_unit(one, "sector", each.sector, names);
    one["responsible"] = each.responsible;
    put_day(one, "since", each.since);
    all.push_back(std::move(one));
  }
  return all;
}

JsonArray shares_json(const views::CaseRecord& record, const views::Organisation& names) {
  JsonArray all;
  for (const auto& each : record.shares) {
    JsonObject one;
    put_unit(one, "unit", each.unit, names);
    one["sections"] = texts_json(each.sections);
    put(one, "reason", each.reason);
    all.push_back(std::move(one));
  }
  return all;
}

JsonArray steps_json(const views::CaseRecord& record, const views::Organisation& names) {
  JsonArray all;
  for (const auto& each : record.steps) {
    JsonObject one;
    one["position"] = each.position;
    put_state(one, "state", each.state);
    put_state(one, "from", each.from);
    put_time(one, "occurred_at", each.occurred_at_us);
    put_time(one, "administrative_date", each.administrative_date_us);
    put_operator(one, "operator_id", each.operator_id, names);
    put_unit(one, "sector", each.sector, names);
    put_unit(one, "ente", each.ente, names);
    put_operator(one, "to_operator", each.to_operator, names);
    put_unit(one, "to_sector", each.to_sector, names);
    put_unit(one, "to_ente", each.to_ente, names);
    put(one, "note", each.note);
    all.push_back(std::move(one));
  }
  return all;
}

std::string_view item_kind(schema::EventType type) {
  switch (type) {
    case schema::EventType::interview_recorded: return "interview";
    case schema::EventType::note_recorded: return "note";
    case schema::EventType::benefit_granted: return "benefit";
    default: return "card";
  }
}

JsonArray items_json(const views::CaseFile& file, const views::Organisation& names) {
  JsonArray all;
  for (const auto& each : file.items) {
    JsonObject one;
    one["stream"] = each.stream.hex();
    one["kind"] = item_kind(each.type);
    one["type"] = type_name(each.type);
    one["type_label"] = views::event_label(each.type);
    one["position"] = each.position;
    put_time(one, "occurred_at", each.occurred_at_us);
    one["withheld"] = each.withheld;
    put_operator(one, "operator_id", each.operator_id, names);
    put(one, "second_level", each.second_level);
    all.push_back(std::move(one));
  }
  return all;
}

JsonObject delivery_json(const views::Delivery& delivery) {
  JsonObject to;
  to["event_id"] = delivery.event_id.hex();
  put_day(to, "delivered_on", delivery.delivered_on);
  to["amount_cents"] = delivery.amount_cents;
  to["ente_cents"] = delivery.ente_cents;
  to["user_cents"] = delivery.user_cents;
  to["health_cents"] = delivery.health_cents;
  to["other_cents"] = delivery.other_cents;
  to["minutes"] = delivery.minutes;
  put(to, "operator_id", delivery.operator_id);
  put(to, "supersedes", delivery.supersedes);
  put(to, "status", delivery.status);
  to["superseded"] = delivery.superseded;
  return to;
}

}  // namespace

views::CaseState state_of(std::string_view word) {
  using State = views::CaseState;
  for (const State state : {State::aperto, State::chiuso, State::preso_in_carico, State::segnalato,
                            State::riaperto, State::segnalato_ente, State::segnalato_operatore})
    if (state_word(state) == word) return state;
  return State::none;
}

void put_state(JsonObject& to, std::string_view name, views::CaseState state) {
  if (state == views::CaseState::none) return;
  to[name] = state_word(state);
  to[std::string(name) + "_label"] = views::case_state_label(state);
}

std::string type_name(schema::EventType type) {
  const schema::TypeInfo* info = schema::find_type(type);
  return info != nullptr ? std::string(info->name)
                         : "Unknown" + std::to_string(static_cast<int>(type));
}

std::string unit_label(const views::Organisation& names, const UnitId& unit) {
  if (const auto at = names.sectors.find(unit); at != names.sectors.end()) return at->second.name;
  if (const auto at = names.enti.find(unit); at != names.enti.end()) return at->second.name;
  if (const auto at = names.offices.find(unit); at != names.offices.end()) return at->second.name;
  if (const auto at = names.zones.find(unit); at != names.zones.end()) return at->second.name;
  return {};
}

std::string operator_label(const views::Organisation& names, const OperatorId& worker) {
  const auto at = names.operators.find(worker);
  return at != names.operators.end() ? at->second.username : std::string();
}

JsonObject person_json(const Seen<views::PersonRecord>& seen, const views::Organisation& names) {
  const views::PersonRecord& person = seen.thing;
  JsonObject to;
  to["person"] = seen.stream.hex();
  to["position"] = seen.position;
  to["relation"] = cases::relation_word(seen.relation);
  to["subject"] = person.subject.hex();
  to["controller"] = person.controller.hex();
  put(to, "controller_label", unit_label(names, UnitId::from_view(person.controller.view())));
  to["anonymous"] = person.anonymous;
  JsonArray identifiers;
  for (const auto& each : person.identifiers) identifiers.push_back(identifier_json(each));
  to["identifiers"] = std::move(identifiers);
  put(to, "surname", person.surname);
  put(to, "name", person.name);
  put(to, "sex", person.sex);
  put_day(to, "birth_date", person.birth_date);
  put_day(to, "death_date", person.death_date);
  const std::int32_t born = person.birth_date == INT32_MIN ? 0 : person.birth_date;
  put(to, "birth_place", person.birth_place);
  put(to, "birth_place_label", comune_label(person.birth_place, born));
  using schema::CodeList;
  put(to, "citizenship", person.citizenship);
  put(to, "citizenship_label", code_label(CodeList::citizenship, person.citizenship, born));
  put(to, "civil_status", person.civil_status);
  put(to, "civil_status_label", code_label(CodeList::civil_status, person.civil_status, born));
  put(to, "comune", person.comune);
  put(to, "comune_label", comune_label(person.comune, kLatestDay));
  put(to, "street", person.street);
  put(to, "number", person.number);
  put(to, "detail", person.detail);
  to["homeless"] = person.homeless;
  put(to, "registry_comune", person.registry_comune);
  put(to, "registry_matricola", person.registry_matricola);
  put(to, "household_number", person.household_number);
  put(to, "household_role", person.household_role);
  JsonArray relations;
  for (const auto& each : person.relations) relations.push_back(relation_json(each));
  to["relations"] = std::move(relations);
  put(to, "phone", person.phone);
  put(to, "mobile", person.mobile);
  put(to, "email", person.email);
  return to;
}

JsonObject person_line_json(const views::PersonHit& hit) {
  JsonObject to;
  to["person"] = hit.stream.hex();
  put(to, "surname", hit.person.surname);
  put(to, "name", hit.person.name);
  for (const auto& identifier : hit.person.identifiers)
    if (identifier.kind == views::IdentifierKind::alias && hit.person.anonymous)
      to["alias"] = identifier.value;
  if (hit.person.birth_date != INT32_MIN)
    to["birth_year"] = civil(Date{hit.person.birth_date}).year;
  put(to, "comune", hit.person.comune);
  put(to, "comune_label", comune_label(hit.person.comune, kLatestDay));
  return to;
}

namespace {

JsonObject case_head_json(const StreamId& stream, const views::CaseRecord& record,
                          const views::Organisation& names) {
  JsonObject to;
  to["case_stream"] = stream.hex();
  if (record.number > 0) to["number"] = record.number;
  to["subject"] = record.subject.hex();
  put(to, "person_stream", record.person_stream);
  to["controller"] = record.controller.hex();
  put_unit(to, "ente", record.ente, names);
  put_unit(to, "sector", record.sector, names);
  put_state(to, "state", record.state);
  put_time(to, "opened_at", record.opened_at_us);
  return to;
}

}  // namespace

JsonObject case_line_json(const StreamId& stream, const views::CaseRecord& record,
                          const views::Organisation& names) {
  JsonObject to = case_head_json(stream, record, names);
  const std::string prevalent = views::prevalent_category(record);
  put(to, "category", prevalent);
  if (!prevalent.empty()) put(to, "category_label", category_label(names, prevalent));
  return to;
}

JsonObject case_json(const Seen<views::CaseFile>& seen, const views::Organisation& names) {
  const views::CaseFile& file = seen.thing;
  JsonObject to = case_head_json(file.stream, file.record, names);
  to["position"] = file.position;
  to["relation"] = cases::relation_word(seen.relation);
  put(to, "controller_label", unit_label(names, UnitId::from_view(file.record.controller.view())));
  put(to, "card", file.record.card);
  put(to, "note", file.record.note);
  to["state_changes"] = file.record.state_changes;
  to["categories"] = categories_json(file.record, names);
  to["operators"] = operators_json(file.record, names);
  to["shares"] = shares_json(file.record, names);
  to["steps"] = steps_json(file.record, names);
  to["items"] = items_json(file, names);
  return to;
}

JsonObject card_line_json(const StreamId& stream, const views::CardRecord& card,
                          const views::Organisation& names) {
  JsonObject to;
  to["card"] = stream.hex();
  if (card.number > 0) to["number"] = card.number;
  put_day(to, "access_date", card.access_date);
  put_unit(to, "office", card.office, names);
  put(to, "mode", card.mode);
  put(to, "mode_label", code_label(schema::CodeList::card_mode, card.mode, card.access_date));
  to["subject"] = card.subject.hex();
  to["anonymous"] = card.anonymous;
  to["closed"] = card.closed;
  return to;
}

JsonObject card_json(const Seen<views::CardRecord>& seen, const views::Organisation& names) {
  using schema::CodeList;
  const views::CardRecord& card = seen.thing;
  JsonObject to = card_line_json(seen.stream, card, names);
  to["position"] = seen.position;
  to["relation"] = cases::relation_word(seen.relation);
  put(to, "interlocutor", card.interlocutor);
  put(to, "interlocutor_label",
      code_label(CodeList::card_interlocutor, card.interlocutor, card.access_date));
  put(to, "motive", card.motive);
  put(to, "motive_label", code_label(CodeList::card_motive, card.motive, card.access_date));
  put(to, "motive_text", card.motive_text);
  to["informed"] = card.informed;
  put(to, "contact_point", card.contact_point);
  put_unit(to, "ente", card.ente, names);
  put_operator(to, "operator_id", card.operator_id, names);
  to["homeless"] = card.homeless;
  to["needs"] = labelled(card.needs, names.needs);
  to["services"] = labelled(card.services, names.services);
  put(to, "needs_text", card.needs_text);
  put(to, "services_text", card.services_text);
  put(to, "card_type", card.card_type);
  to["taken_in_charge"] = card.taken_in_charge;
  to["municipal_only"] = card.municipal_only;
  to["complete"] = card.complete;
  put(to, "case_stream", card.case_stream);
  put(to, "link_state", card.link_state);
  return to;
}

JsonObject benefit_line_json(const views::BenefitFile& file, const views::Organisation& names) {
  static constexpr std::string_view kInCharge[] = {"unknown", "yes", "no"};
  const views::BenefitRecord& from = file.benefit;
  JsonObject to;
  to["benefit"] = file.stream.hex();
  to["subject"] = from.subject.hex();
  put(to, "case_stream", from.case_stream);
  put(to, "controller", from.controller);
  put_unit(to, "paying_ente", from.paying_ente, names);
  to["protocol"] = from.protocol;
  put_day(to, "protocol_date", from.protocol_date);
  to["inps_code"] = from.inps_code;
  put(to, "inps_name", from.inps_name);
  to["periodic"] = from.periodic;
  to["means_test"] = from.means_test;
  put(to, "dsu_number", from.dsu_number);
  if (from.dsu_year != 0) to["dsu_year"] = from.dsu_year;
  put_day(to, "dsu_date", from.dsu_date);
  put_day(to, "event_date", from.event_date);
  put_day(to, "period_from", from.period_from);
  put_day(to, "period_to", from.period_to);
  to["in_charge"] = kInCharge[from.in_charge < 3 ? from.in_charge : 0];
  if (from.user_area != 0) to["user_area"] = from.user_area;
  put(to, "category", from.category);
  if (!from.category.empty()) put(to, "category_label", category_label(names, from.category));
  put(to, "beneficiary_kind", from.beneficiary_kind);
  put_unit(to, "sector", from.sector, names);
  put_operator(to, "operator_id", from.operator_id, names);
  to["closed"] = from.closed;
  put_day(to, "closed_on", from.closed_on);
  put(to, "closing_reason", from.closing_reason);
  put(to, "supersedes", from.supersedes);
  put(to, "superseded_by", from.superseded_by);
  to["delivery_count"] = from.delivery_count;
  to["delivered_cents"] = from.delivered_cents;
  return to;
}

JsonObject benefit_json(const Seen<views::BenefitFile>& seen, const views::Organisation& names) {
  JsonObject to = benefit_line_json(seen.thing, names);
  to["position"] = seen.position;
  to["relation"] = cases::relation_word(seen.relation);
  JsonArray deliveries;
  for (const auto& each : seen.thing.deliveries) deliveries.push_back(delivery_json(each));
  to["deliveries"] = std::move(deliveries);
  return to;
}

JsonObject text_json(const Seen<views::CaseText>& seen, const views::Organisation& names) {
  const views::CaseText& text = seen.thing;
  const bool is_interview = text.type == schema::EventType::interview_recorded;
  JsonObject to;
  to[is_interview ? "interview" : "note"] = seen.stream.hex();
  to["case_stream"] = text.case_stream.hex();
  to["position"] = seen.position;
  to["relation"] = cases::relation_word(seen.relation);
  to[is_interview ? "reserved" : "is_private"] = text.withheld;
  to["text"] = text.text;
  put_operator(to, "operator_id", text.operator_id, names);
  to["mentions"] = ids_json(text.mentions);
  put_time(to, "recorded_at", text.recorded_at_us);
  if (!is_interview) {
    put_time(to, "occurred_at", text.occurred_at_us);
    return to;
  }
  put(to, "with_whom", text.with_whom);
  put_time(to, "held_at", text.held_at_us);
  put_unit(to, "sector", text.sector, names);
  put(to, "second_level", text.second_level);
  return to;
}

JsonObject timeline_json(const views::TimelineEntry& entry, const views::Organisation& names) {
  JsonObject to;
  to["position"] = entry.position;
  to["event_id"] = entry.event_id.hex();
  to["stream"] = entry.stream.hex();
  to["revision"] = entry.revision;
  to["type"] = type_name(entry.type);
  to["type_label"] = views::event_label(entry.type);
  put_time(to, "recorded_at", entry.recorded_at_us);
  put_time(to, "occurred_at", entry.occurred_at_us);
  put_operator(to, "actor", entry.actor, names);
  put(to, "on_behalf_of", entry.on_behalf_of);
  put_unit(to, "unit", entry.unit, names);
  put(to, "role", entry.role);
  put(to, "source", entry.source);
  put(to, "controller", entry.controller);
  put_day(to, "holds_from", entry.holds_from);
  put_day(to, "holds_until", entry.holds_until);
  put(to, "detail", entry.detail);
  if (entry.cents >= 0) to["cents"] = entry.cents;
  return to;
}

std::string list_body(JsonArray items, const std::string& next_cursor) {
  JsonObject body;
  body["items"] = std::move(items);
  put(body, "next_cursor", next_cursor);
  return std::move(body).text();
}

}  // namespace cartella::api
