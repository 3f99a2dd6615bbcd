// The log itself: proofs for whoever holds a receipt, sealed events for auditors, live changes.
#include <set>

#include "api/authentication.h"
#include "api/bulk_replay.h"
#include "api/gated_changes.h"
#include "api/handlers.h"
#include "api/log_files.h"
#include "api/page.h"
#include "cases/bootstrap.h"
#include "crypto/note.h"
#include "projections/decoded_event.h"

namespace cartella::api {

namespace {

// A year: what is immutable.
constexpr const char* kForEver = "public, max-age=31536000, immutable";

Result<Answer> log_file(Call& call, const std::string& path, LogPath::Kind kind) {
  CARTELLA_TRY(const auto parsed, parse_log_path(path));
  if (parsed.kind != kind) return fail(Errc::not_found, "nessun file del registro");
  CARTELLA_TRY(auto file, read_log_file(call.service.store, parsed));
  Answer answer;
  answer.response.content_type = std::string(file.content_type);
  answer.response.body = std::move(file.bytes);
  if (file.is_immutable && call.route.permission.is_public())
    answer.response.headers.push_back({"Cache-Control", kForEver});
  return answer;
}

// Of the tree whose checkpoint is published, which witnesses may hold back; empty: of the log's
// newest.
Result<std::optional<std::uint64_t>> published_size(const Service& service) {
  if (!service.checkpoint) return std::optional<std::uint64_t>{};
  CARTELLA_TRY(const auto note, service.checkpoint());
  CARTELLA_TRY(const auto published, crypto::read_checkpoint(note));
  return std::optional<std::uint64_t>(published.size);
}

}  // namespace

Result<Answer> read_checkpoint(Call& call) {
  if (call.service.checkpoint) {
    Answer answer;
    CARTELLA_TRY(answer.response.body, call.service.checkpoint());
    answer.response.content_type = "text/plain; charset=utf-8";
    return answer;
  }
  return log_file(call, "/checkpoint", LogPath::Kind::checkpoint);
}

Result<Answer> read_tile(Call& call) {
  return log_file(call,
                  "/tile/" + std::string(call.path_value("level")) + '/' +
                      std::string(call.path_value("index")),
                  LogPath::Kind::tile);
}

Result<Answer> read_consistency(Call& call) {
  CARTELLA_TRY(const auto old_size, number_query(call.request, "old_size"));
  CARTELLA_TRY(auto new_size, number_query(call.request, "new_size"));
  if (!new_size) {
    CARTELLA_TRY(new_size, published_size(call.service));
  }
  CARTELLA_TRY(auto file, read_consistency(call.service.store, old_size.value_or(0), new_size));
  Answer answer;
  answer.response.content_type = std::string(file.file.content_type);
  answer.response.body = std::move(file.file.bytes);
  answer.response.headers.push_back({"Tree-Size", std::to_string(file.tree_size)});
  return answer;
}

Result<Answer> read_entries(Call& call) {
  return log_file(call, "/tile/entries/" + std::string(call.path_value("index")),
                  LogPath::Kind::entries);
}

// Whoever has the id of an event had its receipt, or saw it where it may be seen.
Result<Answer> read_receipt(Call& call) {
  return log_file(call, "/proof/" + std::string(call.path_value("event")), LogPath::Kind::proof);
}

namespace {

constexpr std::size_t kPageEvents = 256;

// Whose events a range shows in clear, those of the organisation's stream: mandates, erasures,
// roles. The installation always; nobody who has left, whose looks nobody can record any more.
Result<std::set<ControllerId>> shown_in_clear(const Call& call, std::uint64_t first,
                                              std::uint64_t end) {
  const store::Store& store = call.service.store;
  const StreamId stream = cases::organisation_stream(store.log_id());
  std::set<ControllerId> all{cases::installation_controller()};
  for (std::uint64_t revision = 0;; revision += kPageEvents) {
    CARTELLA_TRY(const auto page, store.read_stream(stream, revision, kPageEvents));
    for (const crypto::StoredEvent& stored : page) {
      if (stored.leaf.position >= end) return all;
      if (stored.leaf.position < first) continue;
      CARTELLA_TRY(const auto event,
                   projections::decode_event(store.eras(), call.service.vault, stored));
      const ControllerId& controller = event.header.controller;
      if (!controller.is_zero() && !call.organisation->has_left(controller)) all.insert(controller);
    }
    if (page.size() < kPageEvents) return all;
  }
}

}  // namespace

// Bytes as they are stored, of every titolare, so for the auditor of all of them alone. What is
// about people is sealed, the organisation's events are not. The record stands before the first
// byte.
Result<Answer> read_sealed_events(Call& call) {
  if (!call.viewer.acting_as.ente.is_zero())
    return fail(Errc::permission_denied, "il registro intero è dell'auditor dell'ambito");
  CARTELLA_TRY(const auto from, number_query(call.request, "from"));
  CARTELLA_TRY(const auto to, number_query(call.request, "to"));
  const std::uint64_t first = from.value_or(0);
  const std::uint64_t end = to.value_or(call.service.store.size());
  CARTELLA_TRY(auto body, open_bulk_replay(call.service.store, first, end));
  CARTELLA_TRY(const auto shown, shown_in_clear(call, first, end));
  Answer answer;
  answer.response.content_type = std::string(kReplayContentType);
  answer.response.pull = std::move(body);
  for (const ControllerId& controller : shown) {
    cases::Look look =
        look_at(call, cases::Operation::replay, controller, {}, cases::Relation::audit,
                "log/" + std::to_string(first) + "-" + std::to_string(end));
    look.result_count = static_cast<std::uint32_t>(end - first);
    look.severity = cases::Severity::notice;
    answer.looks.push_back(std::move(look));
  }
  return answer;
}

namespace {

std::function<bool()> log_in_of(const Call& call) {
  Service& service = call.service;
  if (const SessionHandle handle = call.who.session_handle; !handle.is_zero())
    return [&service, handle] { return service.sessions.is_open(handle); };
  return [&service, token = std::string(bearer_of(call.request))] {
    const auto found = service.accounts.find_token(token, service.clock.wall());
    return found && found.value().has_value();
  };
}

}  // namespace

Result<Answer> follow_changes(Call& call) {
  const auto last_seen = parse_last_event_id(call.request.header("Last-Event-ID"));
  if (!last_seen) return fail(Errc::invalid_argument, "Last-Event-ID è una posizione");
  Answer answer;
  auto stream = call.service.streams->take(call.principal, call.service.limits.streams);
  if (stream == nullptr) {
    answer.response = too_many_at_once(call.request, "connessioni dal vivo");
    return answer;
  }
  ChangeFilter filter = change_filter(call);
  answer.response.content_type = "text/event-stream";
  // Too many subscribers: the sink is let go, which ends the connection; the client comes back.
  answer.response.push = [&hub = call.service.changes, filter = std::move(filter),
                          last_seen = last_seen.value(), is_logged_in = log_in_of(call),
                          stream = std::move(stream)](auto sink) {
    stream->bind(sink);
    auto while_logged_in = [is_logged_in, stream] { return is_logged_in(); };
    static_cast<void>(
        hub.subscribe(sink_while(std::move(while_logged_in), std::move(sink)), filter, last_seen)
            .has_value());
  };
  return answer;
}

}  // namespace cartella::api
