#include "cases/completed_erasures.h"

#include <algorithm>

#include "cases/state.h"
#include "schema/body.h"
#include "schema/codec.h"

namespace cartella::cases {

namespace {

constexpr std::size_t kPageEvents = 64;

Status add_completed(const store::Store& store, const StreamId& stream,
                     std::vector<CompletedErasure>& completed) {
  std::uint64_t from = 0;
  for (;;) {
    CARTELLA_TRY(const auto page, store.read_stream(stream, from, kPageEvents));
    if (page.empty()) return ok();
    for (const crypto::StoredEvent& event : page) {
      CARTELLA_TRY(const auto decision, completed_decision_of(event));
      if (decision) completed.push_back({*decision, event.leaf.position});
    }
    from = page.back().leaf.revision + 1;
  }
}

}  // namespace

Result<std::optional<EventId>> completed_decision_of(const crypto::StoredEvent& event) {
  std::optional<EventId> found;
  if (event.leaf.kind != schema::LeafKind::erasure || event.body.segments.size() < 2) return found;
  CARTELLA_TRY(const auto head, crypto::open_clear_segment(event.body.segments[0]));
  CARTELLA_TRY(const auto header, schema::decode_header(head.plaintext.message));
  if (header.type != schema::EventType::erasure_completed) return found;
  CARTELLA_TRY(const auto body, crypto::open_clear_segment(event.body.segments[1]));
  CARTELLA_TRY(
      schema::with_body<schema::ErasureCompleted>(body.plaintext.message, [&](auto from) -> Status {
        CARTELLA_TRY(found, schema::id_from<EventId>(from.getDecision()));
        return ok();
      }));
  return found;
}

Result<std::vector<CompletedErasure>> completed_erasures(const store::Store& store) {
  std::vector<CompletedErasure> completed;
  for (const StreamId& stream : {organisation_stream(store.log_id()), log_stream(store.log_id())}) {
    CARTELLA_TRY(add_completed(store, stream, completed));
  }
  std::ranges::sort(completed, {}, &CompletedErasure::position);
  return completed;
}

}  // namespace cartella::cases
