// projections/texts.h: what somebody wrote about a case: the text of an interview or of a note.
//
// Texts are in no view: they are read from the log, one at a time, by whoever may. Threads: free
// functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "projections/engine.h"
#include "schema/event_types.h"

namespace cartella::projections {

struct CaseText {
  schema::EventType type{};  // interview_recorded or note_recorded
  SubjectId subject;
  StreamId case_stream;
  ControllerId controller;
  bool withheld = false;  // reserved, private
  std::string text;
  std::string with_whom;  // of an interview
  std::int64_t held_at_us = INT64_MIN;
  OperatorId operator_id;
  UnitId sector;
  std::string second_level;
  std::vector<SubjectId> mentions;
  std::int64_t occurred_at_us = 0;
  std::int64_t recorded_at_us = 0;
  std::uint64_t position = 0;
  EventId event_id;
};

// not_found: no such stream, or it holds no text. erased: its key is gone. corrupt, io.
Result<CaseText> read_text(const Engine& engine, const StreamId& stream);

}  // namespace cartella::projections
