#include "api/router.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "api/page.h"
#include "api/peer_network.h"
#include "api/problem.h"
#include "api/query_names.h"
#include "api/quota.h"
#include "base/check.h"
#include "base/local_time.h"
#include "base/waiting.h"
#include "cases/bootstrap.h"

namespace cartella::api {

namespace {

struct Problem {
  unsigned status;
  std::string_view title;
  bool shows_detail;
};

// docs/errors.md.
Problem problem_for(Errc code) {
  switch (code) {
    case Errc::invalid_argument: return {400, "Richiesta senza senso", true};
    case Errc::invalid_input: return {422, "Dati non validi", true};
    case Errc::not_found: return {404, "Non trovato", false};
    case Errc::conflict: return {409, "Conflitto", false};
    case Errc::idempotency_conflict: return {409, "Id già usato per un altro comando", false};
    case Errc::erased: return {410, "Cancellato", false};
    case Errc::claim_taken: return {409, "Identificativo di un'altra persona", false};
    case Errc::refused: return {422, "Rifiutato da una regola", true};
    case Errc::illegal_transition: return {422, "Passaggio di stato non ammesso", true};
    case Errc::permission_denied: return {403, "Non permesso", true};
    case Errc::subject_erased: return {410, "Cancellato", false};
    case Errc::key_revoked: return {403, "Chiave di firma revocata", false};
    case Errc::bad_signature: return {422, "Firma non valida", false};
    case Errc::clock_suspect: return {503, "Orologio da confermare", false};
    case Errc::out_of_space: return {507, "Spazio su disco esaurito", false};
    case Errc::unavailable: return {503, "Non disponibile ora", true};
    case Errc::in_use: return {503, "Archivio occupato", false};
    case Errc::wrong_passphrase: return {503, "Archivio chiuso", false};
    case Errc::rollback: return {503, "Registro in sola lettura", false};
    case Errc::corrupt:
    case Errc::io: return {500, "Errore del sistema", false};
    case Errc::unsupported: return {501, "Non previsto da questa versione", false};
  }
  return {500, "Errore del sistema", false};
}

// Longer than a refusal takes on a busy machine (1 to 2 ms), shorter than a person notices.
constexpr std::int64_t kHiddenAnswerUs = 5'000;

bool is_for_later(unsigned status) { return status == 503 || status == 429; }

}  // namespace

Response problem_of(const Request& request, const Error& error) {
  const Problem form = problem_for(error.code);
  const std::string type = "" + std::string(errc_name(error.code));
  Response response =
      problem(request.id, form.status, type, form.title, form.shows_detail ? error.detail : "");
  if (is_for_later(form.status)) response.headers.push_back({"Retry-After", "1"});
  return response;
}

std::string_view Call::path_value(std::string_view name) const {
  for (const auto& [known, value] : path)
    if (known == name) return value;
  return {};
}

cases::Purpose Call::purpose() const { return cases::purpose_of(viewer.acting_as.role); }

Result<StreamId> path_stream(const Call& call, std::string_view name) {
  const std::string_view text = call.path_value(name);
  if (text.size() == 32) {
    const auto stream = StreamId::parse(text);
    if (stream) return stream.value();
  }
  return fail(Errc::not_found, "nessun elemento con questo id");
}

Answer json_answer(unsigned status, std::string body) {
  Answer answer;
  answer.response.status = status;
  answer.response.content_type = "application/json";
  answer.response.body = std::move(body);
  return answer;
}

cases::Look look_at(const Call& call, cases::Operation operation, const ControllerId& controller,
                    const SubjectId& subject, cases::Relation relation, std::string target) {
  cases::Look look;
  look.operation = operation;
  look.controller = controller;
  if (!subject.is_zero()) look.subjects.push_back(subject);
  look.relation = relation;
  look.target = std::move(target);
  look.purpose = std::string(cases::purpose_word(call.purpose()));
  look.result_count = 1;
  return look;
}

Response too_many_at_once(const Request& request, std::string_view what) {
  Response response = problem(request.id, 429, "too_many_requests", "Troppe richieste",
                              "troppe " + std::string(what) + " nello stesso momento");
  response.headers.push_back({"Retry-After", "1"});
  return response;
}

Result<std::shared_ptr<const projections::Organisation>> OrganisationNames::current() {
  auto defined = x_executor.organisation();  // before the head: never newer than what is read
  const std::lock_guard lock(x_mutex);
  if (x_known && x_defined == defined) return x_known;
  CARTELLA_TRY(const auto head, x_store.stream_head(cases::organisation_stream(x_store.log_id())));
  const std::uint64_t position = head ? head->position : 0;
  if (x_known && x_position == position) {
    x_defined = std::move(defined);
    return x_known;
  }
  CARTELLA_TRY(x_engine.wait_for(position, std::chrono::milliseconds(2000)));
  CARTELLA_TRY(auto organisation, projections::read_organisation(x_engine));
  x_known = std::make_shared<const projections::Organisation>(std::move(organisation));
  x_position = position;
  x_defined = std::move(defined);
  return x_known;
}

// ---- the router ---------------------------------------------------------------------------------
struct Router::Impl {
  Impl(Service& of, AnswerObserver told)
      : service(of),
        observer(std::move(told)),
        quota(of.clock, of.limits.requests_per_second, of.limits.requests_burst),
        in_flight(of.limits.requests_in_flight) {}

