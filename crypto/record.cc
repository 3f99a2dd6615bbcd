#include "crypto/record.h"

#include <algorithm>
#include <array>

#include "crypto/hash.h"
#include "crypto/signer.h"
#include "schema/codec.h"

namespace cartella::crypto {

namespace {

constexpr std::uint8_t kAlgorithmClear = 0;
constexpr std::size_t kStubBytes = 64;

// The kinds whose bodies hold no personal data, so that an auditor without keys can read them.
bool may_be_clear(schema::LeafKind kind) {
  switch (kind) {
    case schema::LeafKind::key:
    case schema::LeafKind::schema:
    case schema::LeafKind::configuration:
    case schema::LeafKind::erasure:
    case schema::LeafKind::attestation: return true;
    case schema::LeafKind::event:
    case schema::LeafKind::access: break;
  }
  return false;
}

std::size_t body_bytes(const EventBody& body) {
  std::size_t total = 2 + body.stubs.size() * kStubBytes;
  for (const Bytes& segment : body.segments) total += 4 + segment.size();
  return total;
}

struct BodyHashes {
  Hash32 commitment;
  Hash32 stored;
};

// `stubs` are at most kSegmentsMax.
BodyHashes hashes_of(const std::vector<Stub>& stubs) {
  std::array<Hash32, kSegmentsMax> column;  // every event passes here: no allocation
  const std::span<const Hash32> filled(column.data(), stubs.size());
  std::ranges::transform(stubs, column.begin(), &Stub::commitment);
  const Hash32 commitment = body_commitment(filled);
  std::ranges::transform(stubs, column.begin(), &Stub::stored_hash);
  return {commitment, stored_hash(filled)};
}

Error corrupt_event(const Leaf& leaf, std::string_view what) {
  return fail(Errc::corrupt, "event " + leaf.event_id.hex() + ": " + std::string(what));
}

Error corrupt_segment(const Leaf& leaf, std::size_t index, std::string_view what) {
  return fail(Errc::corrupt, "event " + leaf.event_id.hex() + " segment " + std::to_string(index) +
                                 ": " + std::string(what));
}

SegmentContext context_of(const LogId& log, const Leaf& leaf, std::size_t index,
                          const SegmentHead& head) {
  return {log,
          leaf.event_id,
          leaf.stream_id,
          static_cast<std::uint16_t>(index),
          head.owner_key,
          head.key_class};
}

Result<OpenedSegment> open_one(const LogId& log, SegmentKeys& keys, const StoredEvent& event,
                               std::size_t index, const SegmentHead& head) {
  const Bytes& stored = event.body.segments[index];
  if (head.algorithm == kAlgorithmClear) {
    if (!may_be_clear(event.leaf.kind))
      return corrupt_segment(event.leaf, index, "clear in a kind that is sealed");
    return open_clear_segment(stored);
  }
  CARTELLA_TRY(const auto key, keys.segment_key(head.owner_key, event.leaf.stream_id));
  return open_segment(context_of(log, event.leaf, index, head), key, stored);
}

// The bytes matched their stored hash already, so whatever is malformed in them was sealed so.
Error at_segment(const Leaf& leaf, std::size_t index, const Error& error) {
  if (error.code == Errc::invalid_input) return corrupt_segment(leaf, index, error.detail);
  if (error.code == Errc::corrupt && error.detail.starts_with("event ")) return error;
  if (error.code == Errc::corrupt) return corrupt_segment(leaf, index, error.detail);
  return error;
}

// What the header says the event is, its kind and its first body must be: readers go by either.
Status check_types(const OpenedEvent& event) {
  if (event.segments.empty() || !event.segments[0].available) return ok();
  const Plaintext& header = event.segments[0].plaintext;
  if (header.schema_id != schema::kHeaderSchemaId)
    return corrupt_segment(event.leaf, 0, "not a header");
  const auto type = schema::header_type(header.message);
  if (!type) return corrupt_segment(event.leaf, 0, type.error().detail);
  const schema::TypeInfo* info = schema::find_type(type.value());
  if (info == nullptr) return ok();  // of a later build
  const bool has_body = event.segments.size() > 1 && event.segments[1].available;
  if (info->kind != event.leaf.kind ||
      (has_body && info->schema_id != event.segments[1].plaintext.schema_id))
    return corrupt_event(event.leaf, "its header names another type than its kind and body");
  return ok();
}

Result<SealedSegment> seal_one(const LogId& log, SegmentKeys& keys, const EventPlan& plan,
                               std::size_t index) {
  const SegmentPlan& segment = plan.segments[index];
  if (segment.owner_key.is_zero()) {
    if (!may_be_clear(plan.kind))
      return fail(Errc::invalid_argument, "a segment of this kind must name an owner key");
    if (segment.key_class != schema::KeyClass::base)
      return fail(Errc::invalid_argument, "a clear segment has the base class");
    return clear_segment(segment.plaintext);
  }
  CARTELLA_TRY(const auto key, keys.segment_key(segment.owner_key, plan.stream_id));
  const SegmentContext context{log,
                               plan.event_id,
                               plan.stream_id,
                               static_cast<std::uint16_t>(index),
                               segment.owner_key,
                               segment.key_class};
  return seal_segment(context, key, segment.plaintext);
}

}  // namespace

void encode_body(const EventBody& body, Bytes& to) {
  ByteWriter writer(to);
  to.reserve(to.size() + body_bytes(body));
  writer.u16(static_cast<std::uint16_t>(body.stubs.size()));
  for (const Stub& stub : body.stubs) {
    writer.raw(stub.commitment);
    writer.raw(stub.stored_hash);
  }
  for (const Bytes& segment : body.segments) writer.framed(segment);
}

Status decode_body(ByteView bytes, EventBody& body) {
  const auto malformed = [] { return fail(Errc::invalid_input, "malformed body record"); };
  if (bytes.size() > kEventBytesMax) return fail(Errc::invalid_input, "body record is too large");
  ByteReader reader(bytes);
  std::uint16_t count = 0;
  if (!reader.u16(count) || count == 0 || count > kSegmentsMax) return malformed();
  body.stubs.resize(count);
  body.segments.resize(count);
  for (Stub& stub : body.stubs)
    if (!reader.copy(stub.commitment) || !reader.copy(stub.stored_hash)) return malformed();
  for (Bytes& segment : body.segments) {
    ByteView stored;
    if (!reader.framed(kSegmentOverhead + kPlaintextBytesMax, stored)) return malformed();
    if (!stored.empty() && stored.size() <= kSegmentOverhead) return malformed();
    segment.assign(stored.begin(), stored.end());
  }
  if (reader.remaining() != 0) return malformed();
  return ok();
}

Result<EventBody> decode_body(ByteView bytes) {
  EventBody body;
  CARTELLA_TRY(decode_body(bytes, body));
  return body;
}

bool is_sealed(schema::LeafKind kind) {
  return kind == schema::LeafKind::event || kind == schema::LeafKind::access;
}

Status check_body(const StoredEvent& event) {
  const EventBody& body = event.body;
  if (body.stubs.empty() || body.stubs.size() > kSegmentsMax ||
      body.stubs.size() != body.segments.size())
    return corrupt_event(event.leaf, "number of segments");
  const BodyHashes hashes = hashes_of(body.stubs);
  if (hashes.commitment != event.leaf.body_commitment)
    return corrupt_event(event.leaf, "body commitment does not match the leaf");
  if (hashes.stored != event.leaf.stored_hash)
    return corrupt_event(event.leaf, "stored hash does not match the leaf");
  for (std::size_t i = 0; i < body.segments.size(); ++i) {
    if (body.segments[i].empty()) continue;  // erased
    if (sha256(body.segments[i]) != body.stubs[i].stored_hash)
      return corrupt_segment(event.leaf, i, "stored bytes do not match their hash");
  }
  return ok();
}

Result<OpenedEvent> open_event(const LogEras& eras, SegmentKeys& keys, const StoredEvent& event) {
  const LogId& log = eras.at(event.leaf.position);
  CARTELLA_TRY(check_body(event));
  OpenedEvent opened;
  opened.leaf = event.leaf;
  opened.segments.resize(event.body.segments.size());
  for (std::size_t i = 0; i < event.body.segments.size(); ++i) {
    if (event.body.segments[i].empty()) {
      // What is clear is nobody's, so nothing erases it: else an emptied revocation would be none.
      if (!is_sealed(event.leaf.kind)) return corrupt_segment(event.leaf, i, "a clear one is gone");
      continue;
    }
    auto head = segment_head(event.body.segments[i]);
    if (head.has_error()) return at_segment(event.leaf, i, head.error());
    OpenedEvent::Segment& segment = opened.segments[i];
    segment.key_class = head.value().key_class;
    segment.owner_key = head.value().owner_key;
    auto clear = open_one(log, keys, event, i, head.value());
    if (clear.has_error()) {
      if (clear.error().code == Errc::erased) continue;
      return at_segment(event.leaf, i, clear.error());
    }
    if (clear.value().commitment != event.body.stubs[i].commitment)
      return corrupt_segment(event.leaf, i, "commitment does not match");
    segment.plaintext = std::move(clear.value().plaintext);
    segment.available = true;
  }
  CARTELLA_TRY(check_types(opened));
  return opened;
}

Result<std::vector<SegmentPreview>> preview_event(const LogId& log, SegmentKeys& keys,
                                                  const StoredEvent& event) {
  CARTELLA_TRY(check_body(event));
  std::vector<SegmentPreview> previews(event.body.segments.size());
  for (std::size_t i = 0; i < previews.size(); ++i) {
    const Bytes& stored = event.body.segments[i];
    CARTELLA_TRY(const auto head, segment_head(stored));
    if (head.algorithm == kAlgorithmClear) {
      CARTELLA_TRY(auto opened, open_one(log, keys, event, i, head));
      previews[i].plaintext = std::move(opened.plaintext);
      previews[i].commitment = opened.commitment;
    } else {
      CARTELLA_TRY(const auto key, keys.segment_key(head.owner_key, event.leaf.stream_id));
      CARTELLA_TRY(previews[i], preview_segment(context_of(log, event.leaf, i, head), key, stored));
    }
    if (previews[i].commitment != event.body.stubs[i].commitment)
      return corrupt_segment(event.leaf, i, "commitment does not match");
  }
  return previews;
}

Result<StoredEvent> seal_event(const LogId& log, SegmentKeys& keys, const Signer* server_signer,
                               const EventPlan& plan) {
  if (plan.segments.empty() || plan.segments.size() > kSegmentsMax)
    return fail(Errc::invalid_argument, "an event has 1 to 64 segments");
  StoredEvent event;
  for (std::size_t i = 0; i < plan.segments.size(); ++i) {
    CARTELLA_TRY(auto sealed, seal_one(log, keys, plan, i));
    event.body.stubs.push_back({sealed.commitment, sealed.stored_hash});
    event.body.segments.push_back(std::move(sealed.stored));
  }
  if (body_bytes(event.body) > kEventBytesMax)
    return fail(Errc::invalid_argument, "a sealed event has at most 262144 bytes");
  Leaf& leaf = event.leaf;
  leaf.kind = plan.kind;
  leaf.event_id = plan.event_id;
  leaf.stream_id = plan.stream_id;
  leaf.expected_revision = plan.expected_revision;
  const BodyHashes hashes = hashes_of(event.body.stubs);
  leaf.body_commitment = hashes.commitment;
  leaf.stored_hash = hashes.stored;
  // The checkpoint covers access events; all other kinds are signed (amendment 7).
  if (server_signer != nullptr && plan.kind != schema::LeafKind::access) {
    leaf.flags = kServerSigned;
    leaf.signer_id = server_signer->id();
    leaf.signature = server_signer->sign(signed_message(log, leaf));
  }
  return event;
}

}  // namespace cartella::crypto
