// Requests of people for their rights, and the draft of the answer.
#include "api/command_call.h"
#include "api/gated.h"
#include "api/handlers.h"
#include "api/json.h"
#include "base/waiting.h"
#include "crypto/command_id.h"
#include "crypto/hash.h"
#include "disclosure/dsar.h"
#include "disclosure/package.h"
#include "disclosure/words.h"

namespace cartella::api {

namespace {

// One month from receipt, as a calendar has it (GDPR 12(3), DS-10).
Date month_after(Date day) {
  const CivilDate from = civil(day);
  const int year = from.month == 12 ? from.year + 1 : from.year;
  const int month = from.month == 12 ? 1 : from.month + 1;
  for (int last = from.day;; --last)
    if (const auto date = make_date(year, month, last)) return *date;
}

cases::Look look_at_request(const Call& call, const Seen<views::RightsRequest>& seen,
                            cases::Operation operation) {
  return look_at(call, operation, seen.thing.controller, seen.thing.subject, seen.relation,
                 "rights-request/" + seen.stream.hex());
}

}  // namespace

Result<Answer> read_rights_request(Call& call) {
  CARTELLA_TRY(const auto stream, path_stream(call, "request"));
  CARTELLA_TRY(const auto seen, see_rights_request(call, stream));
  const views::RightsRequest& request = seen.thing;
  JsonObject body;
  body["request"] = stream.hex();
  body["position"] = seen.position;
  body["person"] = request.person_stream.hex();
  body["subject"] = request.subject.hex();
  body["kind"] = request.kind;
  put(body, "kind_label", disclosure::right_words(request.kind));
  put_day(body, "received_on", request.received_on);
  if (request.kind == "gdpr15")
    put_day(body, "due_on", month_after(Date{request.received_on}).days);
  body["requester"] = request.requester;
  put(body, "title", request.title);
  put(body, "note", request.note);
  put_time(body, "recorded_at", request.recorded_at_us);
  body["package_state"] = "bozza";
  Answer answer = json_answer(200, std::move(body).text());
  answer.looks.push_back(look_at_request(call, seen, cases::Operation::dsar));
  return answer;
}

namespace {

struct Draft {
  disclosure::Report report;
  Bytes zip;
};

// One at a time: a report reads thousands of events and starts the program that sets the pages.
Result<Draft> make_draft(Call& call, const StreamId& person, const StreamId& request) {
  Service& service = call.service;
  const Waiting waiting;
  const std::unique_lock heavy(*service.heavy, service.limits.heavy_wait);
  if (!heavy.owns_lock())
    return fail(Errc::unavailable, "un altro fascicolo è in preparazione: ripetere fra poco");
  Draft draft;
  CARTELLA_TRY(draft.report,
               disclosure::make_dsar({service.engine, service.store.origin(), service.registry},
                                     {person, request}));
  CARTELLA_TRY(const auto files,
               disclosure::package_files(draft.report, service.store, service.store.log_key()));
  CARTELLA_TRY(draft.zip, disclosure::zip_files(files));
  return draft;
}

// AT-11: what left stands in the log, with its digest, before the first byte leaves.
Status record_release(Call& call, const Draft& draft, const StreamId& person) {
  cases::CommandContext context;
  fill_context(call, context);
  context.command_id = crypto::new_command_id(call.service.clock);
  context.occurred_at = call.service.clock.wall();
  context.purpose = std::string(cases::purpose_word(cases::Purpose::rights));
  cases::RecordRelease command;
  command.person = person;
  command.recipient = "chi deve rivedere la bozza";
  command.purpose = "esercizio dei diritti dell'interessato: bozza da rivedere";
  command.sha256 = crypto::sha256(draft.zip);
  command.items = draft.report.streams;
  CARTELLA_TRY(call.service.executor.execute(context, command));
  return ok();
}

}  // namespace

Result<Answer> download_package(Call& call) {
  CARTELLA_TRY(const auto stream, path_stream(call, "request"));
  CARTELLA_TRY(const auto seen, see_rights_request(call, stream));
  const StreamId& person = seen.thing.person_stream;
  CARTELLA_TRY(const auto draft, make_draft(call, person, stream));
  CARTELLA_TRY(record_release(call, draft, person));
  Answer answer;
  answer.response.content_type = "application/zip";
  answer.response.body.assign(draft.zip.begin(), draft.zip.end());
  answer.response.headers.push_back(
      {"Content-Disposition", "attachment; filename=\"bozza-" + stream.hex() + ".zip\""});
  cases::Look look = look_at_request(call, seen, cases::Operation::download);
  look.released_to = "chi deve rivedere la bozza; art. 15 GDPR";
  look.severity = cases::Severity::notice;
  answer.looks.push_back(std::move(look));
  return answer;
}

}  // namespace cartella::api
