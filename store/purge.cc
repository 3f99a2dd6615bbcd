// Store::purge: the bytes that an erasure takes out of the log.
#include <algorithm>
#include <limits>
#include <unordered_set>

#include "store/rows.h"
#include "store/store.h"
#include "store/store_impl.h"

namespace cartella::store {

namespace {

constexpr std::size_t kRowsPerStep = 128;     // rewritten between two groups of calls
constexpr std::size_t kClaimsPerStep = 4096;  // of 64 bytes each

struct Doomed {
  std::unordered_set<KeyId> keys;
  std::unordered_set<StreamId> streams;
};

// Whether a stored segment goes: never a clear one, which belongs to nobody.
Result<bool> goes(const Bytes& segment, bool whole_stream, const Doomed& doomed) {
  if (segment.empty()) return false;
  CARTELLA_TRY(const auto head, crypto::segment_head(segment));
  if (head.owner_key.is_zero()) return false;
  return whole_stream || doomed.keys.contains(head.owner_key);
}

// Positions of bodies that name one of the keys.
Status find_by_key(const LogDb& db, const Doomed& doomed, std::vector<std::uint64_t>& positions) {
  if (doomed.keys.empty()) return ok();
  crypto::EventBody body;
  LogCursor cursor = db.cursor(Family::bodies, LogDb::Walk::bulk);
  for (cursor.seek(position_key(0)); cursor.valid(); cursor.next()) {
    if (cursor.key().size() != sizeof(PositionKey))
      return fail(Errc::corrupt, "the key of a body is malformed");
    const std::uint64_t position = load_be64(cursor.key().data());
    if (!crypto::decode_body(cursor.value(), body))
      return fail(Errc::corrupt,
                  "the body at position " + std::to_string(position) + " is malformed");
    for (const Bytes& segment : body.segments) {
      CARTELLA_TRY(const bool found, goes(segment, false, doomed));
      if (!found) continue;
      positions.push_back(position);
      break;
    }
  }
  return cursor.status();
}

Status find_by_stream(const LogDb& db, const StreamId& stream,
                      std::vector<std::uint64_t>& positions) {
  LogCursor cursor = db.cursor(Family::streams, LogDb::Walk::point);
  for (cursor.seek(stream_key(stream, 0)); cursor.valid(); cursor.next()) {
    if (cursor.key().size() != sizeof(StreamKey) || StreamId::from_view(cursor.key()) != stream)
      break;
    positions.push_back(load_be64(cursor.value().data()));
  }
  return cursor.status();
}

// One body without what goes; counted where something went.
Status rewrite(const LogDb& db, std::uint64_t position, const Doomed& doomed, LogBatch& batch,
               PurgeCounts& counts) {
  CARTELLA_TRY(auto event, load_event(db, position));
  const bool whole_stream = doomed.streams.contains(event.leaf.stream_id);
  std::uint64_t gone = 0;
  for (Bytes& segment : event.body.segments) {
    CARTELLA_TRY(const bool is_doomed, goes(segment, whole_stream, doomed));
    if (!is_doomed) continue;
    segment.clear();
    ++gone;
  }
  if (gone == 0) return ok();
  Bytes row;
  crypto::encode_body(event.body, row);
  batch.put(Family::bodies, position_key(position), row);
  ++counts.events;
  counts.segments += gone;
  return ok();
}

}  // namespace

// A failed write leaves the index in a state that nobody knows.
Status Store::Impl::write_rows(LogBatch& batch) {
  Status written = db->write(batch);
  if (!written) state.fail_stop(written.error());
  return written;
}

Status Store::fence(std::span<const KeyId> owner_keys, std::span<const StreamId> streams) {
  return x_impl->writer.fence(owner_keys, streams);
}

Status Store::lift_fence(std::span<const KeyId> owner_keys, std::span<const StreamId> streams) {
  return x_impl->writer.lift_fence(owner_keys, streams);
}

Status Store::each_claim(
    const std::function<Status(const Hash32& key, ByteView holder)>& each) const {
  LogCursor cursor = x_impl->db->cursor(Family::claims, LogDb::Walk::bulk);
  for (cursor.seek({}); cursor.valid(); cursor.next()) {
    Hash32 key{};
    if (cursor.key().size() != key.size()) continue;  // the end row
    std::ranges::copy(cursor.key(), key.begin());
    CARTELLA_TRY(each(key, cursor.value()));
  }
  return cursor.status();
}

Status Store::replace_claims(const std::map<Hash32, Bytes>& claims) {
  LogDb& db = *x_impl->db;
  std::vector<Hash32> gone;
  CARTELLA_TRY(each_claim([&](const Hash32& key, ByteView) -> Status {
    if (!claims.contains(key)) gone.push_back(key);
    return ok();
  }));
  for (auto at = claims.begin(); at != claims.end();) {
    CARTELLA_TRY(x_impl->writer.run([&](Journal&) -> Status {
      LogBatch batch(db);
      for (std::size_t i = 0; i < kClaimsPerStep && at != claims.end(); ++i, ++at)
        batch.put(Family::claims, at->first, at->second);
      return x_impl->write_rows(batch);
    }));
  }
  for (std::size_t at = 0; at < gone.size(); at += kClaimsPerStep) {
    const std::size_t end = std::min(gone.size(), at + kClaimsPerStep);
    CARTELLA_TRY(x_impl->writer.run([&](Journal&) -> Status {
      LogBatch batch(db);
      for (std::size_t i = at; i < end; ++i) batch.remove(Family::claims, gone[i]);
      return x_impl->write_rows(batch);
    }));
  }
  return ok();
}

Result<PurgeCounts> Store::purge(const PurgeOrder& order) {
  Doomed doomed{{order.owner_keys.begin(), order.owner_keys.end()},
                {order.streams.begin(), order.streams.end()}};
  LogDb& db = *x_impl->db;
  std::vector<std::uint64_t> positions;
  CARTELLA_TRY(find_by_key(db, doomed, positions));
  for (const StreamId& stream : order.streams) {
    CARTELLA_TRY(find_by_stream(db, stream, positions));
  }
  std::ranges::sort(positions);
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  PurgeCounts counts;
  for (std::size_t at = 0; at < positions.size(); at += kRowsPerStep) {
    const std::size_t end = std::min(positions.size(), at + kRowsPerStep);
    CARTELLA_TRY(x_impl->writer.run([&](Journal&) -> Status {
      LogBatch batch(db);
      for (std::size_t i = at; i < end; ++i) {
        CARTELLA_TRY(rewrite(db, positions[i], doomed, batch, counts));
      }
      return x_impl->write_rows(batch);
    }));
  }
  CARTELLA_TRY(x_impl->writer.run([&](Journal&) -> Status {
    LogBatch batch(db);
    for (const Hash32& claim : order.claims) batch.remove(Family::claims, claim);
    return x_impl->write_rows(batch);
  }));
  // The journal holds the calls as they came; nothing that a start replays may bring them back.
  CARTELLA_TRY(x_impl->flush(true));
  CARTELLA_TRY(db.compact(Family::bodies));
  CARTELLA_TRY(db.compact(Family::claims));
  return counts;
}

}  // namespace cartella::store
