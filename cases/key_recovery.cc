#include "cases/key_recovery.h"

#include <capnp/schema.h>

#include "cases/access_month.h"
#include "cases/decide.h"
#include "cases/key_account.h"
#include "schema/body.h"
#include "schema/codec.h"

namespace cartella::cases {

namespace {

crypto::OwnerKeyName controller_key(const ControllerId& controller) {
  return {schema::KeyDomain::controller, controller.bytes, controller, schema::KeyClass::base};
}

// Only the staff's own record names its owner inside the body.
OperatorId worker_of(const schema::HeaderView& header, const crypto::OpenedEvent& event) {
  if (header.type != schema::EventType::operator_defined || event.segments.size() < 2 ||
      !event.segments[1].available)
    return {};
  const auto worker = schema::with_body<schema::OperatorDefined>(
      event.segments[1].plaintext.message,
      [](const auto& body) { return schema::id_from<OperatorId>(body.getOperator()); });
  return worker ? worker.value() : OperatorId{};
}

// Whatever the event turns out to be, the keys that its segments name are no longer free.
Status mark_keys(crypto::Vault& vault, const crypto::StoredEvent& stored) {
  CARTELLA_TRY(vault.mark_used(stored.leaf.stream_id));
  for (const Bytes& segment : stored.body.segments) {
    if (segment.empty()) continue;  // erased
    CARTELLA_TRY(const auto head, crypto::segment_head(segment));
    if (head.owner_key.is_zero()) continue;
    CARTELLA_TRY(vault.mark_used(head.owner_key));
  }
  return ok();
}

// The stream of a month of accesses is in use from the setting that names it, before its first
// look.
Status mark_named_stream(crypto::Vault& vault, const crypto::StoredEvent& stored) {
  if (stored.leaf.kind != schema::LeafKind::configuration || stored.body.segments.size() < 2)
    return ok();
  CARTELLA_TRY(const auto head, crypto::open_clear_segment(stored.body.segments[0]));
  CARTELLA_TRY(const auto header, schema::decode_header(head.plaintext.message));
  if (header.type != schema::EventType::configuration_set) return ok();
  CARTELLA_TRY(const auto body, crypto::open_clear_segment(stored.body.segments[1]));
  return schema::with_body<schema::ConfigurationSet>(
      body.plaintext.message, [&](auto from) -> Status {
        if (!schema::text_of(from.getKey()).starts_with(kAccessMonthPrefix)) return ok();
        CARTELLA_TRY(const auto stream, StreamId::parse(schema::text_of(from.getValue())));
        return vault.mark_used(stream);
      });
}

// Header and body of a look are the month's; each reason is of the person that it names.
Status bind_access(crypto::Vault& vault, const schema::HeaderView& header,
                   const crypto::OpenedEvent& event) {
  const auto month = month_key_name(event.leaf.stream_id, header.controller);
  for (const auto& segment : event.segments) {
    if (!segment.available) continue;
    if (segment.plaintext.schema_id != capnp::typeId<schema::AccessReason>()) {
      CARTELLA_TRY(vault.bind_owner(month, segment.owner_key));
      continue;
    }
    CARTELLA_TRY(const auto subject,
                 schema::with_body<schema::AccessReason>(segment.plaintext.message, [](auto from) {
                   return schema::id_from<SubjectId>(from.getSubject());
                 }));
    CARTELLA_TRY(vault.bind_owner(reason_key_name(subject, header.controller), segment.owner_key));
  }
  return ok();
}

// Stored, but without its key; what lost its bytes, too, is accounted for by the log itself.
bool has_closed_segment(const crypto::StoredEvent& stored, const crypto::OpenedEvent& event,
                        const KnownErasures& known) {
  for (std::size_t i = 0; i < event.segments.size() && i < stored.body.segments.size(); ++i)
    if (!event.segments[i].available && !stored.body.segments[i].empty() &&
        !known.answers_for(event.segments[i].owner_key, stored.leaf.stream_id))
      return true;
  return false;
}

Status bind_event(const crypto::LogEras& eras, crypto::Vault& vault,
                  const crypto::StoredEvent& stored, const KnownErasures& known,
                  KeyAccount& account) {
  CARTELLA_TRY(mark_keys(vault, stored));
  CARTELLA_TRY(mark_named_stream(vault, stored));
  if (stored.leaf.kind != schema::LeafKind::event && stored.leaf.kind != schema::LeafKind::access)
    return account.add(stored, false);
  CARTELLA_TRY(auto event, crypto::open_event(eras, vault, stored));
  CARTELLA_TRY(account.add(stored, has_closed_segment(stored, event, known)));
  if (event.segments.empty() || !event.segments[0].available) return ok();
  CARTELLA_TRY(auto header, schema::decode_header(event.segments[0].plaintext.message));
  if (stored.leaf.kind == schema::LeafKind::access) return bind_access(vault, header, event);
  CARTELLA_TRY(vault.bind_owner(controller_key(header.controller), event.segments[0].owner_key));
  const schema::TypeInfo* type = schema::find_type(header.type);
  if (type == nullptr) return ok();
  const auto owner =
      owner_of(header.type, header.subject, stored.leaf.stream_id, worker_of(header, event));
  if (!owner) return ok();
  for (std::size_t i = 1; i < event.segments.size(); ++i) {
    const auto& segment = event.segments[i];
    if (segment.owner_key.is_zero()) continue;
    CARTELLA_TRY(vault.bind_owner({type->domain, *owner, header.controller, segment.key_class},
                                  segment.owner_key));
  }
  return ok();
}

}  // namespace

Status recover_keys(const store::Store& store, crypto::Vault& vault, std::uint64_t from,
                    const KnownErasures& known) {
  const std::uint64_t size = store.size();
  // The vault remembers only what is durable in the log. Going on would destroy keys that the lost
  // events use, and with them the way back.
  if (from > size)
    return fail(Errc::rollback, "the vault knows of " + std::to_string(from) +
                                    " events, but the log holds " + std::to_string(size));
  KeyAccount account;
  if (from < size) {
    CARTELLA_TRY(store.scan(from, size, [&](const crypto::StoredEvent& event) {
      return bind_event(store.eras(), vault, event, known, account);
    }));
  }
  if (const auto lost = account.first_lost())
    return fail(Errc::corrupt, "position " + std::to_string(lost->position) +
                                   ": a key of this event is missing and no erasure answers for "
                                   "it; restore the vault that belongs to this log");
  CARTELLA_TRY(vault.remember());
  return vault.destroy_unused();
}

}  // namespace cartella::cases