  class Recording;
  class Rest;
  // What an answer that waits holds on to.
  struct Kept {
    std::unique_ptr<Call> call;
    InFlight::Share share;  // it is counted among the principal's requests until it is answered
    std::vector<Field> headers;  // of the quota

    // What is pulled is in flight until its last piece.
    void give_to(Response& response) {
      response.headers.insert(response.headers.end(), headers.begin(), headers.end());
      response.pull = InFlight::hold(std::move(response.pull), std::move(share));
    }
  };

  Response handle(const Request& request);
  Response answer(const Request& request, const RouteMatch& match);
  std::optional<Response> identify(Call& call);
  std::optional<Response> permit(Call& call);
  std::optional<Response> wait_for_views(const Call& call);
  std::optional<Response> check_quota(const Call& call, std::vector<Field>& headers);
  Response refuse(Call& call, const Error& error, std::string target);
  Response finish(Call& call, Result<Answer> result);
  // The same, and what is to be recorded is left to the answer's wait.
  Response finish(Kept kept, Result<Answer> result);
  void wait_until(std::int64_t monotonic_us);
  Status record(Call& call, Answer& answer);
  void observe(const Request& request, const Route* route, unsigned status,
               std::int64_t started_us) const;

  Service& service;
  AnswerObserver observer;
  Quota quota;
  InFlight in_flight;
};

Response no_role(const Request& request) {
  return problem(request.id, 403, "no_role", "Nessun ruolo scelto",
                 "scegliere prima con PUT /v1/sessions/current/acting-as");
}

// A token cannot say again who is there: nobody is.
Response no_step_up(const Call& call) {
  return problem(call.request.id, 403, "step_up_required", "Serve una nuova conferma",
                 call.who.session_id.empty()
                     ? "non si fa con un gettone: serve la sessione di una persona"
                     : "ripetere parola di accesso e codice con POST /v1/sessions/current/step-up");
}

// What was asked for: the operation, with the ids of its path and no other text of the client's.
std::string target_of(const Call& call) {
  std::string target(call.route.operation_id.view());
  for (const auto& [name, value] : call.path)
    if (value.size() == 32 && StreamId::parse(value)) target.append("/").append(value);
  return target;
}

Response refused_log_in(const Request& request, AuthRefusal refusal) {
  const RefusalAnswer answer = answer_of(refusal);
  Response response =
      problem(request.id, answer.status, answer.code, "Accesso richiesto", answer.detail);
  if (!answer.challenge.empty())
    response.headers.push_back({"WWW-Authenticate", std::string(answer.challenge)});
  return response;
}

// Who it is, without judging whether the route is for them.
std::optional<Response> Router::Impl::identify(Call& call) {
  const Request& request = call.request;
  if (call.route.permission.is_public()) return std::nullopt;
  Authentication found =
      authenticate(request, service.sessions, service.accounts, service.clock, service.hosts);
  if (found.refusal != AuthRefusal::none) return refused_log_in(request, found.refusal);
  call.who = std::move(found.who);
  call.viewer.operator_id = call.who.operator_id;
  if (call.who.acting_as.role != cases::Role::none) {
    auto viewer = cases::make_viewer(*call.organisation, call.who.operator_id, call.who.acting_as,
                                     call.today);
    if (viewer) call.viewer = std::move(viewer.value());
  }
  call.viewer.client_id = call.who.client_id;
  call.viewer.ip = call.who.ip;
  call.viewer.auth_context = call.who.auth_context;
  if (call.viewer.controller.is_zero()) call.viewer.controller = cases::installation_controller();
  return std::nullopt;
}

std::optional<Response> Router::Impl::permit(Call& call) {
  const Permission& permission = call.route.permission;
  if (permission.is_public()) return std::nullopt;
  if (call.who.must_change_password && !call.route.is_for_stale_password)
    return problem(call.request.id, 403, "password_change_required",
                   "Parola di accesso da cambiare",
                   "cambiarla prima con POST /v1/password-changes");
  if (!permission.is_for_anybody_logged_in()) {
    if (call.viewer.acting_as.role == cases::Role::none) return no_role(call.request);
    if (!permission.allows(call.viewer.acting_as.role))
      return refuse(call,
                    fail(Errc::permission_denied, "il ruolo con cui si agisce non lo consente"),
                    target_of(call));
  }
  if (call.route.needs_step_up && !call.who.stepped_up) return no_step_up(call);
  return std::nullopt;
}

std::optional<Response> Router::Impl::check_quota(const Call& call, std::vector<Field>& headers) {
  const Quota::Verdict verdict = quota.take(call.principal);
  headers.push_back({"RateLimit-Limit", std::to_string(verdict.limit)});
  headers.push_back({"RateLimit-Remaining", std::to_string(verdict.remaining)});
  headers.push_back({"RateLimit-Reset", std::to_string(verdict.reset_seconds)});
  if (verdict.is_allowed) return std::nullopt;
  Response response = problem(call.request.id, 429, "too_many_requests", "Troppe richieste",
                              "attendere e ripetere");
  response.headers.push_back({"Retry-After", std::to_string(verdict.reset_seconds)});
  return response;
}

// Recorded where a person is known to have asked; the answer waits for nothing else.
Response Router::Impl::refuse(Call& call, const Error& error, std::string target) {
  if (!call.viewer.operator_id.is_zero()) {
    cases::Look look = look_at(call, cases::Operation::deny, call.viewer.controller, {},
                               cases::Relation::none, std::move(target));
    look.outcome = cases::LookOutcome::denied;
    look.request_id = call.request.id;
    look.result_count = 0;
    look.severity = call.denied_severity;
    const auto recorded = service.denials.refuse(call.viewer, look);
    if (!recorded) return problem_of(call.request, fail(Errc::unavailable, {}));
  }
  return problem_of(call.request, error);
}

// What is absent takes fewer reads than what is hidden: both are answered after the same time.
void Router::Impl::wait_until(std::int64_t monotonic_us) {
  const std::int64_t left = monotonic_us - service.clock.monotonic_us();
  if (left <= 0) return;
  const Waiting waiting;
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, std::chrono::microseconds(left), [] { return false; });
}

