// api/json_views.h: what views hold, as answers show it, with the labels that a person reads.
//
// Names are those of the members, so that openapi.yaml and the code speak of the same thing.
// Threads: free functions.
#pragma once

#include "api/gated.h"
#include "api/json.h"
#include "projections/organisation.h"

namespace cartella::api {

JsonObject person_json(const Seen<views::PersonRecord>& seen, const views::Organisation& names);
// Name, birth year and comune: what a list shows of somebody (Less data).
JsonObject person_line_json(const views::PersonHit& hit);
JsonObject case_json(const Seen<views::CaseFile>& seen, const views::Organisation& names);
// Number, state, category, sector: a line of a list.
JsonObject case_line_json(const StreamId& stream, const views::CaseRecord& record,
                          const views::Organisation& names);
JsonObject card_json(const Seen<views::CardRecord>& seen, const views::Organisation& names);
JsonObject card_line_json(const StreamId& stream, const views::CardRecord& card,
                          const views::Organisation& names);
JsonObject benefit_json(const Seen<views::BenefitFile>& seen, const views::Organisation& names);
JsonObject benefit_line_json(const views::BenefitFile& file, const views::Organisation& names);
JsonObject text_json(const Seen<views::CaseText>& seen, const views::Organisation& names);
JsonObject timeline_json(const views::TimelineEntry& entry, const views::Organisation& names);

// none for another word.
views::CaseState state_of(std::string_view word);
void put_state(JsonObject& to, std::string_view name, views::CaseState state);
std::string type_name(schema::EventType type);  // "CaseOpened"
// The name of a zone, ente, office or sector; empty where it has none.
std::string unit_label(const views::Organisation& names, const UnitId& unit);
std::string operator_label(const views::Organisation& names, const OperatorId& worker);
// {"items": [...], "next_cursor": ...}
std::string list_body(JsonArray items, const std::string& next_cursor = {});

}  // namespace cartella::api
