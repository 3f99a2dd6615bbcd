#include "projections/access_log.h"

#include <algorithm>
#include <array>

#include "base/local_time.h"
#include "projections/apply.h"

namespace cartella::projections {
namespace {

using schema::id_from;
using schema::text_of;

// An entry is kept by its position, and found through the others; all count positions backwards,
// so that the newest comes first. Capitals: the same of administrators' streams.
constexpr char kEntry = 'a';    // ~position -> AccessEntry
constexpr char kSubject = 's';  // subject, ~position
constexpr char kActor = 'o';    // actor, ~position
constexpr char kUnit = 'u';     // unit of the actor, ~position
constexpr char kMonth = 'm';    // stream of a month -> marks; of most months there is none
constexpr char kOfMonth = 'e';  // stream of a month, revision -> position

constexpr char kMarkAdministrators = 'a';
constexpr char kMarkErased = 'x';

constexpr std::int64_t kSkewUs = 5'000'000;  // as the store's clock: ledger.md 4

// Settings of the organisation that name a month's stream.
constexpr std::string_view kMonthPrefix = "access-month/";
constexpr std::string_view kAdministrative = "/admin";

// A stop that is no error: the page is full, or what follows is too old.
constexpr std::string_view kEnough = "enough";

char kind_of(char kind, bool administrative) {
  return administrative ? static_cast<char>(kind - 'a' + 'A') : kind;
}

Status note_month(const DecodedEvent& event, ViewWriter& rows) {
  return with_body_of<schema::ConfigurationSet>(event, [&](auto body) -> Status {
    const std::string key = text_of(body.getKey());
    if (!key.starts_with(kMonthPrefix) || !key.ends_with(kAdministrative)) return ok();
    CARTELLA_TRY(const auto stream, StreamId::parse(text_of(body.getValue())));
    rows.put(RowKey(kMonth).id(stream).take(), {kMarkAdministrators});
    return ok();
  });
}

bool has_mark(const std::optional<std::string>& marks, char mark) {
  return marks && marks->find(mark) != std::string::npos;
}

std::string bytes_of(capnp::Data::Reader data) {
  return std::string(as_text(schema::view_of(data)));
}

Status read_body(schema::AccessRecorded::Reader from, AccessEntry& entry) {
  CARTELLA_TRY(entry.request_id, id_from<AccessRequestId>(from.getRequestId()));
  entry.operation = text_of(from.getOperation());
  entry.outcome = text_of(from.getOutcome());
  CARTELLA_TRY(entry.actor, id_from<OperatorId>(from.getActor()));
  entry.actor_role = text_of(from.getActorRole());
  CARTELLA_TRY(entry.actor_unit, id_from<UnitId>(from.getActorUnit()));
  CARTELLA_TRY(entry.on_behalf_of, id_from<OperatorId>(from.getOnBehalfOf()));
  entry.client_id = text_of(from.getClientId());
  entry.ip = text_of(from.getIp());
  entry.auth_context = text_of(from.getAuthContext());
  CARTELLA_TRY(entry.subjects, ids_from<SubjectId>(from.getSubjects()));
  CARTELLA_TRY(entry.case_stream, id_from<StreamId>(from.getCaseId()));
  entry.target = text_of(from.getTarget());
  entry.section = text_of(from.getSection());
  entry.relation = text_of(from.getRelation());
  entry.purpose = text_of(from.getPurpose());
  entry.result_count = from.getResultCount();
  entry.as_of = from.getAsOf();
  entry.released_to = text_of(from.getReleasedTo());
  entry.evidence = bytes_of(from.getEvidence());
  entry.severity = text_of(from.getSeverity());
  entry.policy_version = from.getPolicyVersion();
  entry.terms = bytes_of(from.getTerms());
  entry.registry_person = bytes_of(from.getRegistryPerson());
  entry.repeated = from.getRepeated();
  return ok();
}

Result<AccessEntry> entry_of(const DecodedEvent& event, bool administrative, bool month_erased) {
  AccessEntry entry;
  entry.position = event.position;
  entry.event_id = event.event_id;
  entry.stream = event.stream;
  entry.recorded_at_us = event.recorded_at.us;
  entry.administrative = administrative;
  entry.erased =
      month_erased || !event.readable ||
      (event.body(capnp::typeId<schema::AccessRecorded>()) == nullptr && event.has_erased_body());
  if (entry.erased) return entry;
  entry.occurred_at_us = event.occurred_at().us;
  entry.controller = event.header.controller;
  CARTELLA_TRY(with_body_of<schema::AccessRecorded>(
      event, [&](auto body) -> Status { return read_body(body, entry); }));
  return entry;
}

std::string place_of(std::uint64_t position) {
  std::array<std::uint8_t, 8> bytes{};
  store_be64(bytes.data(), position);
  return std::string(as_text(bytes));
}

std::string entry_key(std::uint64_t position, bool apart) {
  return RowKey(kind_of(kEntry, apart)).number(~position).take();
}

// The rows that lead to the entry.
std::vector<std::string> index_keys(const AccessEntry& entry) {
  const std::uint64_t at = ~entry.position;
  const auto key = [&](char kind) { return RowKey(kind_of(kind, entry.administrative)); };
  std::vector<std::string> keys;
  keys.reserve(entry.subjects.size() + 2);
  for (const SubjectId& subject : entry.subjects)
    keys.push_back(key(kSubject).id(subject).number(at).take());
  if (!entry.actor.is_zero()) keys.push_back(key(kActor).id(entry.actor).number(at).take());
  if (!entry.actor_unit.is_zero())
    keys.push_back(key(kUnit).id(entry.actor_unit).number(at).take());
  return keys;
}

// What entry_of makes of an entry whose month is erased.
AccessEntry blank_of(const AccessEntry& entry) {
  AccessEntry blank;
  blank.position = entry.position;
  blank.event_id = entry.event_id;
  blank.stream = entry.stream;
  blank.recorded_at_us = entry.recorded_at_us;
  blank.administrative = entry.administrative;
  blank.erased = true;
  return blank;
}

// The decision blanks the rows, not the loss of the key: a view that is built before or after the
// key goes has the same rows. The month's rows change in one batch, some hundred bytes an entry.
Status erase_month(const StreamId& month, ViewWriter& rows) {
  const std::string month_key = RowKey(kMonth).id(month).take();
  CARTELLA_TRY(const auto marks, rows.read(month_key));
  if (has_mark(marks, kMarkErased)) return ok();
  rows.put(month_key, marks.value_or(std::string()) + kMarkErased);
  const bool apart = has_mark(marks, kMarkAdministrators);
  for (std::uint64_t revision = 0;; ++revision) {
    CARTELLA_TRY(const auto place, rows.read(RowKey(kOfMonth).id(month).number(revision).take()));
    if (!place) return ok();
    if (place->size() != sizeof(std::uint64_t))
      return fail(Errc::corrupt, "the access log names a place that is none");
    std::string key = entry_key(load_be64(as_bytes(*place).data()), apart);
    CARTELLA_TRY(const auto entry, read_row<AccessEntry>(rows, key));
    if (!entry) return fail(Errc::corrupt, "the access log names an entry it does not hold");
    for (std::string& index : index_keys(*entry)) rows.erase(std::move(index));
    rows.put(std::move(key), encode_row(blank_of(*entry)));
  }
}

Status note_erasure(const DecodedEvent& event, ViewWriter& rows) {
  return with_body_of<schema::ErasureDecided>(event, [&](auto body) -> Status {
    if (text_of(body.getScope()) != "month" || text_of(body.getDecision()) != "erase") return ok();
    CARTELLA_TRY(const auto month, id_from<StreamId>(body.getTarget()));
    return erase_month(month, rows);
  });
}

class AccessLogProjection final : public Projection {
 public:
  std::string_view name() const override { return kAccessLogView; }
  std::uint32_t version() const override { return 2; }
  Status apply(const DecodedEvent& event, ViewWriter& rows) const override {
    if (event.kind == schema::LeafKind::configuration && event.readable &&
        event.type() == schema::EventType::configuration_set)
      return note_month(event, rows);
    if (event.kind == schema::LeafKind::erasure && event.readable &&
        event.type() == schema::EventType::erasure_decided)
      return note_erasure(event, rows);
    if (event.kind != schema::LeafKind::access) return ok();
    CARTELLA_TRY(const auto marks, rows.read(RowKey(kMonth).id(event.stream).take()));
    const bool apart = has_mark(marks, kMarkAdministrators);
    CARTELLA_TRY(const auto entry, entry_of(event, apart, has_mark(marks, kMarkErased)));
    rows.put(RowKey(kOfMonth).id(event.stream).number(event.revision).take(),
             place_of(event.position));
    rows.put(entry_key(event.position, apart), encode_row(entry));
    for (std::string& index : index_keys(entry)) rows.put(std::move(index), {});
    return ok();
  }
};

// The rows that lead to what is asked for with the fewest that do not.
std::string prefix_for(const AccessQuery& query) {
  const auto key = [&](char kind) { return RowKey(kind_of(kind, query.administrative)); };
  if (query.subject) return key(kSubject).id(*query.subject).take();
  if (query.actor) return key(kActor).id(*query.actor).take();
  if (query.unit) return key(kUnit).id(*query.unit).take();
  return key(kEntry).take();
}

bool asked_for(const AccessQuery& query, const AccessEntry& entry) {
  const auto has = [&](const SubjectId& subject) {
    return std::ranges::find(entry.subjects, subject) != entry.subjects.end();
  };
  return (!query.subject || has(*query.subject)) && (!query.actor || entry.actor == *query.actor) &&
         (!query.controller || entry.controller == *query.controller) &&
         (!query.unit || entry.actor_unit == *query.unit) &&
         (query.operation.empty() || entry.operation == query.operation) &&
         (query.purpose.empty() || entry.purpose == query.purpose);
}

struct Bounds {
  std::uint64_t first = 0;  // positions [first, end)
  std::uint64_t end = 0;
  std::int64_t from_us = INT64_MIN;  // times [from_us, end_us)
  std::int64_t end_us = INT64_MAX;
};

Bounds bounds_of(const AccessQuery& query) {
  Bounds bounds;
  bounds.first = query.from_position;
  bounds.end = query.to_position == UINT64_MAX ? UINT64_MAX : query.to_position + 1;
  bounds.end = std::min(bounds.end, query.before);
  const auto begin = [](Date day) { return from_local(start_of(day)).us; };
  if (query.from_day) bounds.from_us = begin(*query.from_day);
  if (query.to_day) bounds.end_us = begin({query.to_day->days + 1});
  return bounds;
}

std::uint64_t position_in(std::string_view key) {
  return ~load_be64(as_bytes(key.substr(key.size() - 8)).data());
}

}  // namespace

bool has_clock_skew(const AccessEntry& entry) {
  const std::int64_t skew = entry.recorded_at_us - entry.occurred_at_us;
  return !entry.erased && (skew > kSkewUs || skew < -kSkewUs);
}

Result<AccessPage> find_accesses(const Engine& engine, const AccessQuery& query) {
  const Bounds bounds = bounds_of(query);
  AccessPage page;
  if (bounds.end <= bounds.first || query.entries_max == 0) return page;
  CARTELLA_TRY(const auto view, engine.view(kAccessLogView));
  const std::string prefix = prefix_for(query);
  std::string from = prefix;
  std::array<std::uint8_t, 8> number{};
  store_be64(number.data(), ~(bounds.end - 1));
  from += as_text(number);
  std::size_t rows = 0;
  std::uint64_t seen = bounds.end;
  const auto enough = [] { return fail(Errc::unavailable, std::string(kEnough)); };
  const Status scanned =
      view->scan_from(prefix, from, [&](std::string_view key, std::string_view value) -> Status {
        const std::uint64_t position = position_in(key);
        if (position < bounds.first) return enough();
        if (page.entries.size() >= query.entries_max || ++rows > kAccessRowsMax) {
          page.next_before = seen;
          return enough();
        }
        seen = position;
        std::optional<std::string> row;
        if (value.empty()) {
          CARTELLA_TRY(
              row,
              view->read(RowKey(kind_of(kEntry, query.administrative)).number(~position).take()));
          if (!row) return fail(Errc::corrupt, "the access log names an entry it does not hold");
          value = *row;
        }
        CARTELLA_TRY(auto entry, decode_row<AccessEntry>(value));
        if (entry.recorded_at_us < bounds.from_us) return enough();
        if (entry.recorded_at_us < bounds.end_us && asked_for(query, entry))
          page.entries.push_back(std::move(entry));
        return ok();
      });
  if (!scanned && scanned.error().detail != kEnough) return scanned.error();
  return page;
}

Result<std::optional<AccessReasonText>> read_access_reason(const Engine& engine,
                                                           std::uint64_t position,
                                                           const SubjectId& subject) {
  CARTELLA_TRY(const auto stored, engine.source().read(position));
  if (stored.leaf.kind != schema::LeafKind::access)
    return fail(Errc::not_found, "no access record at that position");
  CARTELLA_TRY(const auto event, decode_event(engine.source().eras(), engine.keys(), stored));
  std::optional<AccessReasonText> found;
  for (const auto& segment : event.bodies) {
    if (!segment.available || segment.plaintext.schema_id != capnp::typeId<schema::AccessReason>())
      continue;
    CARTELLA_TRY(schema::with_body<schema::AccessReason>(
        segment.plaintext.message, [&](auto from) -> Status {
          CARTELLA_TRY(const auto who, id_from<SubjectId>(from.getSubject()));
          if (who == subject)
            found = AccessReasonText{text_of(from.getReason()), bytes_of(from.getResultDigest())};
          return ok();
        }));
  }
  return found;
}

std::unique_ptr<Projection> make_access_log() { return std::make_unique<AccessLogProjection>(); }

}  // namespace cartella::projections
