#include "benchmarks/events.h"

#include "base/check.h"
#include "crypto/command_id.h"
#include "schema/codec.h"
#include "schema/event_types.h"

namespace cartella::bench {

namespace {

constexpr std::size_t kFrameBytes = 16;  // schema id, revision and length inside the padding

}  // namespace

crypto::Secret32 author_seed() {
  Hash32 bytes{};
  bytes.fill(2);
  return crypto::Secret32(bytes);
}

EventMaker::EventMaker(const LogId& log, crypto::SegmentKeys& keys, Signing signing,
                       std::size_t event_bytes, const crypto::Secret32& server_seed)
    : x_log(log),
      x_keys(keys),
      x_signing(signing),
      x_event_bytes(event_bytes),
      x_server(server_seed),
      x_author(author_seed()) {}

crypto::EventPlan EventMaker::plan(const Slot& slot, const EventId& id,
                                   std::uint64_t revision) const {
  schema::HeaderView header;
  header.type = schema::EventType::note_recorded;
  header.occurred_at = TimeUs{1'750'000'000'000'000 + static_cast<std::int64_t>(revision)};
  header.source = "person";
  std::memcpy(header.subject.bytes.data(), slot.stream.bytes.data(), 16);

  crypto::EventPlan plan;
  plan.event_id = id;
  plan.stream_id = slot.stream;
  plan.expected_revision =
      revision == 0 ? crypto::kExpectNone : static_cast<std::int64_t>(revision) - 1;
  // With one segment the header holds the text, and its words fill the step.
  if (!x_has_body)
    header.purpose.assign(x_event_bytes - kFrameBytes - schema::encode_header(header).size() - 1,
                          static_cast<char>('a' + revision % 26));
  plan.segments.push_back(
      {x_has_body ? slot.header_key : slot.subject_key,
       schema::KeyClass::base,
       {schema::kHeaderSchemaId, schema::kHeaderRevision, schema::encode_header(header)}});
  if (!x_has_body) return plan;
  // Fills its padding step exactly, so that the event is as large as it says.
  Bytes message(x_event_bytes - kFrameBytes, static_cast<std::uint8_t>(revision));
  std::memcpy(message.data(), id.bytes.data(), 16);
  crypto::Plaintext body{schema::find_type(schema::EventType::note_recorded)->schema_id, 1,
                         std::move(message)};
  plan.segments.push_back({slot.subject_key, schema::KeyClass::base, std::move(body)});
  return plan;
}

crypto::StoredEvent EventMaker::make(Slot& slot, Check check) {
  const std::uint64_t revision = slot.next_revision++;
  if (x_signing == Signing::server)
    return must(crypto::seal_event(x_log, x_keys, &x_server,
                                   plan(slot, crypto::new_command_id(x_clock), revision)));
  const Slot::Signed& ahead = slot.signed_ahead.at(revision - slot.signed_from);
  auto event = must(crypto::seal_event(x_log, x_keys, nullptr, plan(slot, ahead.id, revision)));
  event.leaf.flags = crypto::kAuthorSigned;
  event.leaf.signer_id = x_author.id();
  event.leaf.signature = ahead.signature;
  if (check == Check::by_taker) return event;
  const auto message = crypto::signed_message(x_log, event.leaf);
  CHECK(crypto::verify(x_author.public_key(), message, event.leaf.signature));
  return event;
}

void EventMaker::sign_ahead(Slot& slot, std::size_t count) {
  slot.signed_ahead.clear();
  slot.signed_from = slot.next_revision;
  if (x_signing != Signing::author) return;
  for (std::size_t i = 0; i < count; ++i) {
    const EventId id = crypto::new_command_id(x_clock);
    auto event =
        must(crypto::seal_event(x_log, x_keys, nullptr, plan(slot, id, slot.next_revision + i)));
    event.leaf.flags = crypto::kAuthorSigned;
    event.leaf.signer_id = x_author.id();
    slot.signed_ahead.push_back({id, x_author.sign(crypto::signed_message(x_log, event.leaf))});
  }
}

}  // namespace cartella::bench
