#include <algorithm>

#include "cases/bootstrap.h"
#include "cases/decide_parts.h"
#include "cases/encode.h"

namespace cartella::cases {

using schema::EventType;
using schema::KeyClass;

namespace {

constexpr std::size_t kProofBytes = 64;
constexpr std::size_t kReasonBytesMax = 200;  // it is clear for ever: a few words

// Clear events need no expected revision: the store decides about signers in the order of the log.
PlannedEvent clear(EventType type, const StreamId& stream, Bytes message) {
  return planned_event(type, stream, crypto::kExpectAny, {}, KeyClass::base, std::move(message));
}

}  // namespace

Result<Decision> decide_one(const Deciding& deciding, const EnrolSigner& command) {
  if (command.owner.is_zero())
    return fail(Errc::invalid_argument, "a signing key belongs to an operator");
  CARTELLA_TRY(check_operator(deciding, command.owner));
  if (command.proof.size() != kProofBytes)
    return fail(Errc::invalid_argument, "a proof of possession has 64 bytes");
  // The right of the server is given at the beginning of the log alone.
  const auto is_known = [](const std::string& right) {
    return right == "append" || right == "enrol";
  };
  if (command.rights.empty() ||
      !std::all_of(command.rights.begin(), command.rights.end(), is_known))
    return refuse("right", "i diritti di una chiave sono append ed enrol");
  const Environment& environment = deciding.environment;
  return one_event({}, clear(EventType::signer_enrolled, environment.key_stream,
                             encode(command, environment.signer)));
}

Result<Decision> decide_one(const Deciding& deciding, const RevokeSigner& command) {
  const Environment& environment = deciding.environment;
  if (command.signer.is_zero()) return fail(Errc::invalid_argument, "a revocation names a signer");
  // Nothing could be recorded afterwards, not even the key that takes its place.
  if (command.signer == environment.server_signer)
    return refuse("server_key", "la chiave del server non si può revocare così");
  if (command.reason.empty()) return refuse("reason_missing", "manca il motivo della revoca");
  if (command.reason.size() > kReasonBytesMax)
    return refuse("reason_too_long", "il motivo della revoca è troppo lungo");
  const std::uint64_t from = command.from_position.value_or(environment.log_size);
  return one_event({},
                   clear(EventType::signer_revoked, environment.key_stream, encode(command, from)));
}

Result<Decision> decide_one(const Deciding& deciding, const AttestViews& command) {
  if (command.views.empty())
    return fail(Errc::invalid_argument, "an attestation covers at least one view");
  Decision decision;
  for (const AttestedView& view : command.views) {
    if (view.view.empty() || view.cursor > deciding.environment.log_size)
      return fail(Errc::invalid_argument, "an attestation names a view and a past position");
    decision.events.push_back(
        clear(EventType::attestation_made, deciding.environment.log_stream, encode(view)));
  }
  return decision;
}

Result<Decision> decide_one(const Deciding& deciding, const ConfirmClock& command) {
  const OperatorId& actor = deciding.context.actor;
  if (actor != installation_actor()) {
    CARTELLA_TRY(check_operator(deciding, actor));
  }
  return one_event({}, clear(EventType::clock_confirmed, deciding.environment.log_stream,
                             encode(command, actor)));
}

Result<Decision> decide_one(const Deciding& deciding, const PublishReport& command) {
  if (command.name.empty() || command.query.empty() || command.rules == 0 ||
      command.position > deciding.environment.log_size)
    return fail(Errc::invalid_argument, "a report has a name, a question, rules and a position");
  if (command.figures.size() > kFiguresBytesMax)
    return refuse("report_too_long", "il rapporto è troppo lungo: restringerlo con i filtri");
  const StreamId stream = deciding.environment.fresh_stream;
  Decision decision = one_event(
      {}, planned_event(EventType::report_published, stream, crypto::kExpectNone,
                        deciding.context.controller.bytes, KeyClass::base, encode(command)));
  // The stream of the organisation is where the reports are found.
  const SetConfiguration found{report_configuration_key(stream), command.name};
  decision.events.push_back(
      clear(EventType::configuration_set, deciding.environment.organisation_stream, encode(found)));
  return decision;
}

Result<Decision> decide_one(const Deciding& deciding, const EraseAccessMonth& command) {
  if (deciding.context.actor != installation_actor())
    return fail(Errc::invalid_argument, "the term of a month is the installation's to see");
  const auto& months = deciding.organisation().access_months;
  const auto at = std::find_if(months.begin(), months.end(),
                               [&](const auto& one) { return one.second == command.stream; });
  if (at == months.end()) return fail(Errc::not_found, "no month of accesses has that stream");
  if (deciding.environment.today <
      access_term_end(at->first.month, deciding.organisation().access_terms))
    return refuse("month_in_term", "il termine di conservazione degli accessi non è trascorso");
  if (deciding.organisation().is_any_held(at->first.controller, deciding.environment.today))
    return refuse("month_held", "un vincolo di conservazione tiene i dati di questo titolare");
  return one_event({}, clear(EventType::erasure_decided, deciding.environment.log_stream,
                             encode(command, at->first.controller)));
}

Result<Decision> decide_one(const Deciding& deciding, const CompleteErasure& command) {
  if (deciding.context.actor != installation_actor() || command.decision.is_zero())
    return fail(Errc::invalid_argument,
                "an erasure is completed by the installation, once decided");
  // In the stream of its decision: of a month that is the log's own.
  const auto& known = deciding.organisation().erasures;
  const auto at = std::find_if(known.begin(), known.end(), [&](const auto& one) {
    return one.second.decision == command.decision;
  });
  const Environment& environment = deciding.environment;
  if (at == known.end())
    return one_event({},
                     clear(EventType::erasure_completed, environment.log_stream, encode(command)));
  if (at->second.standing != OrganisationState::Erasure::Standing::erasing)
    return refuse("erasure_completed", "la cancellazione è già completata");
  return one_event(
      {}, clear(EventType::erasure_completed, environment.organisation_stream, encode(command)));
}

}  // namespace cartella::cases
