#include "disclosure/history_words.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "crypto/note.h"
#include "projections/timeline.h"

namespace cartella::disclosure {

namespace {

namespace views = projections;
using schema::EventType;

// Where an event of the history stands.
struct Place {
  std::uint64_t position = 0;
  StreamId stream;
  ControllerId controller;
};

// The streams that a page touches, each read once.
class Stories {
 public:
  Stories(const views::Engine& engine, std::uint64_t end) : x_engine(engine), x_end(end) {}

  Result<StreamStory*> story(const StreamId& stream) {
    const auto known = x_stories.find(stream);
    if (known != x_stories.end()) return &known->second;
    CARTELLA_TRY(auto read, StreamStory::read(x_engine, stream, x_end));
    return &x_stories.emplace(stream, std::move(read)).first->second;
  }

 private:
  const views::Engine& x_engine;
  std::uint64_t x_end;
  std::map<StreamId, StreamStory> x_stories;
};

// What the timeline view lists, and the events of the thing's own stream that cannot be opened any
// more, which no view can list.
Result<std::vector<Place>> places(const views::Engine& engine, const HistoryQuery& query,
                                  std::uint64_t end, Stories& stories) {
  views::TimelineQuery asked;
  asked.stream = query.stream;
  asked.subject = query.subject;
  asked.case_stream = query.case_stream;
  asked.before = end;
  asked.valid_at = query.as_of.valid_at;
  CARTELLA_TRY(const auto entries, views::read_timeline(engine, asked));
  std::vector<Place> found;
  found.reserve(entries.size());
  for (const auto& entry : entries)
    if (!query.controller || entry.controller == *query.controller)
      found.push_back({entry.position, entry.stream, entry.controller});
  if (query.subject) return found;
  const StreamId& own = query.stream ? *query.stream : *query.case_stream;
  CARTELLA_TRY(StreamStory * story, stories.story(own));
  for (const views::DecodedEvent& event : story->events())
    if (!event.readable) found.push_back({event.position, own, {}});
  std::sort(found.begin(), found.end(),
            [](const Place& a, const Place& b) { return a.position < b.position; });
  const auto last = std::unique(found.begin(), found.end(), [](const Place& a, const Place& b) {
    return a.position == b.position;
  });
  found.erase(last, found.end());
  return found;
}

bool is_shown(const views::DecodedEvent& event, const HistoryQuery& query, const Words& words) {
  if (query.may_show) return query.may_show(event);
  const bool is_mask =
      event.type() == EventType::item_masked || event.type() == EventType::item_unmasked;
  return !is_mask || words.audience == Audience::subject;
}

HistoryEntry entry_of(const views::DecodedEvent& event, const Words& words) {
  HistoryEntry entry;
  entry.position = event.position;
  entry.event_id = event.event_id;
  entry.stream = event.stream;
  entry.revision = event.revision;
  entry.type = event.type();
  entry.label = event.readable ? views::event_label(event.type()) : "Evento cancellato";
  entry.recorded_at = event.recorded_at;
  entry.occurred_at = event.occurred_at();
  entry.actor = event.header.actor;
  if (words.operator_names) entry.actor_name = worker_words(words, event.header.actor);
  entry.on_behalf_of = event.header.on_behalf_of;
  entry.unit = event.header.unit;
  entry.unit_name = unit_words(words, event.header.unit);
  entry.controller = event.header.controller;
  entry.role = role_words(event.header.role);
  entry.source = source_words(event.header.source);
  entry.source_code = event.header.source;
  return entry;
}

Result<HistoryEntry> told_entry(const views::DecodedEvent& event, StreamStory& story,
                                const Words& words, const MayShow& may_show) {
  const bool with_texts = static_cast<bool>(may_show);
  HistoryEntry entry = entry_of(event, words);
  CARTELLA_TRY(Telling told, tell_event(event, words, with_texts));
  entry.sentence = std::move(told.sentence);
  entry.text = std::move(told.text);
  entry.erased = told.erased;
  entry.withheld = told.withheld;
  entry.text_left_out = told.withheld && !with_texts;
  entry.others = std::move(told.others);
  CARTELLA_TRY(story.fold_below(event.position, may_show));
  const std::vector<Field> before = story.fields(words);
  CARTELLA_TRY(story.fold_below(event.position + 1, may_show));
  entry.changes = changed_fields(before, story.fields(words));
  return entry;
}

Status check_query(const HistoryQuery& query) {
  const int things = static_cast<int>(query.stream.has_value()) +
                     static_cast<int>(query.subject.has_value()) +
                     static_cast<int>(query.case_stream.has_value());
  if (things != 1)
    return fail(Errc::invalid_argument, "la storia è di una persona, di un caso o di un elemento");
  if (query.entries_max == 0 || query.entries_max > kHistoryEntriesMax)
    return fail(Errc::invalid_argument, "una pagina di storia ha da 1 a 500 eventi");
  return ok();
}

Result<HistoryPage> tell_below(const views::Engine& engine, const Words& words,
                               const HistoryQuery& query, std::uint64_t end) {
  Stories stories(engine, end);
  CARTELLA_TRY(const auto found, places(engine, query, end, stories));
  HistoryPage page;
  page.as_of = end;
  for (const Place& place : found) {
    if (place.position < query.from_position) continue;
    CARTELLA_TRY(StreamStory * story, stories.story(place.stream));
    const views::DecodedEvent* event = story->at_position(place.position);
    if (event == nullptr)
      return fail(Errc::corrupt, "la vista della storia nomina un evento che il registro non ha");
    if (!is_shown(*event, query, words)) continue;
    if (page.entries.size() == query.entries_max) {
      page.next_position = place.position;
      break;
    }
    CARTELLA_TRY(auto entry, told_entry(*event, *story, words, query.may_show));
    page.entries.push_back(std::move(entry));
  }
  return page;
}

// The streams whose fields two moments are compared in.
Result<std::vector<StreamId>> compared_streams(const views::Engine& engine,
                                               const HistoryQuery& query) {
  if (query.stream) return std::vector<StreamId>{*query.stream};
  if (query.case_stream) return std::vector<StreamId>{*query.case_stream};
  CARTELLA_TRY(const auto people, views::people_of_subject(engine, *query.subject));
  std::vector<StreamId> streams;
  for (const auto& each : people)
    if (!query.controller || each.person.controller == *query.controller)
      streams.push_back(each.stream);
  return streams;
}

}  // namespace

Result<HistoryPage> tell_history(const views::Engine& engine, const Words& words,
                                 const HistoryQuery& query) {
  CARTELLA_TRY(check_query(query));
  CARTELLA_TRY(const std::uint64_t end, views::position_of(engine, query.as_of));
  CARTELLA_TRY(auto page, tell_below(engine, words, query, end));
  if (page.entries.empty() && query.from_position == 0)
    return fail(Errc::not_found, "nessun evento noto fino a quella posizione");
  return page;
}

Result<Comparison> compare_moments(const views::Engine& engine, const Words& words,
                                   HistoryQuery query, const views::AsOf& one,
                                   const views::AsOf& other) {
  CARTELLA_TRY(check_query(query));
  CARTELLA_TRY(const std::uint64_t first, views::position_of(engine, one));
  CARTELLA_TRY(const std::uint64_t second, views::position_of(engine, other));
  Comparison result;
  result.earlier = std::min(first, second);
  result.later = std::max(first, second);
  CARTELLA_TRY(const auto streams, compared_streams(engine, query));
  bool any = false;
  for (const StreamId& stream : streams) {
    CARTELLA_TRY(auto story, StreamStory::read(engine, stream, result.later));
    for (const auto& event : story.events()) any = any || is_shown(event, query, words);
    CARTELLA_TRY(story.fold_below(result.earlier, query.may_show));
    const std::vector<Field> before = story.fields(words);
    CARTELLA_TRY(story.fold_below(result.later, query.may_show));
    for (auto& change : changed_fields(before, story.fields(words)))
      result.changes.push_back({stream, std::move(change)});
  }
  if (!any) return fail(Errc::not_found, "nessun evento noto in quei momenti");
  query.as_of = {};
  query.from_position = result.earlier;
  CARTELLA_TRY(result.between, tell_below(engine, words, query, result.later));
  return result;
}

Result<std::string> proof_text(const store::Store& store, std::uint64_t position) {
  CARTELLA_TRY(const auto proof, store.prove(position));
  return crypto::encode_proof(proof);
}

}  // namespace cartella::disclosure
