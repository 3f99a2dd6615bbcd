#include "projections/timeline.h"

#include "projections/apply.h"
#include "projections/case_file.h"

namespace cartella::projections {
namespace {

using schema::EventType;

constexpr char kStream = 't';   // stream, position -> TimelineEntry
constexpr char kSubject = 's';  // subject, position -> TimelineEntry
constexpr char kCase = 'c';     // case stream, position -> TimelineEntry
constexpr char kItem = 'l';     // item stream -> case stream

bool belongs_in_timeline(const DecodedEvent& event) {
  return event.readable &&
         (event.kind == schema::LeafKind::event || event.kind == schema::LeafKind::erasure);
}

// Codes and amounts only; of an erased body nothing.
Status add_detail(const DecodedEvent& event, TimelineEntry& entry) {
  switch (event.type()) {
    case EventType::case_state_changed:
      return with_body_of<schema::CaseStateChanged>(event, [&](auto body) -> Status {
        entry.detail = case_state_label(static_cast<CaseState>(body.getState()));
        return ok();
      });
    case EventType::case_category_set:
      return with_body_of<schema::CaseCategorySet>(event, [&](auto body) -> Status {
        entry.detail = schema::text_of(body.getCategory());
        return ok();
      });
    case EventType::benefit_granted:
      return with_body_of<schema::BenefitGranted>(event, [&](auto body) -> Status {
        entry.detail = schema::text_of(body.getInpsCode());
        return ok();
      });
    case EventType::benefit_delivered:
      return with_body_of<schema::BenefitDelivered>(event, [&](auto body) -> Status {
        entry.cents = body.getAmountCents();
        return ok();
      });
    default: return ok();
  }
}

TimelineEntry entry_of(const DecodedEvent& event) {
  TimelineEntry entry;
  entry.position = event.position;
  entry.event_id = event.event_id;
  entry.stream = event.stream;
  entry.revision = event.revision;
  entry.type = event.type();
  entry.recorded_at_us = event.recorded_at.us;
  entry.occurred_at_us = event.occurred_at().us;
  entry.actor = event.header.actor;
  entry.on_behalf_of = event.header.on_behalf_of;
  entry.unit = event.header.unit;
  entry.role = event.header.role;
  entry.source = event.header.source;
  entry.controller = event.header.controller;
  entry.holds_from = event.effective_date().days;
  if (event.header.valid_to) entry.holds_until = event.header.valid_to->days;
  return entry;
}

bool holds(const TimelineEntry& entry, const std::optional<Date>& day) {
  return !day || (entry.holds_from <= day->days && day->days <= entry.holds_until);
}

class Timeline final : public Projection {
 public:
  std::string_view name() const override { return kTimelineView; }
  std::uint32_t version() const override { return 2; }
  Status apply(const DecodedEvent& event, ViewWriter& rows) const override {
    if (!belongs_in_timeline(event)) return ok();
    CARTELLA_TRY(const auto case_stream, case_of(event, rows));
    TimelineEntry told = entry_of(event);
    CARTELLA_TRY(add_detail(event, told));
    const std::string entry = encode_row(told);
    rows.put(RowKey(kStream).id(event.stream).number(event.position).take(), entry);
    if (!event.header.subject.is_zero())
      rows.put(RowKey(kSubject).id(event.header.subject).number(event.position).take(), entry);
    if (!case_stream.is_zero())
      rows.put(RowKey(kCase).id(case_stream).number(event.position).take(), entry);
    return ok();
  }

 private:
  // What follows in an item's stream belongs to the case that its first event named.
  static Result<StreamId> case_of(const DecodedEvent& event, ViewWriter& rows) {
    if (is_case_event(event.type())) return event.stream;
    const std::string key = RowKey(kItem).id(event.stream).take();
    CARTELLA_TRY(const auto named, case_of_item(event));
    if (!named.is_zero()) {
      rows.put(key, std::string(as_text(named.view())));
      return named;
    }
    if (event.revision == 0) return StreamId{};
    CARTELLA_TRY(const auto known, rows.read(key));
    if (!known) return StreamId{};
    if (known->size() != 16) return fail(Errc::corrupt, "a row of the timeline is malformed");
    return StreamId::from_view(as_bytes(*known));
  }
};

}  // namespace

std::string event_label(schema::EventType type) {
  if (const schema::TypeInfo* info = schema::find_type(type)) return std::string(info->label_it);
  return "Evento " + std::to_string(static_cast<unsigned>(type));
}

Result<std::vector<TimelineEntry>> read_timeline(const Engine& engine, const TimelineQuery& query) {
  if (static_cast<int>(query.stream.has_value()) + static_cast<int>(query.subject.has_value()) +
          static_cast<int>(query.case_stream.has_value()) !=
      1)
    return fail(Errc::invalid_argument, "a timeline is of one stream, one person or one case");
  CARTELLA_TRY(const auto view, engine.view(kTimelineView));
  const std::string prefix = query.stream    ? RowKey(kStream).id(*query.stream).take()
                             : query.subject ? RowKey(kSubject).id(*query.subject).take()
                                             : RowKey(kCase).id(*query.case_stream).take();
  std::vector<TimelineEntry> entries;
  CARTELLA_TRY(view->scan(prefix, [&](std::string_view, std::string_view value) -> Status {
    CARTELLA_TRY(auto entry, decode_row<TimelineEntry>(value));
    if (entry.position < query.before && holds(entry, query.valid_at))
      entries.push_back(std::move(entry));
    return ok();
  }));
  return entries;
}

std::unique_ptr<Projection> make_timeline() { return std::make_unique<Timeline>(); }

}  // namespace cartella::projections
