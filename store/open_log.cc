#include "store/open_log.h"

#include <algorithm>
#include <string>

#include "store/file_io.h"
#include "store/replay.h"
#include "store/rows.h"
#include "store/tile_reader.h"

namespace cartella::store {

namespace {

std::string range_text(std::uint64_t from, std::uint64_t to) {
  return std::to_string(from) + " to " + std::to_string(to) + " (not included)";
}

// RocksDB would make a new database where CURRENT is gone, and delete the files of the old one.
Status check_index_files(const std::filesystem::path& dir) {
  const auto names = names_in(dir);
  if (!names && names.error().code == Errc::not_found) return ok();
  if (!names) return names.error();
  if (std::ranges::find(names.value(), "CURRENT") != names.value().end()) return ok();
  const auto is_table = [](const std::string& name) { return name.ends_with(".sst"); };
  if (std::ranges::any_of(names.value(), is_table))
    return fail(Errc::corrupt, (dir / "CURRENT").string() + " is missing");
  return ok();
}

// The head copy, or where it is missing the newest checkpoint that the index kept: less, because an
// older copy of the directory has an older one, but not nothing.
Result<std::optional<crypto::Checkpoint>> known_head(const LogDb& db,
                                                     const std::filesystem::path& head_dir,
                                                     const LogMeta& meta) {
  CARTELLA_TRY(auto head, read_head_copy(head_dir, meta));
  if (head) return head;
  CARTELLA_TRY(const auto note, newest_stored_checkpoint(db));
  if (!note) return head;
  auto stored = open_own_checkpoint(*note, meta);
  if (!stored)
    return fail(Errc::corrupt,
                "the head copy is missing and the newest stored checkpoint is not "
                "one of this log");
  return stored;
}

std::optional<Hash32> known_root_at(const RowEnds& ends,
                                    const std::optional<crypto::Checkpoint>& head,
                                    std::uint64_t size) {
  if (head && head->size == size) return head->root;
  return ends.root_at(size);
}

// Whether the rows behind the journal's end reproduce every root that is known of them.
Result<bool> rows_reproduce_roots(const LogDb& db, TreeEdge edge, const RowEnds& ends,
                                  const std::optional<crypto::Checkpoint>& head) {
  if (ends.least <= edge.size()) return false;
  while (edge.size() < ends.least) {
    CARTELLA_TRY(const Hash32 leaf, load_leaf_hash(db, edge.size()));
    edge.append(leaf, {});
    const auto root = known_root_at(ends, head, edge.size());
    if (root && *root != edge.root()) return false;
  }
  return true;
}

// A head copy of the same size or smaller must be a checkpoint of this very tree.
Status check_head(const LogDb& db, const TreeEdge& edge, const crypto::Checkpoint& head) {
  if (head.size == 0) return ok();
  EdgeReader filling;
  filling.partial = [&edge](std::uint32_t level, std::uint64_t index) {
    const auto partial = edge.partial(level, index);
    return partial ? std::vector<Hash32>(partial->begin(), partial->end()) : std::vector<Hash32>();
  };
  filling.subtree = [&edge](std::uint32_t level, std::uint64_t index) {
    return edge.subtree(level, index);
  };
  TileReader reader(db, std::move(filling), nullptr);
  CARTELLA_TRY(const Hash32 root,
               crypto::root_at(head.size, [&reader](std::uint32_t level, std::uint64_t index) {
                 return reader.subtree(level, index);
               }));
  if (root != head.root)
    return fail(Errc::rollback, "the head copy at tree size " + std::to_string(head.size) +
                                    " is a checkpoint of another history");
  return ok();
}

Error refusal(const RecoveryDecision& decision, const RecoveryInput& input) {
  const std::string range = range_text(decision.missing_from, decision.missing_to);
  // Nothing on this disk says that more existed, only the second path does: an older copy.
  if (std::max({input.journal_end, input.rows_end, input.later_end}) < input.head_copy)
    return fail(Errc::rollback, "a checkpoint of tree size " + std::to_string(input.head_copy) +
                                    " is known, but positions " + range + " are not here");
  return fail(Errc::corrupt, "positions " + range +
                                 " were committed and cannot be read; restore them from a copy");
}

// What was opened although `known` says that it is older or another history.
Status stand_back(OpenedLog& log, const Error& known, const StoreOptions& options) {
  if (known.code != Errc::rollback || !options.open_older) return known;
  log.rollback = known.detail;
  return ok();
}

Status reach_head(OpenedLog& log, Replay& replay, const JournalScan& scan, const RowEnds& ends,
                  const std::optional<crypto::Checkpoint>& head, const StoreOptions& options) {
  RecoveryInput input;
  input.journal_end = scan.chain_end;
  input.journal_start = scan.oldest_position;
  input.rows_end = ends.least;
  // A family that reaches further proves that those positions were committed.
  input.head_copy = std::max(head ? head->size : 0, ends.largest);
  input.later_end = scan.highest_later_size;
  CARTELLA_TRY(input.rows_root_matches, rows_reproduce_roots(*log.db, replay.edge(), ends, head));
  RecoveryDecision decision = decide_recovery(input);
  if (decision.action == RecoveryDecision::Action::refuse) {
    CARTELLA_TRY(stand_back(log, refusal(decision, input), options));
    // What is here without the head copy must be whole all the same.
    input.head_copy = ends.largest;
    decision = decide_recovery(input);
    if (decision.action == RecoveryDecision::Action::refuse) return refusal(decision, input);
  }
  // A head copy behind the journal's end was compared with the rows above.
  if (head && head->size <= scan.chain_end) {
    const Status same = check_head(*log.db, replay.edge(), *head);
    if (!same) {
      CARTELLA_TRY(stand_back(log, same.error(), options));
    }
  }
  const bool is_cut = decision.action == RecoveryDecision::Action::cut_tail;
  // What is not understood yet is not written over.
  if (is_cut && log.rollback) return replay.write_claims();
  CARTELLA_TRY(log.journal->resume());
  if (is_cut) return replay.write_claims();
  CARTELLA_TRY(journal_from_rows(*log.db, decision.head, replay.edge(), *log.journal));
  // These records lack the claims, so the journal must not pass for a full copy of the index.
  CARTELLA_TRY(log.db->flush_all());
  CARTELLA_TRY(log.journal->rotate());
  return log.journal->release_through(decision.head);
}

}  // namespace

std::filesystem::path log_path(const std::filesystem::path& dir) { return dir / "log"; }

JournalOptions journal_options(const StoreOptions& options) {
  return {options.journal_segment_bytes, options.journal_mirror_dir};
}

Result<OpenedLog> open_log(const std::filesystem::path& dir, const LogMeta& meta,
                           const std::filesystem::path& head_dir, const StoreOptions& options) {
  CARTELLA_TRY(check_index_files(log_path(dir)));
  OpenedLog log;
  // A lost index is made again from the journal, where that still holds everything.
  CARTELLA_TRY(log.db, LogDb::open(log_path(dir), LogDb::Use::serve));
  const auto found_head = known_head(*log.db, head_dir, meta);
  std::optional<crypto::Checkpoint> head;
  if (found_head) {
    head = found_head.value();
  } else {
    // Damaged, or signed with a key that came later than this copy: somebody must look.
    if (found_head.error().code != Errc::corrupt || !options.open_older) return found_head.error();
    log.rollback = found_head.error().detail;
  }
  CARTELLA_TRY(const RowEnds ends, row_ends(*log.db));
  Replay replay(*log.db, ends);
  JournalScan scan;
  CARTELLA_TRY(log.journal, Journal::open(dir, meta.first_log(), journal_options(options), scan,
                                          [&replay](const JournalRecord& record) {
                                            return replay.apply(record);
                                          }));
  CARTELLA_TRY(replay.finish(scan.chain_end, scan.chain_root));
  CARTELLA_TRY(reach_head(log, replay, scan, ends, head, options));
  log.edge = replay.edge();
  log.healed = scan.healed;
  if (!log.rollback) {
    CARTELLA_TRY(const SpaceOfDisk disk, space_of_disk(dir));
    const std::uint64_t kept = std::min(disk.free_bytes, options.space_low_bytes);
    CARTELLA_TRY(log.db->join_small_tables(disk.free_bytes - kept));
  }
  if (log.edge.size() > 0) {
    CARTELLA_TRY(const auto last, load_leaf(*log.db, log.edge.size() - 1));
    log.head_time = last.recorded_at;
  }
  return log;
}

}  // namespace cartella::store
