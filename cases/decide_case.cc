#include "base/local_time.h"
#include "cases/decide_parts.h"
#include "cases/encode.h"

namespace cartella::cases {

using schema::EventType;
using schema::KeyClass;

namespace {

template <class Command>
Result<Found<CaseState>> find_case(const Deciding& deciding, const Command& command) {
  return find_item<CaseState>(deciding, command.case_stream);
}

Result<Found<CaseState>> open_case(const Deciding& deciding, const StreamId& stream) {
  CARTELLA_TRY(const auto found, find_item<CaseState>(deciding, stream));
  if (found.state.status == CaseStatus::chiuso)
    return refuse("closed_case", "il caso è chiuso: prima va riaperto");
  return found;
}

PlannedEvent case_event(EventType type, const StreamId& stream, const Found<CaseState>& at,
                        Bytes message) {
  return subject_event(type, stream, at.revision, at.state.subject, std::move(message));
}

Status check_recipients(const Deciding& deciding, const ChangeCaseState& change) {
  CARTELLA_TRY(check_operator(deciding, change.worker));
  CARTELLA_TRY(check_operator(deciding, change.to_operator));
  CARTELLA_TRY(check_sector(deciding, change.sector));
  CARTELLA_TRY(check_sector(deciding, change.to_sector));
  CARTELLA_TRY(check_ente(deciding, change.ente));
  return check_ente(deciding, change.to_ente);
}

// Units that are implied: the ente of a sector, on both sides.
ChangeCaseState completed(const Deciding& deciding, ChangeCaseState change) {
  const auto& sectors = deciding.organisation().sectors;
  const auto ente_of = [&](const UnitId& sector) {
    const auto at = sectors.find(sector);
    return at == sectors.end() ? UnitId{} : at->second.ente;
  };
  if (change.ente.is_zero()) change.ente = ente_of(change.sector);
  if (change.to_ente.is_zero()) change.to_ente = ente_of(change.to_sector);
  return change;
}

// Who takes charge works in the sector, and the sector manages every category of the case
// (predecessor.md 2.1). What an import states has happened: its reader warns of it instead.
Status check_taking_in_charge(const Deciding& deciding, const ChangeCaseState& change,
                              const CaseState& state) {
  if (change.state != CaseStatus::preso_in_carico || deciding.context.historical) return ok();
  if (change.sector.is_zero())
    return refuse("sector_missing", "la presa in carico chiede il settore dell'operatore");
  const OrganisationState& organisation = deciding.organisation();
  if (!organisation.operators.at(change.worker).sectors.contains(change.sector))
    return refuse("operator_outside_sector", "l'operatore non è assegnato al settore");
  const auto& managed = organisation.sectors.at(change.sector).categories;
  if (managed.empty()) return ok();
  for (const std::string& category : state.categories)
    if (!managed.contains(category))
      return refuse("category_outside_sector",
                    "il settore non segue una delle categorie sociali del caso");
  return ok();
}

// Interviews and notes live in streams of their own and only need the case to be there: what was
// said while it was open may be written down after it was closed.
template <class Command>
Result<Decision> attached(const Deciding& deciding, const Command& command, EventType type,
                          bool is_reserved) {
  CARTELLA_TRY(const auto found, find_case(deciding, command));
  CARTELLA_TRY(check_operator(deciding, command.worker));
  const SubjectId& subject = found.state.subject;
  Decision decision = one_event(
      subject,
      planned_event(type, deciding.environment.fresh_stream, crypto::kExpectNone, subject.bytes,
                    is_reserved ? KeyClass::reserved : KeyClass::base, encode(command, subject)));
  decision.checks.push_back({command.case_stream, crypto::kExpectExists});
  return decision;
}

}  // namespace

Result<Decision> decide_one(const Deciding& deciding, const OpenCase& command) {
  CARTELLA_TRY(check_number(command.number));
  CARTELLA_TRY(const auto person, find_item<PersonState>(deciding, command.person));
  if (person.state.anonymous)
    return refuse("anonymous_person", "per una persona anonima non si apre un caso");
  const SubjectId& subject = person.state.subject;
  Decision decision;
  decision.subject = subject;
  decision.checks.push_back({command.person, crypto::kExpectExists});
  if (!command.card.is_zero()) {
    CARTELLA_TRY(const auto card, find_item<CardState>(deciding, command.card));
    if (card.state.anonymous)
      return refuse("anonymous_card", "una scheda anonima non può diventare un caso");
    if (card.state.subject != subject)
      return refuse("other_person", "la scheda è di un'altra persona");
    decision.checks.push_back({command.card, crypto::kExpectExists});
  }
  CARTELLA_TRY(check_operator(deciding, command.worker));
  CARTELLA_TRY(check_sector(deciding, command.sector));
  OpenCase opened = command;
  if (opened.ente.is_zero() && !opened.sector.is_zero())
    opened.ente = deciding.organisation().sectors.at(opened.sector).ente;
  CARTELLA_TRY(check_ente(deciding, opened.ente));
  decision.events.push_back(subject_event(EventType::case_opened, deciding.environment.fresh_stream,
                                          crypto::kExpectNone, subject, encode(opened, subject)));
  return decision;
}

Result<Decision> decide_one(const Deciding& deciding, const ChangeCaseState& command) {
  CARTELLA_TRY(const auto found, find_case(deciding, command));
  CARTELLA_TRY(check_recipients(deciding, command));
  const ChangeCaseState change = completed(deciding, command);
  CARTELLA_TRY(check_transition(found.state.status, change));
  CARTELLA_TRY(check_taking_in_charge(deciding, change, found.state));

  Decision decision =
      one_event(found.state.subject, case_event(EventType::case_state_changed, command.case_stream,
                                                found, encode(change, found.state.status)));
  const OperatorId& before = found.state.responsible;
  if (change.state != CaseStatus::preso_in_carico || before == change.worker) return decision;
  // Who takes charge becomes responsible, and whoever was ends.
  if (!before.is_zero())
    decision.events.push_back(
        case_event(EventType::case_operator_assigned, command.case_stream, found,
                   encode(AssignOperator{command.case_stream, before, {}, true, true})));
  decision.events.push_back(case_event(
      EventType::case_operator_assigned, command.case_stream, found,
      encode(AssignOperator{command.case_stream, change.worker, change.sector, true, false})));
  return decision;
}

Result<Decision> decide_one(const Deciding& deciding, const SetCategory& command) {
  CARTELLA_TRY(const auto found, find_case(deciding, command));
  const auto& known = deciding.organisation().categories;
  const auto at = known.find(command.category);
  if (at == known.end()) return refuse("unknown_category", "la categoria sociale non è definita");
  const bool has = found.state.categories.contains(command.category);
  if (command.ended && !has)
    return refuse("category_not_set", "il caso non ha questa categoria sociale");
  if (command.ended && command.prevalent)
    return refuse("prevalent_ended", "una categoria che finisce non può essere prevalente");
  if (!command.ended && !at->second && !deciding.context.historical)
    return refuse("disabled_category", "la categoria sociale è disabilitata");
  const bool is_prevalent = found.state.prevalent == command.category;
  if (!command.ended && has && is_prevalent == command.prevalent)
    return refuse("category_set", "il caso ha già questa categoria sociale");

  Decision decision;
  decision.subject = found.state.subject;
  // One prevalent category: the one before stays on the case as a secondary one.
  if (command.prevalent && !found.state.prevalent.empty() && !is_prevalent)
    decision.events.push_back(
        case_event(EventType::case_category_set, command.case_stream, found,
                   encode(SetCategory{command.case_stream, found.state.prevalent, false, false})));
  decision.events.push_back(
      case_event(EventType::case_category_set, command.case_stream, found, encode(command)));
  return decision;
}

Result<Decision> decide_one(const Deciding& deciding, const AssignOperator& command) {
  CARTELLA_TRY(const auto found, open_case(deciding, command.case_stream));
  if (command.worker.is_zero()) return refuse("operator_missing", "manca l'operatore");
  CARTELLA_TRY(check_operator(deciding, command.worker));
  CARTELLA_TRY(check_sector(deciding, command.sector));
  const bool is_responsible = found.state.responsible == command.worker;
  const bool assigned = is_responsible || found.state.operators.contains(command.worker);
  if (command.ended && !assigned)
    return refuse("operator_not_assigned", "l'operatore non segue il caso");
  if (command.ended && is_responsible && found.state.status == CaseStatus::preso_in_carico)
    return refuse("responsible_required", "un caso preso in carico ha un operatore responsabile");
  if (!command.ended && !command.responsible && is_responsible &&
      found.state.status == CaseStatus::preso_in_carico)
    return refuse("responsible_required", "un caso preso in carico ha un operatore responsabile");

  Decision decision;
  decision.subject = found.state.subject;
  const OperatorId& before = found.state.responsible;
  if (!command.ended && command.responsible && !before.is_zero() && before != command.worker)
    decision.events.push_back(
        case_event(EventType::case_operator_assigned, command.case_stream, found,
                   encode(AssignOperator{command.case_stream, before, {}, true, true})));
  decision.events.push_back(
      case_event(EventType::case_operator_assigned, command.case_stream, found, encode(command)));
  return decision;
}

Result<Decision> decide_one(const Deciding& deciding, const ShareCase& command) {
  CARTELLA_TRY(const auto found, find_case(deciding, command));
  const OrganisationState& organisation = deciding.organisation();
  if (!organisation.sectors.contains(command.unit) && !organisation.entes.contains(command.unit) &&
      !organisation.offices.contains(command.unit))
    return refuse("unknown_unit", "l'unità con cui condividere non è definita");
  if (command.revoked && !found.state.shared_with.contains(command.unit))
    return refuse("not_shared", "il caso non è condiviso con questa unità");
  if (!command.revoked && command.reason.empty())
    return refuse("reason_missing", "la condivisione chiede un motivo");
  return one_event(found.state.subject,
                   case_event(EventType::case_shared, command.case_stream, found, encode(command)));
}

Result<Decision> decide_one(const Deciding& deciding, const RecordInterview& command) {
  CARTELLA_TRY(check_not_future(deciding, local_day(command.held_at), "future_interview"));
  CARTELLA_TRY(check_sector(deciding, command.sector));
  return attached(deciding, command, EventType::interview_recorded, command.reserved);
}

Result<Decision> decide_one(const Deciding& deciding, const RecordNote& command) {
  if (command.text.empty()) return refuse("text_missing", "la nota è vuota");
  return attached(deciding, command, EventType::note_recorded, command.is_private);
}

}  // namespace cartella::cases
