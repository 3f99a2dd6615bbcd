#include "projections/rights_requests.h"

#include "projections/apply.h"
#include "projections/history.h"

namespace cartella::projections {

Result<RightsRequest> read_rights_request(const Engine& engine, const StreamId& request) {
  CARTELLA_TRY(const auto events, read_history(engine, request, UINT64_MAX));
  if (events.empty()) return fail(Errc::not_found, "nessuna richiesta con questo flusso");
  const DecodedEvent& event = events.front();
  if (!event.readable || event.has_erased_body())
    return fail(Errc::erased, "la richiesta è stata cancellata");
  if (event.type() != schema::EventType::rights_request_opened)
    return fail(Errc::not_found, "nessuna richiesta con questo flusso");
  RightsRequest result;
  result.subject = event.header.subject;
  result.controller = event.header.controller;
  result.recorded_at_us = event.recorded_at.us;
  result.position = event.position;
  result.event_id = event.event_id;
  CARTELLA_TRY(with_body_of<schema::RightsRequestOpened>(event, [&](auto from) -> Status {
    CARTELLA_TRY(result.person_stream, schema::id_from<StreamId>(from.getPersonStream()));
    result.kind = schema::text_of(from.getKind());
    result.received_on = from.getReceivedOn();
    result.requester = schema::text_of(from.getRequester());
    result.title = schema::text_of(from.getTitle());
    result.note = schema::text_of(from.getNote());
    return ok();
  }));
  return result;
}

}  // namespace cartella::projections
