#include "cases/kept_texts.h"

#include <algorithm>
#include <optional>

#include "cases/retention_duty.h"
#include "crypto/record.h"
#include "schema/body.h"
#include "schema/codec.h"

namespace cartella::cases {

namespace {

using schema::EventType;
using Cover = OrganisationState::Cover;

constexpr const char* kHeld = "vincolo legale";

struct Text {
  SubjectId owner;
  StreamId stream;
  StreamId case_stream;
};

template <class Root>
Status note_case(const crypto::Plaintext& body, StreamId& stream) {
  return schema::with_body<Root>(body.message, [&](auto from) -> Status {
    CARTELLA_TRY(stream, schema::id_from<StreamId>(from.getCaseStream()));
    return ok();
  });
}

// Nothing where the position holds anything else than a readable text of that controller.
Result<std::optional<Text>> text_at(const store::Store& store, crypto::Vault& vault,
                                    const ControllerId& controller, std::uint64_t position) {
  const std::optional<Text> other;
  if (position >= store.size()) return other;
  CARTELLA_TRY(const auto stored, store.read(position));
  if (stored.leaf.kind != schema::LeafKind::event || stored.leaf.revision != 0) return other;
  CARTELLA_TRY(const auto event, crypto::open_event(store.eras(), vault, stored));
  if (event.segments.size() < 2 || !event.segments[0].available || !event.segments[1].available)
    return other;
  CARTELLA_TRY(const auto header, schema::decode_header(event.segments[0].plaintext.message));
  const bool is_interview = header.type == EventType::interview_recorded;
  if (header.controller != controller || (!is_interview && header.type != EventType::note_recorded))
    return other;
  Text text{header.subject, event.leaf.stream_id, {}};
  const crypto::Plaintext& body = event.segments[1].plaintext;
  CARTELLA_TRY(is_interview ? note_case<schema::InterviewRecorded>(body, text.case_stream)
                            : note_case<schema::NoteRecorded>(body, text.case_stream));
  return std::optional(text);
}

bool covers(const Cover& cover, const ControllerId& controller, const Text& text) {
  return cover.covers(controller, text.owner, text.stream) ||
         cover.covers(controller, text.owner, text.case_stream);
}

bool is_held(const OrganisationState& organisation, const ControllerId& controller,
             const Text& text, Date today) {
  return std::ranges::any_of(organisation.holds, [&](const auto& one) {
    const bool ended = one.second.until && *one.second.until < today;
    return !ended && covers(one.second, controller, text);
  });
}

std::string covered_by(const OrganisationState& organisation, const ControllerId& controller,
                       const Text& text, Date today) {
  if (is_held(organisation, controller, text, today)) return kHeld;
  const bool is_restricted = std::ranges::any_of(organisation.restrictions, [&](const auto& one) {
    return covers(one.second, controller, text);
  });
  return is_restricted ? "limitazione del trattamento" : "";
}

}  // namespace

Result<KeptTexts> kept_texts(const store::Store& store, crypto::Vault& vault,
                             const OrganisationState& organisation, const ControllerId& controller,
                             const std::vector<std::uint64_t>& positions, Date today) {
  KeptTexts kept;
  std::map<std::uint64_t, Text> free;
  std::map<StreamId, SubjectId> owners;
  for (const std::uint64_t position : positions) {
    CARTELLA_TRY(const auto text, text_at(store, vault, controller, position));
    if (!text) continue;
    auto why = covered_by(organisation, controller, *text, today);
    if (!why.empty()) {
      kept[position] = std::move(why);
      continue;
    }
    free[position] = *text;
    owners[text->stream] = text->owner;
  }
  CARTELLA_TRY(const auto duties,
               running_duties(store, vault, organisation, controller, owners, today));
  for (const auto& [position, text] : free)
    if (const auto at = duties.find(text.stream); at != duties.end()) kept[position] = at->second;
  return kept;
}

Result<std::string> kept_for_case(const store::Store& store, crypto::Vault& vault,
                                  const OrganisationState& organisation,
                                  const OrganisationState::Erasure& erasure, Date today) {
  if (erasure.item.is_zero() || organisation.holds.empty()) return std::string();
  CARTELLA_TRY(const auto first, store.read_stream(erasure.item, 0, 1));
  if (first.empty()) return std::string();
  CARTELLA_TRY(const auto text,
               text_at(store, vault, erasure.controller, first.front().leaf.position));
  return text && is_held(organisation, erasure.controller, *text, today) ? kHeld : std::string();
}

}  // namespace cartella::cases
