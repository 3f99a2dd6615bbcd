#include "crypto/leaf.h"

#include <algorithm>

#include "crypto/hash.h"

namespace cartella::crypto {

namespace {

constexpr std::uint8_t kLeafPrefix = 0;  // RFC 6962, 2.1
constexpr std::string_view kSignatureDomain{"cartella/sig/1\0", 15};

// Offsets of docs/data_formats.md, "Leaf".
constexpr std::size_t kVersionAt = 4;
constexpr std::size_t kKindAt = 5;
constexpr std::size_t kFlagsAt = 6;
constexpr std::size_t kPositionAt = 8;
constexpr std::size_t kEventAt = 16;
constexpr std::size_t kStreamAt = 32;
constexpr std::size_t kRevisionAt = 48;
constexpr std::size_t kTimeAt = 56;
constexpr std::size_t kBodyAt = 64;
constexpr std::size_t kStoredAt = 96;
constexpr std::size_t kPreviousAt = 128;
constexpr std::size_t kSignerAt = 160;
constexpr std::size_t kExpectedAt = 176;
constexpr std::size_t kSignatureAt = 184;
constexpr std::size_t kReservedAt = 248;

std::array<std::uint8_t, 8> be64(std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes;
  store_be64(bytes.data(), value);
  return bytes;
}

template <std::size_t N>
void put(LeafBytes& to, std::size_t at, const std::array<std::uint8_t, N>& value) {
  std::copy(value.begin(), value.end(), to.begin() + static_cast<std::ptrdiff_t>(at));
}

template <std::size_t N>
void take(ByteView from, std::size_t at, std::array<std::uint8_t, N>& value) {
  std::memcpy(value.data(), from.data() + at, N);
}

// Exactly one of the two signs; access events carry no signature of their own (amendment 7).
bool flags_fit(schema::LeafKind kind, std::uint16_t flags) {
  if (kind == schema::LeafKind::access) return flags == 0;
  return flags == kAuthorSigned || flags == kServerSigned;
}

bool expected_fits(std::int64_t expected) {
  return expected >= kExpectNone || expected == kExpectAny || expected == kExpectExists;
}

template <std::size_t N>
bool all_zero(const std::array<std::uint8_t, N>& bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

}  // namespace

LeafBytes encode_leaf(const Leaf& leaf) {
  LeafBytes to{};
  put(to, 0, kMagic);
  to[kVersionAt] = kLeafVersion;
  to[kKindAt] = static_cast<std::uint8_t>(leaf.kind);
  store_be16(to.data() + kFlagsAt, leaf.flags);
  store_be64(to.data() + kPositionAt, leaf.position);
  put(to, kEventAt, leaf.event_id.bytes);
  put(to, kStreamAt, leaf.stream_id.bytes);
  store_be64(to.data() + kRevisionAt, leaf.revision);
  store_be64(to.data() + kTimeAt, static_cast<std::uint64_t>(leaf.recorded_at.us));
  put(to, kBodyAt, leaf.body_commitment);
  put(to, kStoredAt, leaf.stored_hash);
  put(to, kPreviousAt, leaf.previous_leaf_hash);
  put(to, kSignerAt, leaf.signer_id.bytes);
  store_be64(to.data() + kExpectedAt, static_cast<std::uint64_t>(leaf.expected_revision));
  put(to, kSignatureAt, leaf.signature);
  return to;
}

Result<Leaf> decode_leaf(ByteView bytes) {
  if (bytes.size() != kLeafBytes) return fail(Errc::invalid_input, "a leaf has 256 bytes");
  if (!std::equal(kMagic.begin(), kMagic.end(), bytes.begin()))
    return fail(Errc::invalid_input, "a leaf starts with CRT1");
  if (bytes[kVersionAt] != kLeafVersion) return fail(Errc::unsupported, "leaf version");
  if (bytes[kKindAt] > static_cast<std::uint8_t>(schema::LeafKind::attestation))
    return fail(Errc::invalid_input, "leaf kind");
  if (load_be64(bytes.data() + kReservedAt) != 0)
    return fail(Errc::invalid_input, "reserved bytes of a leaf are not zero");
  Leaf leaf;
  leaf.kind = static_cast<schema::LeafKind>(bytes[kKindAt]);
  leaf.flags = load_be16(bytes.data() + kFlagsAt);
  leaf.position = load_be64(bytes.data() + kPositionAt);
  take(bytes, kEventAt, leaf.event_id.bytes);
  take(bytes, kStreamAt, leaf.stream_id.bytes);
  leaf.revision = load_be64(bytes.data() + kRevisionAt);
  leaf.recorded_at.us = static_cast<std::int64_t>(load_be64(bytes.data() + kTimeAt));
  take(bytes, kBodyAt, leaf.body_commitment);
  take(bytes, kStoredAt, leaf.stored_hash);
  take(bytes, kPreviousAt, leaf.previous_leaf_hash);
  take(bytes, kSignerAt, leaf.signer_id.bytes);
  leaf.expected_revision = static_cast<std::int64_t>(load_be64(bytes.data() + kExpectedAt));
  take(bytes, kSignatureAt, leaf.signature);
  if (!flags_fit(leaf.kind, leaf.flags)) return fail(Errc::invalid_input, "leaf flags");
  if (!expected_fits(leaf.expected_revision))
    return fail(Errc::invalid_input, "expected revision of a leaf");
  if (leaf.flags == 0 && !(leaf.signer_id.is_zero() && all_zero(leaf.signature)))
    return fail(Errc::invalid_input, "an unsigned leaf names a signer or carries a signature");
  return leaf;
}

Hash32 leaf_hash(ByteView leaf_bytes) { return sha256({ByteView(&kLeafPrefix, 1), leaf_bytes}); }

// Streams the fields, never the encoded buffer, so that a fault in encode_leaf shows as well.
Hash32 leaf_hash_second(const Leaf& leaf) {
  const std::array<std::uint8_t, 4> start = {kLeafVersion, static_cast<std::uint8_t>(leaf.kind),
                                             static_cast<std::uint8_t>(leaf.flags >> 8),
                                             static_cast<std::uint8_t>(leaf.flags & 0xff)};
  const auto position = be64(leaf.position);
  const auto revision = be64(leaf.revision);
  const auto time = be64(static_cast<std::uint64_t>(leaf.recorded_at.us));
  const auto expected = be64(static_cast<std::uint64_t>(leaf.expected_revision));
  const auto reserved = be64(0);
  return sha256_second({ByteView(&kLeafPrefix, 1), kMagic, start, position, leaf.event_id.bytes,
                        leaf.stream_id.bytes, revision, time, leaf.body_commitment,
                        leaf.stored_hash, leaf.previous_leaf_hash, leaf.signer_id.bytes, expected,
                        leaf.signature, reserved});
}

SignedMessage signed_message(const LogId& log, const Leaf& leaf) {
  SignedMessage message{};
  std::uint8_t* at = message.data();
  const auto add = [&at](ByteView part) {
    std::memcpy(at, part.data(), part.size());
    at += part.size();
  };
  const std::array<std::uint8_t, 3> kind = {static_cast<std::uint8_t>(leaf.kind),
                                            static_cast<std::uint8_t>(leaf.flags >> 8),
                                            static_cast<std::uint8_t>(leaf.flags & 0xff)};
  add(as_bytes(kSignatureDomain));
  add(log.bytes);
  add(kind);
  add(leaf.event_id.bytes);
  add(leaf.stream_id.bytes);
  add(be64(static_cast<std::uint64_t>(leaf.expected_revision)));
  add(leaf.body_commitment);
  return message;
}

}  // namespace cartella::crypto
