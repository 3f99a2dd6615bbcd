// cases/encode.h: commands as the canonical bodies of their events.
//
// The values have been validated by decide; here they only change form.
// Threads: free functions.
#pragma once

#include "cases/commands.h"
#include "cases/state.h"

namespace cartella::cases {

Bytes encode(const RegisterPerson& command, const SubjectId& subject);
Bytes encode(const AddIdentifier& command, const SubjectId& subject);
Bytes encode(const RecordIdentity& command, const SubjectId& subject);
Bytes encode(const RecordResidence& command, const SubjectId& subject);
Bytes encode(const RecordHousehold& command, const SubjectId& subject);
Bytes encode(const RecordKinship& command, const SubjectId& subject, const KeyId& other_key);
Bytes encode(const RecordContact& command, const SubjectId& subject);
Bytes encode(const RecordDeath& command, const SubjectId& subject);
Bytes encode(const RecordRegistryVariation& command, const SubjectId& subject);

Bytes encode(const OpenCard& command, const SubjectId& subject, bool anonymous);
Bytes encode(const ReporterValue& reporter);
Bytes encode(const NeedsValue& needs);
Bytes encode(const ServicesValue& services);
Bytes encode(const ClosingValue& closing);
Bytes encode(const LinkCardToCase& command);

Bytes encode(const OpenCase& command, const SubjectId& subject);
Bytes encode(const ChangeCaseState& command, CaseStatus from);
Bytes encode(const SetCategory& command);
Bytes encode(const AssignOperator& command);
Bytes encode(const ShareCase& command);
Bytes encode(const RecordInterview& command, const SubjectId& subject);
Bytes encode(const RecordNote& command, const SubjectId& subject);

Bytes encode(const GrantBenefit& command, const SubjectId& subject);
Bytes encode(const RecordDelivery& command);
Bytes encode(const CloseBenefit& command);
Bytes encode_superseded(const StreamId& by);

Bytes encode(const DefineAmbito& command);
Bytes encode(const DefineZone& command);
Bytes encode(const DefineEnte& command);
Bytes encode(const DefineOffice& command);
Bytes encode(const DefineSector& command);
Bytes encode(const DefineOperator& command);
Bytes encode(const DefineOperatorAssignment& command);
Bytes encode(const DefineNeed& command);
Bytes encode(const DefineService& command);
Bytes encode(const DefineCategory& command);
Bytes encode(const SetConfiguration& command);
Bytes encode(const EnableRegistry& command);
Bytes encode(const RecordRegistryImport& command);
Bytes encode(const OpenImport& command);
Bytes encode(const CloseImport& command);

Bytes encode(const EnrolSigner& command, const SignerId& enrolled_by);
Bytes encode(const RevokeSigner& command, std::uint64_t from_position);
Bytes encode(const AttestedView& view);
Bytes encode(const ConfirmClock& command, const OperatorId& confirmed_by);
Bytes encode(const PublishReport& command);

Bytes encode(const GrantRole& command, const OperatorId& granted_by);
Bytes encode(const RevokeRole& command, const OperatorId& revoked_by);
Bytes encode(const ProposeAuditMandate& command, const OperatorId& proposed_by);
Bytes encode_decided(const EventId& proposal, const OrganisationState::Mandate& mandate,
                     bool granted, const OperatorId& decided_by);
Bytes encode(const RecordDisclosure& command, const SubjectId& subject);
Bytes encode(const RecordRelease& command, const SubjectId& subject);
Bytes encode(const NotePossibleDuplicate& command, const SubjectId& subject);
Bytes encode(const OpenRightsRequest& command, const SubjectId& subject);

Bytes encode(const EraseAccessMonth& command, const ControllerId& controller);
Bytes encode(const CompleteErasure& command);
Bytes encode(const ProposeErasure& command, const OrganisationState::Erasure& erasure);
Bytes encode(const SetRetentionRule& command, const std::string& term_start);
Bytes encode_decided(const DecideErasure& command, const OrganisationState::Erasure& erasure,
                     const std::string& outcome, const OperatorId& decided_by);
Bytes encode(const PlaceLegalHold& command, const OrganisationState::Cover& cover,
             const OperatorId& placed_by);
Bytes encode(const LiftLegalHold& command, const OperatorId& lifted_by);
Bytes encode_restricted(const OrganisationState::Cover& cover, const std::string& ground,
                        const OperatorId& decided_by);
Bytes encode(const LiftRestriction& command, const SubjectId& subject,
             const OperatorId& decided_by);

}  // namespace cartella::cases
