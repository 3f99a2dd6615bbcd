#include "store/group_batch.h"

#include <string>

#include "base/check.h"
#include "crypto/leaf.h"

namespace cartella::store {

namespace {

constexpr std::size_t kStreamAt = 32;  // offsets in the leaf, ledger.md 3
constexpr std::size_t kKindAt = 5;
constexpr std::size_t kEventIdAt = 16;
constexpr std::size_t kPositionAt = 8;
constexpr std::size_t kRevisionAt = 48;
constexpr std::size_t kRecordedAt = 56;

Status put_event(const EventView& event, std::uint64_t position, LogBatch& batch) {
  const ByteView leaf = event.leaf;
  if (load_be64(leaf.data() + kPositionAt) != position)
    return fail(Errc::corrupt, "a journal record holds a leaf of another position than " +
                                   std::to_string(position));
  const PositionKey key = position_key(position);
  batch.put(Family::leaves, key, leaf);
  batch.put(Family::bodies, key, event.body);
  const StreamKey stream = stream_key(StreamId::from_view(leaf.subspan(kStreamAt, 16)),
                                      load_be64(leaf.data() + kRevisionAt));
  batch.put(Family::streams, stream, key);
  if (leaf[kKindAt] == static_cast<std::uint8_t>(schema::LeafKind::key))
    batch.put(Family::keys, key, leaf.subspan(kEventIdAt, 16));
  return ok();
}

void put_ids(const GroupRecord& record, const GroupView& group, const CallView& call,
             LogBatch& batch) {
  CommandRow row;
  row.position = record.first_position + call.first_event;
  row.event_count = call.event_count;
  row.tree_size = record.new_size;
  const ByteView first = group.events[call.first_event].leaf;
  row.recorded_us = static_cast<std::int64_t>(load_be64(first.data() + kRecordedAt));
  std::memcpy(row.digest.data(), call.digest.data(), row.digest.size());
  batch.put(Family::ids, first.subspan(kEventIdAt, 16), encode_command_row(row));
  for (std::uint32_t i = 1; i < call.event_count; ++i) {
    const ByteView leaf = group.events[call.first_event + i].leaf;
    batch.put(Family::ids, leaf.subspan(kEventIdAt, 16), position_key(row.position + i));
  }
}

}  // namespace

void put_claim(LogBatch& batch, const ClaimView& claim) {
  if (claim.kind == ClaimOp::Kind::claim)
    batch.put(Family::claims, claim.key, claim.subject);
  else
    batch.remove(Family::claims, claim.key);
}

Result<Hash32> derive_rows(const GroupRecord& record, std::span<const Hash32> leaf_hashes,
                           TreeEdge& edge, GroupView& scratch, LogBatch& batch,
                           const ClaimSink& claims) {
  CARTELLA_TRY(decode_payload(record.payload, scratch));
  if (record.first_position != edge.size() || scratch.events.size() != record.event_count ||
      record.new_size != record.first_position + record.event_count)
    return fail(Errc::corrupt,
                "a journal record does not follow the tree at size " + std::to_string(edge.size()));
  CHECK(leaf_hashes.empty() || leaf_hashes.size() == scratch.events.size());
  const TreeEdge::FullTile full = [&batch](std::uint32_t level, std::uint64_t index,
                                           std::span<const Hash32> tile) {
    batch.put(Family::tiles, tile_key(level, index),
              {reinterpret_cast<const std::uint8_t*>(tile.data()), tile.size_bytes()});
  };
  for (std::size_t i = 0; i < scratch.events.size(); ++i) {
    const EventView& event = scratch.events[i];
    CARTELLA_TRY(put_event(event, record.first_position + i, batch));
    edge.append(leaf_hashes.empty() ? crypto::leaf_hash(event.leaf) : leaf_hashes[i], full);
  }
  for (const CallView& call : scratch.calls) put_ids(record, scratch, call, batch);
  for (const ClaimView& claim : scratch.claims) claims(claim);
  return edge.root();
}

void put_end_rows(LogBatch& batch, std::uint64_t size, const Hash32& root,
                  std::span<const Family> families) {
  std::array<std::uint8_t, kEndRowBytes> value{};
  store_be64(value.data(), size);
  std::memcpy(value.data() + 8, root.data(), root.size());
  for (const Family family : families) {
    if (!ends_with_last_position(family)) batch.put(family, kEndKey, value);
  }
}

}  // namespace cartella::store
