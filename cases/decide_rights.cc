// What left, what somebody noticed, and what a person asks of us.
#include <algorithm>
#include <array>

#include "base/local_time.h"
#include "cases/decide_parts.h"
#include "cases/encode.h"

namespace cartella::cases {

using schema::EventType;

namespace {

// It happened whatever else was written meanwhile, unless the caller says what it has seen.
template <class Command>
Result<Decision> happened(const Deciding& deciding, EventType type, const Command& command) {
  CARTELLA_TRY(const auto person, find_item<PersonState>(deciding, command.person));
  const SubjectId& subject = person.state.subject;
  const std::int64_t expected =
      deciding.context.expected_revision ? person.revision : crypto::kExpectExists;
  return one_event(
      subject, subject_event(type, command.person, expected, subject, encode(command, subject)));
}

Status check_left(const std::string& recipient, const std::vector<StreamId>& items) {
  if (recipient.empty()) return refuse("recipient_missing", "manca chi ha ricevuto i dati");
  if (items.empty()) return refuse("items_missing", "manca che cosa è uscito");
  return ok();
}

}  // namespace

// A transmission that is only planned is not one (DS-04).
Result<Decision> decide_one(const Deciding& deciding, const RecordDisclosure& command) {
  CARTELLA_TRY(check_left(command.recipient, command.items));
  if (command.legal_basis.empty())
    return refuse("legal_basis_missing", "manca la base giuridica della comunicazione");
  CARTELLA_TRY(
      check_not_future(deciding, local_day(command.transmitted_at), "future_transmission"));
  return happened(deciding, EventType::data_disclosed, command);
}

Result<Decision> decide_one(const Deciding& deciding, const RecordRelease& command) {
  CARTELLA_TRY(check_left(command.recipient, command.items));
  if (command.purpose.empty()) return refuse("purpose_missing", "manca la finalità del rilascio");
  return happened(deciding, EventType::document_released, command);
}

Result<Decision> decide_one(const Deciding& deciding, const NotePossibleDuplicate& command) {
  return happened(deciding, EventType::possible_duplicate_noted, command);
}

Result<Decision> decide_one(const Deciding& deciding, const OpenRightsRequest& command) {
  constexpr std::array<std::string_view, 4> kKinds = {"gdpr15", "l241", "giudice", "difensore"};
  if (std::find(kKinds.begin(), kKinds.end(), command.kind) == kKinds.end())
    return refuse("rights_kind", "la richiesta è gdpr15, l241, giudice o difensore");
  CARTELLA_TRY(check_not_future(deciding, command.received_on, "future_request"));
  const bool is_by_another = command.kind == "giudice" || command.kind == "difensore";
  if (is_by_another && command.requester.empty())
    return refuse("requester_missing", "manca chi fa la richiesta");
  CARTELLA_TRY(const auto person, find_item<PersonState>(deciding, command.person));
  const SubjectId& subject = person.state.subject;
  Decision decision = one_event(
      subject, subject_event(EventType::rights_request_opened, deciding.environment.fresh_stream,
                             crypto::kExpectNone, subject, encode(command, subject)));
  decision.checks.push_back({command.person, crypto::kExpectExists});
  return decision;
}

}  // namespace cartella::cases
