#include "cases/retention_duty.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/local_time.h"
#include "crypto/record.h"
#include "schema/body.h"
#include "schema/codec.h"

namespace cartella::cases {

namespace {

using schema::EventType;

constexpr std::size_t kPageEvents = 64;

// One stream of the person: of which category it is, and when what it is about ended.
struct Life {
  EventType type{};
  std::string category;
  StreamId case_stream;  // of an interview or a note: its term is the case's
  std::optional<Date> ended;
  Date last;  // day of the newest event
};
using Lives = std::map<StreamId, Life>;

template <class Root>
Result<StreamId> case_of(const crypto::Plaintext& body) {
  StreamId stream;
  CARTELLA_TRY(schema::with_body<Root>(body.message, [&](auto from) -> Status {
    CARTELLA_TRY(stream, schema::id_from<StreamId>(from.getCaseStream()));
    return ok();
  }));
  return stream;
}

Status note_end(EventType type, const crypto::Plaintext& body, Date day, Life& life) {
  switch (type) {
    case EventType::card_closed: life.ended = day; return ok();
    case EventType::benefit_superseded:
      if (!life.ended) life.ended = day;
      return ok();
    case EventType::benefit_closed:
      return schema::with_body<schema::BenefitClosed>(body.message, [&](auto from) -> Status {
        life.ended = schema::date_from(from.getClosedOn());
        return ok();
      });
    case EventType::case_state_changed:
      return schema::with_body<schema::CaseStateChanged>(body.message, [&](auto from) -> Status {
        life.ended.reset();
        if (static_cast<CaseStatus>(from.getState()) != CaseStatus::chiuso) return ok();
        const auto administrative = schema::time_from(from.getAdministrativeDate());
        life.ended = administrative ? local_day(*administrative) : day;
        return ok();
      });
    default: return ok();
  }
}

Status note_event(const crypto::OpenedEvent& event, Life& life) {
  if (event.segments.size() < 2 || !event.segments[0].available || !event.segments[1].available)
    return ok();
  CARTELLA_TRY(const auto header, schema::decode_header(event.segments[0].plaintext.message));
  const crypto::Plaintext& body = event.segments[1].plaintext;
  life.last = local_day(header.occurred_at.value_or(event.leaf.recorded_at));
  if (event.leaf.revision == 0) {
    life.type = header.type;
    // By the type as it is today: a plan of retention is an act that changes, an event cannot.
    const schema::TypeInfo* type = schema::find_type(header.type);
    life.category = type == nullptr ? std::string() : std::string(type->retention_category);
    if (header.type == EventType::interview_recorded) {
      CARTELLA_TRY(life.case_stream, case_of<schema::InterviewRecorded>(body));
    } else if (header.type == EventType::note_recorded) {
      CARTELLA_TRY(life.case_stream, case_of<schema::NoteRecorded>(body));
    }
  }
  return note_end(header.type, body, life.last, life);
}

Result<Life> life_of(const store::Store& store, crypto::Vault& vault, const StreamId& stream) {
  Life life;
  std::uint64_t from = 0;
  for (;;) {
    CARTELLA_TRY(const auto page, store.read_stream(stream, from, kPageEvents));
    if (page.empty()) return life;
    for (const crypto::StoredEvent& stored : page) {
      CARTELLA_TRY(const auto event, crypto::open_event(store.eras(), vault, stored));
      CARTELLA_TRY(note_event(event, life));
    }
    from = page.back().leaf.revision + 1;
  }
}

// Of each person, by the owner keys that their events name: nothing is opened to find them.
Result<std::map<SubjectId, Lives>> lives_of_people(const store::Store& store, crypto::Vault& vault,
                                                   const std::set<SubjectId>& people,
                                                   const ControllerId& controller) {
  std::unordered_map<KeyId, SubjectId> owners;
  for (const SubjectId& subject : people)
    for (const KeyId& key :
         vault.owner_keys_of(schema::KeyDomain::subject, subject.bytes, controller))
      owners[key] = subject;
  std::map<SubjectId, std::set<StreamId>> streams;
  CARTELLA_TRY(store.scan(0, store.size(), [&](const crypto::StoredEvent& event) -> Status {
    if (event.leaf.kind != schema::LeafKind::event) return ok();
    for (const Bytes& segment : event.body.segments) {
      if (segment.empty()) continue;
      CARTELLA_TRY(const auto head, crypto::segment_head(segment));
      const auto at = owners.find(head.owner_key);
      if (at != owners.end()) streams[at->second].insert(event.leaf.stream_id);
    }
    return ok();
  }));
  std::map<SubjectId, Lives> lives;
  for (const auto& [subject, of_person] : streams) {
    for (const StreamId& stream : of_person) {
      CARTELLA_TRY(lives[subject][stream], life_of(store, vault, stream));
    }
  }
  return lives;
}

// When the last case or card of the person ended; nothing while one is open. Of a person who never
// had one, when something of them was recorded last.
std::optional<Date> last_case_ended(const Lives& lives) {
  std::optional<Date> ended;
  std::optional<Date> seen;
  for (const auto& [stream, life] : lives) {
    if (!seen || *seen < life.last) seen = life.last;
    if (life.type != EventType::case_opened && life.type != EventType::card_opened) continue;
    if (!life.ended) return std::nullopt;
    if (!ended || *ended < *life.ended) ended = life.ended;
  }
  return ended ? ended : seen;
}

// What starts the term of the item; nothing: it has not begun.
std::optional<Date> term_begin(const Lives& lives, const Life& life) {
  if (life.category == "person_file") return last_case_ended(lives);
  // A request is closed with its answer, which is the newest thing that is recorded of it.
  if (life.category == "rights") return life.last;
  if (life.case_stream.is_zero()) return life.ended;
  const auto at = lives.find(life.case_stream);
  return at == lives.end() ? std::optional(life.last) : at->second.ended;
}

std::string duty_of(const OrganisationState& organisation, const Lives& lives, const Life& life,
                    Date today) {
  const auto rule = organisation.retention_rules.find(life.category);
  if (rule == organisation.retention_rules.end()) return {};
  const std::string duty = "obbligo di conservazione di " + life.category + ": " +
                           std::to_string(rule->second.months) + " mesi, ";
  const auto begin = term_begin(lives, life);
  if (!begin) return duty + "non ancora decorrenti";
  const Date end = months_later(*begin, rule->second.months);
  if (end <= today) return {};
  return duty + "fino al " + format_date(end);
}

}  // namespace

Date months_later(Date from, std::uint32_t months) {
  const CivilDate day = civil(from);
  const std::int64_t count = std::int64_t{day.year} * 12 + day.month - 1 + months;
  const auto year = static_cast<int>(count / 12);
  const auto month = static_cast<int>(count % 12 + 1);
  for (int last = day.day; last > 28; --last)
    if (const auto found = make_date(year, month, last)) return *found;
  const auto found = make_date(year, month, std::min(day.day, 28));
  return found ? *found : Date{INT32_MAX};  // past the year 9999
}

Result<std::string> running_duty(const store::Store& store, crypto::Vault& vault,
                                 const OrganisationState& organisation,
                                 const OrganisationState::Erasure& erasure, Date today) {
  if (organisation.retention_rules.empty() || erasure.of_controller) return std::string();
  CARTELLA_TRY(auto people, lives_of_people(store, vault, {erasure.owner}, erasure.controller));
  const Lives& lives = people[erasure.owner];
  for (const auto& [stream, life] : lives) {
    if (erasure.subject.is_zero() && stream != erasure.item) continue;
    auto duty = duty_of(organisation, lives, life, today);
    if (!duty.empty()) return duty;
  }
  return std::string();
}

Result<std::map<StreamId, std::string>> running_duties(
    const store::Store& store, crypto::Vault& vault, const OrganisationState& organisation,
    const ControllerId& controller, const std::map<StreamId, SubjectId>& owners, Date today) {
  std::map<StreamId, std::string> duties;
  if (organisation.retention_rules.empty() || owners.empty()) return duties;
  std::set<SubjectId> people;
  for (const auto& [stream, owner] : owners) people.insert(owner);
  CARTELLA_TRY(const auto lives, lives_of_people(store, vault, people, controller));
  for (const auto& [stream, owner] : owners) {
    const auto of_owner = lives.find(owner);
    if (of_owner == lives.end()) continue;
    const auto life = of_owner->second.find(stream);
    if (life == of_owner->second.end()) continue;
    auto duty = duty_of(organisation, of_owner->second, life->second, today);
    if (!duty.empty()) duties[stream] = std::move(duty);
  }
  return duties;
}

}  // namespace cartella::cases
