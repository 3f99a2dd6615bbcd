// crypto/record.h: one stored event: leaf, stubs and segments.
//
// Body record = n u16, then n stubs (commitment32 || stored hash32), kept for ever, then n framed
// segments (u32 length, bytes), erasable: length 0 means erased. docs/data_formats.md "Record".
// Threads: values.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "crypto/leaf.h"
#include "crypto/log_eras.h"
#include "crypto/segment.h"

namespace cartella::crypto {

struct Stub {
  Hash32 commitment{};
  Hash32 stored_hash{};
};

struct EventBody {
  std::vector<Stub> stubs;
  std::vector<Bytes> segments;  // same count; empty = erased
};

void encode_body(const EventBody& body, Bytes& to);
// invalid_input: malformed or over a limit.
Result<EventBody> decode_body(ByteView bytes);
// The same into a body that was used before, whose room it takes: for reading many in a row. After
// an error the body holds nothing of meaning.
Status decode_body(ByteView bytes, EventBody& body);

struct StoredEvent {
  Leaf leaf;
  EventBody body;
};

// An event whose segments were opened and whose commitments were compared.
struct OpenedEvent {
  struct Segment {
    schema::KeyClass key_class = schema::KeyClass::base;
    KeyId owner_key;
    Plaintext plaintext;
    bool available = false;  // false: key or ciphertext erased
  };
  Leaf leaf;
  std::vector<Segment> segments;  // [0] is the header
};

// Where segment keys come from; the vault implements it. Returns erased when the key is gone.
class SegmentKeys {
 public:
  virtual ~SegmentKeys() = default;
  virtual Result<Secret32> segment_key(const KeyId& owner_key, const StreamId& stream) = 0;
};

// Opens every segment whose key exists, under the log id that stands at its position. corrupt: a
// tag, commitment or hash does not match the leaf, or a clear segment is gone. A missing key leaves
// that segment unavailable; any other failure of the vault is returned.
Result<OpenedEvent> open_event(const LogEras& eras, SegmentKeys& keys, const StoredEvent& event);
// What its author checks before signing it, in the order of the segments. As open_event, but a key
// that is missing is `erased`.
Result<std::vector<SegmentPreview>> preview_event(const LogId& log, SegmentKeys& keys,
                                                  const StoredEvent& event);
// Checks stubs against the leaf and stored segments against the stubs, without keys.
// Of a segment that is gone it says nothing; open_event does where it was clear.
Status check_body(const StoredEvent& event);
// Whether the segments of such an event are sealed; else all of them are clear.
bool is_sealed(schema::LeafKind kind);

// ---- building ----------------------------------------------------------------------------------
struct SegmentPlan {
  KeyId owner_key;  // zero for clear kinds
  schema::KeyClass key_class = schema::KeyClass::base;
  Plaintext plaintext;
};
struct EventPlan {
  schema::LeafKind kind = schema::LeafKind::event;
  EventId event_id;
  StreamId stream_id;
  std::int64_t expected_revision = kExpectAny;
  std::vector<SegmentPlan> segments;  // [0] is the header
};
class Signer;  // crypto/signer.h
// Seals and, where `signer` is given, signs as the server (b1). Position, revision, time and
// previous leaf are left for the writer. too large: invalid_argument; vault errors are returned.
Result<StoredEvent> seal_event(const LogId& log, SegmentKeys& keys, const Signer* server_signer,
                               const EventPlan& plan);

}  // namespace cartella::crypto
