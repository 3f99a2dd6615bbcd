#include "cases/seal_call.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "cases/canonical.h"
#include "crypto/hash.h"
#include "schema/codec.h"

namespace cartella::cases {

using schema::KeyClass;
using schema::KeyDomain;
using schema::LeafKind;

namespace {

// An event on its way: everything but the header, which needs the digest of the whole call.
struct Draft {
  const schema::TypeInfo* type = nullptr;
  crypto::EventPlan plan;
  bool revision_known = false;
  std::uint64_t revision = 0;
};

Result<Draft> draft_event(const Sealing& sealing, const PlannedEvent& planned,
                          const CommandContext& context) {
  Draft draft;
  draft.type = schema::find_type(planned.type);
  CHECK(draft.type != nullptr);
  draft.plan.kind = draft.type->kind;
  draft.plan.stream_id = planned.stream;
  crypto::SegmentPlan header;
  if (crypto::is_sealed(draft.plan.kind)) {
    CARTELLA_TRY(header.owner_key, sealing.vault.owner_key(header_key_name(context.controller)));
  }
  draft.plan.segments.push_back(std::move(header));
  for (const PlannedBody& body : planned.bodies) {
    crypto::SegmentPlan segment;
    if (body.domain != KeyDomain::none) {
      CARTELLA_TRY(
          segment.owner_key,
          sealing.vault.owner_key({body.domain, body.owner, context.controller, body.key_class}));
      segment.key_class = body.key_class;
    }
    segment.plaintext = body.plaintext;
    draft.plan.segments.push_back(std::move(segment));
  }
  return draft;
}

// The i-th event of a stream in a call asserts base + i, or repeats the sentinel (amendment 7).
void number_events(const Decision& decision, const EventId& command, std::vector<Draft>& drafts) {
  std::map<StreamId, std::int64_t> counts;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    Draft& draft = drafts[i];
    const std::int64_t base = decision.events[i].expected_revision;
    const std::int64_t before = counts[draft.plan.stream_id]++;
    draft.revision_known = base >= crypto::kExpectNone;
    draft.plan.expected_revision = draft.revision_known ? base + before : base;
    if (draft.revision_known) draft.revision = static_cast<std::uint64_t>(base + before + 1);
    draft.plan.event_id = crypto::event_id_of(command, static_cast<std::uint32_t>(i));
  }
}

std::vector<SegmentKeyName> key_names(const std::vector<Draft>& drafts) {
  std::vector<SegmentKeyName> names;
  for (const Draft& draft : drafts)
    for (const crypto::SegmentPlan& segment : draft.plan.segments) {
      if (segment.owner_key.is_zero()) continue;
      const SegmentKeyName name{segment.owner_key, draft.plan.stream_id};
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  return names;
}

schema::HeaderView header_of(const CommandContext& context, const std::string& app_version) {
  schema::HeaderView header;
  header.controller = context.controller;
  header.occurred_at = context.occurred_at;
  header.valid_from = context.valid_from;
  header.valid_to = context.valid_to;
  header.actor = context.actor;
  header.on_behalf_of = context.on_behalf_of;
  header.role = context.role;
  header.unit = context.unit;
  header.purpose = context.purpose;
  header.legal_basis = context.legal_basis;
  header.legal_basis_confirmed = context.basis_confirmed;
  header.source = context.source;
  header.correlation = context.correlation;
  header.causation = context.causation;
  for (const ExternalRef& ref : context.external_refs)
    header.external_refs.push_back({ref.system, ref.table, ref.key});
  header.app_version = app_version;
  return header;
}

Result<crypto::StoredEvent> seal_draft(const Sealing& sealing, const crypto::EventPlan& plan) {
  const bool by_author = !sealing.author.is_zero();
  const crypto::Signer* server = by_author ? nullptr : &sealing.server;
  CARTELLA_TRY(auto event, crypto::seal_event(sealing.log, sealing.vault, server, plan));
  if (by_author && plan.kind != LeafKind::access) {
    event.leaf.flags = crypto::kAuthorSigned;
    event.leaf.signer_id = sealing.author;
  }
  return event;
}

SealedCall::Written written_of(Draft& draft) {
  SealedCall::Written written;
  written.revision_known = draft.revision_known;
  written.event.leaf.event_id = draft.plan.event_id;
  written.event.leaf.stream_id = draft.plan.stream_id;
  written.event.leaf.kind = draft.plan.kind;
  written.event.leaf.revision = draft.revision;
  for (crypto::SegmentPlan& segment : draft.plan.segments)
    written.event.segments.push_back(
        {segment.key_class, segment.owner_key, std::move(segment.plaintext), true});
  return written;
}

}  // namespace

crypto::OwnerKeyName header_key_name(const ControllerId& controller) {
  return {KeyDomain::controller, controller.bytes, controller, KeyClass::base};
}

Result<Hash32> command_digest(crypto::SegmentKeys& keys, const std::vector<SegmentKeyName>& names,
                              const CommandContext& context, const Command& command) {
  Hash32 chain{};
  for (const SegmentKeyName& name : names) {
    CARTELLA_TRY(const auto key, keys.segment_key(name.owner_key, name.stream));
    chain = crypto::hmac_sha256(
        chain, {as_bytes(std::string_view("cartella/command-key/1\0", 23)), key.view()});
  }
  const Hash32 digest = crypto::hmac_sha256(
      chain,
      {as_bytes(std::string_view("cartella/command/1\0", 19)), canonical_bytes(context, command)});
  crypto::wipe(chain.data(), chain.size());
  return digest;
}

Result<SealedCall> seal_call(const Sealing& sealing, const Decision& decision,
                             const Command& command, const CommandContext& context) {
  std::vector<Draft> drafts;
  drafts.reserve(decision.events.size());
  for (const PlannedEvent& planned : decision.events) {
    CARTELLA_TRY(auto draft, draft_event(sealing, planned, context));
    drafts.push_back(std::move(draft));
  }
  number_events(decision, context.command_id, drafts);

  SealedCall sealed;
  CARTELLA_TRY(sealed.call.command_digest,
               command_digest(sealing.vault, key_names(drafts), context, command));
  schema::HeaderView header = header_of(context, sealing.app_version);
  std::vector<EventId> ids;
  ids.reserve(drafts.size());
  for (const Draft& draft : drafts) ids.push_back(draft.plan.event_id);
  header.batch_id = crypto::batch_id_of(ids);
  sealed.call.checks = decision.checks;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    Draft& draft = drafts[i];
    const bool personal = crypto::is_sealed(draft.plan.kind);
    header.type = draft.type->type;
    header.subject = personal ? decision.subject : SubjectId{};
    header.command_digest.reset();
    if (i == 0) header.command_digest = sealed.call.command_digest;
    draft.plan.segments[0].plaintext = {schema::kHeaderSchemaId, schema::kHeaderRevision,
                                        schema::encode_header(header)};
    CARTELLA_TRY(auto event, seal_draft(sealing, draft.plan));
    sealed.call.events.push_back(std::move(event));
    sealed.written.push_back(written_of(draft));
  }
  return sealed;
}

}  // namespace cartella::cases
