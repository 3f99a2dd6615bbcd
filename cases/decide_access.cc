// Roles and audit mandates: who may look.
#include <algorithm>

#include "cases/decide_parts.h"
#include "cases/encode.h"
#include "cases/viewer.h"

namespace cartella::cases {

using schema::EventType;
using schema::KeyClass;
using Mandate = OrganisationState::Mandate;

namespace {

constexpr std::size_t kWordsBytesMax = 200;       // clear for ever: a few words
constexpr std::size_t kMandateThingsMax = 1'000;  // 16 KiB of ids: a wider one is not a mandate

Decision clear(const Deciding& deciding, EventType type, Bytes message) {
  return one_event({}, planned_event(type, deciding.environment.organisation_stream,
                                     crypto::kExpectAny, {}, KeyClass::base, std::move(message)));
}

// The actor, also through somebody else.
bool acts(const Deciding& deciding, const OperatorId& worker) {
  return deciding.context.actor == worker || deciding.context.on_behalf_of == worker;
}

Status check_words(std::string_view words, std::string_view code) {
  if (words.size() > kWordsBytesMax)
    return refuse(std::string(code) + "_too_long", "il testo è troppo lungo: bastano poche parole");
  return ok();
}

const std::vector<OrganisationState::RoleGrant>& held_by(const Deciding& deciding,
                                                         const OperatorId& worker) {
  static const std::vector<OrganisationState::RoleGrant> kNothing;
  const auto at = deciding.organisation().roles.find(worker);
  return at == deciding.organisation().roles.end() ? kNothing : at->second;
}

// In force now or later.
bool holds(const Deciding& deciding, const OperatorId& worker, std::string_view role,
           const std::optional<UnitId>& unit) {
  const auto& held = held_by(deciding, worker);
  return std::any_of(held.begin(), held.end(), [&](const auto& grant) {
    return grant.role == role && (!unit || grant.unit == *unit) &&
           (!grant.to || *grant.to >= deciding.environment.today);
  });
}

Status check_role(const Deciding& deciding, std::string_view word, const UnitId& unit) {
  const Role role = role_of(word);
  if (role == Role::none) return refuse("unknown_role", "il ruolo non esiste");
  const UnitKind kind = unit_kind(deciding.organisation(), unit);
  if (kind == UnitKind::none) return refuse("unknown_unit", "l'unità del ruolo non è definita");
  if (!role_fits(role, kind))
    return refuse("role_unit", "il ruolo non si assegna per questo tipo di unità");
  return ok();
}

// Whoever runs the machines never checks what they do (AT-08).
Status check_separation(const Deciding& deciding, const GrantRole& command) {
  const auto has = [&](Role role) {
    return holds(deciding, command.worker, role_word(role), std::nullopt);
  };
  const Role role = role_of(command.role);
  const bool controls = role == Role::auditor || role == Role::dpo;
  if ((controls && has(Role::system_administrator)) ||
      (role == Role::system_administrator && (has(Role::auditor) || has(Role::dpo))))
    return refuse("incompatible_role",
                  "chi amministra il sistema non può essere auditor né responsabile della "
                  "protezione dei dati");
  return ok();
}

Status check_term(const Deciding& deciding, const std::optional<Date>& from,
                  const std::optional<Date>& to) {
  if (from && to && *to < *from)
    return refuse("validity_reversed", "la validità finisce prima di cominciare");
  if (to && *to < deciding.environment.today && !deciding.context.historical)
    return refuse("validity_past", "la validità è già finita");
  return ok();
}

}  // namespace

Result<Decision> decide_one(const Deciding& deciding, const GrantRole& command) {
  if (command.worker.is_zero())
    return fail(Errc::invalid_argument, "a role is granted to an operator");
  CARTELLA_TRY(check_operator(deciding, command.worker));
  CARTELLA_TRY(check_role(deciding, command.role, command.unit));
  CARTELLA_TRY(check_words(command.act, "act"));
  CARTELLA_TRY(check_term(deciding, command.from, command.to));
  if (acts(deciding, command.worker))
    return refuse("self_grant", "nessuno assegna un ruolo a se stesso");
  if (holds(deciding, command.worker, command.role, command.unit))
    return refuse("role_held", "l'operatore ha già questo ruolo per questa unità");
  CARTELLA_TRY(check_separation(deciding, command));
  return clear(deciding, EventType::role_granted, encode(command, deciding.context.actor));
}

Result<Decision> decide_one(const Deciding& deciding, const RevokeRole& command) {
  if (command.worker.is_zero())
    return fail(Errc::invalid_argument, "a role is taken from an operator");
  if (!deciding.organisation().operators.contains(command.worker))
    return refuse("unknown_operator", "l'operatore non è definito");
  CARTELLA_TRY(check_role(deciding, command.role, command.unit));
  if (command.reason.empty()) return refuse("reason_missing", "manca il motivo della revoca");
  CARTELLA_TRY(check_words(command.reason, "reason"));
  if (!holds(deciding, command.worker, command.role, command.unit))
    return refuse("role_not_held", "l'operatore non ha questo ruolo per questa unità");
  return clear(deciding, EventType::role_revoked, encode(command, deciding.context.actor));
}

Result<Decision> decide_one(const Deciding& deciding, const ProposeAuditMandate& command) {
  if (command.auditor.is_zero()) return fail(Errc::invalid_argument, "a mandate names its auditor");
  CARTELLA_TRY(check_operator(deciding, deciding.context.actor));
  CARTELLA_TRY(check_operator(deciding, command.auditor));
  if (command.act.empty()) return refuse("act_missing", "manca l'atto che dispone la verifica");
  CARTELLA_TRY(check_words(command.act, "act"));
  if (command.subjects.empty() && command.cases.empty())
    return refuse("mandate_scope_missing", "il mandato nomina almeno una persona o un caso");
  if (command.subjects.size() + command.cases.size() > kMandateThingsMax)
    return refuse("mandate_too_wide", "il mandato nomina troppe persone o casi");
  if (command.sections.empty() || command.sections.size() > kMandateThingsMax)
    return refuse("sections_missing", "il mandato nomina le sezioni che si possono vedere");
  for (const std::string& section : command.sections) {
    CARTELLA_TRY(check_words(section, "section"));
  }
  CARTELLA_TRY(check_term(deciding, command.from, command.to));
  if (acts(deciding, command.auditor))
    return refuse("own_mandate", "nessuno propone un mandato per se stesso");
  return clear(deciding, EventType::audit_mandate_proposed,
               encode(command, deciding.context.actor));
}

Result<Decision> decide_one(const Deciding& deciding, const DecideAuditMandate& command) {
  CARTELLA_TRY(check_operator(deciding, deciding.context.actor));
  const auto& mandates = deciding.organisation().mandates;
  const auto at = mandates.find(command.mandate);
  // Of another controller or of nobody: the same answer.
  if (at == mandates.end() || at->second.controller != deciding.context.controller)
    return refuse("unknown_mandate", "la proposta di mandato non esiste");
  const Mandate& mandate = at->second;
  if (mandate.standing != Mandate::Standing::proposed)
    return refuse("mandate_decided", "sul mandato si è già deciso");
  if (acts(deciding, mandate.proposed_by))
    return refuse("same_person", "chi propone un mandato non può deciderlo");
  if (acts(deciding, mandate.auditor))
    return refuse("own_mandate", "nessuno decide un mandato per se stesso");
  if (command.granted && mandate.to < deciding.environment.today)
    return refuse("mandate_expired", "il mandato proposto è già scaduto");
  return clear(deciding, EventType::audit_mandate_decided,
               encode_decided(command.mandate, mandate, command.granted, deciding.context.actor));
}

}  // namespace cartella::cases
