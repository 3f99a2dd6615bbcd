#include "projections/history.h"

#include <algorithm>

#include "base/local_time.h"

namespace cartella::projections {
namespace {

constexpr std::size_t kPageEvents = 256;

// Number of events recorded at or before a time; recorded_at never decreases along the log.
Result<std::uint64_t> size_at(const EventSource& source, TimeUs time) {
  std::uint64_t low = 0;
  std::uint64_t high = source.size();
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    CARTELLA_TRY(const auto event, source.read(middle));
    if (event.leaf.recorded_at <= time)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

bool holds(const DecodedEvent& event, const AsOf& as_of) {
  if (!as_of.valid_at) return true;
  if (event.effective_date() > *as_of.valid_at) return false;
  return !event.header.valid_to || *event.header.valid_to >= *as_of.valid_at;
}

// Folds what was known and holds. The first event makes the item exist and is always folded, or
// nothing could be told about a day before it was met.
template <class Record, class Fold>
Result<Record> replay(const Engine& engine, const StreamId& stream, const AsOf& as_of,
                      schema::EventType first_type, std::uint64_t end, Fold&& fold) {
  CARTELLA_TRY(const auto events, read_history(engine, stream, end));
  if (events.empty())
    return fail(Errc::not_found, "nessun elemento di questo tipo a quella posizione");
  const DecodedEvent& first = events.front();
  if (!first.readable || (first.type() == first_type && first.has_erased_body()))
    return fail(Errc::erased, "l'elemento è stato cancellato");
  if (first.type() != first_type)
    return fail(Errc::not_found, "nessun elemento di questo tipo a quella posizione");
  Record record;
  for (const DecodedEvent& event : events) {
    if (!event.readable || (&event != &first && !holds(event, as_of))) continue;
    CARTELLA_TRY(fold(record, event));
  }
  return record;
}

}  // namespace

Result<std::uint64_t> position_of(const Engine& engine, const AsOf& as_of) {
  const std::uint64_t size = engine.source().size();
  if (as_of.position && as_of.recorded_at)
    return fail(Errc::invalid_argument, "una posizione oppure un istante");
  if (as_of.recorded_at) return size_at(engine.source(), *as_of.recorded_at);
  if (as_of.position && *as_of.position > size)
    return fail(Errc::invalid_argument, "il registro non ha ancora quella posizione");
  return as_of.position.value_or(size);
}

Result<std::vector<DecodedEvent>> read_history(const Engine& engine, const StreamId& stream,
                                               std::uint64_t end_position) {
  const EventSource& source = engine.source();
  std::vector<DecodedEvent> events;
  for (std::uint64_t revision = 0;;) {
    CARTELLA_TRY(const auto page, source.read_stream(stream, revision, kPageEvents));
    for (const crypto::StoredEvent& event : page) {
      if (event.leaf.position >= end_position) return events;
      CARTELLA_TRY(auto decoded, decode_event(source.eras(), engine.keys(), event));
      events.push_back(std::move(decoded));
    }
    if (page.size() < kPageEvents) return events;
    revision += page.size();
  }
}

Result<PersonRecord> person_as_of(const Engine& engine, const StreamId& person_stream,
                                  const AsOf& as_of) {
  CARTELLA_TRY(const auto end, position_of(engine, as_of));
  return replay<PersonRecord>(engine, person_stream, as_of, schema::EventType::person_registered,
                              end, fold_person);
}

Result<CardRecord> card_as_of(const Engine& engine, const StreamId& card_stream,
                              const AsOf& as_of) {
  CARTELLA_TRY(const auto end, position_of(engine, as_of));
  return replay<CardRecord>(engine, card_stream, as_of, schema::EventType::card_opened, end,
                            fold_card);
}

Result<CaseFile> case_as_of(const Engine& engine, const StreamId& case_stream, const AsOf& as_of) {
  CARTELLA_TRY(const auto end, position_of(engine, as_of));
  CaseFile file;
  file.stream = case_stream;
  file.position = end;
  CARTELLA_TRY(file.record, replay<CaseRecord>(engine, case_stream, as_of,
                                               schema::EventType::case_opened, end, fold_case));
  // Items are only ever added to a case, so those known by then are the first ones of now.
  CARTELLA_TRY(const auto now, read_case_file(engine, case_stream));
  if (now.position < end)
    return fail(Errc::unavailable, "la vista dei casi non è ancora a quella posizione");
  for (const CaseItem& item : now.items)
    if (item.position < end &&
        (!as_of.valid_at || local_day(TimeUs{item.occurred_at_us}) <= *as_of.valid_at))
      file.items.push_back(item);
  return file;
}

}  // namespace cartella::projections
