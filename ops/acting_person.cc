#include "ops/acting_person.h"

#include <algorithm>

#include "api/login.h"
#include "base/local_time.h"
#include "cases/bootstrap.h"
#include "cases/permission.h"
#include "crypto/command_id.h"
#include "ops/terminal.h"

namespace cartella::ops {

namespace {

constexpr const char* kClient = "cartella";

struct Typed {
  crypto::Passphrase password;
  crypto::Passphrase code;
};

Result<Typed> read_typed(const Options& options, const Console& console) {
  Typed typed;
  if (!options.credential_file.empty()) {
    CARTELLA_TRY(auto lines, read_credential_lines(options.credential_file));
    typed.password = std::move(lines.first);
    typed.code = std::move(lines.second);
  } else if (console.served != nullptr) {
    CARTELLA_TRY(typed.password, read_sent_secret(console.in));
    CARTELLA_TRY(typed.code, read_sent_secret(console.in));
  } else {
    CARTELLA_TRY(typed.password, read_from_terminal("Password di " + options.username));
    CARTELLA_TRY(typed.code, read_from_terminal("Codice a sei cifre di " + options.username));
  }
  return typed;
}

Error refusal_of(const api::LogInResult& result) {
  if (result.outcome == api::LogInOutcome::throttled)
    return fail(Errc::unavailable,
                result.detail + " (" + std::to_string(result.retry_after_s) + " secondi)");
  if (result.outcome == api::LogInOutcome::unavailable)
    return fail(Errc::unavailable, result.detail);
  return fail(Errc::permission_denied, result.detail);
}

// A session is opened that nobody gets, and ends at once.
api::LogInResult log_in(api::Login& login, const Typed& typed, const Options& options,
                        const Clock& clock) {
  const api::Credentials credentials(options.username, typed.password.text, typed.code.text);
  api::LogInSource source;
  source.user_agent = kClient;
  source.request_id = cases::RequestId::from_view(crypto::new_command_id(clock).view());
  auto result = login.log_in(credentials, "", source);
  login.undo(result);
  return result;
}

std::string roles_that_may(const cases::Command& command) {
  std::string words;
  for (const cases::Role role :
       {cases::Role::caseworker, cases::Role::coordinator, cases::Role::intake_desk,
        cases::Role::rights_officer, cases::Role::dpo, cases::Role::application_manager})
    if (cases::may_command(role, command))
      words.append(words.empty() ? "" : " o ").append(cases::role_word(role));
  return words;
}

}  // namespace

Result<OperatorId> proved_person(const Options& options, const Console& console,
                                 Workspace& workspace) {
  CARTELLA_TRY(const auto typed, read_typed(options, console));
  const Clock& clock = workspace.clock();
  api::Sessions sessions(clock);
  std::unique_ptr<api::Login> own;
  if (console.login == nullptr) {
    CARTELLA_TRY(own, api::Login::start(workspace.accounts(), sessions, clock, {}));
  }
  const auto result = log_in(own ? *own : *console.login, typed, options, clock);
  if (result.record && !workspace.access_log().record(result.record->viewer, result.record->look))
    return fail(Errc::unavailable, "l'accesso non si può registrare, e quindi non vale");
  if (result.outcome != api::LogInOutcome::granted || !result.session) return refusal_of(result);
  const api::UserSession& session = result.session->session;
  if (session.must_change_password)
    return fail(Errc::permission_denied, "la password va prima cambiata da chi la usa");
  return session.operator_id;
}

Status check_role(Workspace& workspace, const OperatorId& worker, cases::Role role,
                  const ControllerId& controller) {
  const auto choices = cases::acting_choices(*workspace.executor().organisation(), worker,
                                             local_day(workspace.clock().wall()));
  const bool has_it = std::ranges::any_of(choices, [&](const cases::ActingAs& each) {
    return each.role == role &&
           (each.ente.is_zero() || cases::controller_of(each.ente) == controller);
  });
  if (has_it) return ok();
  return fail(Errc::permission_denied,
              "serve il ruolo " + std::string(cases::role_word(role)) + " per questo ente");
}

Result<cases::CommandContext> acting_context(Workspace& workspace, const OperatorId& worker,
                                             const cases::Command& command,
                                             const ControllerId& controller,
                                             const std::string& purpose) {
  const auto organisation = workspace.executor().organisation();
  const Date today = local_day(workspace.clock().wall());
  const bool for_ambito = controller == cases::installation_controller();
  for (const auto& choice : cases::acting_choices(*organisation, worker, today)) {
    CARTELLA_TRY(const auto viewer, cases::make_viewer(*organisation, worker, choice, today));
    if (!choice.ente.is_zero() && viewer.controller != controller) continue;
    if (!cases::may_command(viewer, command, *organisation)) continue;
    cases::CommandContext context = installation_context(workspace, purpose);
    context.actor = worker;
    context.role = cases::role_word(choice.role);
    context.source = "person";
    context.controller = controller;
    if (!for_ambito) context.unit = UnitId::from_view(controller.view());
    return context;
  }
  return fail(Errc::permission_denied, "serve il ruolo " + roles_that_may(command) + " per " +
                                           (for_ambito ? "tutto l'ambito" : "questo ente"));
}

Result<crypto::Passphrase> ask_for_person(const Options& options) {
  if (!options.credential_file.empty()) return crypto::Passphrase();
  CARTELLA_TRY(const auto password, read_from_terminal("Password di " + options.username));
  CARTELLA_TRY(const auto code, read_from_terminal("Codice a sei cifre di " + options.username));
  crypto::Passphrase lines;
  lines.text.reserve(password.text.size() + code.text.size() + 2);
  lines.text.append(password.text).append("\n").append(code.text).append("\n");
  return lines;
}

}  // namespace cartella::ops
