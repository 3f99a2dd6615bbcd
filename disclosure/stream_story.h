// disclosure/stream_story.h: one stream, opened and folded step by step.
//
// Threads: a story belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "disclosure/record_fields.h"
#include "disclosure/words.h"
#include "projections/decoded_event.h"
#include "projections/engine.h"

namespace cartella::disclosure {

// True: the viewer may know of this event, and read its text where it has one. An event that is not
// shown leaves no trace in the answer. Empty: no filter.
using MayShow = std::function<bool(const projections::DecodedEvent&)>;

class StreamStory {
 public:
  // Events below `end_position`. io, corrupt.
  static Result<StreamStory> read(const projections::Engine& engine, const StreamId& stream,
                                  std::uint64_t end_position);

  const std::vector<projections::DecodedEvent>& events() const { return x_events; }
  // nullptr: this stream has no event there.
  const projections::DecodedEvent* at_position(std::uint64_t position) const;
  // Folds every event below `position` that is not folded yet and that `may_show` lets through;
  // positions only grow. invalid_input.
  Status fold_below(std::uint64_t position, const MayShow& may_show);
  // Of what has been folded; empty for streams that no record is made of.
  std::vector<Field> fields(const Words& words) const;

 private:
  std::vector<projections::DecodedEvent> x_events;
  std::size_t x_folded = 0;
  Date x_at;  // effective day of the last folded event
  projections::PersonRecord x_person;
  projections::CardRecord x_card;
  projections::CaseRecord x_case;
  projections::BenefitRecord x_benefit;
};

}  // namespace cartella::disclosure
