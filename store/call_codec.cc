#include "store/call_codec.h"

#include "base/check.h"
#include "crypto/record.h"

namespace cartella::store {

namespace {

bool read_event(ByteReader& reader, EventView& event) {
  return reader.raw(crypto::kLeafBytes, event.leaf) && reader.framed(kCallBytesMax, event.body);
}

bool read_claim(ByteReader& reader, ClaimView& claim) {
  std::uint8_t kind = 0;
  if (!reader.u8(kind) || !reader.raw(sizeof(Hash32), claim.key) ||
      !reader.framed(kClaimSubjectBytesMax, claim.subject))
    return false;
  claim.kind = static_cast<ClaimOp::Kind>(kind);
  return claim.kind == ClaimOp::Kind::claim || claim.kind == ClaimOp::Kind::release;
}

bool read_call(ByteReader& reader, GroupView& group) {
  CallView call;
  std::uint32_t claims = 0;
  call.first_event = group.events.size();
  if (!reader.u32(call.event_count) || !reader.u32(claims) ||
      !reader.raw(sizeof(Hash32), call.digest) || call.event_count == 0 ||
      call.event_count > kCallEventsMax)
    return false;
  for (std::uint32_t i = 0; i < call.event_count; ++i)
    if (!read_event(reader, group.events.emplace_back())) return false;
  for (std::uint32_t i = 0; i < claims; ++i)
    if (!read_claim(reader, group.claims.emplace_back())) return false;
  group.calls.push_back(call);
  return true;
}

}  // namespace

EncodedCall encode_call(const Call& call) {
  EncodedCall encoded;
  Bytes& bytes = encoded.bytes;
  std::size_t expected = 64;
  for (const crypto::StoredEvent& event : call.events) {
    expected += crypto::kLeafBytes + 16;
    for (const Bytes& segment : event.body.segments) expected += segment.size() + 72;
  }
  bytes.reserve(expected + call.claims.size() * 128);
  ByteWriter writer(bytes);
  writer.u32(static_cast<std::uint32_t>(call.events.size()));
  std::uint32_t claims = 0;
  for (const ClaimOp& claim : call.claims)
    if (claim.kind != ClaimOp::Kind::assert_free) ++claims;
  writer.u32(claims);
  writer.raw(call.command_digest);
  for (const crypto::StoredEvent& event : call.events) {
    encoded.leaf_at.push_back(static_cast<std::uint32_t>(bytes.size()));
    bytes.resize(bytes.size() + crypto::kLeafBytes);
    const std::size_t length_at = bytes.size();
    writer.u32(0);
    crypto::encode_body(event.body, bytes);
    store_be32(bytes.data() + length_at,
               static_cast<std::uint32_t>(bytes.size() - length_at - sizeof(std::uint32_t)));
  }
  for (const ClaimOp& claim : call.claims) {
    if (claim.kind == ClaimOp::Kind::assert_free) continue;
    writer.u8(static_cast<std::uint8_t>(claim.kind));
    writer.raw(claim.key);
    writer.framed(claim.subject);
  }
  return encoded;
}

void begin_payload(Bytes& payload) {
  payload.clear();
  payload.resize(kPayloadHeadBytes);
  payload[0] = kPayloadVersion;
}

void add_call(const EncodedCall& call, Bytes& payload) {
  payload.insert(payload.end(), call.bytes.begin(), call.bytes.end());
}

void set_call_count(std::uint32_t calls, Bytes& payload) {
  CHECK(payload.size() >= kPayloadHeadBytes);
  store_be32(payload.data() + 1, calls);
}

Status decode_payload(ByteView payload, GroupView& group) {
  group.calls.clear();
  group.events.clear();
  group.claims.clear();
  ByteReader reader(payload);
  std::uint8_t version = 0;
  std::uint32_t calls = 0;
  if (!reader.u8(version) || !reader.u32(calls))
    return fail(Errc::corrupt, "a journal payload is too short");
  if (version != kPayloadVersion)
    return fail(Errc::unsupported, "a journal payload has an unknown version");
  for (std::uint32_t i = 0; i < calls; ++i)
    if (!read_call(reader, group)) return fail(Errc::corrupt, "a journal payload is malformed");
  if (reader.remaining() != 0)
    return fail(Errc::corrupt, "a journal payload has bytes after its end");
  return ok();
}

}  // namespace cartella::store
