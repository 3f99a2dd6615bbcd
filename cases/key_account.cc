#include "cases/key_account.h"

#include "crypto/segment.h"
#include "schema/body.h"
#include "schema/codec.h"

namespace cartella::cases {

namespace {

ErasureScope scope_of(const std::string& word) {
  if (word == "item") return ErasureScope::item;
  return word == "month" ? ErasureScope::month : ErasureScope::wide;
}

Result<bool> is_key_missing(crypto::Vault& vault, const crypto::StoredEvent& event,
                            const KnownErasures& known) {
  for (const Bytes& segment : event.body.segments) {
    if (segment.empty()) {  // erased with its key, for which a decision answers as well
      if (!known.beyond_log && !known.streams.contains(event.leaf.stream_id)) return true;
      continue;
    }
    CARTELLA_TRY(const auto head, crypto::segment_head(segment));
    if (head.owner_key.is_zero()) continue;  // clear
    const auto key = vault.segment_key(head.owner_key, event.leaf.stream_id);
    if (key) continue;
    if (key.error().code != Errc::erased) return key.error();
    if (!known.answers_for(head.owner_key, event.leaf.stream_id)) return true;
  }
  return false;
}

}  // namespace

Result<ErasureDecision> erasure_decision_of(const crypto::StoredEvent& event) {
  ErasureDecision found;
  if (event.leaf.kind != schema::LeafKind::erasure || event.body.segments.size() < 2) return found;
  CARTELLA_TRY(const auto head, crypto::open_clear_segment(event.body.segments[0]));
  CARTELLA_TRY(const auto header, schema::decode_header(head.plaintext.message));
  if (header.type != schema::EventType::erasure_decided) return found;
  CARTELLA_TRY(const auto body, crypto::open_clear_segment(event.body.segments[1]));
  CARTELLA_TRY(schema::with_body<schema::ErasureDecided>(
      body.plaintext.message, [&](schema::ErasureDecided::Reader from) -> Status {
        if (schema::text_of(from.getDecision()) != "erase") return ok();
        found.scope = scope_of(schema::text_of(from.getScope()));
        if (found.scope == ErasureScope::wide) return ok();
        CARTELLA_TRY(found.stream, schema::id_from<StreamId>(from.getTarget()));
        CARTELLA_TRY(found.controller, schema::id_from<ControllerId>(from.getController()));
        return ok();
      }));
  return found;
}

Status KeyAccount::add(const crypto::StoredEvent& event, bool key_missing) {
  if (key_missing && !x_months.contains(event.leaf.stream_id))
    x_missing.emplace(event.leaf.stream_id, event.leaf.position);
  CARTELLA_TRY(const auto erasure, erasure_decision_of(event));
  switch (erasure.scope) {
    case ErasureScope::none: break;
    case ErasureScope::item: x_missing.erase(erasure.stream); break;
    case ErasureScope::month:
      x_missing.erase(erasure.stream);
      x_months.insert(erasure.stream);
      break;
    case ErasureScope::wide: x_missing.clear(); break;
  }
  return ok();
}

std::optional<LostKey> KeyAccount::first_lost() const {
  std::optional<LostKey> first;
  for (const auto& [stream, position] : x_missing)
    if (!first || position < first->position) first = LostKey{position, stream};
  return first;
}

Result<std::optional<LostKey>> find_lost_key(const store::Store& store, crypto::Vault& vault,
                                             const KnownErasures& known) {
  KeyAccount account;
  CARTELLA_TRY(store.scan(0, store.size(), [&](const crypto::StoredEvent& event) -> Status {
    CARTELLA_TRY(const bool missing, is_key_missing(vault, event, known));
    return account.add(event, missing);
  }));
  return account.first_lost();
}

}  // namespace cartella::cases
