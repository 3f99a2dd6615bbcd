#include "cases/permission.h"

#include <algorithm>

namespace cartella::cases {

namespace {

// Sets of roles.
using Roles = unsigned;
constexpr Roles set_of(Role role) { return 1U << static_cast<unsigned>(role); }
constexpr Roles kNobody = 0;
constexpr Roles kCaseworker = set_of(Role::caseworker);
constexpr Roles kCoordinator = set_of(Role::coordinator);
constexpr Roles kDesk = set_of(Role::intake_desk);
constexpr Roles kRights = set_of(Role::rights_officer);
constexpr Roles kDpo = set_of(Role::dpo);
constexpr Roles kManager = set_of(Role::application_manager);

struct RolesOf {
  Roles operator()(const RegisterPerson&) const { return kCoordinator | kDesk; }
  Roles operator()(const AddIdentifier&) const { return kCaseworker | kCoordinator | kDesk; }
  Roles operator()(const RecordIdentity&) const { return kCaseworker | kCoordinator | kDesk; }
  Roles operator()(const RecordResidence&) const { return kCaseworker | kCoordinator | kDesk; }
  Roles operator()(const RecordHousehold&) const { return kCaseworker | kCoordinator | kDesk; }
  Roles operator()(const RecordKinship&) const { return kCaseworker | kCoordinator | kDesk; }
  Roles operator()(const RecordContact&) const { return kCaseworker | kCoordinator | kDesk; }
  Roles operator()(const RecordDeath&) const { return kCaseworker | kCoordinator | kDesk; }
  Roles operator()(const RecordRegistryVariation&) const { return kNobody; }

  Roles operator()(const OpenCard&) const { return kCoordinator | kDesk; }
  Roles operator()(const RecordReporter&) const { return kCoordinator | kDesk; }
  Roles operator()(const RecordNeeds&) const { return kCoordinator | kDesk; }
  Roles operator()(const RequestServices&) const { return kCoordinator | kDesk; }
  Roles operator()(const CloseCard&) const { return kCoordinator | kDesk; }
  Roles operator()(const LinkCardToCase&) const { return kCaseworker | kCoordinator | kDesk; }

  Roles operator()(const OpenCase& command) const {
    return kCaseworker | kCoordinator | (command.card.is_zero() ? kNobody : kDesk);
  }
  Roles operator()(const ChangeCaseState&) const { return kCaseworker | kCoordinator; }
  Roles operator()(const SetCategory&) const { return kCaseworker | kCoordinator; }
  Roles operator()(const AssignOperator&) const { return kCoordinator; }
  Roles operator()(const ShareCase&) const { return kCoordinator; }
  Roles operator()(const RecordInterview&) const { return kCaseworker | kCoordinator; }
  Roles operator()(const RecordNote&) const { return kCaseworker | kCoordinator; }
  Roles operator()(const GrantBenefit&) const { return kCaseworker | kCoordinator; }
  Roles operator()(const RecordDelivery&) const { return kCaseworker | kCoordinator; }
  Roles operator()(const CloseBenefit&) const { return kCaseworker | kCoordinator; }

  Roles operator()(const DefineAmbito&) const { return kManager; }
  Roles operator()(const DefineZone&) const { return kManager; }
  Roles operator()(const DefineEnte&) const { return kManager; }
  Roles operator()(const DefineOffice&) const { return kManager; }
  Roles operator()(const DefineSector&) const { return kManager; }
  Roles operator()(const DefineOperator&) const { return kManager; }
  Roles operator()(const DefineOperatorAssignment&) const { return kManager; }
  Roles operator()(const DefineNeed&) const { return kManager; }
  Roles operator()(const DefineService&) const { return kManager; }
  Roles operator()(const DefineCategory&) const { return kManager; }
  Roles operator()(const SetConfiguration&) const { return kManager; }
  Roles operator()(const EnableRegistry&) const { return kManager; }

  Roles operator()(const RecordRegistryImport&) const { return kNobody; }
  Roles operator()(const OpenImport&) const { return kNobody; }
  Roles operator()(const CloseImport&) const { return kNobody; }
  Roles operator()(const AttestViews&) const { return kNobody; }
  Roles operator()(const ConfirmClock&) const { return kNobody; }
  Roles operator()(const PublishReport&) const { return kNobody; }

  Roles operator()(const EnrolSigner&) const {
    return kCaseworker | kCoordinator | kDesk | kRights | kDpo | kManager;
  }
  Roles operator()(const RevokeSigner&) const { return kManager; }

  Roles operator()(const GrantRole&) const { return kManager; }
  Roles operator()(const RevokeRole&) const { return kManager; }
  Roles operator()(const ProposeAuditMandate&) const { return kCoordinator | kDpo; }
  Roles operator()(const DecideAuditMandate&) const { return kCoordinator | kDpo; }
  Roles operator()(const RecordDisclosure&) const { return kRights; }
  Roles operator()(const RecordRelease&) const { return kRights; }
  Roles operator()(const NotePossibleDuplicate&) const { return kNobody; }
  Roles operator()(const OpenRightsRequest&) const { return kRights; }
  Roles operator()(const EraseAccessMonth&) const { return kNobody; }
  Roles operator()(const CompleteErasure&) const { return kNobody; }
  // Who answers to people asks, who watches over the data decides.
  Roles operator()(const ProposeErasure&) const { return kRights | kDpo; }
  Roles operator()(const DecideErasure&) const { return kDpo; }
  Roles operator()(const SetRetentionRule&) const { return kManager; }
  Roles operator()(const PlaceLegalHold&) const { return kRights | kDpo; }
  Roles operator()(const LiftLegalHold&) const { return kDpo; }
  Roles operator()(const RestrictProcessing&) const { return kRights | kDpo; }
  Roles operator()(const LiftRestriction&) const { return kRights | kDpo; }
};

// ---- where --------------------------------------------------------------------------------------
struct Territory {
  const Viewer& viewer;
  const OrganisationState& organisation;

