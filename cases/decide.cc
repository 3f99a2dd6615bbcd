#include "cases/decide.h"

#include <algorithm>

#include "base/check.h"
#include "base/local_time.h"
#include "cases/decide_parts.h"

namespace cartella::cases {

using schema::EventType;
using schema::KeyClass;
using schema::KeyDomain;

Error refuse(std::string_view code, std::string_view sentence) {
  return fail(Errc::refused, std::string(code) + ": " + std::string(sentence));
}

Status check_number(std::int64_t number) {
  constexpr std::int64_t kNumberMax = (std::int64_t{1} << 53) - 1;
  if (number < 0 || number > kNumberMax)
    return refuse("number_out_of_range", "il numero è fuori misura");
  return ok();
}

// ---- claims -------------------------------------------------------------------------------------
namespace {

Bytes joined(ByteView first, ByteView second) {
  Bytes bytes(first.size() + second.size());
  std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), bytes.begin()));
  return bytes;
}

}  // namespace

ClaimName identifier_claim(IdentifierKind kind, std::string_view normalised,
                           std::string_view issuer) {
  ClaimName name{"id/" + std::string(identifier_kind_name(kind)), {}};
  ByteWriter to(name.value);
  if (kind == IdentifierKind::internal) {
    to.framed(as_bytes(normalise_identifier(issuer)));
    to.framed(as_bytes(normalised));
  } else {
    to.raw(as_bytes(normalised));
  }
  return name;
}

ClaimName person_claim(const ControllerId& controller, const SubjectId& subject) {
  return {"person", joined(controller.view(), subject.view())};
}

ClaimName protocol_claim(const UnitId& paying_ente, std::string_view protocol) {
  return {"protocol", joined(paying_ente.view(), as_bytes(protocol))};
}

ClaimName superseded_claim(const StreamId& benefit) {
  const ByteView value = benefit.view();
  return {"superseded", Bytes(value.begin(), value.end())};
}

// ---- planning -----------------------------------------------------------------------------------
PlannedEvent planned_event(EventType type, const StreamId& stream, std::int64_t expected,
                           const Raw16& owner, KeyClass key_class, Bytes message) {
  const schema::TypeInfo* info = schema::find_type(type);
  CHECK(info != nullptr);
  PlannedBody body;
  body.domain = info->domain;
  if (info->domain != KeyDomain::none) {
    body.owner = owner;
    body.key_class = key_class;
  }
  body.plaintext = {info->schema_id, info->revision, std::move(message)};
  PlannedEvent event{type, stream, expected, {}};
  event.bodies.push_back(std::move(body));
  return event;
}

PlannedEvent subject_event(EventType type, const StreamId& stream, std::int64_t expected,
                           const SubjectId& subject, Bytes message) {
  return planned_event(type, stream, expected, subject.bytes, KeyClass::base, std::move(message));
}

Decision one_event(const SubjectId& subject, PlannedEvent event) {
  Decision decision;
  decision.subject = subject;
  decision.events.push_back(std::move(event));
  return decision;
}

std::optional<Raw16> owner_of(EventType type, const SubjectId& subject, const StreamId& stream,
                              const OperatorId& worker) {
  const schema::TypeInfo* info = schema::find_type(type);
  if (!info) return std::nullopt;
  // The reporter is a third party: each card's own, so that nothing links one to the other.
  if (type == EventType::card_reporter_recorded) return stream.bytes;
  if (info->domain == KeyDomain::subject) return subject.bytes;
  if (info->domain == KeyDomain::staff) return worker.bytes;
  return std::nullopt;
}

// ---- checks that several commands share ---------------------------------------------------------
Status check_operator(const Deciding& deciding, const OperatorId& worker) {
  if (worker.is_zero()) return ok();
  const auto& known = deciding.organisation().operators;
  const auto at = known.find(worker);
  if (at == known.end()) return refuse("unknown_operator", "l'operatore non è definito");
  if (!at->second.enabled && !deciding.context.historical)
    return refuse("disabled_operator", "l'operatore è disabilitato");
  return ok();
}

Status check_sector(const Deciding& deciding, const UnitId& sector) {
  if (sector.is_zero()) return ok();
  const auto& known = deciding.organisation().sectors;
  const auto at = known.find(sector);
  if (at == known.end()) return refuse("unknown_sector", "il settore non è definito");
  if (!at->second.enabled && !deciding.context.historical)
    return refuse("disabled_sector", "il settore è disabilitato");
  return ok();
}

Status check_ente(const Deciding& deciding, const UnitId& ente) {
  if (ente.is_zero()) return ok();
  const auto& known = deciding.organisation().entes;
  const auto at = known.find(ente);
  if (at == known.end()) return refuse("unknown_ente", "l'ente non è definito");
  if (!at->second.enabled && !deciding.context.historical)
    return refuse("disabled_ente", "l'ente è disabilitato");
  return ok();
}

Status check_not_future(const Deciding& deciding, Date date, std::string_view code) {
  if (date > deciding.environment.today)
    return refuse(code, "la data è successiva al giorno di oggi");
  return ok();
}

namespace {

Status check_context(const Deciding& deciding) {
  const CommandContext& context = deciding.context;
  if (context.command_id.is_zero())
    return fail(Errc::invalid_argument, "a command has an id, its idempotency key");
  if (context.actor.is_zero()) return fail(Errc::invalid_argument, "a command has an actor");
  if (context.controller.is_zero())
    return fail(Errc::invalid_argument, "a command has a controller");
  if (context.valid_from && context.valid_to && *context.valid_to < *context.valid_from)
    return refuse("validity_reversed", "la validità finisce prima di cominciare");
  if (!context.historical)
    return check_not_future(deciding, local_day(context.occurred_at), "future_occurrence");
  return ok();
}

}  // namespace

namespace {

// Nothing is written for a controller that leaves, so that its export is all that there is.
Status check_stays(const Deciding& deciding, const Command& command) {
  const auto& leaving = deciding.organisation().leaving;
  const auto at = leaving.find(deciding.context.controller);
  if (at == leaving.end()) return ok();
  const auto* const decides = std::get_if<DecideErasure>(&command);
  if (decides != nullptr && decides->proposal == at->second) return ok();
  if (std::holds_alternative<PlaceLegalHold>(command) ||
      std::holds_alternative<LiftLegalHold>(command))
    return ok();
  return refuse("controller_leaving", "il titolare lascia l'ambito: i suoi dati non si scrivono");
}

// After everything else, so that whoever may not know of a stream learns nothing of its revision.
Status check_expected_revision(const State& state, const Command& command,
                               const CommandContext& context) {
  if (!context.expected_revision) return ok();
  const auto streams = streams_of(command);
  if (streams.empty() || needs_stream(command))
    return fail(Errc::invalid_argument, "expected_revision: the command begins a stream");
  const auto at = state.items.find(streams.front());
  if (at == state.items.end() || at->second->revision != *context.expected_revision)
    return fail(Errc::conflict, "the stream has moved on since it was read");
  return ok();
}

}  // namespace

Result<Decision> decide(const State& state, const Command& command, const CommandContext& context,
                        const Environment& environment) {
  CHECK(state.organisation != nullptr);
  const Deciding deciding{state, context, environment};
  CARTELLA_TRY(check_context(deciding));
  CARTELLA_TRY(check_stays(deciding, command));
  auto decision = std::visit([&](const auto& one) { return decide_one(deciding, one); }, command);
  if (!decision) return decision;
  CARTELLA_TRY(check_expected_revision(state, command, context));
  return decision;
}

}  // namespace cartella::cases
