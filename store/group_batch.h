// store/group_batch.h: from a journal record to rows: the one function of the live and replay path.
//
// The journal holds the canonical records; whatever the index contains follows from them here and
// nowhere else (ledger.md 4), so that a replayed log equals the one that was lost. Threads: the
// writer, or recovery before it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "store/call_codec.h"
#include "store/log_db.h"
#include "store/tree_edge.h"

namespace cartella::store {

struct GroupRecord {
  std::uint64_t first_position = 0;
  std::uint32_t event_count = 0;
  std::uint64_t new_size = 0;
  ByteView payload;
};

// Where claim rows go: the batch when live; recovery collects them, because an older claim must not
// overwrite a newer one that is on disk already.
using ClaimSink = std::function<void(const ClaimView&)>;
void put_claim(LogBatch& batch, const ClaimView& claim);

// Adds all rows of the record to `batch` and advances `edge`, whose root it answers. `scratch` is
// reused between calls; it keeps views into the payload. The writer has the leaf hashes already and
// gives them; with none they are computed. corrupt: the payload does not match the positions.
Result<Hash32> derive_rows(const GroupRecord& record, std::span<const Hash32> leaf_hashes,
                           TreeEdge& edge, GroupView& scratch, LogBatch& batch,
                           const ClaimSink& claims);
// The end rows of those of `families` that have one.
void put_end_rows(LogBatch& batch, std::uint64_t size, const Hash32& root,
                  std::span<const Family> families);

}  // namespace cartella::store
