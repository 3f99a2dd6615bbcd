#include "api/sessions.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace cartella::api {

namespace {

using namespace std::string_view_literals;

Hash32 hash_of(std::string_view id) {
  return crypto::sha256({as_bytes("cartella/session/1\0"sv), as_bytes(id)});
}

}  // namespace

struct Sessions::Entry {
  UserSession session;
  std::int64_t opened_us = 0;  // these three: monotonic
  std::int64_t used_us = 0;
  std::int64_t stepped_up_us = 0;
};

struct Sessions::Table {
  std::map<Hash32, Entry> entries;  // by the hash of the id
};

Sessions::Sessions(const Clock& clock, const SessionLimits& limits)
    : x_clock(clock),
      x_limits(limits),
      x_csrf_key(crypto::Secret32::random()),
      x_table(std::make_unique<Mutex<Table>>()) {}
Sessions::~Sessions() = default;

bool Sessions::has_ended(const Entry& entry) const {
  const std::int64_t now = x_clock.monotonic_us();
  return now - entry.used_us >= x_limits.idle_us || now - entry.opened_us >= x_limits.absolute_us;
}

UserSession Sessions::seen(const Entry& entry) const {
  const std::int64_t now = x_clock.monotonic_us();
  const std::int64_t wall = x_clock.wall().us;
  UserSession session = entry.session;
  session.stepped_up = now - entry.stepped_up_us < x_limits.step_up_us;
  session.expires.us =
      wall - now +
      std::min(entry.used_us + x_limits.idle_us, entry.opened_us + x_limits.absolute_us);
  session.step_up_until.us = wall - now + entry.stepped_up_us + x_limits.step_up_us;
  return session;
}

OpenedSession Sessions::opened(const Entry& entry, const crypto::Secret32& id) const {
  OpenedSession result;
  result.session = seen(entry);
  result.id = to_hex(id.view());
  result.csrf_token = csrf_token(result.id);
  return result;
}

Result<OpenedSession> Sessions::open(const NewSession& session, std::string_view replaces) {
  Entry entry;
  crypto::random_fill(entry.session.handle.bytes);
  entry.session.operator_id = session.operator_id;
  entry.session.must_change_password = session.must_change_password;
  entry.session.client = session.client;
  entry.session.created = entry.session.last_used = x_clock.wall();
  entry.opened_us = entry.used_us = entry.stepped_up_us = x_clock.monotonic_us();
  const crypto::Secret32 id = crypto::Secret32::random();
  OpenedSession result = opened(entry, id);
  const bool fits = x_table->with([&](Table& table) {
    auto& entries = table.entries;
    if (!replaces.empty()) entries.erase(hash_of(replaces));
    std::erase_if(entries, [&](const auto& each) { return has_ended(each.second); });
    std::size_t own = 0;
    auto oldest = entries.end();
    for (auto at = entries.begin(); at != entries.end(); ++at) {
      if (at->second.session.operator_id != session.operator_id) continue;
      ++own;
      if (oldest == entries.end() || at->second.used_us < oldest->second.used_us) oldest = at;
    }
    if (own >= x_limits.per_operator_max) entries.erase(oldest);
    if (entries.size() >= x_limits.sessions_max) return false;
    entries.emplace(hash_of(result.id), std::move(entry));
    return true;
  });
  if (!fits) return fail(Errc::unavailable, "troppe sessioni aperte: riprovare più tardi");
  return result;
}

std::optional<UserSession> Sessions::use(std::string_view id) {
  if (id.size() != kSessionIdLetters) return std::nullopt;
  const Hash32 hash = hash_of(id);
  return x_table->with([&](Table& table) -> std::optional<UserSession> {
    const auto at = table.entries.find(hash);
    if (at == table.entries.end()) return std::nullopt;
    if (has_ended(at->second)) {
      table.entries.erase(at);
      return std::nullopt;
    }
    at->second.used_us = x_clock.monotonic_us();
    at->second.session.last_used = x_clock.wall();
    return seen(at->second);
  });
}

std::optional<UserSession> Sessions::find(std::string_view id) const {
  if (id.size() != kSessionIdLetters) return std::nullopt;
  const Hash32 hash = hash_of(id);
  return x_table->with([&](const Table& table) -> std::optional<UserSession> {
    const auto at = table.entries.find(hash);
    if (at == table.entries.end() || has_ended(at->second)) return std::nullopt;
    return seen(at->second);
  });
}

bool Sessions::is_open(const SessionHandle& handle) const {
  return x_table->with([&](const Table& table) {
    return std::ranges::any_of(table.entries, [&](const auto& each) {
      return each.second.session.handle == handle && !has_ended(each.second);
    });
  });
}

std::string Sessions::csrf_token(std::string_view id) const {
  return to_hex(
      crypto::hmac_sha256(x_csrf_key.view(), {as_bytes("cartella/csrf/1\0"sv), as_bytes(id)}));
}

bool Sessions::matches_csrf(std::string_view id, std::string_view token) const {
  const std::string right = csrf_token(id);
  return crypto::equal_constant_time(as_bytes(right), as_bytes(token));
}

