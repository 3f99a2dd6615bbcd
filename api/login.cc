#include "api/login.h"

#include <atomic>
#include <functional>
#include <utility>
#include <vector>

#include "api/password_queue.h"
#include "cases/bootstrap.h"

namespace cartella::api {

namespace {

constexpr std::string_view kRefused = "nome utente, password o codice non validi";
constexpr std::string_view kThrottled = "troppi tentativi: riprovare più tardi";
constexpr std::string_view kPurpose = "autenticazione";
constexpr std::string_view kPassed = "password+totp";
constexpr std::uint32_t kBusyRetryS = 2;  // a full queue is empty by then

// ASVS 2.3.1: a first password that nobody changed lies about, in a letter or a drawer.
constexpr std::int64_t kFirstPasswordLifeUs = 7 * 86'400'000'000LL;

bool is_stale(const store::Account& account, TimeUs now) {
  return account.must_change_password && now.us - account.password_set.us >= kFirstPasswordLifeUs;
}

// What happened, for the record.
struct Happening {
  cases::Operation operation = cases::Operation::failed;
  cases::LookOutcome outcome = cases::LookOutcome::denied;
  cases::Severity severity = cases::Severity::notice;
  std::string target = "session";
  std::uint32_t repeated = 1;
};

AccessFact fact_of(const LogInSource& source, const OperatorId& worker,
                   const Happening& happening) {
  AccessFact fact;
  fact.viewer.operator_id = worker;
  fact.viewer.controller = cases::installation_controller();
  fact.viewer.client_id = client_description(source.user_agent);
  fact.viewer.ip = source.ip;
  fact.viewer.auth_context = kPassed;
  fact.look.request_id = source.request_id;
  fact.look.operation = happening.operation;
  fact.look.outcome = happening.outcome;
  fact.look.controller = cases::installation_controller();
  fact.look.target = happening.target;
  fact.look.relation = cases::Relation::system;
  fact.look.purpose = kPurpose;
  fact.look.severity = happening.severity;
  fact.look.repeated = happening.repeated;
  fact.look.administrative = true;
  return fact;
}

AccessFact fact_of_session(const LogInSource& source, const UserSession& session,
                           cases::Operation operation, std::string_view what) {
  Happening happening{operation, cases::LookOutcome::ok, cases::Severity::info,
                      std::string(what) + "/" + session.handle.hex(), 1};
  AccessFact fact = fact_of(source, session.operator_id, happening);
  fact.viewer.acting_as = session.acting_as;
  return fact;
}

LogInResult answer(LogInOutcome outcome, std::string_view detail, std::uint32_t retry_after_s = 0) {
  LogInResult result;
  result.outcome = outcome;
  result.detail = detail;
  result.retry_after_s = retry_after_s;
  return result;
}

LogInResult unavailable(std::string_view detail) {
  return answer(LogInOutcome::unavailable, detail, kBusyRetryS);
}

}  // namespace

Credentials::~Credentials() {
  for (std::string* text : {&password, &code}) crypto::wipe(text->data(), text->size());
}

struct Login::Impl {
  store::Accounts& accounts;
  Sessions& sessions;
  const Clock& clock;
  LoginOptions options;
  Throttle throttle;
  std::string nobodys_hash;  // what the password of an unknown username is compared with
  std::atomic<std::uint64_t> hash_count{0};
  PasswordQueue queue;  // last: its thread uses all of the above

  Impl(store::Accounts& of, Sessions& in, const Clock& at, const LoginOptions& how,
       const std::vector<store::FailedTries>& known, std::string hash)
      : accounts(of),
        sessions(in),
        clock(at),
        options(how),
        throttle(at, how.throttle, known),
        nobodys_hash(std::move(hash)),
        queue(how.waiting_max) {}

  // ---- on the thread of passwords ------------------------------------------------------------
  struct Checked {
    std::optional<store::Account> account;  // of the username, whether or not it may log in
    bool right = false;
    std::uint32_t failed_before = 0;  // where it is right
  };

  Result<bool> matches(const std::string& hash, std::string_view password) {
    hash_count.fetch_add(1, std::memory_order_relaxed);
    return crypto::matches_password(hash, password);
  }
  // Exactly one hash, whoever it is. The code counts as of when it was received (RFC 6238, 5.2),
  // not of when its turn came.
  Result<Checked> check(std::string_view username, const Credentials& credentials, TimeUs received);
  Status improve_hash(const store::Account& account, std::string_view password);
  LogInResult failed(std::string_view username, const Checked& checked, const LogInSource& source);
  // How many there were.
  Result<std::uint32_t> clear_failures(std::string_view username);
  // Waits, checks, counts. nullopt: right, and `checked` tells who; else the answer.
  std::optional<LogInResult> judge(std::string_view username, const Credentials& credentials,
                                   TimeUs received, const LogInSource& source, Checked& checked);

