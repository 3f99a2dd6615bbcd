// Commands that their author signs, in two steps, and the keys of authors.
#include <algorithm>

#include "api/body.h"
#include "api/command_call.h"
#include "api/field_bounds.h"
#include "api/gated.h"
#include "api/handlers.h"
#include "api/json.h"
#include "api/prepared_json.h"
#include "api/problem.h"
#include "cases/permission.h"
#include "cases/prepared.h"
#include "crypto/command_id.h"

namespace cartella::api {

namespace {

Result<Bytes> hex_of(const std::string& text, std::size_t bytes, std::string_view name) {
  auto raw = from_hex(text);
  if (!raw || raw.value().size() != bytes)
    return fail(Errc::invalid_input,
                "bad_field: il campo " + std::string(name) + " non ha la lunghezza prevista");
  return std::move(raw.value());
}

// The envelope of a preparation: what a command route takes from path and headers stands in it.
struct Envelope {
  std::string command;
  SignerId signer;
  EventId id;
  std::optional<std::int64_t> expected_revision;
  std::optional<TimeUs> occurred_at;
  cases::JsonValue fields;
};

Result<Envelope> envelope_of(Call& call, cases::CommandContext& context) {
  CARTELLA_TRY(auto body, Body::of(call.request));
  Envelope envelope;
  auto fields = body.take("fields");
  if (!fields) return fail(Errc::invalid_input, "missing_field: manca fields");
  envelope.fields = std::move(*fields);
  envelope.command = body.text("command", 60, true);
  envelope.signer = body.id<SignerId>("signer", true);
  envelope.id = body.id<EventId>("command_id");
  envelope.expected_revision = body.whole("expected_revision", 0, INT64_MAX);
  envelope.occurred_at = body.instant("occurred_at");
  context.valid_from = body.day("valid_from");
  context.valid_to = body.day("valid_to");
  context.purpose = body.text("purpose", 200);
  context.legal_basis = body.text("legal_basis", 200);
  CARTELLA_TRY(body.finish());
  return envelope;
}

Result<CommandCall> prepared_call(Call& call, SignerId& signer) {
  CommandCall read;
  fill_context(call, read.context);
  CARTELLA_TRY(auto envelope, envelope_of(call, read.context));
  signer = envelope.signer;
  const cases::CommandForm* form = find_form(envelope.command);
  if (form == nullptr || !form->is_for_people)
    return fail(Errc::invalid_input, "unknown_command: nessun comando ha il nome indicato");
  CARTELLA_TRY(check_bounds(form->name, envelope.fields));
  read.context.command_id =
      envelope.id.is_zero() ? crypto::new_command_id(call.service.clock) : envelope.id;
  read.context.occurred_at = envelope.occurred_at.value_or(call.service.clock.wall());
  read.context.expected_revision = envelope.expected_revision;
  if (read.context.purpose.empty())
    read.context.purpose = std::string(cases::purpose_word(call.purpose()));
  read.context.basis_confirmed = !read.context.legal_basis.empty();
  CARTELLA_TRY(read.command, form->read(envelope.fields));
  return read;
}

// A dangerous act is one in two steps as well: its own route says which it is.
bool asks_for_step_up(std::string_view command) {
  if (command == "enrol_signer" || command == "revoke_signer") return true;
  const auto all = routes();
  return std::any_of(all.begin(), all.end(), [&](const Route& route) {
    return route.needs_step_up && route.command == command;
  });
}

}  // namespace

// Nothing is written; what is shown is what the caller has just said, sealed for the signature.
Result<Answer> prepare_command(Call& call) {
  SignerId signer;
  CARTELLA_TRY(auto read, prepared_call(call, signer));
  if (!call.who.stepped_up && asks_for_step_up(form_of(read.command).name)) {
    Answer answer;
    answer.response = problem(call.request, 403, "step_up_required", "Serve una nuova conferma",
                              "ripetere parola di accesso e codice con POST "
                              "/v1/sessions/current/step-up, in una sessione di una persona");
    return answer;
  }
  CARTELLA_TRY(check_permission(call, read.command));
  CARTELLA_TRY(check_targets(call, read.command));
  CARTELLA_TRY(complete_command(call, read.command));
  CARTELLA_TRY(const auto prepared,
               call.service.executor.prepare(read.context, read.command, signer));
  if (prepared.done) return receipt_answer(call, *prepared.done);
  return json_answer(201, prepared_json(prepared));
}

Result<Answer> commit_command(Call& call) {
  CARTELLA_TRY(const auto given, read_commit(call.request.body));
  CARTELLA_TRY(const auto outcome, call.service.executor.commit(call.viewer.operator_id,
                                                                given.token, given.signatures));
  note_duplicates_later(call, outcome.stream);
  return receipt_answer(call, outcome);
}

// One's own key, or, for whoever manages the application, that of an operator.
Result<Answer> enrol_signer(Call& call) {
  CommandCall read;
  CARTELLA_TRY(read.context.command_id, idempotency_key(call.request));
  fill_context(call, read.context);
  CARTELLA_TRY(auto body, Body::of(call.request));
  read.context.occurred_at = call.service.clock.wall();
  cases::EnrolSigner command;
  const std::string key = body.text("public_key", 64, true);
  const std::string proof = body.text("proof", 128, true);
  command.owner = body.id<OperatorId>("owner", true);
  command.rights = body.texts("rights", 2, 10);
  CARTELLA_TRY(body.finish());
  CARTELLA_TRY(const auto key_bytes, hex_of(key, command.public_key.size(), "public_key"));
  std::copy(key_bytes.begin(), key_bytes.end(), command.public_key.begin());
  CARTELLA_TRY(command.proof, hex_of(proof, 64, "proof"));
  if (!cases::may_command(call.viewer, command, *call.organisation))
    return fail(Errc::permission_denied, "la chiave è di un operatore di altri");
  const bool is_own = command.owner == call.viewer.operator_id;
  const bool only_appends = command.rights == std::vector<std::string>{"append"};
  if (!is_own || !only_appends) {
    if (call.viewer.acting_as.role != cases::Role::application_manager)
      return fail(Errc::permission_denied, "si registra solo la propria chiave, per firmare");
  }
  CARTELLA_TRY(const auto outcome, call.service.executor.execute(read.context, command));
  return receipt_answer(call, outcome);
}

Result<Answer> revoke_signer(Call& call) {
  CommandCall read;
  CARTELLA_TRY(read.context.command_id, idempotency_key(call.request));
  fill_context(call, read.context);
  read.context.occurred_at = call.service.clock.wall();
  CARTELLA_TRY(auto body, Body::of(call.request));
  cases::RevokeSigner command;
  const auto signer = SignerId::parse(call.path_value("signer"));
  if (!signer) return fail(Errc::not_found, "nessuna chiave con questo id");
  command.signer = signer.value();
  const auto from = body.whole("from_position", 0, INT64_MAX);
  if (from) command.from_position = static_cast<std::uint64_t>(*from);
  command.reason = body.text("reason", 200, true);
  CARTELLA_TRY(body.finish());
  const auto known = call.service.store.find_signer(command.signer);
  if (!known) return fail(Errc::not_found, "nessuna chiave con questo id");
  if (known->owner != call.viewer.operator_id &&
      !cases::may_command(call.viewer, command, *call.organisation))
    return fail(Errc::permission_denied, "si revoca solo la propria chiave");
  CARTELLA_TRY(const auto outcome, call.service.executor.execute(read.context, command));
  return receipt_answer(call, outcome);
}

}  // namespace cartella::api
