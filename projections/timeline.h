// projections/timeline.h: the view of what happened to a person, a case or a card, event by event.
//
// An event stands under its own stream, under its subject, and under the case that its item belongs
// to. Accesses have their own register and are left out. The entry tells what kind of thing
// happened, who did it and the code that says most of it, never a text that somebody wrote.
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "projections/decoded_event.h"
#include "projections/engine.h"
#include "projections/projection.h"

namespace cartella::projections {

inline constexpr std::string_view kTimelineView = "timeline";

struct TimelineEntry {
  std::uint64_t position = 0;
  EventId event_id;
  StreamId stream;
  std::uint64_t revision = 0;
  schema::EventType type{};
  std::int64_t recorded_at_us = 0;
  std::int64_t occurred_at_us = 0;
  OperatorId actor;
  OperatorId on_behalf_of;
  UnitId unit;
  std::string role;
  std::string source;
  ControllerId controller;
  std::int32_t holds_from = INT32_MIN;   // DecodedEvent::effective_date
  std::int32_t holds_until = INT32_MAX;  // valid_to
  std::string detail;       // state reached, code of the category or of the benefit; or empty
  std::int64_t cents = -1;  // of a delivery; -1: none
  template <class A>
  static void fields(auto& self, A& a) {
    a(self.position, self.event_id, self.stream, self.revision, self.type, self.recorded_at_us,
      self.occurred_at_us, self.actor, self.on_behalf_of, self.unit, self.role, self.source,
      self.controller, self.holds_from, self.holds_until, self.detail, self.cents);
  }
};

// "Scheda aperta"; "Evento 1234" for a type unknown here.
std::string event_label(schema::EventType type);

// Exactly one of the three is looked under; a stream may be a person's, a case's, a card's or any
// other item's.
struct TimelineQuery {
  std::optional<StreamId> stream;
  std::optional<SubjectId> subject;
  std::optional<StreamId> case_stream;  // the case and everything that belongs to it
  std::uint64_t before = UINT64_MAX;    // positions below; as of that size of the log
  std::optional<Date> valid_at;         // only facts that hold on that day, as history.h has it
};
// In the order of the log; empty for something that is not known. invalid_argument: not exactly
// one. unavailable, io, corrupt.
Result<std::vector<TimelineEntry>> read_timeline(const Engine& engine, const TimelineQuery& query);

std::unique_ptr<Projection> make_timeline();

}  // namespace cartella::projections
