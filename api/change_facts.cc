#include "api/change_facts.h"

#include "schema/body.h"

namespace cartella::api {

namespace {

using schema::EventType;

// Of each 32 bytes; when it is full it begins anew, which costs a read for each stream met again.
constexpr std::size_t kCasesMax = 1 << 16;
constexpr std::size_t kPageEvents = 64;

template <class Body>
Result<std::optional<StreamId>> case_field(const projections::DecodedEvent& event) {
  std::optional<StreamId> found;
  const crypto::Plaintext* body = event.body(schema::find_type(event.type())->schema_id);
  if (body == nullptr) return found;  // erased
  CARTELLA_TRY(schema::with_body<Body>(body->message, [&](typename Body::Reader from) -> Status {
    CARTELLA_TRY(found, schema::id_from<StreamId>(from.getCaseStream()));
    return ok();
  }));
  return found;
}

}  // namespace

Result<std::optional<StreamId>> case_named_by(const projections::DecodedEvent& event) {
  switch (event.type()) {
    case EventType::case_opened:
    case EventType::case_state_changed:
    case EventType::case_category_set:
    case EventType::case_operator_assigned:
    case EventType::case_shared: return std::optional<StreamId>(event.stream);
    case EventType::card_linked_to_case: return case_field<schema::CardLinkedToCase>(event);
    case EventType::interview_recorded: return case_field<schema::InterviewRecorded>(event);
    case EventType::note_recorded: return case_field<schema::NoteRecorded>(event);
    case EventType::benefit_granted: return case_field<schema::BenefitGranted>(event);
    default: return std::optional<StreamId>{};
  }
}

Result<StreamId> ChangeReader::case_in_log(const StreamId& stream, std::uint64_t revision) {
  StreamId found;
  for (std::uint64_t from = 0; from < revision; from += kPageEvents) {
    CARTELLA_TRY(const auto page, x_store.read_stream(stream, from, kPageEvents));
    for (const crypto::StoredEvent& stored : page) {
      if (stored.leaf.revision >= revision) return found;
      CARTELLA_TRY(const auto event, projections::decode_event(x_store.eras(), x_keys, stored));
      CARTELLA_TRY(const auto named, case_named_by(event));
      if (named) found = *named;
    }
  }
  return found;
}

Result<StreamId> ChangeReader::case_of(const projections::DecodedEvent& event) {
  // Clear kinds (keys, definitions) belong to no case.
  if (event.kind != schema::LeafKind::event) return StreamId{};
  CARTELLA_TRY(const auto named, case_named_by(event));
  const auto known = x_cases.find(event.stream);
  if (!named && known != x_cases.end()) return known->second;
  StreamId found;
  if (named) {
    found = *named;
  } else {
    CARTELLA_TRY(found, case_in_log(event.stream, event.revision));
  }
  if (x_cases.size() >= kCasesMax) x_cases.clear();
  x_cases[event.stream] = found;
  return found;
}

Result<std::optional<ChangeFacts>> ChangeReader::read(std::uint64_t position) {
  CARTELLA_TRY(const auto stored, x_store.read(position));
  if (stored.leaf.kind == schema::LeafKind::access) return std::optional<ChangeFacts>{};
  CARTELLA_TRY(const auto event, projections::decode_event(x_store.eras(), x_keys, stored));
  if (!event.readable) return std::optional<ChangeFacts>{};
  ChangeFacts facts;
  facts.position = position;
  facts.type = event.type();
  facts.stream = event.stream;
  facts.controller = event.header.controller;
  facts.subject = event.header.subject;
  facts.actor = event.header.actor;
  CARTELLA_TRY(facts.case_stream, case_of(event));
  return std::optional<ChangeFacts>(facts);
}

}  // namespace cartella::api
