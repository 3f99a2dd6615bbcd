#include "cases/key_account.h"

#include "crypto/segment.h"
#include "schema/body.h"
#include "schema/codec.h"

namespace cartella::cases {

namespace {

struct ErasureDecision {
  bool of_item = false;  // one stream; else a person, a month or a controller
  StreamId item;
};

// Empty: the event decides no erasure. Clear bodies, so that this needs no key.
Result<std::optional<ErasureDecision>> erasure_of(const crypto::StoredEvent& event) {
  std::optional<ErasureDecision> found;
  if (event.leaf.kind != schema::LeafKind::erasure || event.body.segments.size() < 2) return found;
  CARTELLA_TRY(const auto head, crypto::open_clear_segment(event.body.segments[0]));
  CARTELLA_TRY(const auto header, schema::decode_header(head.plaintext.message));
  if (header.type != schema::EventType::erasure_decided) return found;
  CARTELLA_TRY(const auto body, crypto::open_clear_segment(event.body.segments[1]));
  CARTELLA_TRY(schema::with_body<schema::ErasureDecided>(
      body.plaintext.message, [&](schema::ErasureDecided::Reader from) -> Status {
        if (schema::text_of(from.getDecision()) != "erase") return ok();
        found.emplace();
        found->of_item = schema::text_of(from.getScope()) == "item";
        if (!found->of_item) return ok();
        CARTELLA_TRY(found->item, schema::id_from<StreamId>(from.getTarget()));
        return ok();
      }));
  return found;
}

Result<bool> is_key_missing(crypto::Vault& vault, const crypto::StoredEvent& event) {
  for (const Bytes& segment : event.body.segments) {
    if (segment.empty()) continue;  // erased with its key
    CARTELLA_TRY(const auto head, crypto::segment_head(segment));
    if (head.owner_key.is_zero()) continue;  // clear
    const auto key = vault.segment_key(head.owner_key, event.leaf.stream_id);
    if (key) continue;
    if (key.error().code == Errc::erased) return true;
    return key.error();
  }
  return false;
}

}  // namespace

Status KeyAccount::add(const crypto::StoredEvent& event, bool key_missing) {
  if (key_missing) x_missing.emplace(event.leaf.stream_id, event.leaf.position);
  CARTELLA_TRY(const auto erasure, erasure_of(event));
  if (!erasure) return ok();
  if (erasure->of_item)
    x_missing.erase(erasure->item);
  else
    x_missing.clear();
  return ok();
}

std::optional<LostKey> KeyAccount::first_lost() const {
  std::optional<LostKey> first;
  for (const auto& [stream, position] : x_missing)
    if (!first || position < first->position) first = LostKey{position, stream};
  return first;
}

Result<std::optional<LostKey>> find_lost_key(const store::Store& store, crypto::Vault& vault) {
  KeyAccount account;
  CARTELLA_TRY(store.scan(0, store.size(), [&](const crypto::StoredEvent& event) -> Status {
    CARTELLA_TRY(const bool missing, is_key_missing(vault, event));
    return account.add(event, missing);
  }));
  return account.first_lost();
}

}  // namespace cartella::cases
