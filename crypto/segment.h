// crypto/segment.h: sealing one disclosure unit of an event, and opening it again.
//
// A stored segment is alg u8 || class u8 || owner key id16 || nonce24 || ciphertext || tag16, where
// the sealed bytes are salt32 || padded plaintext and padded plaintext = schema id u64 || revision
// u32 || length u32 || message || zeros up to 256 or 512 B, 1, 4, 16, 64 or 192 KiB (ledger.md 3,
// amendment 6). alg 1 = XChaCha20-Poly1305-IETF; alg 0 = clear, allowed only for leaf kinds without
// personal data, with owner, nonce, salt and tag all zero. Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "crypto/leaf.h"
#include "crypto/secret.h"
#include "schema/event_types.h"

namespace cartella::crypto {

inline constexpr std::size_t kSegmentOverhead = 1 + 1 + 16 + 24 + 32 + 16;
inline constexpr std::size_t kPlaintextBytesMax = 192 * 1024;  // largest padding step
inline constexpr std::size_t kEventBytesMax = 256 * 1024;      // sealed, ledger.md 3
inline constexpr std::size_t kSegmentsMax = 64;

struct Plaintext {
  std::uint64_t schema_id = 0;
  std::uint32_t revision = 0;
  Bytes message;  // canonical single-segment Cap'n Proto
};
// As it is committed and sealed, with its padding. invalid_argument: larger than the largest step.
Result<Bytes> padded_plaintext(const Plaintext& plaintext);

// What the authenticated data binds a segment to; no epoch (amendment 6).
struct SegmentContext {
  LogId log;
  EventId event;
  StreamId stream;
  std::uint16_t index = 0;
  KeyId owner_key;
  schema::KeyClass key_class = schema::KeyClass::base;
};

struct SealedSegment {
  Bytes stored;
  Hash32 commitment{};   // seg = H("cartella/seg/1\0" || salt || owner key || class || padded)
  Hash32 stored_hash{};  // SHA-256(stored)
};

// invalid_argument: message larger than the largest step.
Result<SealedSegment> seal_segment(const SegmentContext& context, const Secret32& segment_key,
                                   const Plaintext& plaintext);
Result<SealedSegment> clear_segment(const Plaintext& plaintext);

struct OpenedSegment {
  Plaintext plaintext;
  Hash32 commitment{};
};
// Owner key id and class of a stored segment without opening it. invalid_input: its size is no
// step, or it is neither sealed under a key nor clear with zeros where a key would show.
// unsupported: another algorithm.
struct SegmentHead {
  std::uint8_t algorithm = 0;
  schema::KeyClass key_class = schema::KeyClass::base;
  KeyId owner_key;
};
Result<SegmentHead> segment_head(ByteView stored);
// corrupt: the tag, the nonce or the padding does not verify. invalid_input: malformed. The caller
// compares the recomputed commitment with the stub.
Result<OpenedSegment> open_segment(const SegmentContext& context, const Secret32& segment_key,
                                   ByteView stored);
Result<OpenedSegment> open_clear_segment(ByteView stored);

// What an author checks before signing: everything that a commitment is made of. A salt lets its
// holder test guesses of a text, so it leaves only with the preview (cases/prepared.h) and is kept
// nowhere; when the segment key dies, no one can make it again.
struct SegmentPreview {
  schema::KeyClass key_class = schema::KeyClass::base;
  KeyId owner_key;  // zero: clear
  Plaintext plaintext;
  Hash32 salt{};  // zeros: clear
  Hash32 commitment{};
};
// As open_segment.
Result<SegmentPreview> preview_segment(const SegmentContext& context, const Secret32& segment_key,
                                       ByteView stored);

// H("cartella/body/1\0" || n u16 || seg...) and H("cartella/ct/1\0" || n u16 || H(ciphertext)...).
Hash32 body_commitment(std::span<const Hash32> commitments);
Hash32 stored_hash(std::span<const Hash32> stored_hashes);

// UUIDv8(SHA-256("cartella/event-id/1\0" || command id || be32 i)); i = 0 is the command id itself.
EventId event_id_of(const EventId& command, std::uint32_t index);
// UUIDv8(HMAC(import key, framed ambito || framed table || framed source key)).
EventId import_event_id(const Secret32& import_key, std::string_view ambito, std::string_view table,
                        std::string_view source_key);
struct StreamCheck {
  StreamId stream;
  std::int64_t expected_revision = kExpectAny;
};
// Binds the events of a call to each other: H("cartella/batch/1\0" || n u32 || event ids)[:16],
// zeros for one event. Streams that were only checked are kept nowhere, so nobody could recompute
// an id over them.
BatchId batch_id_of(std::span<const EventId> events);

}  // namespace cartella::crypto
