// crypto/leaf.h: the public 256-byte commitment of one event (ledger.md 3).
//
// The leaf is what the Merkle tree hashes. It names no type, person or batch. Layout and field
// meaning: docs/data_formats.md "Leaf".
// Threads: values and free functions.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "schema/event_types.h"

namespace cartella::crypto {

inline constexpr std::size_t kLeafBytes = 256;
using LeafBytes = std::array<std::uint8_t, kLeafBytes>;
using Signature = std::array<std::uint8_t, 64>;

// Frozen (docs/data_formats.md): other bytes need another magic.
inline constexpr const char* kFormat = "CRT1";  // as the genesis names it
inline constexpr std::array<std::uint8_t, 4> kMagic = {'C', 'R', 'T', '1'};
inline constexpr std::uint8_t kLeafVersion = 1;
inline constexpr std::uint16_t kAuthorSigned = 1;  // b0
inline constexpr std::uint16_t kServerSigned = 2;  // b1

// Expected revision sentinels, as asserted by the author.
inline constexpr std::int64_t kExpectNone = -1;  // the stream must not exist
inline constexpr std::int64_t kExpectAny = -2;
inline constexpr std::int64_t kExpectExists = -4;

struct Leaf {
  schema::LeafKind kind = schema::LeafKind::event;
  std::uint16_t flags = 0;
  std::uint64_t position = 0;
  EventId event_id;
  StreamId stream_id;
  std::uint64_t revision = 0;
  TimeUs recorded_at;
  Hash32 body_commitment{};
  Hash32 stored_hash{};
  Hash32 previous_leaf_hash{};
  SignerId signer_id;
  std::int64_t expected_revision = kExpectAny;
  Signature signature{};

  bool operator==(const Leaf&) const = default;
};

LeafBytes encode_leaf(const Leaf& leaf);
// invalid_input: wrong length, magic, kind, flags or reserved bytes; unsupported: unknown version.
Result<Leaf> decode_leaf(ByteView bytes);
// SHA-256(0x00 || leaf), RFC 6962, by OpenSSL over the encoded bytes.
Hash32 leaf_hash(ByteView leaf_bytes);
// The same by libsodium, from the fields: the second code path that the writer compares.
Hash32 leaf_hash_second(const Leaf& leaf);

// The bytes that an author or the server signs (ledger.md 3, "Signed message").
using SignedMessage = std::array<std::uint8_t, 15 + 32 + 1 + 2 + 16 + 16 + 8 + 32>;
SignedMessage signed_message(const LogId& log, const Leaf& leaf);

}  // namespace cartella::crypto
