// Requests of people for their rights, and the draft of the answer.
#include "api/gated.h"
#include "api/handlers.h"
#include "api/json.h"
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
  Answer answer = json_answer(200, boost::json::serialize(body));
  answer.looks.push_back(look_at_request(call, seen, cases::Operation::dsar));
  return answer;
}

}  // namespace cartella::api
