#include "disclosure/stream_story.h"

#include <algorithm>

#include "projections/history.h"

namespace cartella::disclosure {

namespace {

namespace views = projections;
using schema::EventType;

}  // namespace

Result<StreamStory> StreamStory::read(const views::Engine& engine, const StreamId& stream,
                                      std::uint64_t end_position) {
  StreamStory story;
  CARTELLA_TRY(story.x_events, views::read_history(engine, stream, end_position));
  return story;
}

const views::DecodedEvent* StreamStory::at_position(std::uint64_t position) const {
  const auto at = std::lower_bound(
      x_events.begin(), x_events.end(), position,
      [](const views::DecodedEvent& event, std::uint64_t p) { return event.position < p; });
  return at != x_events.end() && at->position == position ? &*at : nullptr;
}

Status StreamStory::fold_below(std::uint64_t position, const MayShow& may_show) {
  for (; x_folded < x_events.size() && x_events[x_folded].position < position; ++x_folded) {
    const views::DecodedEvent& event = x_events[x_folded];
    if (!event.readable || (may_show && !may_show(event))) continue;
    x_at = event.effective_date();
    CARTELLA_TRY(views::fold_person(x_person, event));
    CARTELLA_TRY(views::fold_card(x_card, event));
    CARTELLA_TRY(views::fold_case(x_case, event));
    CARTELLA_TRY(views::fold_benefit(x_benefit, event));
  }
  return ok();
}

std::vector<Field> StreamStory::fields(const Words& words) const {
  if (x_folded == 0 || !x_events.front().readable || x_events.front().has_erased_body()) return {};
  switch (x_events.front().type()) {
    case EventType::person_registered: return person_fields(x_person, x_at);
    case EventType::card_opened: return card_fields(x_card, words);
    case EventType::case_opened: return case_fields(x_case, words, x_at);
    case EventType::benefit_granted: return benefit_fields(x_benefit, words, x_at);
    default: return {};
  }
}

}  // namespace cartella::disclosure
