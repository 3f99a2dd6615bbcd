// Commands: one handler for every row of the table of commands (cases/command_json.h).
#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "api/body.h"
#include "api/command_call.h"
#include "api/field_bounds.h"
#include "api/gated.h"
#include "api/handlers.h"
#include "api/json.h"
#include "api/problem.h"
#include "base/check.h"
#include "cases/duplicates.h"
#include "cases/earlier_command.h"
#include "cases/permission.h"
#include "crypto/note.h"

namespace cartella::api {

namespace {

using cases::JsonValue;

constexpr std::int64_t kKeyAgeUsMax = 24LL * 3600 * 1'000'000;

}  // namespace

Result<EventId> idempotency_key(const Request& request) {
  const std::string_view text = request.header("Idempotency-Key");
  if (text.empty()) return fail(Errc::invalid_argument, "manca l'intestazione Idempotency-Key");
  const auto id =
      text.size() <= 36 ? EventId::parse(text) : Result<EventId>(fail(Errc::invalid_input, {}));
  if (!id || (id.value().bytes[6] >> 4) != 7 || (id.value().bytes[8] >> 6) != 2)
    return fail(Errc::invalid_argument, "Idempotency-Key è un UUID di versione 7");
  return id.value();
}

namespace {

// UUIDv7: 48 bits of milliseconds, then the version. Its time is when the client decided, and a
// repetition says the same again.
TimeUs time_of(const EventId& id) {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | id.bytes[i];
  return TimeUs{ms * 1000};
}

Result<TimeUs> occurred_at(Body& body, const EventId& id, const Clock& clock) {
  const auto given = body.instant("occurred_at");
  static_cast<void>(body.take("occurred_at"));
  CARTELLA_TRY(body.sound());
  if (given) return *given;
  const TimeUs made = time_of(id);
  if (std::abs(made.us - clock.wall().us) > kKeyAgeUsMax)
    return fail(Errc::invalid_input,
                "bad_key: l'istante dentro Idempotency-Key è lontano da ora: dire occurred_at");
  return made;
}

// The words of the envelope that a command does not use for itself.
bool uses(const cases::CommandForm& form, std::string_view name) {
  const auto& fields = form.fields();
  return std::any_of(fields.begin(), fields.end(),
                     [&](const cases::FieldForm& field) { return field.name == name; });
}

std::string envelope_text(Body& body, const cases::CommandForm& form, std::string_view name) {
  if (uses(form, name)) return {};
  std::string text = body.text(name, 200);
  static_cast<void>(body.take(name));
  return text;
}

std::optional<Date> envelope_day(Body& body, const cases::CommandForm& form,
                                 std::string_view name) {
  if (uses(form, name)) return std::nullopt;
  const auto day = body.day(name);
  static_cast<void>(body.take(name));
  return day;
}

void add_member(JsonValue& object, std::string_view name, std::string value) {
  JsonValue text;
  text.kind = JsonValue::Kind::text;
  text.text = std::move(value);
  object.names.emplace_back(name);
  object.items.push_back(std::move(text));
}

// A given If-Match must name what the stream holds now.
Result<std::optional<std::int64_t>> expected_revision(Call& call, const StreamId& stream) {
  const std::string_view given = call.request.header("If-Match");
  if (given.empty()) return std::optional<std::int64_t>{};
  CARTELLA_TRY(const auto head, call.service.store.stream_head(stream));
  const std::int64_t revision = head ? static_cast<std::int64_t>(head->revision) : -1;
  if (given != call.service.tokens.etag(call.viewer.operator_id, stream, revision))
    return fail(Errc::conflict, "l'elemento è cambiato da quando è stato letto");
  return std::optional<std::int64_t>(revision);
}

Answer stale(Call& call, const StreamId& stream) {
  Answer answer;
  answer.response = problem(call.request.id, 412, "stale", "L'elemento è cambiato",
                            "rileggere e decidere di nuovo");
  const auto head = call.service.store.stream_head(stream);
  if (head && head.value())
    answer.response.headers.push_back(
        {"ETag", call.service.tokens.etag(call.viewer.operator_id, stream,
                                          static_cast<std::int64_t>(head.value()->revision))});
  return answer;
}

}  // namespace

const cases::CommandForm* find_form(std::string_view name) {
  const auto& forms = cases::command_forms();
  const auto at = std::find_if(forms.begin(), forms.end(),
                               [&](const cases::CommandForm& form) { return form.name == name; });
  return at != forms.end() ? &*at : nullptr;
}

void fill_context(const Call& call, cases::CommandContext& context) {
  context.actor = call.viewer.operator_id;
  context.role = std::string(cases::role_word(call.viewer.acting_as.role));
  context.unit = call.viewer.acting_as.unit;
  context.controller = call.viewer.controller;
  context.source = "person";
}

Result<CommandCall> read_command_call(Call& call, const cases::CommandForm& form,
                                      std::string_view path_field) {
  CommandCall read;
  cases::CommandContext& context = read.context;
  CARTELLA_TRY(context.command_id, idempotency_key(call.request));
  CARTELLA_TRY(auto body, Body::of(call.request));
  CARTELLA_TRY(check_bounds(form.name, body.object()));
  CARTELLA_TRY(context.occurred_at, occurred_at(body, context.command_id, call.service.clock));
  context.valid_from = envelope_day(body, form, "valid_from");
  context.valid_to = envelope_day(body, form, "valid_to");
  context.purpose = envelope_text(body, form, "purpose");
  context.legal_basis = envelope_text(body, form, "legal_basis");
  CARTELLA_TRY(body.sound());
  context.basis_confirmed = !context.legal_basis.empty();
  if (context.purpose.empty()) context.purpose = std::string(cases::purpose_word(call.purpose()));
  fill_context(call, context);
  if (!path_field.empty()) {
    CARTELLA_TRY(read.stream, path_stream(call, call.path.front().first));
    if (body.object().find(path_field) != nullptr)
      return fail(Errc::invalid_input,
                  "unknown_field: il campo " + std::string(path_field) + " sta nell'indirizzo");
    add_member(body.object(), path_field, read.stream.hex());
  }
  CARTELLA_TRY(read.command, form.read(body.object()));
  return read;
}

const cases::CommandForm& form_of(const cases::Command& command) {
  return cases::command_forms().at(command.index());
}

void note_duplicates_later(const Call& call, const StreamId& person) {
  call.service.later([&service = call.service, person] {
    static_cast<void>(
        cases::note_duplicates(service.store, service.vault, service.executor, person).has_value());
  });
}

Answer receipt_answer(Call& call, const cases::Outcome& outcome) {
  JsonObject body;
  put(body, "stream", outcome.stream);
  put(body, "subject", outcome.subject);
  body["duplicate"] = outcome.duplicate;
  body["existing"] = outcome.existing;
  if (outcome.existing) {
    // That somebody is known here already is told: as a search would tell it.
    Answer known = json_answer(200, std::move(body).text());
    known.looks.push_back(look_at(
        call, cases::Operation::search, call.viewer.controller, outcome.subject,
        call.viewer.acting_as.role == cases::Role::intake_desk ? cases::Relation::segretariato
                                                               : cases::Relation::unit,
        "person/" + outcome.stream.hex()));
    return known;
  }
  const store::Receipt& receipt = outcome.receipt;
  body["command_id"] = receipt.command_id.hex();
  body["position"] = receipt.first_position;
  body["event_count"] = receipt.event_count;
  body["recorded_at"] = format_time(receipt.recorded_at);
  body["tree_size"] = receipt.tree_size;
  if (receipt.first_leaf) {
    body["leaf"] = to_hex(*receipt.first_leaf);
  } else if (const auto event = call.service.store.read(receipt.first_position)) {
    body["leaf"] = to_hex(crypto::encode_leaf(event.value().leaf));
  }
  const auto proof = call.service.store.prove(receipt.first_position);
  if (proof) body["receipt"] = crypto::encode_proof(proof.value());
  Answer answer = json_answer(201, std::move(body).text());
  const auto head = call.service.store.stream_head(outcome.stream);
  if (head && head.value())
    answer.response.headers.push_back(
        {"ETag", call.service.tokens.etag(call.viewer.operator_id, outcome.stream,
                                          static_cast<std::int64_t>(head.value()->revision))});
  return answer;
}

// Another state than the caller saw: perhaps this very command made it, and its answer was lost.
Result<Answer> earlier_or_stale(Call& call, const CommandCall& read) {
  CARTELLA_TRY(const auto earlier, cases::find_earlier(call.service.store, call.service.vault,
                                                       read.context, read.command));
  return earlier ? receipt_answer(call, *earlier) : stale(call, read.stream);
}

namespace {

// A command that was checked, until the log answers it.
class CommandRest final : public AnswerRest {
 public:
  CommandRest(cases::Executor& executor, CommandCall read)
      : x_executor(executor), x_read(std::move(read)) {}

