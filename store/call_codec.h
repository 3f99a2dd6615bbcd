// store/call_codec.h: the calls of one group as bytes, the payload of a journal record.
//
// Payload = version u8 || call count u32 || calls. Call = event count u32 || claim count u32 ||
// command digest32 || events || claims. Event = leaf256 || framed body. Claim = kind u8 || key32 ||
// framed subject. Checks of streams that are not written are not kept: they decide, they change
// nothing. docs/data_formats.md "Journal payload". The caller's thread encodes its own call, so
// that the writer only fills in leaves and copies once. Threads: values and free functions.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/leaf.h"
#include "store/store.h"

namespace cartella::store {

inline constexpr std::uint8_t kPayloadVersion = 1;
inline constexpr std::size_t kPayloadHeadBytes = 1 + 4;
inline constexpr std::size_t kClaimSubjectBytesMax = 64;

struct EncodedCall {
  Bytes bytes;
  std::vector<std::uint32_t> leaf_at;  // where each event's leaf stands in `bytes`; zeros so far
};
EncodedCall encode_call(const Call& call);

// Starts, extends and completes the payload of a group.
void begin_payload(Bytes& payload);
void add_call(const EncodedCall& call, Bytes& payload);
void set_call_count(std::uint32_t calls, Bytes& payload);

// Views into the payload.
struct EventView {
  ByteView leaf;
  ByteView body;
};
struct ClaimView {
  ClaimOp::Kind kind = ClaimOp::Kind::claim;
  ByteView key;
  ByteView subject;
};
struct CallView {
  std::size_t first_event = 0;  // into GroupView::events
  std::uint32_t event_count = 0;
  ByteView digest;
};
struct GroupView {
  std::vector<CallView> calls;
  std::vector<EventView> events;
  std::vector<ClaimView> claims;  // of all calls, in order
};
// corrupt: malformed. unsupported: another version.
Status decode_payload(ByteView payload, GroupView& group);

}  // namespace cartella::store
