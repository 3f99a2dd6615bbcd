#include "projections/texts.h"

#include "projections/apply.h"
#include "projections/history.h"

namespace cartella::projections {

namespace {

Status read_interview(schema::InterviewRecorded::Reader from, CaseText& to) {
  CARTELLA_TRY(to.case_stream, schema::id_from<StreamId>(from.getCaseStream()));
  CARTELLA_TRY(to.operator_id, schema::id_from<OperatorId>(from.getOperator()));
  CARTELLA_TRY(to.sector, schema::id_from<UnitId>(from.getSector()));
  CARTELLA_TRY(to.mentions, ids_from<SubjectId>(from.getMentions()));
  to.withheld = from.getReserved();
  to.text = schema::text_of(from.getText());
  to.with_whom = schema::text_of(from.getWithWhom());
  to.second_level = schema::text_of(from.getSecondLevel());
  to.held_at_us = from.getHeldAt();
  return ok();
}

Status read_note(schema::NoteRecorded::Reader from, CaseText& to) {
  CARTELLA_TRY(to.case_stream, schema::id_from<StreamId>(from.getCaseStream()));
  CARTELLA_TRY(to.operator_id, schema::id_from<OperatorId>(from.getOperator()));
  CARTELLA_TRY(to.mentions, ids_from<SubjectId>(from.getMentions()));
  to.withheld = from.getPrivate();
  to.text = schema::text_of(from.getText());
  return ok();
}

}  // namespace

Result<CaseText> read_text(const Engine& engine, const StreamId& stream) {
  CARTELLA_TRY(const auto events, read_history(engine, stream, UINT64_MAX));
  const Error absent = fail(Errc::not_found, "nessun testo con questo flusso");
  if (events.empty()) return absent;
  const DecodedEvent& event = events.front();
  if (!event.readable || event.has_erased_body())
    return fail(Errc::erased, "il testo è stato cancellato");
  CaseText text;
  text.type = event.type();
  text.subject = event.header.subject;
  text.controller = event.header.controller;
  text.occurred_at_us = event.occurred_at().us;
  text.recorded_at_us = event.recorded_at.us;
  text.position = event.position;
  text.event_id = event.event_id;
  if (text.type == schema::EventType::interview_recorded) {
    CARTELLA_TRY(with_body_of<schema::InterviewRecorded>(
        event, [&](auto from) { return read_interview(from, text); }));
  } else if (text.type == schema::EventType::note_recorded) {
    CARTELLA_TRY(with_body_of<schema::NoteRecorded>(
        event, [&](auto from) { return read_note(from, text); }));
  } else {
    return absent;
  }
  return text;
}

}  // namespace cartella::projections