Status Router::Impl::record(Call& call, Answer& answer) {
  for (cases::Look& look : answer.looks) {
    look.request_id = call.request.id;
    look.result = as_bytes(answer.response.body);
    const auto receipt = service.access_log.record(call.viewer, look);
    if (!receipt) return receipt.error();
  }
  return ok();
}

void Router::Impl::observe(const Request& request, const Route* route, unsigned status,
                           std::int64_t started_us) const {
  if (observer) observer({request.id, route, status, service.clock.monotonic_us() - started_us});
}

Response not_recorded(const Request& request) {
  return problem_of(request, fail(Errc::unavailable, "la consultazione non si può registrare"));
}

bool is_recorded(Audit audit) {
  return audit == Audit::look || audit == Audit::list || audit == Audit::search ||
         audit == Audit::release;
}

Response Router::Impl::finish(Call& call, Result<Answer> result) {
  if (!call.denied_target.empty() && !result) {
    Response refused = refuse(call, result.error(), call.denied_target);
    wait_until(call.started_us + kHiddenAnswerUs);
    return refused;
  }
  // That an identifier is somebody else's says that somebody is known: recorded as well.
  if (!result &&
      (result.error().code == Errc::permission_denied || result.error().code == Errc::claim_taken))
    return refuse(call, result.error(), target_of(call));
  if (!result) return problem_of(call.request, result.error());
  Answer& answer = result.value();
  // Whoever shows people without saying so is wrong in our code, and stops here.
  CHECK(!is_recorded(call.route.audit) || answer.response.status >= 300 || !answer.looks.empty());
  if (!record(call, answer)) return not_recorded(call.request);
  return std::move(answer.response);
}

