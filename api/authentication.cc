#include "api/authentication.h"

#include <algorithm>

#include "base/check.h"

namespace cartella::api {

namespace {

constexpr std::string_view kBearer = "bearer ";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> values_of(const Request& request, std::string_view name) {
  std::vector<std::string_view> values;
  for (const Field& field : request.headers)
    if (same_name(field.name, name)) values.push_back(trimmed(field.value));
  return values;
}

std::vector<std::string_view> cookies_of(const Request& request) {
  std::vector<std::string_view> values;
  for (std::string_view rest : values_of(request, "cookie")) {
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      const std::string_view pair = trimmed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const std::size_t equals = pair.find('=');
      if (equals != std::string_view::npos && pair.substr(0, equals) == kSessionCookie)
        values.push_back(pair.substr(equals + 1));
    }
  }
  return values;
}

Authentication refused(AuthRefusal refusal) { return {refusal, {}}; }

Authentication with_session(const std::optional<UserSession>& session, std::string_view id,
                            AuthRefusal otherwise) {
  if (!session) return refused(otherwise);
  Authentication result;
  result.who.operator_id = session->operator_id;
  result.who.acting_as = session->acting_as;
  result.who.auth_context = "password+totp";
  result.who.client_id = "session/" + session->handle.hex();
  result.who.session_id = id;
  result.who.session_handle = session->handle;
  result.who.must_change_password = session->must_change_password;
  result.who.stepped_up = session->stepped_up;
  return result;
}

// Empty where the header is of another kind.
std::string_view bearer_in(std::string_view header) {
  if (header.size() <= kBearer.size() || !same_name(header.substr(0, kBearer.size()), kBearer))
    return {};
  return trimmed(header.substr(kBearer.size()));
}

Authentication by_bearer(std::string_view header, Sessions& sessions,
                         const store::Accounts& accounts, const Clock& clock) {
  const std::string_view text = bearer_in(header);
  if (text.empty()) return refused(AuthRefusal::bad_token);
  if (text.size() == kSessionIdLetters)
    return with_session(sessions.use(text), text, AuthRefusal::bad_token);
  const auto found = accounts.find_token(text, clock.wall());
  if (!found) return refused(AuthRefusal::unavailable);
  if (!found.value()) return refused(AuthRefusal::bad_token);
  const store::MachineToken& token = *found.value();
  const auto account = accounts.find(token.operator_id);
  if (!account) return refused(AuthRefusal::unavailable);
  // An account that was closed takes its tokens along.
  if (account.value() && !account.value()->enabled) return refused(AuthRefusal::bad_token);
  Authentication result;
  result.who.operator_id = token.operator_id;
  result.who.acting_as = {token.scope.ente, token.scope.unit, cases::role_of(token.scope.role)};
  result.who.auth_context = "token";
  result.who.client_id = "token/" + token.id.hex();
  return result;
}

Authentication by_session(std::string_view id, const Request& request, Sessions& sessions,
                          const std::vector<std::string>& hosts) {
  if (request.method != Method::get) {
    if (!is_own_origin(request, hosts)) return refused(AuthRefusal::bad_origin);
    if (!sessions.find(id)) return refused(AuthRefusal::ended);
    const auto tokens = values_of(request, "csrf-token");
    if (tokens.size() != 1 || !sessions.matches_csrf(id, tokens.front()))
      return refused(AuthRefusal::no_csrf);
  }
  // A request that another site forged must not keep a session alive, so this comes last.
  return with_session(sessions.use(id), id, AuthRefusal::ended);
}

}  // namespace

bool is_own_origin(const Request& request, const std::vector<std::string>& hosts) {
  const auto origins = values_of(request, "origin");
  if (origins.empty()) return true;
  if (origins.size() > 1) return false;
  // Host has passed the gate, which knows the names; a browser says the same port in both.
  const auto called = values_of(request, "host");
  if (called.size() == 1 && origins.front() == "https://" + std::string(called.front()))
    return true;
  return std::ranges::any_of(
      hosts, [&](const std::string& host) { return origins.front() == "https://" + host; });
}

std::string_view session_cookie_of(const Request& request) {
  const auto cookies = cookies_of(request);
  return cookies.size() == 1 ? cookies.front() : std::string_view();
}

std::string_view bearer_of(const Request& request) {
  const auto authorisations = values_of(request, "authorization");
  return authorisations.size() == 1 ? bearer_in(authorisations.front()) : std::string_view();
}

Authentication authenticate(const Request& request, Sessions& sessions,
                            const store::Accounts& accounts, const Clock& clock,
                            const std::vector<std::string>& hosts) {
  const auto cookies = cookies_of(request);
  const auto authorisations = values_of(request, "authorization");
  if (cookies.size() + authorisations.size() > 1) return refused(AuthRefusal::ambiguous);
  if (cookies.empty() && authorisations.empty()) return refused(AuthRefusal::missing);
  Authentication result = cookies.empty()
                              ? by_bearer(authorisations.front(), sessions, accounts, clock)
                              : by_session(cookies.front(), request, sessions, hosts);
  result.who.ip = request.peer;
  return result;
}

RefusalAnswer answer_of(AuthRefusal refusal) {
  constexpr std::string_view kChallenge = "Bearer realm=\"cartella\"";
  constexpr std::string_view kBadToken = "Bearer realm=\"cartella\", error=\"invalid_token\"";
  switch (refusal) {
    case AuthRefusal::missing:
      return {401, "unauthenticated", "serve l'accesso: una sessione o un token", kChallenge};
    case AuthRefusal::ended:
      return {401, "unauthenticated", "la sessione è terminata: accedere di nuovo", kChallenge};
    case AuthRefusal::bad_token:
      return {401, "unauthenticated", "il token non è valido", kBadToken};
    case AuthRefusal::ambiguous:
      return {400, "invalid_argument", "la richiesta porta più di una credenziale", {}};
    case AuthRefusal::no_csrf:
      return {403, "permission_denied", "manca il CSRF-Token della sessione", {}};
    case AuthRefusal::bad_origin:
      return {403, "permission_denied", "la richiesta viene da un altro sito", {}};
    case AuthRefusal::unavailable:
      return {503, "unavailable", "i token non si possono verificare ora", {}};
    case AuthRefusal::none: break;
  }
  CHECK(false);
  return {};
}

}  // namespace cartella::api