Status Sessions::act_as(std::string_view id, const cases::ActingAs& acting_as) {
  const Hash32 hash = hash_of(id);
  return x_table->with([&](Table& table) -> Status {
    const auto at = table.entries.find(hash);
    if (at == table.entries.end() || has_ended(at->second))
      return fail(Errc::not_found, "la sessione è terminata");
    at->second.session.acting_as = acting_as;
    return ok();
  });
}

Result<OpenedSession> Sessions::rotate(std::string_view id) {
  const crypto::Secret32 fresh = crypto::Secret32::random();
  return x_table->with([&](Table& table) -> Result<OpenedSession> {
    const auto at = table.entries.find(hash_of(id));
    if (at == table.entries.end() || has_ended(at->second))
      return fail(Errc::not_found, "la sessione è terminata");
    Entry entry = std::move(at->second);
    table.entries.erase(at);
    entry.used_us = entry.stepped_up_us = x_clock.monotonic_us();
    entry.session.last_used = x_clock.wall();
    OpenedSession result = opened(entry, fresh);
    table.entries.emplace(hash_of(result.id), std::move(entry));
    return result;
  });
}

Result<UserSession> Sessions::password_changed(std::string_view id) {
  const Hash32 hash = hash_of(id);
  return x_table->with([&](Table& table) -> Result<UserSession> {
    const auto at = table.entries.find(hash);
    if (at == table.entries.end() || has_ended(at->second))
      return fail(Errc::not_found, "la sessione è terminata");
    at->second.session.must_change_password = false;
    at->second.stepped_up_us = x_clock.monotonic_us();
    return seen(at->second);
  });
}

std::vector<UserSession> Sessions::of(const OperatorId& worker) const {
  std::vector<UserSession> found = x_table->with([&](const Table& table) {
    std::vector<UserSession> own;
    for (const auto& [hash, entry] : table.entries)
      if (entry.session.operator_id == worker && !has_ended(entry)) own.push_back(seen(entry));
    return own;
  });
  std::ranges::stable_sort(found, std::greater<>(), &UserSession::last_used);
  return found;
}

std::optional<UserSession> Sessions::end(std::string_view id) {
  const Hash32 hash = hash_of(id);
  return x_table->with([&](Table& table) -> std::optional<UserSession> {
    const auto at = table.entries.find(hash);
    if (at == table.entries.end()) return std::nullopt;
    const bool open = !has_ended(at->second);
    const UserSession session = seen(at->second);
    table.entries.erase(at);
    return open ? std::optional<UserSession>(session) : std::nullopt;
  });
}

Status Sessions::end_one(const OperatorId& worker, const SessionHandle& handle) {
  const std::size_t ended = x_table->with([&](Table& table) {
    return std::erase_if(table.entries, [&](const auto& each) {
      return each.second.session.operator_id == worker && each.second.session.handle == handle;
    });
  });
  if (ended == 0) return fail(Errc::not_found, "nessuna sessione con questo id");
  return ok();
}

std::size_t Sessions::end_all(const OperatorId& worker,
                              const std::optional<SessionHandle>& except) {
  return x_table->with([&](Table& table) {
    return std::erase_if(table.entries, [&](const auto& each) {
      return each.second.session.operator_id == worker &&
             (!except || each.second.session.handle != *except);
    });
  });
}

std::size_t Sessions::count() const {
  return x_table->with([&](const Table& table) {
    return static_cast<std::size_t>(std::ranges::count_if(
        table.entries, [&](const auto& each) { return !has_ended(each.second); }));
  });
}

std::string client_description(std::string_view user_agent) {
  using Word = std::pair<std::string_view, std::string_view>;
  // The first that occurs counts: Edge and Chrome call themselves Safari, too.
  constexpr std::array<Word, 7> kPrograms = {{{"Edg", "Edge"},
                                              {"OPR/", "Opera"},
                                              {"Firefox/", "Firefox"},
                                              {"Chrome/", "Chrome"},
                                              {"Safari/", "Safari"},
                                              {"curl/", "curl"},
                                              {"cartella/", "cartella"}}};
  constexpr std::array<Word, 6> kSystems = {{{"Android", "Android"},
                                             {"iPhone", "iOS"},
                                             {"iPad", "iPadOS"},
                                             {"Windows", "Windows"},
                                             {"Mac OS X", "macOS"},
                                             {"Linux", "Linux"}}};
  const auto first = [&](const auto& words) -> std::string_view {
    for (const auto& [sign, word] : words)
      if (user_agent.find(sign) != std::string_view::npos) return word;
    return {};
  };
  const std::string_view program = first(kPrograms);
  const std::string_view system = first(kSystems);
  std::string text(program.empty() ? "altro programma"sv : program);
  if (!system.empty()) text.append(", ").append(system);
  return text;
}

std::string session_cookie(std::string_view id) {
  return std::string(kSessionCookie) + "=" + std::string(id) +
         "; Path=/; Secure; HttpOnly; SameSite=Strict";
}

std::string ended_session_cookie() {
  return std::string(kSessionCookie) + "=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict";
}

}  // namespace cartella::api
