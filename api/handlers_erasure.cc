// Erasures that were proposed, and what keeps from erasing or from using: ids, positions and
// states, without personal data.
#include "api/handlers.h"
#include "api/json.h"
#include "api/json_views.h"
#include "api/page.h"

namespace cartella::api {

namespace {

using Erasure = cases::OrganisationState::Erasure;

std::string_view standing_word(Erasure::Standing standing) {
  switch (standing) {
    case Erasure::Standing::proposed: return "proposed";
    case Erasure::Standing::erasing: return "erasing";
    case Erasure::Standing::completed: return "completed";
    case Erasure::Standing::refused: return "refused";
    case Erasure::Standing::restricted: return "restricted";
    case Erasure::Standing::kept: return "kept";
  }
  return {};
}

JsonObject erasure_json(const EventId& proposal, const Erasure& erasure) {
  JsonObject one;
  one["proposal"] = proposal.hex();
  const bool is_person = !erasure.subject.is_zero();
  one["scope"] = is_person ? "person" : "item";
  one["target"] = is_person ? erasure.subject.hex() : erasure.item.hex();
  put(one, "proposed_by", erasure.proposed_by);
  JsonArray mentions;
  for (const std::uint64_t position : erasure.mentions) mentions.push_back(position);
  one["mentions"] = std::move(mentions);
  one["state"] = standing_word(erasure.standing);
  if (!erasure.decision.is_zero()) one["decided_at"] = format_time(erasure.decided_at);
  return one;
}

// The part of what stands that the viewer may see, as `make` shows each: `controller_of` names
// whose it is.
template <class Map, class Of, class Make>
Result<Answer> list_standing(Call& call, std::string_view name, const Map& all, Of controller_of,
                             Make make) {
  CARTELLA_TRY(const auto page, page_of(call, name));
  JsonArray items;
  const bool is_of_ambito = call.viewer.acting_as.ente.is_zero();
  std::uint64_t place = 0;  // among those that the viewer may see
  bool has_more = false;
  for (const auto& [id, one] : all) {
    if (!is_of_ambito && controller_of(one) != call.viewer.controller) continue;
    if (place++ < page.from) continue;
    has_more = items.size() == page.limit;
    if (has_more) break;
    items.push_back(make(id, one));
  }
  const std::string next = has_more ? page.cursor_at(call, page.from + items.size()) : "";
  return json_answer(200, list_body(std::move(items), next));
}

constexpr auto kController = [](const auto& one) { return one.controller; };

JsonObject cover_json(const EventId& placed, const cases::OrganisationState::Cover& cover) {
  JsonObject one;
  one["event"] = placed.hex();
  one["controller"] = cover.controller.hex();
  if (!cover.subject.is_zero()) one["subject"] = cover.subject.hex();
  JsonArray items;
  for (const StreamId& item : cover.items) items.push_back(item.hex());
  one["items"] = std::move(items);
  if (cover.until) one["until"] = format_date(*cover.until);
  return one;
}

}  // namespace

Result<Answer> list_erasures(Call& call) {
  return list_standing(call, "erasures", call.organisation->erasures, kController, erasure_json);
}

Result<Answer> list_legal_holds(Call& call) {
  return list_standing(call, "legal_holds", call.organisation->holds, kController, cover_json);
}

Result<Answer> list_restrictions(Call& call) {
  return list_standing(call, "restrictions", call.organisation->restrictions, kController,
                       cover_json);
}

// Of the ambito, for all its controllers.
Result<Answer> list_retention_rules(Call& call) {
  const auto of_all = [&call](const auto&) { return call.viewer.controller; };
  const auto make = [](const std::string& category, const auto& rule) {
    JsonObject one;
    one["category"] = category;
    one["months"] = static_cast<std::int64_t>(rule.months);
    one["act"] = rule.act;
    return one;
  };
  return list_standing(call, "retention_rules", call.organisation->retention_rules, of_all, make);
}

}  // namespace cartella::api
