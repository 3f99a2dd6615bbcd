#include "cases/viewer.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "cases/bootstrap.h"

namespace cartella::cases {

namespace {

constexpr std::array<std::pair<Role, std::string_view>, 8> kRoles = {{
    {Role::caseworker, "operatore"},
    {Role::coordinator, "coordinatore"},
    {Role::intake_desk, "segretariato"},
    {Role::rights_officer, "addetto_diritti"},
    {Role::auditor, "auditor"},
    {Role::dpo, "dpo"},
    {Role::application_manager, "referente_applicativo"},
    {Role::system_administrator, "amministratore_sistema"},
}};

// What somebody with this role for this unit acts as; empty: nobody may, because the unit is
// disabled, unknown or not of that role.
std::optional<ActingAs> choice_of(const OrganisationState& organisation, Role role,
                                  const UnitId& unit) {
  const UnitKind kind = unit_kind(organisation, unit);
  if (!role_fits(role, kind)) return std::nullopt;
  if (kind == UnitKind::ambito) return ActingAs{{}, {}, role};
  UnitId ente = unit;
  bool enabled = true;
  if (kind == UnitKind::sector) {
    const auto& sector = organisation.sectors.at(unit);
    ente = sector.ente;
    enabled = sector.enabled;
  } else if (kind == UnitKind::office) {
    const auto& office = organisation.offices.at(unit);
    ente = office.ente;
    enabled = office.enabled;
  }
  const auto at = organisation.entes.find(ente);
  if (at == organisation.entes.end() || !at->second.enabled || !enabled) return std::nullopt;
  return ActingAs{ente, unit, role};
}

const OrganisationState::Operator* enabled_operator(const OrganisationState& organisation,
                                                    const OperatorId& worker) {
  const auto at = organisation.operators.find(worker);
  return at != organisation.operators.end() && at->second.enabled ? &at->second : nullptr;
}

auto order_of(const ActingAs& one) { return std::tie(one.ente, one.unit, one.role); }

}  // namespace

std::string_view role_word(Role role) {
  for (const auto& [known, word] : kRoles)
    if (known == role) return word;
  return {};
}

Role role_of(std::string_view word) {
  for (const auto& [role, known] : kRoles)
    if (known == word) return role;
  return Role::none;
}

UnitKind unit_kind(const OrganisationState& organisation, const UnitId& unit) {
  if (unit.is_zero()) return UnitKind::ambito;
  if (organisation.sectors.contains(unit)) return UnitKind::sector;
  if (organisation.offices.contains(unit)) return UnitKind::office;
  if (organisation.entes.contains(unit)) return UnitKind::ente;
  return UnitKind::none;
}

bool role_fits(Role role, UnitKind kind) {
  switch (role) {
    case Role::caseworker: return kind == UnitKind::sector;
    case Role::coordinator: return kind == UnitKind::sector || kind == UnitKind::ente;
    case Role::intake_desk: return kind == UnitKind::office || kind == UnitKind::ente;
    case Role::rights_officer: return kind == UnitKind::ente;
    case Role::auditor:
    case Role::dpo:
    case Role::application_manager: return kind == UnitKind::ente || kind == UnitKind::ambito;
    case Role::system_administrator: return kind == UnitKind::ambito;
    case Role::none: return false;
  }
  return false;
}

std::string_view relation_word(Relation relation) {
  switch (relation) {
    case Relation::in_charge: return "in_charge";
    case Relation::unit: return "unit";
    case Relation::shared: return "shared";
    case Relation::segretariato: return "segretariato";
    case Relation::rights_request: return "rights_request";
    case Relation::audit: return "audit";
    case Relation::emergency: return "emergency";
    case Relation::system: return "system";
    case Relation::none: return {};
  }
  return {};
}

std::vector<ActingAs> acting_choices(const OrganisationState& organisation,
                                     const OperatorId& worker, Date on) {
  const auto* known = enabled_operator(organisation, worker);
  if (known == nullptr) return {};
  std::vector<ActingAs> choices;
  const auto add = [&](Role role, const UnitId& unit) {
    if (const auto choice = choice_of(organisation, role, unit)) choices.push_back(*choice);
  };
  for (const UnitId& sector : known->sectors) add(Role::caseworker, sector);
  if (const auto held = organisation.roles.find(worker); held != organisation.roles.end())
    for (const auto& grant : held->second)
      if (grant.in_force(on)) add(role_of(grant.role), grant.unit);
  std::sort(choices.begin(), choices.end(),
            [](const ActingAs& a, const ActingAs& b) { return order_of(a) < order_of(b); });
  choices.erase(std::unique(choices.begin(), choices.end()), choices.end());
  return choices;
}

bool may_act(const OrganisationState& organisation, const OperatorId& worker,
             const ActingAs& acting_as, Date on) {
  const auto* known = enabled_operator(organisation, worker);
  if (known == nullptr || choice_of(organisation, acting_as.role, acting_as.unit) != acting_as)
    return false;
  if (acting_as.role == Role::caseworker && known->sectors.contains(acting_as.unit)) return true;
  const auto held = organisation.roles.find(worker);
  return held != organisation.roles.end() &&
         std::any_of(held->second.begin(), held->second.end(), [&](const auto& grant) {
           return grant.unit == acting_as.unit && role_of(grant.role) == acting_as.role &&
                  grant.in_force(on);
         });
}

Result<Viewer> make_viewer(const OrganisationState& organisation, const OperatorId& worker,
                           const ActingAs& acting_as, Date on) {
  if (!may_act(organisation, worker, acting_as, on))
    return fail(Errc::permission_denied, "the operator may not act in this role for this unit");
  Viewer viewer;
  viewer.operator_id = worker;
  viewer.acting_as = acting_as;
  viewer.controller =
      acting_as.ente.is_zero() ? installation_controller() : controller_of(acting_as.ente);
  if (const auto at = organisation.sectors.find(acting_as.unit); at != organisation.sectors.end())
    viewer.second_level = at->second.second_level;
  return viewer;
}

}  // namespace cartella::cases
