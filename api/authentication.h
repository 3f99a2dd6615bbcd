// api/authentication.h: who makes a request: a browser's session or a machine's token.
//
// A browser's session comes in the cookie `__Host-cartella` and then, for every method but GET,
// brings its CSRF token in the header `CSRF-Token`, and its Origin must be this site. A machine's
// token, or the session of a program that is no browser, comes in `Authorization: Bearer`, which no
// browser sends by itself. A request with both is refused. What comes out says who and in which
// role; cases::make_viewer then judges whether the operator still has it. Threads: any but I/O
// threads (a token is looked up on the disk).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/http.h"
#include "api/sessions.h"
#include "base/clock.h"
#include "base/ids.h"
#include "cases/viewer.h"
#include "store/accounts.h"

namespace cartella::api {

enum class AuthRefusal : std::uint8_t {
  none,
  missing,      // neither cookie nor token
  ended,        // a session that is unknown or over
  bad_token,    // unknown, revoked or expired, or another scheme than Bearer
  ambiguous,    // cookie and token, or either of them twice
  no_csrf,      // an unsafe method without the session's CSRF token
  bad_origin,   // Origin is not this site
  unavailable,  // the tokens cannot be read
};

struct Authenticated {
  OperatorId operator_id;
  cases::ActingAs acting_as;          // role none: a session that has not chosen yet
  std::string auth_context;           // "password+totp", "token": of cases::Viewer
  std::string client_id;              // "session/<handle>", "token/<id>": of cases::Viewer
  std::string ip;                     // of cases::Viewer
  std::string session_id;             // for Sessions and Login; empty for a token
  SessionHandle session_handle;       // zero for a token
  bool must_change_password = false;  // only change_password and log_out are allowed
  bool stepped_up = false;            // dangerous acts are allowed; never for a token
};

struct Authentication {
  AuthRefusal refusal = AuthRefusal::none;
  Authenticated who;  // where nothing was refused
};

// `hosts`: what Host and Origin may name, "cartella.comune.example" or with a port.
Authentication authenticate(const Request& request, Sessions& sessions,
                            const store::Accounts& accounts, const Clock& clock,
                            const std::vector<std::string>& hosts);
// Whether Origin is absent or this site: the log-in itself asks it, too.
bool is_own_origin(const Request& request, const std::vector<std::string>& hosts);
// The text of a bearer; empty where there is none or more than one.
std::string_view bearer_of(const Request& request);
// The value of our cookie; empty where there is none or more than one.
std::string_view session_cookie_of(const Request& request);

// What the router answers.
struct RefusalAnswer {
  unsigned status = 401;
  std::string_view code;       // of the problem: "unauthenticated", "csrf", ...
  std::string_view detail;     // Italian
  std::string_view challenge;  // value of WWW-Authenticate; empty: no such header
};
RefusalAnswer answer_of(AuthRefusal refusal);

}  // namespace cartella::api
