// cases/decide_parts.h: the pieces of decide, one per topic, and what they share.
//
// Internal to cases. Threads: free functions.
#pragma once

#include <utility>

#include "cases/decide.h"

namespace cartella::cases {

struct Deciding {
  const State& state;
  const CommandContext& context;
  const Environment& environment;
  const OrganisationState& organisation() const { return *state.organisation; }
};

Error refuse(std::string_view code, std::string_view sentence);
// The number by which people know a card or a case: one that JSON carries without loss, zero for
// none.
Status check_number(std::int64_t number);

// A stream's state of the wanted kind, of this controller. not_found.
template <class T>
struct Found {
  const T& state;
  std::int64_t revision;
};
template <class T>
Result<Found<T>> find_item(const Deciding& deciding, const StreamId& stream) {
  const auto at = deciding.state.items.find(stream);
  if (at != deciding.state.items.end() && at->second) {
    const T* found = std::get_if<T>(&at->second->state);
    if (found && found->controller == deciding.context.controller &&
        !deciding.organisation().is_erasing(found->controller, found->subject, stream))
      return Found<T>{*found, at->second->revision};
  }
  return fail(Errc::not_found, "no such item for this controller");
}

// An event with one body, sealed for the type's domain; `owner` is ignored for clear types.
PlannedEvent planned_event(schema::EventType type, const StreamId& stream, std::int64_t expected,
                           const Raw16& owner, schema::KeyClass key_class, Bytes message);
PlannedEvent subject_event(schema::EventType type, const StreamId& stream, std::int64_t expected,
                           const SubjectId& subject, Bytes message);
Decision one_event(const SubjectId& subject, PlannedEvent event);

// refused: unknown_operator, unknown_sector, unknown_ente, unknown_office, and the disabled_ ones
// unless the command is historical. A zero id passes: whether it is needed is the caller's rule.
Status check_operator(const Deciding& deciding, const OperatorId& worker);
Status check_sector(const Deciding& deciding, const UnitId& sector);
Status check_ente(const Deciding& deciding, const UnitId& ente);
// refused: future_<what>.
Status check_not_future(const Deciding& deciding, Date date, std::string_view code);

// ---- one function per command -------------------------------------------------------------------
Result<Decision> decide_one(const Deciding&, const RegisterPerson&);
Result<Decision> decide_one(const Deciding&, const AddIdentifier&);
Result<Decision> decide_one(const Deciding&, const RecordIdentity&);
Result<Decision> decide_one(const Deciding&, const RecordResidence&);
Result<Decision> decide_one(const Deciding&, const RecordHousehold&);
Result<Decision> decide_one(const Deciding&, const RecordKinship&);
Result<Decision> decide_one(const Deciding&, const RecordContact&);
Result<Decision> decide_one(const Deciding&, const RecordDeath&);
Result<Decision> decide_one(const Deciding&, const RecordRegistryVariation&);

Result<Decision> decide_one(const Deciding&, const OpenCard&);
Result<Decision> decide_one(const Deciding&, const RecordReporter&);
Result<Decision> decide_one(const Deciding&, const RecordNeeds&);
Result<Decision> decide_one(const Deciding&, const RequestServices&);
Result<Decision> decide_one(const Deciding&, const CloseCard&);
Result<Decision> decide_one(const Deciding&, const LinkCardToCase&);

Result<Decision> decide_one(const Deciding&, const OpenCase&);
Result<Decision> decide_one(const Deciding&, const ChangeCaseState&);
Result<Decision> decide_one(const Deciding&, const SetCategory&);
Result<Decision> decide_one(const Deciding&, const AssignOperator&);
Result<Decision> decide_one(const Deciding&, const ShareCase&);
Result<Decision> decide_one(const Deciding&, const RecordInterview&);
Result<Decision> decide_one(const Deciding&, const RecordNote&);

Result<Decision> decide_one(const Deciding&, const GrantBenefit&);
Result<Decision> decide_one(const Deciding&, const RecordDelivery&);
Result<Decision> decide_one(const Deciding&, const CloseBenefit&);

Result<Decision> decide_one(const Deciding&, const DefineAmbito&);
Result<Decision> decide_one(const Deciding&, const DefineZone&);
Result<Decision> decide_one(const Deciding&, const DefineEnte&);
Result<Decision> decide_one(const Deciding&, const DefineOffice&);
Result<Decision> decide_one(const Deciding&, const DefineSector&);
Result<Decision> decide_one(const Deciding&, const DefineOperator&);
Result<Decision> decide_one(const Deciding&, const DefineOperatorAssignment&);
Result<Decision> decide_one(const Deciding&, const DefineNeed&);
Result<Decision> decide_one(const Deciding&, const DefineService&);
Result<Decision> decide_one(const Deciding&, const DefineCategory&);
Result<Decision> decide_one(const Deciding&, const SetConfiguration&);
Result<Decision> decide_one(const Deciding&, const EnableRegistry&);
Result<Decision> decide_one(const Deciding&, const RecordRegistryImport&);
Result<Decision> decide_one(const Deciding&, const OpenImport&);
Result<Decision> decide_one(const Deciding&, const CloseImport&);

Result<Decision> decide_one(const Deciding&, const EnrolSigner&);
Result<Decision> decide_one(const Deciding&, const RevokeSigner&);
Result<Decision> decide_one(const Deciding&, const AttestViews&);
Result<Decision> decide_one(const Deciding&, const ConfirmClock&);
Result<Decision> decide_one(const Deciding&, const PublishReport&);

Result<Decision> decide_one(const Deciding&, const GrantRole&);
Result<Decision> decide_one(const Deciding&, const RevokeRole&);
Result<Decision> decide_one(const Deciding&, const ProposeAuditMandate&);
Result<Decision> decide_one(const Deciding&, const DecideAuditMandate&);
Result<Decision> decide_one(const Deciding&, const RecordDisclosure&);
Result<Decision> decide_one(const Deciding&, const RecordRelease&);
Result<Decision> decide_one(const Deciding&, const NotePossibleDuplicate&);
Result<Decision> decide_one(const Deciding&, const OpenRightsRequest&);
Result<Decision> decide_one(const Deciding&, const EraseAccessMonth&);
Result<Decision> decide_one(const Deciding&, const CompleteErasure&);

Result<Decision> decide_one(const Deciding&, const ProposeErasure&);
Result<Decision> decide_one(const Deciding&, const DecideErasure&);
Result<Decision> decide_one(const Deciding&, const SetRetentionRule&);
Result<Decision> decide_one(const Deciding&, const PlaceLegalHold&);
Result<Decision> decide_one(const Deciding&, const LiftLegalHold&);
Result<Decision> decide_one(const Deciding&, const RestrictProcessing&);
Result<Decision> decide_one(const Deciding&, const LiftRestriction&);

}  // namespace cartella::cases
