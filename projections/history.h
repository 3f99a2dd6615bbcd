// projections/history.h: persons, cases and cards as they were: at a position, at a time, and for a
// day they hold for.
//
// Two times (ledger.md 9): what was recorded by then (position or recorded_at), and for which day
// it holds (valid_from, valid_to). "What did the comune know on 3 March about January?" is one
// question. The answer replays the item's stream with the same folds that make the views, so the
// present view and the history of now agree. Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "projections/case_file.h"
#include "projections/engine.h"
#include "projections/intake_register.h"
#include "projections/person_index.h"

namespace cartella::projections {

struct AsOf {
  // What was known: events [0, position), or recorded at or before the time. Neither: all. Both are
  // refused.
  std::optional<std::uint64_t> position;
  std::optional<TimeUs> recorded_at;
  // Facts that hold on this day only; empty: whatever day they hold for. A fact holds from
  // valid_from (else the day it occurred) to valid_to, both included.
  std::optional<Date> valid_at;
};

// The size of the log that AsOf means. invalid_argument: both given, or a position past the end.
Result<std::uint64_t> position_of(const Engine& engine, const AsOf& as_of);

// not_found: the stream had no such item by then. erased: the keys of its first event are gone.
Result<PersonRecord> person_as_of(const Engine& engine, const StreamId& person_stream,
                                  const AsOf& as_of);
// With the items that were known by then; valid_at keeps items that occurred by that day.
Result<CaseFile> case_as_of(const Engine& engine, const StreamId& case_stream, const AsOf& as_of);
Result<CardRecord> card_as_of(const Engine& engine, const StreamId& card_stream, const AsOf& as_of);

// Opened events of one stream below a position, in order: the content behind a timeline.
Result<std::vector<DecodedEvent>> read_history(const Engine& engine, const StreamId& stream,
                                               std::uint64_t end_position);

}  // namespace cartella::projections
