// Log-in, the sessions of one operator, and the tokens of machines.
#include "api/body.h"
#include "api/handlers.h"
#include "api/json_views.h"
#include "api/problem.h"
#include "base/check.h"

namespace cartella::api {

namespace {

LogInSource source_of(const Call& call) {
  return {call.request.peer, std::string(call.request.header("User-Agent")), call.request.id};
}

JsonObject acting_as_json(const cases::ActingAs& acting_as, const views::Organisation& names) {
  JsonObject to;
  put(to, "ente", acting_as.ente);
  if (!acting_as.ente.is_zero()) put(to, "ente_label", unit_label(names, acting_as.ente));
  put(to, "unit", acting_as.unit);
  if (!acting_as.unit.is_zero()) put(to, "unit_label", unit_label(names, acting_as.unit));
  to["role"] = cases::role_word(acting_as.role);
  return to;
}

JsonObject session_json(const Call& call, const UserSession& session, bool is_current,
                        const views::Organisation& names) {
  const SessionLimits limits;
  JsonObject to;
  to["session"] = session.handle.hex();
  to["operator_id"] = session.operator_id.hex();
  put(to, "username", operator_label(names, session.operator_id));
  put_time(to, "created_at", session.created.us);
  put_time(to, "last_used_at", session.last_used.us);
  put_time(to, "expires_at", session.created.us + limits.absolute_us);
  put(to, "client_id", session.client);
  to["current"] = is_current;
  if (session.acting_as.role != cases::Role::none)
    to["acting_as"] = acting_as_json(session.acting_as, names);
  JsonArray choices;
  for (const auto& each :
       cases::acting_choices(*call.organisation, session.operator_id, call.today))
    choices.push_back(acting_as_json(each, names));
  to["choices"] = std::move(choices);
  to["must_change_password"] = session.must_change_password;
  return to;
}

// The record stands before the answer leaves; where it cannot, nothing was granted (AT-05).
Status record_log_in(Call& call, const LogInResult& result) {
  if (!result.record) return ok();
  const auto recorded = call.service.access_log.record(result.record->viewer, result.record->look);
  if (recorded) return ok();
  call.service.login.undo(result);
  return fail(Errc::unavailable, "l'accesso non si può registrare");
}

Answer refused(const Call& call, const LogInResult& result) {
  Answer answer;
  switch (result.outcome) {
    case LogInOutcome::throttled:
      answer.response = problem(call.request, 429, "too_many_requests", "Troppi tentativi",
                                "attendere e ripetere");
      break;
    case LogInOutcome::weak:
      answer.response =
          problem(call.request, 422, "invalid_input", "Parola di accesso debole", result.detail);
      break;
    case LogInOutcome::unavailable:
      answer.response =
          problem(call.request, 503, "unavailable", "Non disponibile ora", "ripetere fra poco");
      break;
    default:
      answer.response = problem(call.request, 401, "unauthenticated", "Accesso rifiutato",
                                "nome utente, parola di accesso o codice non validi");
  }
  if (result.retry_after_s > 0)
    answer.response.headers.push_back({"Retry-After", std::to_string(result.retry_after_s)});
  if (answer.response.status == 401)
    answer.response.headers.push_back({"WWW-Authenticate", "Bearer realm=\"cartella\""});
  return answer;
}

Result<Answer> answer_log_in(Call& call, const LogInResult& result, unsigned status) {
  CARTELLA_TRY(record_log_in(call, result));
  if (result.outcome != LogInOutcome::granted) return refused(call, result);
  CHECK(result.session.has_value());
  CARTELLA_TRY(const auto names, call.service.names.current());
  OpenedSession opened = *result.session;
  // Who has one role only need not choose it.
  const auto choices =
      cases::acting_choices(*call.organisation, opened.session.operator_id, call.today);
  if (choices.size() == 1 && opened.session.acting_as.role == cases::Role::none) {
    CARTELLA_TRY(call.service.sessions.act_as(opened.id, choices.front()));
    opened.session.acting_as = choices.front();
  }
  JsonObject body = session_json(call, opened.session, true, *names);
  body["csrf_token"] = opened.csrf_token;
  body["failed_tries"] = result.news.failed_tries;
  put_time(body, "password_set_at", result.news.password_set.us);
  // A program that is no browser has no use for a cookie, and gets the same id as its token.
  const bool is_bearer = call.request.header("Session-Kind") == "bearer";
  if (is_bearer) body["bearer"] = opened.id;
  Answer answer = json_answer(status, std::move(body).text());
  if (!is_bearer) answer.response.headers.push_back({"Set-Cookie", session_cookie(opened.id)});
  return answer;
}

Result<std::unique_ptr<Credentials>> credentials_of(Body& body) {
  auto credentials = std::make_unique<Credentials>();
  credentials->username = body.text("username", 64);
  credentials->password = body.password("password", 256);
  credentials->code = body.text("totp", 6, true);
  return credentials;
}

Result<cases::ActingAs> acting_as_of(Body& body) {
  cases::ActingAs acting_as;
  acting_as.ente = body.id<UnitId>("ente");
  acting_as.unit = body.id<UnitId>("unit");
  acting_as.role = cases::role_of(body.text("role", 30, true));
  return acting_as;
}

}  // namespace

Result<Answer> log_in(Call& call) {
  if (!is_own_origin(call.request, call.service.hosts))
    return fail(Errc::permission_denied, "richiesta di un altro sito");
  CARTELLA_TRY(auto body, Body::of(call.request));
  CARTELLA_TRY(const auto credentials, credentials_of(body));
  CARTELLA_TRY(body.finish());
  const LogInResult result =
      call.service.login.log_in(*credentials, session_cookie_of(call.request), source_of(call));
  return answer_log_in(call, result, 201);
}

Result<Answer> list_sessions(Call& call) {
  CARTELLA_TRY(const auto names, call.service.names.current());
  JsonArray items;
  for (const UserSession& session : call.service.sessions.of(call.who.operator_id))
    items.push_back(session_json(call, session, session.handle == call.who.session_handle, *names));
  return json_answer(200, list_body(std::move(items)));
}

Result<Answer> read_session(Call& call) {
  const auto session = call.service.sessions.find(call.who.session_id);
  if (!session) return fail(Errc::not_found, "un gettone non ha una sessione");
  CARTELLA_TRY(const auto names, call.service.names.current());
  JsonObject body = session_json(call, *session, true, *names);
  body["csrf_token"] = call.service.sessions.csrf_token(call.who.session_id);
  return json_answer(200, std::move(body).text());
}

Result<Answer> end_session(Call& call) {
  const auto handle = SessionHandle::parse(call.path_value("session"));
  if (!handle) return fail(Errc::not_found, "nessuna sessione con questo id");
  CARTELLA_TRY(call.service.sessions.end_one(call.who.operator_id, handle.value()));
  cases::Look look = look_at(call, cases::Operation::logout, call.viewer.controller, {},
                             cases::Relation::system, "session/" + handle.value().hex());
  look.administrative = true;
  Answer answer;
  answer.response.status = 204;
  answer.looks.push_back(std::move(look));
  return answer;
}

Result<Answer> log_out(Call& call) {
  const auto fact = call.service.login.log_out(call.who.session_id, source_of(call));
  if (fact) {
    CARTELLA_TRY(call.service.access_log.record(fact->viewer, fact->look));
  }
  Answer answer;
  answer.response.status = 204;
  answer.response.headers.push_back({"Set-Cookie", ended_session_cookie()});
  return answer;
}

Result<Answer> choose_acting_as(Call& call) {
  CARTELLA_TRY(auto body, Body::of(call.request));
  CARTELLA_TRY(const auto acting_as, acting_as_of(body));
  CARTELLA_TRY(body.finish());
  CARTELLA_TRY(cases::make_viewer(*call.organisation, call.who.operator_id, acting_as, call.today));
  CARTELLA_TRY(call.service.sessions.act_as(call.who.session_id, acting_as));
  return read_session(call);
}

Result<Answer> step_up(Call& call) {
  CARTELLA_TRY(auto body, Body::of(call.request));
  CARTELLA_TRY(const auto credentials, credentials_of(body));
  CARTELLA_TRY(body.finish());
  const LogInResult result =
      call.service.login.step_up(call.who.session_id, *credentials, source_of(call));
  return answer_log_in(call, result, 200);
}

Result<Answer> change_password(Call& call) {
  CARTELLA_TRY(auto body, Body::of(call.request));
  Credentials credentials;
  credentials.password = body.password("old_password", 256, true);
  credentials.code = body.text("totp", 6, true);
  const std::string wanted = body.password("new_password", 256, true);
  CARTELLA_TRY(body.finish());
  const LogInResult result =
      call.service.login.change_password(call.who.session_id, credentials, wanted, source_of(call));
  CARTELLA_TRY(record_log_in(call, result));
  if (result.outcome != LogInOutcome::granted) return refused(call, result);
  Answer answer;
  answer.response.status = 204;
  return answer;
}

// ---- tokens -------------------------------------------------------------------------------------
namespace {

constexpr std::int64_t kTokenDays = 90;
constexpr std::int64_t kDayUs = 24LL * 3600 * 1'000'000;

JsonObject token_json(const store::MachineToken& token) {
  JsonObject to;
  to["token"] = token.id.hex();
  to["label"] = token.label;
  put(to, "operator_id", token.operator_id);
  put(to, "ente", token.scope.ente);
  put(to, "unit", token.scope.unit);
  to["role"] = token.scope.role;
  put_time(to, "created_at", token.created.us);
  put_time(to, "expires_at", token.expires.us);
  return to;
}

cases::Look grant_look(const Call& call, cases::Operation operation, const store::TokenId& id) {
  cases::Look look = look_at(call, operation, call.viewer.controller, {}, cases::Relation::system,
                             "token/" + id.hex());
  look.administrative = true;
  look.severity = cases::Severity::notice;
  return look;
}

}  // namespace

// A machine acts for the operator who answers for it, in a role that the operator has.
Result<Answer> create_token(Call& call) {
  CARTELLA_TRY(auto body, Body::of(call.request));
  store::MachineToken token;
  token.label = body.text("label", 100, true);
  CARTELLA_TRY(const auto acting_as, acting_as_of(body));
  const std::string expires = body.text("expires_at", 40);
  CARTELLA_TRY(body.finish());
  CARTELLA_TRY(cases::make_viewer(*call.organisation, call.who.operator_id, acting_as, call.today));
  token.operator_id = token.created_by = call.who.operator_id;
  token.scope = {acting_as.ente, acting_as.unit, std::string(cases::role_word(acting_as.role))};
  token.created = call.service.clock.wall();
  token.expires = TimeUs{token.created.us + kTokenDays * kDayUs};
  if (!expires.empty()) {
    const auto time = parse_timestamp(expires);
    if (!time || time.value() <= token.created || time.value().us > token.created.us + 366 * kDayUs)
      return fail(Errc::invalid_input, "bad_field: expires_at è un istante entro un anno");
    token.expires = time.value();
  }
  CARTELLA_TRY(const auto added, call.service.accounts.add_token(token));
  token.id = added.id;
  JsonObject made = token_json(token);
  made["bearer"] = added.text;
  Answer answer = json_answer(201, std::move(made).text());
  answer.looks.push_back(grant_look(call, cases::Operation::grant, token.id));
  return answer;
}

Result<Answer> list_tokens(Call& call) {
  CARTELLA_TRY(const auto all, call.service.accounts.tokens());
  JsonArray items;
  const TimeUs now = call.service.clock.wall();
  for (const auto& token : all)
    if (!token.revoked && token.expires > now && token.created_by == call.who.operator_id)
      items.push_back(token_json(token));
  return json_answer(200, list_body(std::move(items)));
}

Result<Answer> revoke_token(Call& call) {
  const auto id = store::TokenId::parse(call.path_value("token"));
  if (!id) return fail(Errc::not_found, "nessun gettone con questo id");
  CARTELLA_TRY(const auto all, call.service.accounts.tokens());
  for (const auto& token : all) {
    if (token.id != id.value() || token.created_by != call.who.operator_id) continue;
    CARTELLA_TRY(call.service.accounts.revoke_token(token.id));
    Answer answer;
    answer.response.status = 204;
    answer.looks.push_back(grant_look(call, cases::Operation::revoke, token.id));
    return answer;
  }
  return fail(Errc::not_found, "nessun gettone con questo id");
}

}  // namespace cartella::api
