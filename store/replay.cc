#include "store/replay.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "store/rows.h"
#include "store/tile_reader.h"

namespace cartella::store {

Result<RowEnds> row_ends(const LogDb& db) {
  RowEnds ends;
  for (std::size_t i = 0; i < kEventFamilyCount; ++i) {
    CARTELLA_TRY(ends.of[i], db.end(kEventFamilies[i]));
    if (i == 0 || ends.of[i].size < ends.least) ends.least = ends.of[i].size;
    ends.largest = std::max(ends.largest, ends.of[i].size);
  }
  return ends;
}

std::optional<Hash32> RowEnds::root_at(std::uint64_t size) const {
  for (const RowsEnd& end : of)
    if (end.size == size && end.root) return end.root;
  return std::nullopt;
}

Status Replay::begin_at(std::uint64_t size) {
  if (x_ends.least < size)
    return fail(Errc::corrupt, "positions " + std::to_string(x_ends.least) + " to " +
                                   std::to_string(size) +
                                   " (not included) are neither in the index nor in the journal");
  auto edge = TreeEdge::rebuild(size, [this](std::uint32_t level, std::uint64_t index) {
    return stored_hash_of(x_db, level, index);
  });
  CARTELLA_TRY(TreeEdge rebuilt, std::move(edge));
  x_edge = std::move(rebuilt);
  return ok();
}

Status Replay::apply(const JournalRecord& record) {
  if (!x_edge) {
    CARTELLA_TRY(begin_at(record.first_position));
  }
  if (record.old_size != x_edge->size())
    return fail(Errc::corrupt,
                "a journal record does not follow position " + std::to_string(x_edge->size()));
  const FamilySet complete = complete_through(record.new_size);
  x_batch.clear();
  x_batch.leave_out(complete);
  const bool has_claims = complete[static_cast<std::size_t>(Family::claims)];
  const ClaimSink keep = [this, has_claims](const ClaimView& claim) {
    if (has_claims) return;
    const bool held = claim.kind == ClaimOp::Kind::claim;
    x_claims[Bytes(claim.key.begin(), claim.key.end())] =
        held ? Bytes(claim.subject.begin(), claim.subject.end()) : Bytes();
  };
  const GroupRecord group{record.first_position, record.event_count, record.new_size,
                          record.payload};
  CARTELLA_TRY(const Hash32 root, derive_rows(group, {}, *x_edge, x_scratch, x_batch, keep));
  if (root != record.new_root)
    return fail(Errc::corrupt, "the journal's root at tree size " +
                                   std::to_string(record.new_size) + " does not match the events");
  if (record.new_size <= x_ends.least) return ok();
  for (const Family family : kEventFamilies) {
    if (family == Family::claims) continue;
    put_end_rows(x_batch, record.new_size, root, std::span(&family, 1));
  }
  return x_db.write(x_batch);
}

FamilySet Replay::complete_through(std::uint64_t size) const {
  FamilySet complete;
  for (std::size_t i = 0; i < kEventFamilyCount; ++i) {
    if (x_ends.of[i].size >= size) complete.set(static_cast<std::size_t>(kEventFamilies[i]));
  }
  return complete;
}

Status Replay::finish(std::uint64_t chain_end, const Hash32& chain_root) {
  if (!x_edge) {
    CARTELLA_TRY(begin_at(chain_end));
  }
  CHECK(x_edge->size() == chain_end);
  if (chain_end > 0 && x_edge->root() != chain_root)
    return fail(Errc::corrupt, "the rows do not reproduce the journal's root at tree size " +
                                   std::to_string(chain_end));
  return ok();
}

Status Replay::write_claims() {
  x_batch.clear();
  x_batch.leave_out({});
  for (const auto& [key, subject] : x_claims) {
    const auto kind = subject.empty() ? ClaimOp::Kind::release : ClaimOp::Kind::claim;
    put_claim(x_batch, {kind, key, subject});
  }
  constexpr std::array<Family, 1> kClaims = {Family::claims};
  if (x_edge->size() > 0) put_end_rows(x_batch, x_edge->size(), x_edge->root(), kClaims);
  return x_db.write(x_batch);
}

namespace {

// One call as the rows have it.
struct RowCall {
  CommandRow row;
  Bytes encoded;
};

Result<RowCall> load_call(const LogDb& db, std::uint64_t position) {
  CARTELLA_TRY(const auto leaf, load_leaf(db, position));
  CARTELLA_TRY(const auto id, load_id(db, leaf.event_id));
  if (!id || !id->command || id->position != position)
    return fail(Errc::corrupt, "position " + std::to_string(position) + " does not start a call");
  RowCall call{*id->command, {}};
  ByteWriter writer(call.encoded);
  writer.u32(call.row.event_count);
  writer.u32(0);
  writer.raw(call.row.digest);
  for (std::uint64_t at = position; at < position + call.row.event_count; ++at) {
    Bytes bytes;
    CARTELLA_TRY(const bool has_leaf, db.get(Family::leaves, position_key(at), bytes));
    writer.raw(bytes);
    CARTELLA_TRY(const bool has_body, db.get(Family::bodies, position_key(at), bytes));
    writer.framed(bytes);
    if (!has_leaf || !has_body)
      return fail(Errc::corrupt, "position " + std::to_string(at) + " is missing");
  }
  return call;
}

}  // namespace

Status journal_from_rows(const LogDb& db, std::uint64_t to, TreeEdge& edge, Journal& journal) {
  GroupView scratch;
  LogBatch rows(db);  // they are on disk already, so the batch is only derived, to grow the tree
  while (edge.size() < to) {
    const std::uint64_t first = edge.size();
    Bytes payload;
    begin_payload(payload);
    std::uint64_t position = first;
    std::uint64_t group_end = to;
    std::uint32_t calls = 0;
    while (position < group_end) {
      CARTELLA_TRY(const RowCall call, load_call(db, position));
      group_end = call.row.tree_size;
      payload.insert(payload.end(), call.encoded.begin(), call.encoded.end());
      position += call.row.event_count;
      ++calls;
    }
    if (position != group_end || group_end > to)
      return fail(Errc::corrupt, "the group at position " + std::to_string(first) +
                                     " is not complete in the index");
    set_call_count(calls, payload);
    const auto count = static_cast<std::uint32_t>(position - first);
    rows.clear();
    const GroupRecord group{first, count, position, payload};
    CARTELLA_TRY(const Hash32 root,
                 derive_rows(group, {}, edge, scratch, rows, [](const ClaimView&) {}));
    CARTELLA_TRY(journal.append({first, count, first, position, root, payload}));
  }
  return ok();
}

}  // namespace cartella::store
