#include "projections/decoded_event.h"

#include <algorithm>

#include "base/local_time.h"

namespace cartella::projections {

const crypto::Plaintext* DecodedEvent::body(std::uint64_t schema_id) const {
  for (const auto& segment : bodies)
    if (segment.available && segment.plaintext.schema_id == schema_id) return &segment.plaintext;
  return nullptr;
}

bool DecodedEvent::has_erased_body() const {
  return std::any_of(bodies.begin(), bodies.end(),
                     [](const auto& segment) { return !segment.available; });
}

Date DecodedEvent::effective_date() const {
  return header.valid_from.value_or(local_day(occurred_at()));
}

Result<DecodedEvent> decode_event(const crypto::LogEras& eras, crypto::SegmentKeys& keys,
                                  const crypto::StoredEvent& event) {
  CARTELLA_TRY(auto opened, crypto::open_event(eras, keys, event));
  DecodedEvent decoded;
  decoded.position = opened.leaf.position;
  decoded.revision = opened.leaf.revision;
  decoded.event_id = opened.leaf.event_id;
  decoded.stream = opened.leaf.stream_id;
  decoded.recorded_at = opened.leaf.recorded_at;
  decoded.kind = opened.leaf.kind;
  decoded.leaf_hash = crypto::leaf_hash(crypto::encode_leaf(opened.leaf));
  for (const Bytes& segment : event.body.segments) decoded.stored_bytes += segment.size();
  if (!opened.segments.empty() && opened.segments.front().available) {
    auto header = schema::decode_header(opened.segments.front().plaintext.message);
    if (!header)
      return fail(Errc::corrupt,
                  "the header of position " + std::to_string(decoded.position) + " is malformed");
    decoded.header = std::move(header).value();
    decoded.readable = true;
  }
  if (!opened.segments.empty()) {
    decoded.bodies.assign(std::make_move_iterator(opened.segments.begin() + 1),
                          std::make_move_iterator(opened.segments.end()));
  }
  return decoded;
}

}  // namespace cartella::projections
