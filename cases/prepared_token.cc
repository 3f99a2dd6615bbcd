#include "cases/prepared_token.h"

#include "cases/decide_parts.h"
#include "crypto/box.h"
#include "crypto/hash.h"
#include "crypto/record.h"

namespace cartella::cases {

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kConfirmsClock = 1;
constexpr std::uint8_t kDefines = 2;
constexpr std::string_view kDomain{"cartella/prepared/1\0", 20};
constexpr std::size_t kListMax = 4096;      // more than any call has of anything
constexpr std::size_t kClaimBytesMax = 64;  // ClaimOp::subject

Error unknown_token() {
  return refuse("prepared_unknown",
                "l'anteprima non è di questo operatore o non vale più: va preparata di nuovo");
}

crypto::Secret32 key_of_this_run(const crypto::Secret32& key) {
  const crypto::Secret32 run = crypto::Secret32::random();
  return crypto::derive(key, "prepared-run", run.view());
}

void write_events(const std::vector<crypto::StoredEvent>& events, ByteWriter& writer) {
  writer.u32(static_cast<std::uint32_t>(events.size()));
  for (const crypto::StoredEvent& event : events) {
    Bytes body;
    crypto::encode_body(event.body, body);
    writer.raw(crypto::encode_leaf(event.leaf));
    writer.framed(body);
  }
}

void write_conditions(const store::Call& call, ByteWriter& writer) {
  writer.u32(static_cast<std::uint32_t>(call.checks.size()));
  for (const crypto::StreamCheck& check : call.checks) {
    writer.raw(check.stream.view());
    writer.u64(static_cast<std::uint64_t>(check.expected_revision));
  }
  writer.u32(static_cast<std::uint32_t>(call.claims.size()));
  for (const store::ClaimOp& claim : call.claims) {
    writer.u8(static_cast<std::uint8_t>(claim.kind));
    writer.raw(claim.key);
    writer.framed(claim.subject);
  }
}

bool read_count(ByteReader& reader, std::uint32_t& count) {
  return reader.u32(count) && count <= kListMax;
}

bool read_events(ByteReader& reader, std::vector<crypto::StoredEvent>& events) {
  std::uint32_t count = 0;
  if (!read_count(reader, count) || count == 0) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    ByteView leaf_bytes;
    ByteView body_bytes;
    if (!reader.raw(crypto::kLeafBytes, leaf_bytes) ||
        !reader.framed(crypto::kEventBytesMax, body_bytes))
      return false;
    const auto leaf = crypto::decode_leaf(leaf_bytes);
    auto body = crypto::decode_body(body_bytes);
    if (!leaf || !body) return false;
    events.push_back({leaf.value(), std::move(body).value()});
  }
  return true;
}

bool read_conditions(ByteReader& reader, store::Call& call) {
  std::uint32_t count = 0;
  if (!read_count(reader, count)) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    crypto::StreamCheck check;
    std::uint64_t expected = 0;
    if (!reader.copy(check.stream.bytes) || !reader.u64(expected)) return false;
    check.expected_revision = static_cast<std::int64_t>(expected);
    call.checks.push_back(check);
  }
  if (!read_count(reader, count)) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    store::ClaimOp claim;
    std::uint8_t kind = 0;
    ByteView subject;
    if (!reader.u8(kind) || !reader.copy(claim.key) || !reader.framed(kClaimBytesMax, subject))
      return false;
    claim.kind = static_cast<store::ClaimOp::Kind>(kind);
    claim.subject.assign(subject.begin(), subject.end());
    call.claims.push_back(std::move(claim));
  }
  return true;
}

bool read_held(ByteReader& reader, HeldCall& held) {
  std::uint8_t version = 0;
  std::uint8_t flags = 0;
  std::uint64_t deadline = 0;
  if (!reader.u8(version) || version != kVersion || !reader.u8(flags) || !reader.u64(deadline) ||
      !reader.copy(held.subject.bytes) || !reader.u64(held.definitions) ||
      !reader.copy(held.call.command_digest))
    return false;
  held.deadline_us = static_cast<std::int64_t>(deadline);
  held.confirms_clock = (flags & kConfirmsClock) != 0;
  held.defines = (flags & kDefines) != 0;
  return read_events(reader, held.call.events) && read_conditions(reader, held.call) &&
         reader.remaining() == 0;
}

}  // namespace

PreparedTokens::PreparedTokens(const crypto::Secret32& key, const LogId& log)
    : x_log(log), x_key(key_of_this_run(key)) {}

Bytes PreparedTokens::associated(const OperatorId& actor) const {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(as_bytes(kDomain));
  writer.raw(x_log.bytes);
  writer.raw(actor.view());
  return bytes;
}

Bytes PreparedTokens::seal(const OperatorId& actor, const HeldCall& held) const {
  Bytes plain;
  ByteWriter writer(plain);
  writer.u8(kVersion);
  writer.u8(static_cast<std::uint8_t>((held.confirms_clock ? kConfirmsClock : 0) |
                                      (held.defines ? kDefines : 0)));
  writer.u64(static_cast<std::uint64_t>(held.deadline_us));
  writer.raw(held.subject.view());
  writer.u64(held.definitions);
  writer.raw(held.call.command_digest);
  write_events(held.call.events, writer);
  write_conditions(held.call, writer);
  return crypto::seal_box(x_key, associated(actor), plain);
}

Result<HeldCall> PreparedTokens::open(const OperatorId& actor, ByteView token) const {
  const auto plain = crypto::open_box(x_key, associated(actor), token);
  if (!plain) return unknown_token();
  HeldCall held;
  ByteReader reader(plain.value());
  if (!read_held(reader, held)) return unknown_token();
  return held;
}

}  // namespace cartella::cases
