#include <algorithm>
#include <string>
#include <utility>

#include "store/rows.h"
#include "store/store.h"
#include "store/store_impl.h"

namespace cartella::store {

Status Store::Impl::check_position(std::uint64_t position) const {
  if (position < state.size()) return ok();
  return fail(Errc::not_found, "position " + std::to_string(position) + " is not committed");
}

Result<std::optional<Receipt>> Store::find_command(const EventId& command,
                                                   const Hash32& digest) const {
  CARTELLA_TRY(const auto row, load_id(*x_impl->db, command));
  // Rows are written a moment before the group is published.
  if (!row || row->position >= size()) return std::optional<Receipt>();
  if (row->command && row->command->digest == digest)
    return std::optional<Receipt>(receipt_of(command, *row->command));
  CARTELLA_TRY(const bool erased, is_erased(*x_impl->db, row->position));
  if (erased) return fail(Errc::erased, "the first use of this command id was erased");
  return fail(Errc::idempotency_conflict, "this command id was used for another command");
}

Result<std::optional<Hash32>> Store::command_digest(const EventId& event) const {
  CARTELLA_TRY(const auto row, load_id(*x_impl->db, event));
  if (!row || row->position >= size())
    return fail(Errc::not_found, "no event has the id " + event.hex());
  if (!row->command) return std::optional<Hash32>();
  return std::optional(row->command->digest);
}

Result<std::uint64_t> Store::position_of(const EventId& event) const {
  CARTELLA_TRY(const auto row, load_id(*x_impl->db, event));
  if (!row || row->position >= size())
    return fail(Errc::not_found, "no event has the id " + event.hex());
  return row->position;
}

Result<crypto::StoredEvent> Store::read(std::uint64_t position) const {
  CARTELLA_TRY(x_impl->check_position(position));
  return load_event(*x_impl->db, position);
}

Status Store::scan(std::uint64_t from, std::uint64_t to,
                   const std::function<Status(const crypto::StoredEvent&)>& each) const {
  to = std::min(to, size());
  if (from >= to) return ok();
  LogCursor leaves = x_impl->db->cursor(Family::leaves, LogDb::Walk::bulk);
  LogCursor bodies = x_impl->db->cursor(Family::bodies, LogDb::Walk::bulk);
  leaves.seek(position_key(from));
  bodies.seek(position_key(from));
  crypto::StoredEvent event;
  for (std::uint64_t position = from; position < to; ++position) {
    const PositionKey key = position_key(position);
    const auto stands_at = [&key](const LogCursor& cursor) {
      return cursor.valid() && std::ranges::equal(cursor.key(), key);
    };
    if (!stands_at(leaves) || !stands_at(bodies)) {
      CARTELLA_TRY(leaves.status());
      CARTELLA_TRY(bodies.status());
      return fail(Errc::corrupt, "position " + std::to_string(position) + " is missing");
    }
    CARTELLA_TRY(decode_event(position, leaves.value(), bodies.value(), event));
    CARTELLA_TRY(each(event));
    leaves.next();
    bodies.next();
  }
  return ok();
}

Result<std::optional<StreamHead>> Store::stream_head(const StreamId& stream) const {
  const RecentHeads::Look look = x_impl->recent_heads.find(stream);
  if (look.head) return look.head;
  CARTELLA_TRY(const auto head, load_head(*x_impl->db, stream));
  if (head) x_impl->recent_heads.offer(stream, *head, look);
  return head;
}

Result<std::vector<crypto::StoredEvent>> Store::read_stream(const StreamId& stream,
                                                            std::uint64_t from_revision,
                                                            std::size_t count_max) const {
  std::vector<PositionKey> keys;
  LogCursor cursor = x_impl->db->cursor(Family::streams, LogDb::Walk::point);
  for (cursor.seek(stream_key(stream, from_revision)); cursor.valid() && keys.size() < count_max;
       cursor.next()) {
    if (cursor.key().size() != sizeof(StreamKey) || StreamId::from_view(cursor.key()) != stream)
      break;
    if (cursor.value().size() != sizeof(PositionKey))
      return fail(Errc::corrupt, "a row of stream " + stream.hex() + " is malformed");
    std::copy_n(cursor.value().begin(), sizeof(PositionKey), keys.emplace_back().begin());
  }
  CARTELLA_TRY(cursor.status());
  CARTELLA_TRY(const auto leaves, x_impl->db->get_many(Family::leaves, keys));
  CARTELLA_TRY(const auto bodies, x_impl->db->get_many(Family::bodies, keys));
  std::vector<crypto::StoredEvent> events;
  events.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    CARTELLA_TRY(auto event, decode_event(load_be64(keys[i].data()), leaves[i], bodies[i]));
    events.push_back(std::move(event));
  }
  return events;
}

Result<std::optional<Bytes>> Store::find_claim(const Hash32& key) const {
  Bytes subject;
  CARTELLA_TRY(const bool held, x_impl->db->get(Family::claims, key, subject));
  if (!held) return std::optional<Bytes>();
  return std::optional<Bytes>(std::move(subject));
}

std::optional<SignerStatus> Store::find_signer(const SignerId& signer) const {
  return x_impl->signers.find(signer);
}

std::vector<SignerId> Store::server_signers() const { return x_impl->signers.servers(); }

}  // namespace cartella::store
