#include "cases/claims_rebuild.h"

#include <optional>

#include "crypto/record.h"
#include "schema/body.h"

namespace cartella::cases {

namespace {

using schema::EventType;
using schema::id_from;
using schema::text_of;

// Nothing for an alias, which nobody holds alone.
std::optional<ClaimName> claim_of(schema::Identifier::Reader from) {
  const auto kind = static_cast<IdentifierKind>(from.getKind());
  if (kind == IdentifierKind::alias) return std::nullopt;
  const auto parsed = validate_identifier(kind, text_of(from.getValue()));
  if (!parsed) return std::nullopt;
  return identifier_claim(parsed.value().kind, parsed.value().value, text_of(from.getIssuer()));
}

}  // namespace

void ClaimsRebuild::claim(const ClaimName& name, const Raw16& holder) {
  x_held.emplace(x_codec.key_of(name), holder);  // whoever came first
}

Status ClaimsRebuild::add_person(const crypto::OpenedEvent& event,
                                 const schema::HeaderView& header) {
  const ByteView message = event.segments[1].plaintext.message;
  const Raw16& subject = header.subject.bytes;
  if (header.type == EventType::person_registered)
    return schema::with_body<schema::PersonRegistered>(message, [&](auto from) -> Status {
      for (const auto each : from.getIdentifiers())
        if (const auto name = claim_of(each)) claim(*name, subject);
      claim(person_claim(header.controller, header.subject), event.leaf.stream_id.bytes);
      return ok();
    });
  return schema::with_body<schema::IdentifierAdded>(message, [&](auto from) -> Status {
    if (const auto name = claim_of(from.getIdentifier())) claim(*name, subject);
    if (!from.hasReplaces() || from.getReplaces().getKind() != from.getIdentifier().getKind())
      return ok();
    const auto old = claim_of(from.getReplaces());
    if (!old) return ok();
    const auto at = x_held.find(x_codec.key_of(*old));
    if (at != x_held.end() && at->second == subject) x_held.erase(at);
    return ok();
  });
}

Status ClaimsRebuild::add_benefit(const crypto::OpenedEvent& event,
                                  const schema::HeaderView& header) {
  const ByteView message = event.segments[1].plaintext.message;
  if (header.type == EventType::benefit_granted)
    return schema::with_body<schema::BenefitGranted>(message, [&](auto from) -> Status {
      CARTELLA_TRY(const auto ente, id_from<UnitId>(from.getPayingEnte()));
      claim(protocol_claim(ente, text_of(from.getProtocol())), header.subject.bytes);
      return ok();
    });
  return schema::with_body<schema::BenefitSuperseded>(message, [&](auto from) -> Status {
    CARTELLA_TRY(const auto by, id_from<StreamId>(from.getBy()));
    claim(superseded_claim(event.leaf.stream_id), by.bytes);
    return ok();
  });
}

Status ClaimsRebuild::add(const crypto::OpenedEvent& event) {
  if (event.segments.size() < 2 || !event.segments[0].available || !event.segments[1].available)
    return ok();
  CARTELLA_TRY(const auto header, schema::decode_header(event.segments[0].plaintext.message));
  switch (header.type) {
    case EventType::person_registered:
    case EventType::identifier_added: return add_person(event, header);
    case EventType::benefit_granted:
    case EventType::benefit_superseded: return add_benefit(event, header);
    default: return ok();
  }
}

Status ClaimsRebuild::catch_up() {
  const std::uint64_t size = x_store.size();
  CARTELLA_TRY(x_store.scan(x_next, size, [&](const crypto::StoredEvent& stored) -> Status {
    if (stored.leaf.kind != schema::LeafKind::event) return ok();
    CARTELLA_TRY(const auto event, crypto::open_event(x_store.eras(), x_vault, stored));
    return add(event);
  }));
  x_next = size;
  return ok();
}

std::map<Hash32, Bytes> ClaimsRebuild::rows() const {
  std::map<Hash32, Bytes> rows;
  for (const auto& [key, holder] : x_held)
    rows.emplace_hint(rows.end(), key, x_codec.seal(key, holder));
  return rows;
}

}  // namespace cartella::cases