// The records of what an answer shows. Where one of them fails, nothing is shown.
class Router::Impl::Recording final : public AnswerWait {
 public:
  Recording(const Impl& router, Kept kept, std::vector<cases::Look> looks)
      : x_router(router), x_kept(std::move(kept)), x_looks(std::move(looks)) {}

  void start(const Response& response, std::function<void()> done) override {
    x_done = std::move(done);
    x_left = x_looks.size() + 1;  // one for this function, which goes over them
    for (cases::Look& look : x_looks) {
      look.request_id = x_kept.call->request.id;
      look.result = as_bytes(response.body);
      x_router.service.access_log.record(x_kept.call->viewer, look, [this](const auto& receipt) {
        if (!receipt) x_failed = true;
        tell_one();
      });
    }
    tell_one();
  }

  void end(Response& response) override {
    const Call& call = *x_kept.call;
    if (x_failed) response = not_recorded(call.request);
    x_kept.give_to(response);
    x_router.observe(call.request, &call.route, response.status, call.started_us);
  }
  bool is_short() const override { return true; }

 private:
  void tell_one() {
    if (--x_left > 0) return;
    const auto done = std::move(x_done);  // this goes while it runs
    done();
  }

  const Impl& x_router;
  Kept x_kept;
  std::vector<cases::Look> x_looks;
  std::function<void()> x_done;
  std::atomic<std::size_t> x_left{0};
  std::atomic<bool> x_failed{false};
};

class Router::Impl::Rest final : public AnswerWait {
 public:
  Rest(Impl& router, Kept kept, std::unique_ptr<AnswerRest> rest)
      : x_router(router), x_kept(std::move(kept)), x_rest(std::move(rest)) {}

  void start(const Response& /*response*/, std::function<void()> done) override {
    x_rest->start(std::move(done));
  }
  void end(Response& response) override {
    Call& call = *x_kept.call;
    response = x_router.finish(call, x_rest->end(call));
    x_kept.give_to(response);
    x_router.observe(call.request, &call.route, response.status, call.started_us);
  }
  bool is_short() const override { return false; }

 private:
  Impl& x_router;
  Kept x_kept;
  std::unique_ptr<AnswerRest> x_rest;
};

Response Router::Impl::finish(Kept kept, Result<Answer> result) {
  Call& call = *kept.call;
  Response response;
  if (result && result.value().rest) {
    response.wait = std::make_unique<Rest>(*this, std::move(kept), std::move(result.value().rest));
  } else if (result && !result.value().looks.empty()) {
    response = std::move(result.value().response);
    response.wait =
        std::make_unique<Recording>(*this, std::move(kept), std::move(result.value().looks));
  } else {
    response = finish(call, std::move(result));
    kept.give_to(response);
  }
  return response;
}

