// disclosure/history_words.h: what happened to a person, a case or a card, event by event, as it
// was known at a position or a time, and what two moments differ in.
//
// The timeline view says which events; each is opened from the log, told in words
// (event_words.h) and compared with the fold of its stream before it. Pages are bounded and go by
// position, so the same position gives the same page for ever. What a viewer may see is decided by
// the caller's filter, event by event. Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "disclosure/event_words.h"
#include "disclosure/record_fields.h"
#include "disclosure/stream_story.h"
#include "disclosure/words.h"
#include "projections/decoded_event.h"
#include "projections/engine.h"
#include "projections/history.h"
#include "store/store.h"

namespace cartella::disclosure {

inline constexpr std::size_t kHistoryEntriesMax = 500;  // of a page: some hundred KiB of words

struct HistoryQuery {
  // Exactly one, as in projections::TimelineQuery.
  std::optional<StreamId> stream;          // of a person, a card, a benefit, an interview, ...
  std::optional<SubjectId> subject;        // everything about a person
  std::optional<StreamId> case_stream;     // a case and what belongs to it
  std::optional<ControllerId> controller;  // only what this one is titolare of
  projections::AsOf as_of;
  std::uint64_t from_position = 0;  // first position of the page
  std::size_t entries_max = 100;    // 1 to kHistoryEntriesMax
  // Without a filter every event is shown but masks, and withheld texts are left out.
  MayShow may_show;
};

struct HistoryEntry {
  std::uint64_t position = 0;  // of the leaf: what `prove` takes
  EventId event_id;
  StreamId stream;
  std::uint64_t revision = 0;
  schema::EventType type{};
  std::string label;  // "Colloquio registrato"
  std::string sentence;
  std::string text;
  bool erased = false;
  bool withheld = false;
  bool text_left_out = false;
  TimeUs recorded_at;
  TimeUs occurred_at;
  OperatorId actor;
  std::string actor_name;  // where Words tells names
  OperatorId on_behalf_of;
  UnitId unit;
  std::string unit_name;
  ControllerId controller;
  std::string role;    // Italian
  std::string source;  // Italian
  std::string source_code;
  std::string others;  // see Telling
  std::vector<FieldChange> changes;
};

struct HistoryPage {
  std::uint64_t as_of = 0;  // events [0, as_of) were asked
  std::vector<HistoryEntry> entries;
  std::optional<std::uint64_t> next_position;  // of the next page; empty: this was the last
};

// invalid_argument: not exactly one thing, entries_max out of bounds, or what position_of returns.
// not_found: nothing is known of it, or nothing that may be shown. unavailable, io, corrupt.
Result<HistoryPage> tell_history(const projections::Engine& engine, const Words& words,
                                 const HistoryQuery& query);

struct StreamChange {
  StreamId stream;
  FieldChange change;
};
struct Comparison {
  std::uint64_t earlier = 0;  // positions, in order
  std::uint64_t later = 0;
  std::vector<StreamChange> changes;  // of the person's streams, the case or the item
  HistoryPage between;                // events [earlier, later), first page
};
// Compares a person, case, card or benefit at two moments, in whichever order they are given.
// `query.as_of` and `from_position` are not looked at. As tell_history; not_found: it was there at
// neither.
Result<Comparison> compare_moments(const projections::Engine& engine, const Words& words,
                                   HistoryQuery query, const projections::AsOf& one,
                                   const projections::AsOf& other);

// That the event at `position` is in the log: the text of a C2SP tlog-proof. What Store::prove
// returns.
Result<std::string> proof_text(const store::Store& store, std::uint64_t position);

}  // namespace cartella::disclosure
