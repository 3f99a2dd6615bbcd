#include "cases/command_json.h"

#include <algorithm>

#include "cases/bootstrap.h"
#include "cases/command_fields.h"
#include "cases/decide_parts.h"
#include "crypto/command_id.h"

namespace cartella::cases {

namespace {

struct Envelope {
  CommandRequest request;
  std::string command;
  JsonValue fields;
};

template <class F>
void fields(F& f, Envelope& e) {
  f.need("command", e.command);
  f.may("id", e.request.id);
  f.may("actor", e.request.actor);
  f.may("on_behalf_of", e.request.on_behalf_of);
  f.may("unit", e.request.unit);
  f.may("role", e.request.role);
  f.may("purpose", e.request.purpose);
  f.may("legal_basis", e.request.legal_basis);
  f.may("expected_revision", e.request.expected_revision);
  f.may("occurred_at", e.request.occurred_at);
  f.may("valid_from", e.request.valid_from);
  f.may("valid_to", e.request.valid_to);
  f.need("fields", e.fields);
}

std::vector<CommandForm> all_forms() {
  std::vector<CommandForm> all;
  for (const auto& area : {person_forms(), card_forms(), case_forms(), benefit_forms(),
                           organisation_forms(), access_forms(), erasure_forms()})
    all.insert(all.end(), area.begin(), area.end());
  std::sort(all.begin(), all.end(), [](const CommandForm& a, const CommandForm& b) {
    return a.alternative < b.alternative;
  });
  return all;
}

bool is_between(const Command& command, const Command& first, const Command& last) {
  return command.index() >= first.index() && command.index() <= last.index();
}

// Definitions may be the installation's own: they need no unit.
bool defines_organisation(const Command& command) {
  return is_between(command, DefineAmbito{}, EnableRegistry{}) ||
         is_between(command, GrantRole{}, DecideAuditMandate{});
}

// Nobody takes a role away or decides on a mandate without a name; the installation grants the
// first ones.
bool needs_actor(const Command& command) {
  return !defines_organisation(command) || is_between(command, RevokeRole{}, DecideAuditMandate{});
}

Status check_actor(const CommandRequest& request, const OrganisationState& known) {
  const auto at = known.operators.find(request.actor);
  if (at == known.operators.end())
    return refuse("unknown_operator", "l'operatore che agisce non è definito");
  if (!at->second.enabled)
    return refuse("disabled_operator", "l'operatore che agisce è disabilitato");
  return ok();
}

// The ente that a unit is or belongs to.
Result<UnitId> ente_of(const UnitId& unit, const OrganisationState& known) {
  UnitId ente = unit;
  bool enabled = true;
  if (const auto sector = known.sectors.find(unit); sector != known.sectors.end()) {
    ente = sector->second.ente;
    enabled = sector->second.enabled;
  } else if (const auto office = known.offices.find(unit); office != known.offices.end()) {
    ente = office->second.ente;
    enabled = office->second.enabled;
  }
  const auto at = known.entes.find(ente);
  if (at == known.entes.end())
    return refuse("unknown_unit", "l'unità per cui si agisce non è definita");
  if (!enabled || !at->second.enabled)
    return refuse("disabled_unit", "l'unità per cui si agisce è disabilitata");
  return ente;
}

Error missing(std::string_view name) {
  return fail(Errc::invalid_input, "missing_field: manca " + shown_name(name));
}

}  // namespace

const std::vector<CommandForm>& command_forms() {
  static const std::vector<CommandForm> all = all_forms();
  return all;
}

Result<CommandRequest> read_command(std::string_view text) {
  CARTELLA_TRY(const auto value, parse_json(text));
  if (value.kind != JsonValue::Kind::object)
    return fail(Errc::invalid_input, "bad_json: un comando è un oggetto JSON");
  Envelope envelope;
  FieldReader reader(value, "");
  fields(reader, envelope);
  CARTELLA_TRY(reader.finish());
  const auto& forms = command_forms();
  const auto form = std::find_if(forms.begin(), forms.end(), [&](const CommandForm& one) {
    return one.name == envelope.command;
  });
  if (form == forms.end())
    return fail(Errc::invalid_input, "unknown_command: nessun comando ha il nome indicato");
  if (!form->is_for_people)
    return fail(Errc::invalid_input, "machine_command: questo comando lo dà solo il sistema");
  CARTELLA_TRY(envelope.request.command, form->read(envelope.fields));
  return std::move(envelope.request);
}

Result<CommandContext> context_of(const CommandRequest& request, const OrganisationState& known,
                                  const Clock& clock) {
  const bool defines = defines_organisation(request.command);
  CommandContext context;
  context.actor = request.actor;
  if (!request.actor.is_zero()) {
    CARTELLA_TRY(check_actor(request, known));
  } else if (!needs_actor(request.command)) {
    context.actor = installation_actor();
  } else {
    return missing("actor");
  }
  if (!request.unit.is_zero()) {
    CARTELLA_TRY(const auto ente, ente_of(request.unit, known));
    context.controller = controller_of(ente);
  } else if (defines) {
    context.controller = installation_controller();
  } else {
    return missing("unit");
  }
  // A repetition is told from another command by everything in it, the time too.
  if (!request.id.is_zero() && !request.occurred_at) return missing("occurred_at");
  context.command_id = request.id.is_zero() ? crypto::new_command_id(clock) : request.id;
  context.on_behalf_of = request.on_behalf_of;
  context.role = request.role;
  context.unit = request.unit;
  context.occurred_at = request.occurred_at.value_or(clock.wall());
  context.valid_from = request.valid_from;
  context.valid_to = request.valid_to;
  context.source = "person";
  context.legal_basis = request.legal_basis;
  context.basis_confirmed = !request.legal_basis.empty();
  context.purpose = request.purpose;
  context.expected_revision = request.expected_revision;
  return context;
}

}  // namespace cartella::cases
