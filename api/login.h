// api/login.h: logging in and out: password and one-time code against the accounts.
//
// Every check runs on one thread of its own (api/password_queue.h), one after the other, so that a
// code cannot be used twice and no flood of log-ins takes more than one core. A username that
// nobody has costs the same hash, the same write and the same answer as a wrong password. A handler
// records `record` before it answers; where that fails it calls undo() and answers 503 (AT-01,
// AT-05). Threads: any but I/O threads; every method but hash_count blocks, for at most as many
// hashes as there is room in the queue.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/sessions.h"
#include "api/throttle.h"
#include "base/clock.h"
#include "base/result.h"
#include "cases/access_log.h"
#include "cases/viewer.h"
#include "crypto/password.h"
#include "store/accounts.h"

namespace cartella::api {

// What somebody typed; wiped when it goes away. Values beyond their limits are wrong values.
struct Credentials {
  std::string username;  // empty where a session says who it is
  std::string password;
  std::string code;  // six digits

  Credentials() = default;
  Credentials(std::string name, std::string secret, std::string totp)
      : username(std::move(name)), password(std::move(secret)), code(std::move(totp)) {}
  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;
};

// From where.
struct LogInSource {
  std::string ip;  // empty on the Unix socket
  std::string user_agent;
  cases::RequestId request_id;
};

// What cases::AccessLog::record takes: always of the stream of administrators.
struct AccessFact {
  cases::Viewer viewer;
  cases::Look look;
};

enum class LogInOutcome : std::uint8_t {
  granted,      // 200
  refused,      // 401: never says what was wrong
  throttled,    // 429 with Retry-After
  weak,         // 422: the new password breaks a rule; `detail` says which
  unavailable,  // 503: the queue is full, or the accounts cannot be read
};

// What its holder is told of an account at a log-in (ASVS 2.2.3, 2.5.5, 2.8.5): who did not try, or
// did not change the password, knows then that somebody else did.
struct AccountNews {
  std::uint32_t failed_tries = 0;  // since a try succeeded, codes that were used twice among them
  TimeUs password_set;
};

struct LogInResult {
  LogInOutcome outcome = LogInOutcome::refused;
  std::uint32_t retry_after_s = 0;       // throttled, unavailable
  std::string detail;                    // Italian, for the person; no personal data
  std::optional<OpenedSession> session;  // granted, where there is a new id
  AccountNews news;                      // with `session`
  std::optional<AccessFact> record;      // none: nothing to record now
};

struct LoginOptions {
  crypto::PasswordCost cost = crypto::PasswordCost::standard;
  std::size_t waiting_max = 8;  // workers that may wait for a hash at once
  ThrottleLimits throttle;
};

class Login {
 public:
  // Everything referred to outlives it. What Accounts::failed_tries returns; unavailable: not
  // enough memory for one hash.
  static Result<std::unique_ptr<Login>> start(store::Accounts& accounts, Sessions& sessions,
                                              const Clock& clock, const LoginOptions& options);
  ~Login();

  // `replaces`: the session cookie that came along, if any; it ends.
  LogInResult log_in(const Credentials& credentials, std::string_view replaces,
                     const LogInSource& source);
  // Password and code again, for a dangerous act: the session gets a new id. refused: also where
  // the session has ended.
  LogInResult step_up(std::string_view session_id, const Credentials& credentials,
                      const LogInSource& source);
  // `credentials` holds the present password and a code. Every other session of the operator ends;
  // this one keeps its id and is good for everything from now on.
  LogInResult change_password(std::string_view session_id, const Credentials& credentials,
                              std::string_view new_password, const LogInSource& source);
  // nullopt: there was no such session, and nothing to record.
  std::optional<AccessFact> log_out(std::string_view session_id, const LogInSource& source);
  // The record could not be made: what was granted ends.
  void undo(const LogInResult& result);

  // Argon2 runs so far, for the metrics.
  std::uint64_t hash_count() const;

 private:
  struct Impl;
  explicit Login(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::api
