#include <algorithm>

#include "cases/access_month.h"
#include "cases/decide_parts.h"
#include "cases/earlier_command.h"
#include "cases/executor_impl.h"
#include "cases/prepared.h"
#include "schema/body.h"

namespace cartella::cases {

namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::size_t kDefinitionsRead = 16;  // in a minute there are fewer

// The events as the folds read them. erased: a key went since they were sealed, so that nobody
// could ever read them.
Result<SealedCall> open_call(const LogId& log, crypto::Vault& vault, store::Call call) {
  SealedCall sealed;
  for (const crypto::StoredEvent& stored : call.events) {
    SealedCall::Written written;
    CARTELLA_TRY(written.event, crypto::open_event(crypto::LogEras(log), vault, stored));
    for (const auto& segment : written.event.segments)
      if (!segment.available)
        return fail(Errc::erased, "a key of command " + call.events.front().leaf.event_id.hex() +
                                      " was erased since it was prepared");
    const std::int64_t expected = stored.leaf.expected_revision;
    written.revision_known = expected >= crypto::kExpectNone;
    if (written.revision_known)
      written.event.leaf.revision = static_cast<std::uint64_t>(expected + 1);
    sealed.written.push_back(std::move(written));
  }
  sealed.call = std::move(call);
  return sealed;
}

// A month of the access log begins by a definition that allows and forbids nothing, perhaps with
// the look that shows the preview itself.
Result<bool> begins_access_month(const crypto::OpenedEvent& event) {
  const std::uint64_t schema_id =
      schema::find_type(schema::EventType::configuration_set)->schema_id;
  bool begins = false;
  for (const crypto::OpenedEvent::Segment& segment : event.segments) {
    if (segment.plaintext.schema_id != schema_id) continue;
    CARTELLA_TRY(schema::with_body<schema::ConfigurationSet>(
        segment.plaintext.message, [&](schema::ConfigurationSet::Reader body) -> Status {
          begins = schema::text_of(body.getKey()).starts_with(kAccessMonthPrefix);
          return ok();
        }));
  }
  return begins;
}

bool has_key_event(const store::Call& call) {
  return std::any_of(call.events.begin(), call.events.end(),
                     [](const auto& event) { return event.leaf.kind == schema::LeafKind::key; });
}

}  // namespace

Result<PreparedEvent> preview_of(const LogId& log, crypto::SegmentKeys& keys,
                                 const crypto::StoredEvent& event) {
  PreparedEvent preview;
  preview.kind = event.leaf.kind;
  preview.flags = event.leaf.flags;
  preview.event_id = event.leaf.event_id;
  preview.stream = event.leaf.stream_id;
  preview.expected_revision = event.leaf.expected_revision;
  CARTELLA_TRY(preview.segments, crypto::preview_event(log, keys, event));
  preview.body_commitment = event.leaf.body_commitment;
  preview.message = crypto::signed_message(log, event.leaf);
  return preview;
}

Result<store::SignerStatus> Executor::Impl::check_author(const OperatorId& actor,
                                                         const SignerId& signer) const {
  const auto status = store.find_signer(signer);
  if (!status) return fail(Errc::key_revoked, "signer " + signer.hex() + " is not enrolled");
  if (status->owner != actor)
    return fail(Errc::permission_denied, "signer " + signer.hex() + " is another operator's");
  if (status->revoked_from)
    return fail(Errc::key_revoked, "signer " + signer.hex() + " is revoked");
  if (!status->may_append)
    return fail(Errc::permission_denied, "signer " + signer.hex() + " has no right to append");
  return *status;
}

Result<std::uint64_t> Executor::Impl::definitions_so_far() const {
  CARTELLA_TRY(const auto head, store.stream_head(organisation_stream(store.log_id())));
  return head ? head->revision + 1 : 0;
}

Status Executor::Impl::check_definitions(const HeldCall& held) const {
  const Error changed =
      fail(Errc::conflict, "the organisation changed since the command was prepared");
  CARTELLA_TRY(const auto since, store.read_stream(organisation_stream(store.log_id()),
                                                   held.definitions, kDefinitionsRead));
  if (since.size() == kDefinitionsRead || (held.defines && !since.empty())) return changed;
  for (const crypto::StoredEvent& stored : since) {
    CARTELLA_TRY(const auto event, crypto::open_event(store.eras(), vault, stored));
    CARTELLA_TRY(const bool is_harmless, begins_access_month(event));
    if (!is_harmless) return changed;
  }
  return ok();
}

