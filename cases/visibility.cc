#include "cases/visibility.h"

#include <algorithm>

#include "cases/bootstrap.h"

namespace cartella::cases {

namespace {

// What a share or a mandate has to name before it opens the thing: at most two.
struct Needed {
  std::string_view own;
  std::string_view asked;

  template <class Has>
  bool met(const Has& has) const {
    return (own.empty() || has(own)) && (asked.empty() || has(asked));
  }
};

bool purpose_fits(Role role, Purpose purpose) {
  switch (role) {
    case Role::caseworker:
    case Role::coordinator:
      return purpose == Purpose::casework || purpose == Purpose::intake ||
             purpose == Purpose::service_planning;
    case Role::intake_desk: return purpose == Purpose::intake;
    case Role::rights_officer: return purpose == Purpose::rights;
    case Role::auditor: return purpose == Purpose::audit;
    case Role::dpo:
    case Role::application_manager:
    case Role::system_administrator:
    case Role::none: return false;
  }
  return false;
}

bool does_casework(Role role) { return role == Role::caseworker || role == Role::coordinator; }

// Roles end and units change while a session lives: what the viewer says is asked again.
bool is_in_office(const Viewer& viewer, const OrganisationState& organisation, Date on) {
  const UnitId& ente = viewer.acting_as.ente;
  const ControllerId controller = ente.is_zero() ? installation_controller() : controller_of(ente);
  return viewer.controller == controller &&
         may_act(organisation, viewer.operator_id, viewer.acting_as, on);
}

bool keeps_level(const Item& item, const Viewer& viewer, const OrganisationState& organisation) {
  if (item.second_level.empty() || viewer.acting_as.role == Role::rights_officer) return true;
  const auto at = organisation.sectors.find(viewer.acting_as.unit);
  return at != organisation.sectors.end() && at->second.second_level == item.second_level;
}

bool is_author(const Item& item, const Viewer& viewer) {
  return does_casework(viewer.acting_as.role) && !item.author.is_zero() &&
         item.author == viewer.operator_id;
}

// ---- casework -----------------------------------------------------------------------------------
bool is_shared_with(const Item& item, const ActingAs& acting_as, const Needed& needed) {
  return std::any_of(item.shares.begin(), item.shares.end(), [&](const ItemShare& share) {
    if (share.unit.is_zero() || (share.unit != acting_as.unit && share.unit != acting_as.ente))
      return false;
    return share.sections.empty() || needed.met([&](std::string_view section) {
      return std::find(share.sections.begin(), share.sections.end(), section) !=
             share.sections.end();
    });
  });
}

// Of one thing alone, without what it belongs to.
Relation relation_to(const Item& item, const Viewer& viewer, const Needed& needed) {
  const ActingAs& acting_as = viewer.acting_as;
  if (item.controller == viewer.controller) {
    const auto& operators = item.operators;
    if (std::find(operators.begin(), operators.end(), viewer.operator_id) != operators.end())
      return Relation::in_charge;
    const bool oversees = acting_as.role == Role::coordinator && acting_as.unit == acting_as.ente;
    if (oversees || item.unit == acting_as.unit) return Relation::unit;
  }
  return is_shared_with(item, acting_as, needed) ? Relation::shared : Relation::none;
}

// Whether a relation to `tie` is one to `item`.
bool gives_relation(const Item& tie, const Item& item) {
  if (tie.subject != item.subject || tie.controller != item.controller) return false;
  if (item.kind == ItemKind::person)
    return tie.kind == ItemKind::case_file || tie.kind == ItemKind::card;
  return tie.kind == ItemKind::case_file && !item.case_stream.is_zero() &&
         tie.stream == item.case_stream;
}

Relation casework_relation(const Item& item, const Ties& ties, const Viewer& viewer,
                           const Needed& needed) {
  if (item.kind == ItemKind::rights_request) return Relation::none;
  Relation best = relation_to(item, viewer, needed);
  for (const Item& tie : ties.items) {
    if (best == Relation::in_charge) break;
    if (!gives_relation(tie, item)) continue;
    const Relation through = relation_to(tie, viewer, needed);
    // In charge, unit, shared: the enumerators go from the closest to the loosest.
    if (through != Relation::none && (best == Relation::none || through < best)) best = through;
  }
  return best;
}

// ---- the other roles ----------------------------------------------------------------------------
Relation intake_relation(const Item& item, const Viewer& viewer, std::string_view section) {
  if (item.controller != viewer.controller) return Relation::none;
  const bool is_known = item.kind == ItemKind::case_file && section == kSectionExistence;
  const bool is_theirs = item.kind == ItemKind::person || item.kind == ItemKind::card;
  return is_known || is_theirs ? Relation::segretariato : Relation::none;
}

bool names(const OrganisationState::Mandate& mandate, const Item& item) {
  return mandate.subjects.contains(item.subject) || mandate.cases.contains(item.stream) ||
         (!item.case_stream.is_zero() && mandate.cases.contains(item.case_stream));
}

Relation audit_relation(const Item& item, const Viewer& viewer, const Needed& needed,
                        const OrganisationState& organisation, Date on) {
  if (!viewer.acting_as.ente.is_zero() && item.controller != viewer.controller)
    return Relation::none;
  for (const auto& [id, mandate] : organisation.mandates) {
    if (mandate.auditor != viewer.operator_id || !mandate.in_force(on)) continue;
    if (mandate.controller != item.controller && mandate.controller != installation_controller())
      continue;
    const auto has = [&mandate = mandate](std::string_view section) {
      return mandate.sections.contains(section);
    };
    if (names(mandate, item) && needed.met(has)) return Relation::audit;
  }
  return Relation::none;
}

}  // namespace

std::string_view purpose_word(Purpose purpose) {
  switch (purpose) {
    case Purpose::casework: return "presa in carico e gestione del caso";
    case Purpose::intake: return "accesso al servizio";
    case Purpose::rights: return "esercizio dei diritti dell'interessato";
    case Purpose::audit: return "verifica di legittimità";
    case Purpose::access_review: return "controllo degli accessi";
    case Purpose::administration: return "configurazione";
    case Purpose::service_planning: return "statistiche";
  }
  return {};
}

Purpose purpose_of(Role role) {
  switch (role) {
    case Role::intake_desk: return Purpose::intake;
    case Role::rights_officer: return Purpose::rights;
    case Role::auditor: return Purpose::audit;
    case Role::dpo: return Purpose::access_review;
    case Role::application_manager:
    case Role::system_administrator: return Purpose::administration;
    case Role::caseworker:
    case Role::coordinator:
    case Role::none: return Purpose::casework;
  }
  return Purpose::casework;
}

std::string_view section_of(ItemKind kind) {
  switch (kind) {
    case ItemKind::card: return "accessi";
    case ItemKind::interview: return "colloqui";
    case ItemKind::note: return "note";
    case ItemKind::benefit: return "interventi";
    case ItemKind::rights_request: return "richieste";
    case ItemKind::person:
    case ItemKind::case_file: return {};
  }
  return {};
}

Sight visible(const Item& item, const Ties& ties, const Viewer& viewer, Purpose purpose,
              std::string_view section, const OrganisationState& organisation, Date on) {
  const Role role = viewer.acting_as.role;
  if (item.controller.is_zero() || item.subject.is_zero()) return {};
  if (!purpose_fits(role, purpose) || !is_in_office(viewer, organisation, on)) return {};
  if (organisation.is_erasing(item.controller, item.subject, item.stream)) return {};
  if (role != Role::rights_officer &&
      organisation.is_restricted(item.controller, item.subject, item.stream))
    return {};
  if (item.withheld && !is_author(item, viewer)) return {};
  if (!keeps_level(item, viewer, organisation)) return {};
  const Needed needed{section_of(item.kind),
                      section == kSectionExistence ? std::string_view{} : section};
  switch (role) {
    case Role::caseworker:
    case Role::coordinator: return {casework_relation(item, ties, viewer, needed)};
    case Role::intake_desk: return {intake_relation(item, viewer, section)};
    case Role::rights_officer:
      return {item.controller == viewer.controller ? Relation::rights_request : Relation::none};
    case Role::auditor: return {audit_relation(item, viewer, needed, organisation, on)};
    case Role::dpo:
    case Role::application_manager:
    case Role::system_administrator:
    case Role::none: return {};
  }
  return {};
}

bool may_change(const Sight& sight, const Viewer& viewer) {
  switch (viewer.acting_as.role) {
    case Role::caseworker:
    case Role::coordinator:
      return sight.relation == Relation::in_charge || sight.relation == Relation::unit;
    case Role::intake_desk: return sight.relation == Relation::segretariato;
    case Role::rights_officer: return sight.relation == Relation::rights_request;
    case Role::auditor:
    case Role::dpo:
    case Role::application_manager:
    case Role::system_administrator:
    case Role::none: return false;
  }
  return false;
}

}  // namespace cartella::cases