  bool is_of_ambito() const { return viewer.acting_as.ente.is_zero(); }
  bool is_own(const UnitId& ente) const { return is_of_ambito() || ente == viewer.acting_as.ente; }
  // Sector, office or ente; the ambito itself is nobody's but its own.
  bool is_own_unit(const UnitId& unit) const {
    switch (unit_kind(organisation, unit)) {
      case UnitKind::sector: return is_own(organisation.sectors.at(unit).ente);
      case UnitKind::office: return is_own(organisation.offices.at(unit).ente);
      case UnitKind::ente: return is_own(unit);
      case UnitKind::ambito:
      case UnitKind::none: return is_of_ambito();
    }
    return false;
  }
  // Nobody yet, or somebody who works for the ente alone.
  bool is_own_operator(const OperatorId& worker) const {
    if (const auto at = organisation.operators.find(worker); at != organisation.operators.end())
      for (const UnitId& sector : at->second.sectors)
        if (!is_own_unit(sector)) return false;
    const auto held = organisation.roles.find(worker);
    return held == organisation.roles.end() ||
           std::all_of(held->second.begin(), held->second.end(),
                       [&](const auto& grant) { return is_own_unit(grant.unit); });
  }

  bool operator()(const DefineAmbito&) const { return is_of_ambito(); }
  bool operator()(const DefineZone&) const { return is_of_ambito(); }
  bool operator()(const DefineEnte&) const { return is_of_ambito(); }
  bool operator()(const DefineNeed&) const { return is_of_ambito(); }
  bool operator()(const DefineService&) const { return is_of_ambito(); }
  bool operator()(const DefineCategory&) const { return is_of_ambito(); }
  bool operator()(const SetConfiguration&) const { return is_of_ambito(); }
  bool operator()(const SetRetentionRule&) const { return is_of_ambito(); }
  bool operator()(const RevokeSigner&) const { return is_of_ambito(); }

  // Not a unit of somebody else's under the same id either.
  bool operator()(const DefineOffice& command) const {
    const auto at = organisation.offices.find(command.office);
    return is_own(command.ente) && (at == organisation.offices.end() || is_own(at->second.ente));
  }
  bool operator()(const DefineSector& command) const {
    const auto at = organisation.sectors.find(command.sector);
    return is_own(command.ente) && (at == organisation.sectors.end() || is_own(at->second.ente));
  }
  bool operator()(const DefineOperator& command) const { return is_own_operator(command.worker); }
  // Whoever assigns operators to sectors assigns no work to themselves, as nobody grants themselves
  // a role.
  bool operator()(const DefineOperatorAssignment& command) const {
    return is_own_unit(command.sector) && (command.ended || command.worker != viewer.operator_id);
  }
  bool operator()(const EnableRegistry& command) const {
    if (is_of_ambito()) return true;
    const auto at = organisation.entes.find(viewer.acting_as.ente);
    return at != organisation.entes.end() && at->second.belfiore == command.comune;
  }
  bool operator()(const GrantRole& command) const { return is_own_unit(command.unit); }
  bool operator()(const RevokeRole& command) const { return is_own_unit(command.unit); }
  bool operator()(const EnrolSigner& command) const {
    if (command.owner == viewer.operator_id) return true;
    return viewer.acting_as.role == Role::application_manager && is_own_operator(command.owner);
  }
  bool operator()(const OpenCard& command) const {
    const auto at = organisation.offices.find(command.office);
    if (at == organisation.offices.end() || !is_own(at->second.ente)) return false;
    if (!command.ente.is_zero() && !is_own(command.ente)) return false;
    const bool is_desk_of_one = unit_kind(organisation, viewer.acting_as.unit) == UnitKind::office;
    return !is_desk_of_one || command.office == viewer.acting_as.unit;
  }
  // Whose text it is decides who reads it when it is withheld: nobody writes one for a colleague
  // but who coordinates them.
  bool is_own_text(const OperatorId& worker) const {
    return worker.is_zero() || worker == viewer.operator_id ||
           viewer.acting_as.role == Role::coordinator;
  }
  bool operator()(const RecordInterview& command) const { return is_own_text(command.worker); }
  bool operator()(const RecordNote& command) const { return is_own_text(command.worker); }
  // What it is about says whose it is: the gate's answer.
  template <class Other>
  bool operator()(const Other&) const {
    return true;
  }
};

}  // namespace

bool may_command(Role role, const Command& command) {
  return role != Role::none && (std::visit(RolesOf{}, command) & set_of(role)) != 0;
}

bool may_command(const Viewer& viewer, const Command& command,
                 const OrganisationState& organisation) {
  return may_command(viewer.acting_as.role, command) &&
         std::visit(Territory{viewer, organisation}, command);
}

bool gives_oneself(const Viewer& viewer, const Command& command) {
  if (const auto* grant = std::get_if<GrantRole>(&command))
    return grant->worker == viewer.operator_id;
  const auto* assignment = std::get_if<DefineOperatorAssignment>(&command);
  return assignment != nullptr && !assignment->ended && assignment->worker == viewer.operator_id;
}

}  // namespace cartella::cases
