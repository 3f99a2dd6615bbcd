// api/sessions.h: who is logged in: random ids, in memory only, with an end.
//
// A session's id is the value of the cookie and lives nowhere else: the table holds its hash. What
// people and administrators see of a session is its handle. Idle and absolute ends are counted on
// the monotonic clock, so a jump of the wall clock neither ends nor prolongs one. A restart ends
// all. Which role a session acts in is chosen once it is open; whether the operator still has that
// role is asked at each request (cases::make_viewer), not here. Threads: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "base/result.h"
#include "cases/viewer.h"
#include "crypto/secret.h"

namespace cartella::api {

inline constexpr std::size_t kSessionIdLetters = 64;
using SessionHandle = Id16<struct SessionTag>;

struct SessionLimits {
  std::int64_t idle_us = 15ll * 60 * 1'000'000;          // reliability.md 7, S-SESS
  std::int64_t absolute_us = 8ll * 60 * 60 * 1'000'000;  // S-SESS: a working day
  std::int64_t step_up_us = 5ll * 60 * 1'000'000;        // dangerous acts after password and code
  std::size_t per_operator_max = 10;                     // more devices than anybody works at
  std::size_t sessions_max = 20'000;  // 6 MiB; many times the operators of an ambito
};

struct UserSession {
  SessionHandle handle;
  OperatorId operator_id;
  cases::ActingAs acting_as;          // role none: not chosen yet
  bool must_change_password = false;  // good for nothing else until it is changed
  bool stepped_up = false;            // password and code were given within the limit
  TimeUs created;                     // the log-in, through all rotations
  TimeUs last_used;
  TimeUs expires;        // if it is not used again; these two are told as the wall clock stands now
  TimeUs step_up_until;  // past where it is not stepped up
  std::string client;    // client_description; no personal data
};

// What the log-in hands out: both texts go to the browser and are kept nowhere else.
struct OpenedSession {
  UserSession session;
  std::string id;          // 64 hexadecimal digits: the cookie's value, or a program's bearer
  std::string csrf_token;  // 64 hexadecimal digits
};

struct NewSession {
  OperatorId operator_id;
  bool must_change_password = false;
  std::string client;
};

class Sessions {
 public:
  // `clock` outlives the sessions.
  explicit Sessions(const Clock& clock, const SessionLimits& limits = {});
  ~Sessions();

  // Stepped up, since password and code have just been given. `replaces`: the id that the browser
  // had, which ends (no session fixation); of more than `per_operator_max` the one that was not
  // used for the longest time ends. unavailable: the table is full.
  Result<OpenedSession> open(const NewSession& session, std::string_view replaces);
  // The session of a cookie's value, and its idle time begins anew. nullopt: unknown or ended.
  std::optional<UserSession> use(std::string_view id);
  // The same without a use: a stream that is only listened to keeps nobody logged in.
  std::optional<UserSession> find(std::string_view id) const;
  // Whether it has not ended: what a long answer asks from time to time.
  bool is_open(const SessionHandle& handle) const;

  // What the page must send back in the header CSRF-Token; a function of the id.
  std::string csrf_token(std::string_view id) const;
  bool matches_csrf(std::string_view id, std::string_view token) const;

  // not_found: it has ended. The caller has asked make_viewer.
  Status act_as(std::string_view id, const cases::ActingAs& acting_as);
  // A new id for the same session, stepped up, with the absolute end it had: after password and
  // code were given again. The old id is unknown from now on. not_found: it has ended.
  Result<OpenedSession> rotate(std::string_view id);
  // Stepped up, and nothing needs a change any more. not_found: it has ended.
  Result<UserSession> password_changed(std::string_view id);

  // Of one operator, the last used first.
  std::vector<UserSession> of(const OperatorId& worker) const;
  // The session that ended; nullopt: there was none.
  std::optional<UserSession> end(std::string_view id);
  // not_found: no such session, or another operator's.
  Status end_one(const OperatorId& worker, const SessionHandle& handle);
  // How many ended. `except` stays.
  std::size_t end_all(const OperatorId& worker,
                      const std::optional<SessionHandle>& except = std::nullopt);
  std::size_t count() const;  // open ones

 private:
  struct Table;
  struct Entry;
  bool has_ended(const Entry& entry) const;
  UserSession seen(const Entry& entry) const;
  OpenedSession opened(const Entry& entry, const crypto::Secret32& id) const;

  const Clock& x_clock;
  const SessionLimits x_limits;
  const crypto::Secret32 x_csrf_key;
  std::unique_ptr<Mutex<Table>> x_table;
};

// "Firefox, Linux": family and system of a User-Agent, from a fixed list of words, so that nothing
// that was sent stands in a list or a record. "altro programma" for what is not known.
std::string client_description(std::string_view user_agent);

// Values of the header Set-Cookie: __Host-, Secure, HttpOnly, SameSite=Strict, without an age, so
// that it goes with the browser.
inline constexpr std::string_view kSessionCookie = "__Host-cartella";
std::string session_cookie(std::string_view id);
std::string ended_session_cookie();

}  // namespace cartella::api
