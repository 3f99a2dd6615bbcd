#include "store/rows.h"

#include <limits>
#include <string>

namespace cartella::store {

namespace {

Error missing(const char* what, std::uint64_t position) {
  return fail(Errc::corrupt, std::string("the ") + what + " at position " +
                                 std::to_string(position) + " is missing or malformed");
}

Result<Bytes> load_row(const LogDb& db, Family family, const char* what, std::uint64_t position) {
  Bytes value;
  CARTELLA_TRY(const bool found, db.get(family, position_key(position), value));
  if (!found) return missing(what, position);
  return value;
}

}  // namespace

Result<std::optional<IdRow>> load_id(const LogDb& db, const EventId& id) {
  Bytes value;
  CARTELLA_TRY(const bool found, db.get(Family::ids, id.view(), value));
  if (!found) return std::optional<IdRow>();
  IdRow row;
  if (value.size() == kEventRowBytes) {
    row.position = load_be64(value.data());
  } else if (value.size() == kCommandRowBytes) {
    row.command = decode_command_row(value);
    row.position = row.command->position;
  } else {
    return fail(Errc::corrupt, "the row of event id " + id.hex() + " has a wrong length");
  }
  return std::optional<IdRow>(row);
}

Result<std::optional<StreamHead>> load_head(const LogDb& db, const StreamId& stream) {
  Bytes value;
  // Most misses are new streams, which the filter answers without a search.
  CARTELLA_TRY(const bool exists, db.get(Family::streams, stream_key(stream, 0), value));
  if (!exists) return std::optional<StreamHead>();
  LogCursor cursor = db.cursor(Family::streams, LogDb::Walk::point);
  cursor.seek_for_prev(stream_key(stream, std::numeric_limits<std::uint64_t>::max()));
  CARTELLA_TRY(cursor.status());
  if (!cursor.valid() || cursor.key().size() != sizeof(StreamKey) ||
      StreamId::from_view(cursor.key()) != stream || cursor.value().size() != kEventRowBytes)
    return fail(Errc::corrupt, "the rows of stream " + stream.hex() + " are malformed");
  StreamHead head;
  head.revision = load_be64(cursor.key().data() + 16);
  head.position = load_be64(cursor.value().data());
  CARTELLA_TRY(head.leaf_hash, load_leaf_hash(db, head.position));
  return std::optional<StreamHead>(head);
}

Result<crypto::Leaf> load_leaf(const LogDb& db, std::uint64_t position) {
  CARTELLA_TRY(const Bytes bytes, load_row(db, Family::leaves, "leaf", position));
  auto leaf = crypto::decode_leaf(bytes);
  if (!leaf || leaf.value().position != position) return missing("leaf", position);
  return leaf;
}

Result<Hash32> load_leaf_hash(const LogDb& db, std::uint64_t position) {
  CARTELLA_TRY(const Bytes bytes, load_row(db, Family::leaves, "leaf", position));
  if (bytes.size() != crypto::kLeafBytes) return missing("leaf", position);
  return crypto::leaf_hash(bytes);
}

Status decode_event(std::uint64_t position, ByteView leaf, ByteView body,
                    crypto::StoredEvent& event) {
  const auto decoded = crypto::decode_leaf(leaf);
  if (!decoded || decoded.value().position != position) return missing("leaf", position);
  event.leaf = decoded.value();
  if (!crypto::decode_body(body, event.body)) return missing("body", position);
  return ok();
}

Result<crypto::StoredEvent> decode_event(std::uint64_t position, ByteView leaf, ByteView body) {
  crypto::StoredEvent event;
  CARTELLA_TRY(decode_event(position, leaf, body, event));
  return event;
}

Result<crypto::StoredEvent> load_event(const LogDb& db, std::uint64_t position) {
  CARTELLA_TRY(const Bytes leaf, load_row(db, Family::leaves, "leaf", position));
  CARTELLA_TRY(const Bytes body, load_row(db, Family::bodies, "body", position));
  return decode_event(position, leaf, body);
}

Result<std::optional<std::string>> newest_stored_checkpoint(const LogDb& db) {
  LogCursor cursor = db.cursor(Family::checkpoints, LogDb::Walk::bulk);
  cursor.seek_for_prev(position_key(std::numeric_limits<std::uint64_t>::max()));
  CARTELLA_TRY(cursor.status());
  if (!cursor.valid()) return std::optional<std::string>();
  return std::optional<std::string>(as_text(cursor.value()));
}

Result<bool> is_erased(const LogDb& db, std::uint64_t position) {
  CARTELLA_TRY(const auto event, load_event(db, position));
  return !event.body.segments.empty() && event.body.segments.front().empty();
}

Receipt receipt_of(const EventId& command, const CommandRow& row) {
  Receipt receipt;
  receipt.command_id = command;
  receipt.first_position = row.position;
  receipt.event_count = row.event_count;
  receipt.recorded_at = TimeUs{row.recorded_us};
  receipt.tree_size = row.tree_size;
  receipt.duplicate = true;
  return receipt;
}

}  // namespace cartella::store