  void start(std::function<void()> done) override {
    x_executor.start(x_read.context, x_read.command,
                     [this, done = std::move(done)](Result<cases::Outcome> outcome) {
                       x_outcome = std::move(outcome);
                       done();
                     });
  }

  Result<Answer> end(Call& call) override {
    const bool is_on_revision = x_read.context.expected_revision.has_value();
    const auto failed = [&](Errc code) { return !x_outcome && x_outcome.error().code == code; };
    // Another was first.
    if (failed(Errc::idempotency_conflict) || (failed(Errc::conflict) && !is_on_revision))
      x_outcome = x_executor.execute(x_read.context, x_read.command);
    if (failed(Errc::conflict) && is_on_revision) return earlier_or_stale(call, x_read);
    if (!x_outcome) return x_outcome.error();
    const cases::Outcome& outcome = x_outcome.value();
    if (std::holds_alternative<cases::RegisterPerson>(x_read.command))
      note_duplicates_later(call, outcome.stream);
    return receipt_answer(call, outcome);
  }

 private:
  cases::Executor& x_executor;
  CommandCall x_read;
  Result<cases::Outcome> x_outcome = fail(Errc::unavailable, "the log has not answered");
};

}  // namespace

Status check_permission(Call& call, const cases::Command& command) {
  const bool is_own = cases::gives_oneself(call.viewer, command);
  if (is_own) call.denied_severity = cases::Severity::high;
  if (!cases::may_command(call.viewer, command, *call.organisation))
    return fail(Errc::permission_denied, "il ruolo con cui si agisce non lo consente");
  if (!is_own) return ok();
  call.denied_target = std::string(call.route.operation_id.view());
  return fail(Errc::conflict, "nessuno assegna un ruolo a se stesso");
}

Result<Answer> post_command(Call& call) {
  const cases::CommandForm* form = find_form(call.route.command);
  CHECK(form != nullptr);
  CARTELLA_TRY(auto read, read_command_call(call, *form, call.route.path_field));
  CARTELLA_TRY(check_permission(call, read.command));
  CARTELLA_TRY(check_targets(call, read.command));
  // A mandate or a proposal is no stream and has no state of its own: If-Match would tell of other
  // things whether they are there.
  if (call.route.path_field == "mandate" || call.route.path_field == "proposal") {
    if (!call.request.header("If-Match").empty()) return stale(call, {});
    read.stream = {};
  }
  bool has_moved_on = false;
  if (!read.stream.is_zero()) {
    const auto expected = expected_revision(call, read.stream);
    has_moved_on = !expected && expected.error().code == Errc::conflict;
    if (!expected && !has_moved_on) return expected.error();
    if (expected) read.context.expected_revision = expected.value();
  }
  CARTELLA_TRY(complete_command(call, read.command));
  if (has_moved_on) return earlier_or_stale(call, read);
  Answer answer;
  answer.rest = std::make_unique<CommandRest>(call.service.executor, std::move(read));
  return answer;
}

}  // namespace cartella::api