  // ---- before it -----------------------------------------------------------------------------
  std::optional<LogInResult> must_wait(std::string_view username, const LogInSource& source);
  LogInResult on_queue(const std::function<LogInResult()>& work, bool is_doubtful = false);
  // The username behind a session. nullopt: the answer is in `refusal`.
  std::optional<std::string> username_of(const UserSession& session, LogInResult& refusal) const;
};

Login::Login(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
Login::~Login() = default;

Result<std::unique_ptr<Login>> Login::start(store::Accounts& accounts, Sessions& sessions,
                                            const Clock& clock, const LoginOptions& options) {
  CARTELLA_TRY(const auto known, accounts.failed_tries());
  const std::string nobody = to_hex(crypto::Secret32::random().view());
  CARTELLA_TRY(auto hash, crypto::hash_password(nobody, options.cost));
  return std::unique_ptr<Login>(new Login(
      std::make_unique<Impl>(accounts, sessions, clock, options, known, std::move(hash))));
}

// ---- on the thread of passwords ----------------------------------------------------------------

Result<Login::Impl::Checked> Login::Impl::check(std::string_view username,
                                                const Credentials& credentials, TimeUs received) {
  Checked checked;
  CARTELLA_TRY(checked.account, accounts.find(username));
  const bool too_long = credentials.password.size() > crypto::kPasswordBytesMax;
  const bool known = checked.account && checked.account->enabled && !too_long &&
                     !is_stale(*checked.account, received);
  const std::string& hash = known ? checked.account->password_hash : nobodys_hash;
  CARTELLA_TRY(const bool matched, matches(hash, too_long ? "" : credentials.password));
  if (!known || !matched) return checked;
  const auto step = crypto::match_totp(checked.account->totp, credentials.code, received,
                                       checked.account->last_totp_step);
  if (!step) return checked;
  CARTELLA_TRY(checked.right, accounts.use_totp_step(checked.account->operator_id, *step));
  return checked;
}

// Costs of an older version are replaced while the password is at hand.
Status Login::Impl::improve_hash(const store::Account& account, std::string_view password) {
  if (!crypto::needs_rehash(account.password_hash, options.cost)) return ok();
  CARTELLA_TRY(const auto hash, crypto::hash_password(password, options.cost));
  hash_count.fetch_add(1, std::memory_order_relaxed);
  return accounts.replace_password(account.operator_id, hash, account.must_change_password,
                                   account.password_set);
}

LogInResult Login::Impl::failed(std::string_view username, const Checked& checked,
                                const LogInSource& source) {
  const auto name = accounts.hash_of(username);
  const std::uint32_t untold = throttle.take_untold(name);
  const auto failure = throttle.failed(name, source.ip);
  const auto noted = accounts.note_failed_tries(failure.tries, failure.forgotten);
  if (!noted) return unavailable("gli accessi non si possono registrare");
  LogInResult result = answer(LogInOutcome::refused, kRefused);
  Happening happening;
  happening.severity = failure.shut ? cases::Severity::high : cases::Severity::notice;
  happening.repeated = 1 + untold;
  const OperatorId worker = checked.account ? checked.account->operator_id : OperatorId{};
  result.record = fact_of(source, worker, happening);
  result.record->look.search_terms = name.hex();
  return result;
}

Result<std::uint32_t> Login::Impl::clear_failures(std::string_view username) {
  const auto name = accounts.hash_of(username);
  const std::uint32_t count = throttle.succeeded(name);
  if (count > 0) {
    CARTELLA_TRY(accounts.note_failed_tries(std::nullopt, {name}));
  }
  return count;
}

std::optional<LogInResult> Login::Impl::judge(std::string_view username,
                                              const Credentials& credentials, TimeUs received,
                                              const LogInSource& source, Checked& checked) {
  // Again: those that stood in the queue before may have used up the tries.
  if (auto waiting = must_wait(username, source)) return waiting;
  auto outcome = check(username, credentials, received);
  if (!outcome) return unavailable("le utenze non si possono leggere");
  checked = std::move(outcome.value());
  if (!checked.right) return failed(username, checked, source);
  const auto cleared = clear_failures(username);
  if (!cleared || !improve_hash(*checked.account, credentials.password))
    return unavailable("le utenze non si possono scrivere");
  checked.failed_before = cleared.value();
  return std::nullopt;
}

// ---- before it ---------------------------------------------------------------------------------

std::optional<LogInResult> Login::Impl::must_wait(std::string_view username,
                                                  const LogInSource& source) {
  const auto name = accounts.hash_of(username);
  const std::uint32_t wait_s = throttle.wait_s(name, source.ip);
  if (wait_s == 0) return std::nullopt;
  LogInResult result = answer(LogInOutcome::throttled, kThrottled, wait_s);
  const std::uint32_t repeated = throttle.refused(name, source.ip);
  if (repeated == 0) return result;
  Happening happening;
  happening.target = "session/throttled";
  happening.repeated = repeated;
  result.record = fact_of(source, OperatorId{}, happening);
  result.record->look.search_terms = name.hex();
  return result;
}

LogInResult Login::Impl::on_queue(const std::function<LogInResult()>& work, bool is_doubtful) {
  LogInResult result;
  const auto ran = queue.run([&] { result = work(); }, is_doubtful);
  return ran ? std::move(result) : unavailable(ran.error().detail);
}

std::optional<std::string> Login::Impl::username_of(const UserSession& session,
                                                    LogInResult& refusal) const {
  auto account = accounts.find(session.operator_id);
  if (!account) {
    refusal = unavailable("le utenze non si possono leggere");
    return std::nullopt;
  }
  if (!account.value()) {
    refusal = answer(LogInOutcome::refused, kRefused);
    return std::nullopt;
  }
  return account.value()->username;
}

// ---- public ------------------------------------------------------------------------------------

LogInResult Login::log_in(const Credentials& credentials, std::string_view replaces,
                          const LogInSource& source) {
  Impl& impl = *x_impl;
  const TimeUs received = impl.clock.wall();
  if (auto waiting = impl.must_wait(credentials.username, source)) return std::move(*waiting);
  const auto work = [&]() -> LogInResult {
    Impl::Checked checked;
    if (auto answered = impl.judge(credentials.username, credentials, received, source, checked))
      return std::move(*answered);
    auto opened =
        impl.sessions.open({checked.account->operator_id, checked.account->must_change_password,
                            client_description(source.user_agent)},
                           replaces);
    if (!opened) return unavailable(opened.error().detail);
    LogInResult result = answer(LogInOutcome::granted, "");
    result.record =
        fact_of_session(source, opened.value().session, cases::Operation::login, "session");
    result.session = std::move(opened.value());
    result.news = {checked.failed_before, checked.account->password_set};
    return result;
  };
  return impl.on_queue(work, impl.throttle.is_doubtful(source.ip));
}

LogInResult Login::step_up(std::string_view session_id, const Credentials& credentials,
                           const LogInSource& source) {
  Impl& impl = *x_impl;
  const TimeUs received = impl.clock.wall();
  const auto session = impl.sessions.find(session_id);
  if (!session) return answer(LogInOutcome::refused, "la sessione è terminata");
  LogInResult refusal;
  const auto username = impl.username_of(*session, refusal);
  if (!username) return refusal;
  if (auto waiting = impl.must_wait(*username, source)) return std::move(*waiting);
  return impl.on_queue([&]() -> LogInResult {
    Impl::Checked checked;
    if (auto answered = impl.judge(*username, credentials, received, source, checked))
      return std::move(*answered);
    auto rotated = impl.sessions.rotate(session_id);
    if (!rotated) return answer(LogInOutcome::refused, rotated.error().detail);
    LogInResult result = answer(LogInOutcome::granted, "");
    result.record =
        fact_of_session(source, rotated.value().session, cases::Operation::login, "step-up");
    result.session = std::move(rotated.value());
    result.news = {checked.failed_before, checked.account->password_set};
    return result;
  });
}

LogInResult Login::change_password(std::string_view session_id, const Credentials& credentials,
                                   std::string_view new_password, const LogInSource& source) {
  Impl& impl = *x_impl;
  const TimeUs received = impl.clock.wall();
  const auto session = impl.sessions.find(session_id);
  if (!session) return answer(LogInOutcome::refused, "la sessione è terminata");
  LogInResult refusal;
  const auto username = impl.username_of(*session, refusal);
  if (!username) return refusal;
  const auto good = crypto::check_new_password(new_password, *username);
  if (!good) return answer(LogInOutcome::weak, good.error().detail);
  if (new_password == credentials.password)
    return answer(LogInOutcome::weak, "la nuova password è uguale alla precedente");
  if (auto waiting = impl.must_wait(*username, source)) return std::move(*waiting);
  return impl.on_queue([&]() -> LogInResult {
    Impl::Checked checked;
    if (auto answered = impl.judge(*username, credentials, received, source, checked))
      return std::move(*answered);
    const auto hash = crypto::hash_password(new_password, impl.options.cost);
    if (!hash) return unavailable(hash.error().detail);
    impl.hash_count.fetch_add(1, std::memory_order_relaxed);
    const auto kept = impl.accounts.replace_password(session->operator_id, hash.value(), false,
                                                     impl.clock.wall());
    if (!kept) return unavailable("le utenze non si possono scrivere");
    impl.sessions.end_all(session->operator_id, session->handle);
    const auto changed = impl.sessions.password_changed(session_id);
    LogInResult result = answer(LogInOutcome::granted, "");
    result.record = fact_of_session(source, changed ? changed.value() : *session,
                                    cases::Operation::correct, "password");
    return result;
  });
}

std::optional<AccessFact> Login::log_out(std::string_view session_id, const LogInSource& source) {
  const auto ended = x_impl->sessions.end(session_id);
  if (!ended) return std::nullopt;
  return fact_of_session(source, *ended, cases::Operation::logout, "session");
}

void Login::undo(const LogInResult& result) {
  if (result.session) x_impl->sessions.end(result.session->id);
}

std::uint64_t Login::hash_count() const {
  return x_impl->hash_count.load(std::memory_order_relaxed);
}

}  // namespace cartella::api
