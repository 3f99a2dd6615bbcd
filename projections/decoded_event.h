// projections/decoded_event.h: an event as projections see it: opened, with its header decoded.
//
// Segments whose key was destroyed are not available; a projection treats such an event as one that
// tells nothing, so that a rebuild after an erasure is well defined. Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/record.h"
#include "schema/codec.h"
#include "schema/event_types.h"

namespace cartella::projections {

struct DecodedEvent {
  std::uint64_t position = 0;
  std::uint64_t revision = 0;
  EventId event_id;
  StreamId stream;
  TimeUs recorded_at;
  schema::LeafKind kind = schema::LeafKind::event;
  Hash32 leaf_hash{};
  std::size_t stored_bytes = 0;

  bool readable = false;  // false: the header's key is gone; `header` is empty then
  schema::HeaderView header;
  std::vector<crypto::OpenedEvent::Segment> bodies;  // the segments after the header

  schema::EventType type() const { return header.type; }
  // The first body of that schema; nullptr where absent or not available.
  const crypto::Plaintext* body(std::uint64_t schema_id) const;
  // True when some body cannot be opened any more.
  bool has_erased_body() const;
  // The day from which the fact holds: valid_from, else the day it occurred, else was recorded.
  Date effective_date() const;
  TimeUs occurred_at() const { return header.occurred_at.value_or(recorded_at); }
};

// Opens and decodes. corrupt: tag, commitment or header do not check; vault errors are returned.
Result<DecodedEvent> decode_event(const crypto::LogEras& eras, crypto::SegmentKeys& keys,
                                  const crypto::StoredEvent& event);

}  // namespace cartella::projections
