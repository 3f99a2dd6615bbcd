// Erasures that were proposed: ids, positions and states, without personal data.
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

}  // namespace

Result<Answer> list_erasures(Call& call) {
  CARTELLA_TRY(const auto page, page_of(call, "erasures"));
  JsonArray items;
  const bool is_of_ambito = call.viewer.acting_as.ente.is_zero();
  std::uint64_t place = 0;  // among those that the viewer may see
  bool has_more = false;
  for (const auto& [proposal, erasure] : call.organisation->erasures) {
    if (!is_of_ambito && erasure.controller != call.viewer.controller) continue;
    if (place++ < page.from) continue;
    has_more = items.size() == page.limit;
    if (has_more) break;
    items.push_back(erasure_json(proposal, erasure));
  }
  const std::string next = has_more ? page.cursor_at(call, page.from + items.size()) : "";
  return json_answer(200, list_body(std::move(items), next));
}

}  // namespace cartella::api