// ?min_position: one reads what one has written. A worker waits meanwhile, so nobody waits who has
// not logged in, nor for what the log does not hold.
std::optional<Response> Router::Impl::wait_for_views(const Call& call) {
  const Request& request = call.request;
  const auto wanted = number_query(request, "min_position");
  if (!wanted) return problem_of(request, wanted.error());
  if (!wanted.value() || call.route.permission.is_public()) return std::nullopt;
  if (*wanted.value() >= service.store.size())
    return problem_of(request, fail(Errc::unavailable, "il registro non ha quella posizione"));
  const Status waited = service.engine.wait_for(*wanted.value(), service.limits.view_wait);
  if (!waited)
    return problem_of(request, fail(waited.error().code, "la risposta non li comprende ancora"));
  return std::nullopt;
}

std::optional<Response> unknown_query(const Call& call) {
  for (const Field& parameter : call.request.query)
    if (!takes_query(call.route.operation_id.view(), parameter.name))
      return problem_of(call.request, fail(Errc::invalid_argument, "un parametro non è previsto"));
  return std::nullopt;
}

// Every route that writes takes JSON; a body of another kind is not looked into.
std::optional<Response> wrong_media(const Request& request) {
  if (request.method != Method::post && request.method != Method::put) return std::nullopt;
  const std::string_view type = request.header("Content-Type");
  if (type.substr(0, type.find(';')) == "application/json") return std::nullopt;
  return problem(request.id, 415, "unsupported_media_type", "Formato non accettato",
                 "il contenuto è application/json");
}

std::string principal_of(const Call& call) {
  return call.viewer.operator_id.is_zero() ? "peer/" + peer_network(call.request.peer)
                                           : "operator/" + call.viewer.operator_id.hex();
}

Response Router::Impl::answer(const Request& request, const RouteMatch& match) {
  Kept kept{std::make_unique<Call>(Call{service, request, *match.route, match.values}), {}, {}};
  Call& call = *kept.call;
  call.started_us = service.clock.monotonic_us();
  call.organisation = service.executor.organisation();
  call.today = local_day(service.clock.wall());
  std::optional<Response> response = identify(call);
  // Whoever was not recognised is counted by address, so that guessing has a limit too.
  call.principal = principal_of(call);
  if (auto refused = check_quota(call, kept.headers)) response = std::move(refused);
  auto share = in_flight.take(call.principal);
  if (!response && !share.is_held()) response = too_many_at_once(request, "richieste");
  if (!response) response = permit(call);
  if (!response) response = unknown_query(call);
  if (!response) response = wrong_media(request);
  if (!response) response = wait_for_views(call);
  if (response) {
    kept.give_to(*response);
    return std::move(*response);
  }
  kept.share = std::move(share);
  auto result = match.route->handler(call);
  return finish(std::move(kept), std::move(result));
}

Response unknown(const Request& request, const RouteMatch& match) {
  if (match.allowed.empty())
    return problem(request.id, 404, "not_found", "Non trovato",
                   "nessuna risorsa con questo indirizzo");
  Response response = problem(request.id, 405, "method_not_allowed", "Metodo non ammesso", "");
  std::string allowed;
  for (const Method method : match.allowed) {
    if (!allowed.empty()) allowed += ", ";
    allowed += method_name(method);
  }
  response.headers.push_back({"Allow", allowed});
  return response;
}

Response Router::Impl::handle(const Request& request) {
  const std::int64_t started = service.clock.monotonic_us();
  const RouteMatch match = match_route(request.method, request.path);
  Response response = match.route != nullptr ? answer(request, match) : unknown(request, match);
  // What waits is told of when it is answered.
  if (!response.wait) observe(request, match.route, response.status, started);
  return response;
}

Router::Router(Service& service, AnswerObserver observer)
    : x_impl(std::make_unique<Impl>(service, std::move(observer))) {}
Router::~Router() = default;
Response Router::handle(const Request& request) { return x_impl->handle(request); }

}  // namespace cartella::api
