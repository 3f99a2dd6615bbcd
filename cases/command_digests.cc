#include "cases/command_digests.h"

#include <string>

#include "crypto/segment.h"
#include "schema/codec.h"

namespace cartella::cases {

namespace {

// Nothing where it is erased.
Result<std::optional<crypto::Plaintext>> open_header(const LogId& log, crypto::SegmentKeys& keys,
                                                     const crypto::StoredEvent& event) {
  if (event.body.segments.empty() || event.body.segments[0].empty())
    return std::optional<crypto::Plaintext>();
  const Bytes& stored = event.body.segments[0];
  CARTELLA_TRY(const auto head, crypto::segment_head(stored));
  if (head.owner_key.is_zero()) {
    CARTELLA_TRY(auto clear, crypto::open_clear_segment(stored));
    return std::optional(std::move(clear.plaintext));
  }
  const auto key = keys.segment_key(head.owner_key, event.leaf.stream_id);
  if (!key && key.error().code == Errc::erased) return std::optional<crypto::Plaintext>();
  if (!key) return key.error();
  const crypto::SegmentContext context{log, event.leaf.event_id, event.leaf.stream_id,
                                       0,   head.owner_key,      head.key_class};
  CARTELLA_TRY(auto opened, crypto::open_segment(context, key.value(), stored));
  return std::optional(std::move(opened.plaintext));
}

Result<bool> is_right(const store::Store& store, crypto::SegmentKeys& keys,
                      const crypto::StoredEvent& event) {
  CARTELLA_TRY(const auto plaintext,
               open_header(store.eras().at(event.leaf.position), keys, event));
  if (!plaintext) return true;
  CARTELLA_TRY(const auto header, schema::decode_header(plaintext->message));
  CARTELLA_TRY(const auto indexed, store.command_digest(event.leaf.event_id));
  // Looks at data have no command: their calls carry zeros.
  if (event.leaf.kind == schema::LeafKind::access)
    return !header.command_digest && (!indexed || *indexed == Hash32{});
  return header.command_digest == indexed;
}

}  // namespace

Result<std::optional<std::uint64_t>> find_wrong_digest(const store::Store& store,
                                                       crypto::SegmentKeys& keys) {
  std::optional<std::uint64_t> wrong;
  CARTELLA_TRY(store.scan(0, store.size(), [&](const crypto::StoredEvent& event) -> Status {
    if (wrong) return ok();
    const auto right = is_right(store, keys, event);
    const std::uint64_t position = event.leaf.position;
    if (!right &&
        (right.error().code == Errc::corrupt || right.error().code == Errc::invalid_input))
      return fail(Errc::corrupt, "the header of position " + std::to_string(position) +
                                     " does not open: " + right.error().detail);
    if (!right) return right.error();
    if (!right.value()) wrong = position;
    return ok();
  }));
  return wrong;
}

}  // namespace cartella::cases
