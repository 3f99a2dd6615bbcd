#include "keeping/erasure_extent.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "cases/plain_letters.h"
#include "projections/apply.h"
#include "projections/timeline.h"

namespace cartella::keeping {

namespace {

namespace views = projections;
using schema::EventType;

constexpr std::size_t kWordLettersMin = 2;  // a name of one letter stands everywhere
constexpr std::size_t kPageEvents = 64;
constexpr std::size_t kIdentifierMin = 6;  // a shorter one stands in other numbers

bool is_text(EventType type) {
  return type == EventType::interview_recorded || type == EventType::note_recorded;
}

// Capital letters and digits alone: an identifier is written with spaces and in small letters too.
std::string signs_of(std::string_view text) {
  std::string signs;
  for (const char c : text) {
    if (c >= 'a' && c <= 'z')
      signs += static_cast<char>(c - 'a' + 'A');
    else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
      signs += c;
  }
  return signs;
}

// By what a text would speak of the person, now or before.
struct Known {
  SubjectId subject;
  std::set<std::string> surnames;  // plain letters
  std::set<std::string> names;
  std::set<std::string> identifiers;  // signs
  bool is_named_in(std::string_view text) const {
    const auto holds_one = [](const std::string& words, const std::set<std::string>& of) {
      return std::ranges::any_of(
          of, [&](const auto& each) { return words.find(each) != std::string::npos; });
    };
    const std::string letters = cases::plain_letters(text);
    if (holds_one(letters, surnames) && holds_one(letters, names)) return true;
    return holds_one(signs_of(text), identifiers);
  }
  void add_name(std::string_view surname, std::string_view name) {
    if (auto letters = cases::plain_letters(surname); letters.size() >= kWordLettersMin)
      surnames.insert(std::move(letters));
    if (auto letters = cases::plain_letters(name); letters.size() >= kWordLettersMin)
      names.insert(std::move(letters));
  }
  void add_identifier(std::string_view value) {
    if (auto signs = signs_of(value); signs.size() >= kIdentifierMin)
      identifiers.insert(std::move(signs));
  }
};

bool is_named_in(const Known& known, schema::NoteRecorded::Reader note) {
  return known.is_named_in(schema::text_of(note.getText()));
}
bool is_named_in(const Known& known, schema::InterviewRecorded::Reader interview) {
  return known.is_named_in(schema::text_of(interview.getText())) ||
         known.is_named_in(schema::text_of(interview.getWithWhom()));
}

template <class Root>
Result<std::optional<bool>> listed_in(const views::DecodedEvent& event, const Known& known) {
  std::optional<bool> found;
  CARTELLA_TRY(views::with_body_of<Root>(event, [&](auto from) -> Status {
    CARTELLA_TRY(const auto subjects, views::ids_from<SubjectId>(from.getMentions()));
    if (std::ranges::find(subjects, known.subject) != subjects.end()) {
      found = true;
    } else if (is_named_in(known, from)) {
      found = false;
    }
    return ok();
  }));
  return found;
}

Status note_mention(const views::DecodedEvent& event, const Known& known, ErasureExtent& extent) {
  if (known.subject.is_zero() || !event.readable || !is_text(event.type())) return ok();
  if (event.header.controller != extent.controller) return ok();
  const bool is_interview = event.type() == EventType::interview_recorded;
  CARTELLA_TRY(const auto listed, is_interview ? listed_in<schema::InterviewRecorded>(event, known)
                                               : listed_in<schema::NoteRecorded>(event, known));
  if (listed) extent.mentions.push_back({event.position, event.stream, event.type(), *listed});
  return ok();
}

struct Doomed {
  std::unordered_set<StreamId> streams;
  std::unordered_set<KeyId> keys;
};

Status count_segments(const crypto::StoredEvent& event, const Doomed& doomed,
                      ErasureExtent& extent) {
  const bool whole = doomed.streams.contains(event.leaf.stream_id);
  extent.events += whole ? 1 : 0;
  for (const Bytes& segment : event.body.segments) {
    if (segment.empty()) continue;
    CARTELLA_TRY(const auto head, crypto::segment_head(segment));
    if (head.owner_key.is_zero()) continue;
    if (whole || doomed.keys.contains(head.owner_key)) ++extent.segments;
  }
  return ok();
}

// Whom the stream's first event is about.
Result<SubjectId> owner_of(const store::Store& store, crypto::Vault& vault,
                           const ControllerId& controller, const StreamId& target,
                           bool& is_person) {
  const Error absent = fail(Errc::not_found, "nessun elemento con questo flusso per il titolare");
  CARTELLA_TRY(const auto first, store.read_stream(target, 0, 1));
  if (first.empty() || first[0].leaf.kind != schema::LeafKind::event) return absent;
  CARTELLA_TRY(const auto event, views::decode_event(store.eras(), vault, first.front()));
  if (!event.readable || event.header.controller != controller || event.header.subject.is_zero())
    return absent;
  is_person = event.type() == EventType::person_registered;
  return event.header.subject;
}

Status note_names(const views::DecodedEvent& event, Known& known) {
  const auto note_identity = [&](schema::Identity::Reader identity) {
    known.add_name(schema::text_of(identity.getSurname()), schema::text_of(identity.getName()));
  };
  switch (event.type()) {
    case EventType::person_registered:
      return views::with_body_of<schema::PersonRegistered>(event, [&](auto from) -> Status {
        note_identity(from.getIdentity());
        for (const auto each : from.getIdentifiers())
          known.add_identifier(schema::text_of(each.getValue()));
        return ok();
      });
    case EventType::identity_recorded:
      return views::with_body_of<schema::IdentityRecorded>(event, [&](auto from) -> Status {
        note_identity(from.getIdentity());
        return ok();
      });
    case EventType::identifier_added:
      return views::with_body_of<schema::IdentifierAdded>(event, [&](auto from) -> Status {
        known.add_identifier(schema::text_of(from.getIdentifier().getValue()));
        return ok();
      });
    default: return ok();
  }
}

// By every name and identifier that the person ever had at this controller.
Result<Known> known_as(const store::Store& store, crypto::Vault& vault, const SubjectId& subject,
                       const StreamId& person) {
  Known known{subject, {}, {}, {}};
  std::uint64_t from = 0;
  for (;;) {
    CARTELLA_TRY(const auto page, store.read_stream(person, from, kPageEvents));
    if (page.empty()) return known;
    for (const crypto::StoredEvent& stored : page) {
      CARTELLA_TRY(const auto event, views::decode_event(store.eras(), vault, stored));
      if (!event.readable) continue;
      CARTELLA_TRY(note_names(event, known));
    }
    from = page.back().leaf.revision + 1;
  }
}

}  // namespace

Result<std::set<StreamId>> streams_of_person(const views::Engine& engine, const SubjectId& subject,
                                             const ControllerId& controller) {
  views::TimelineQuery query;
  query.subject = subject;
  CARTELLA_TRY(const auto entries, views::read_timeline(engine, query));
  std::set<StreamId> streams;
  for (const views::TimelineEntry& entry : entries)
    if (entry.controller == controller) streams.insert(entry.stream);
  return streams;
}

std::vector<KeyId> keys_of_person(const crypto::Vault& vault, const SubjectId& subject,
                                  const ControllerId& controller) {
  return vault.owner_keys_of(schema::KeyDomain::subject, subject.bytes, controller);
}

Result<ControllerExtent> extent_of_controller(const store::Store& store, const crypto::Vault& vault,
                                              const ControllerId& controller) {
  ControllerExtent extent{vault.owner_keys_at(controller), {}};
  const std::unordered_set<KeyId> own(extent.owner_keys.begin(), extent.owner_keys.end());
  CARTELLA_TRY(store.scan(0, store.size(), [&](const crypto::StoredEvent& event) -> Status {
    if (event.leaf.revision != 0 || event.body.segments.empty() || event.body.segments[0].empty())
      return ok();
    CARTELLA_TRY(const auto head, crypto::segment_head(event.body.segments[0]));
    if (own.contains(head.owner_key)) extent.streams.push_back(event.leaf.stream_id);
    return ok();
  }));
  std::ranges::sort(extent.owner_keys);
  std::ranges::sort(extent.streams);
  return extent;
}

Result<ErasureExtent> dry_run_controller(const store::Store& store, const crypto::Vault& vault,
                                         const ControllerId& controller) {
  CARTELLA_TRY(auto found, extent_of_controller(store, vault, controller));
  ErasureExtent extent;
  extent.controller = controller;
  extent.of_controller = true;
  extent.owner_keys = std::move(found.owner_keys);
  extent.streams = std::move(found.streams);
  const Doomed doomed{{extent.streams.begin(), extent.streams.end()},
                      {extent.owner_keys.begin(), extent.owner_keys.end()}};
  CARTELLA_TRY(store.scan(0, store.size(), [&](const crypto::StoredEvent& stored) {
    return count_segments(stored, doomed, extent);
  }));
  return extent;
}

Result<std::optional<StreamId>> text_stream_at(const ErasureParts& parts, std::uint64_t position,
                                               const ControllerId& controller) {
  CARTELLA_TRY(const auto stored, parts.store.read(position));
  if (stored.leaf.kind != schema::LeafKind::event) return std::optional<StreamId>{};
  CARTELLA_TRY(const auto event, views::decode_event(parts.store.eras(), parts.vault, stored));
  if (!event.readable || event.revision != 0 || !is_text(event.type()) ||
      event.header.controller != controller)
    return std::optional<StreamId>{};
  return std::optional<StreamId>(event.stream);
}

std::vector<std::uint64_t> counts_of(const ErasureExtent& extent) {
  return {extent.events, extent.streams.size(), extent.segments};
}

Result<ErasureExtent> dry_run_erasure(const store::Store& store, crypto::Vault& vault,
                                      views::Engine& engine, const ControllerId& controller,
                                      const StreamId& target) {
  bool is_person = false;
  CARTELLA_TRY(const auto subject, owner_of(store, vault, controller, target, is_person));
  CARTELLA_TRY(engine.catch_up());
  ErasureExtent extent;
  extent.controller = controller;
  extent.streams = {target};
  Known known;
  if (is_person) {
    extent.subject = subject;
    CARTELLA_TRY(const auto streams, streams_of_person(engine, subject, controller));
    extent.streams.assign(streams.begin(), streams.end());
    extent.owner_keys = keys_of_person(vault, subject, controller);
    CARTELLA_TRY(known, known_as(store, vault, subject, target));
  }
  const Doomed doomed{{extent.streams.begin(), extent.streams.end()},
                      {extent.owner_keys.begin(), extent.owner_keys.end()}};
  CARTELLA_TRY(store.scan(0, store.size(), [&](const crypto::StoredEvent& stored) -> Status {
    CARTELLA_TRY(count_segments(stored, doomed, extent));
    if (known.subject.is_zero() || stored.leaf.kind != schema::LeafKind::event ||
        doomed.streams.contains(stored.leaf.stream_id))
      return ok();
    CARTELLA_TRY(const auto event, views::decode_event(store.eras(), vault, stored));
    return note_mention(event, known, extent);
  }));
  return extent;
}

}  // namespace cartella::keeping
