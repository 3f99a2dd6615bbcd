// store/replay.h: the retained journal applied to the index, at every start.
//
// Every record is read, hashed into the tree and compared with its root. A family takes only the
// rows behind its own end: a group is one batch, whose rows of a family are flushed together, so
// what lies before it is on disk. Claims come and go over time, so their last state is written at
// the end.
// Threads: belongs to the opening thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include "store/group_batch.h"
#include "store/journal.h"
#include "store/log_db.h"
#include "store/tree_edge.h"

namespace cartella::store {

// How far the rows on disk reach.
struct RowEnds {
  std::array<RowsEnd, kEventFamilyCount> of{};
  std::uint64_t least = 0;    // R: every family has its rows up to here
  std::uint64_t largest = 0;  // some family has rows up to here
  // The root that families which end there say; empty where none does.
  std::optional<Hash32> root_at(std::uint64_t size) const;
};
Result<RowEnds> row_ends(const LogDb& db);

class Replay {
 public:
  Replay(LogDb& db, const RowEnds& ends) : x_db(db), x_ends(ends), x_batch(db) {}

  // corrupt: rows before the oldest record are missing, or the record does not fit the tree.
  Status apply(const JournalRecord& record);
  // For a journal without records: the tree at its end, from rows. corrupt, io.
  Status finish(std::uint64_t chain_end, const Hash32& chain_root);
  // Writes the last state of each claim and the end row of the claims.
  Status write_claims();
  TreeEdge& edge() { return *x_edge; }

 private:
  Status begin_at(std::uint64_t size);
  // The families that have all their rows of the first `size` positions.
  FamilySet complete_through(std::uint64_t size) const;

  LogDb& x_db;
  const RowEnds& x_ends;
  std::optional<TreeEdge> x_edge;
  GroupView x_scratch;
  LogBatch x_batch;
  std::map<Bytes, Bytes> x_claims;  // key -> subject; empty: released
};

// Journals rows [journal end, rows end) again, as the groups they were committed in, once the roots
// agree. Claims are not journalled: their rows are on disk already, and the caller releases these
// records at once. corrupt, io, out_of_space.
Status journal_from_rows(const LogDb& db, std::uint64_t to, TreeEdge& edge, Journal& journal);

}  // namespace cartella::store