Result<std::shared_ptr<const PreparedTokens>> Executor::Impl::tokens() {
  return prepared_tokens.with([&](auto& made) -> Result<std::shared_ptr<const PreparedTokens>> {
    if (!made) {
      CARTELLA_TRY(const auto key, vault.named_secret("prepared"));
      made = std::make_shared<const PreparedTokens>(key, store.eras().current());
    }
    return made;
  });
}

Result<Prepared> Executor::Impl::prepare(const CommandContext& context, const Command& command,
                                         const store::SignerStatus& author,
                                         const SignerId& signer) {
  Prepared prepared;
  const auto under_way = begin();
  HeldCall held;
  held.defines = defines_organisation(command);
  CARTELLA_TRY(held.definitions, definitions_so_far());
  CARTELLA_TRY(const auto decision, decide_now(context, command, signer));
  if (decision.existing) {
    prepared.done = Outcome{{}, *decision.existing, decision.subject, false, true};
    return prepared;
  }
  const auto signing = server.use();
  const Sealing sealing{store.eras().current(), vault, signing.signer(), options.app_version,
                        signer};
  CARTELLA_TRY(auto sealed, seal_call(sealing, decision, command, context));
  add_claims(decision, sealed.call);
  if (has_key_event(sealed.call) && !author.may_enrol)
    return fail(Errc::permission_denied, "signer " + signer.hex() + " has no right to enrol");
  for (const crypto::StoredEvent& event : sealed.call.events) {
    CARTELLA_TRY(auto preview, preview_of(store.eras().current(), vault, event));
    prepared.events.push_back(std::move(preview));
  }
  held.deadline_us = clock.monotonic_us() + kPreparedSeconds * kSecondUs;
  held.subject = decision.subject;
  held.confirms_clock = std::holds_alternative<ConfirmClock>(command);
  held.call = std::move(sealed.call);
  CARTELLA_TRY(const auto codec, tokens());
  prepared.token = codec->seal(context.actor, held);
  if (prepared.token.size() > options.token_bytes_max)
    return fail(Errc::invalid_argument, "a call to be signed by its author has at most " +
                                            std::to_string(options.token_bytes_max) + " bytes");
  prepared.log = store.eras().current();
  prepared.signer = signer;
  prepared.expires_at = TimeUs{clock.wall().us + kPreparedSeconds * kSecondUs};
  return prepared;
}

Result<Outcome> Executor::Impl::commit(HeldCall held) {
  CARTELLA_TRY(auto sealed, open_call(store.eras().current(), vault, std::move(held.call)));
  std::unique_lock lock(definitions, std::defer_lock);
  if (held.defines) lock.lock();
  const auto under_way = begin();
  // Sent twice at once: the other one may have ended while this one waited.
  CARTELLA_TRY(const auto earlier, store.find_command(sealed.call.events.front().leaf.event_id,
                                                      sealed.call.command_digest));
  if (earlier) return outcome_of(store, vault, *earlier);
  CARTELLA_TRY(check_definitions(held));
  CARTELLA_TRY(check_claims(sealed.call));
  return append(std::move(sealed), held.subject, held.confirms_clock);
}

Result<Prepared> Executor::prepare(const CommandContext& context, const Command& command,
                                   const SignerId& signer) {
  CARTELLA_TRY(auto earlier, find_earlier(x_impl->store, x_impl->vault, context, command));
  if (earlier) {
    Prepared prepared;
    prepared.done = *earlier;
    return prepared;
  }
  CARTELLA_TRY(const auto author, x_impl->check_author(context.actor, signer));
  return x_impl->prepare(context, command, author, signer);
}

Result<Outcome> Executor::commit(const OperatorId& actor, ByteView token,
                                 std::span<const crypto::Signature> signatures) {
  CARTELLA_TRY(const auto codec, x_impl->tokens());
  CARTELLA_TRY(auto held, codec->open(actor, token));
  const EventId command = held.call.events.front().leaf.event_id;
  CARTELLA_TRY(const auto earlier, x_impl->store.find_command(command, held.call.command_digest));
  if (earlier) return outcome_of(x_impl->store, x_impl->vault, *earlier);
  if (x_impl->clock.monotonic_us() > held.deadline_us)
    return refuse("prepared_expired", "l'anteprima è scaduta: va preparata di nuovo");
  if (signatures.size() != held.call.events.size())
    return fail(Errc::invalid_argument, "a commit has one signature for each event");
  for (std::size_t i = 0; i < signatures.size(); ++i)
    held.call.events[i].leaf.signature = signatures[i];
  return x_impl->commit(std::move(held));
}

}  // namespace cartella::cases
