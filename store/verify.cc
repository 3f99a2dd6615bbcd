#include "store/verify.h"

#include <algorithm>
#include <thread>

#include "store/call_codec.h"
#include "store/group_batch.h"
#include "store/replay.h"
#include "store/rows.h"
#include "store/verify_access.h"
#include "store/verify_signers.h"
#include "store/verify_sums.h"
#include "store/verify_tree.h"
#include "store/verify_work.h"

namespace cartella::store {
namespace {

// Two cursors with their read-ahead, a batch of rows and a tile.
constexpr std::uint64_t kThreadBytes = 8u << 20;

unsigned thread_count(const VerifyOptions& options) {
  const unsigned wanted =
      options.threads > 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  const std::uint64_t affordable =
      std::max<std::uint64_t>(1, options.memory_bytes_max / kThreadBytes);
  return static_cast<unsigned>(std::min<std::uint64_t>(wanted, affordable));
}

Status verify_events_and_indexes(VerifyWork& work, const VerifySigners& signers, VerifyTree& tree) {
  if (work.options.tree_only) return verify_files_and_events(work, signers, tree, nullptr);
  VerifySums sums(work);
  CARTELLA_TRY(sums.add_indexes());
  CARTELLA_TRY(verify_files_and_events(work, signers, tree, &sums));
  const bool is_told =
      work.findings.has(VerifyCheck::streams) || work.findings.has(VerifyCheck::ids);
  if (sums.agree() && !is_told) return ok();
  work.streams = 0;
  CARTELLA_TRY(verify_streams(work));
  CARTELLA_TRY(verify_ids(work));
  return ok();
}

Result<VerifyReport> run_checks(VerifyWork& work) {
  work.threads = thread_count(work.options);
  CARTELLA_TRY(const VerifySigners signers, VerifySigners::load(work));
  VerifyTree tree(work);
  CARTELLA_TRY(verify_events_and_indexes(work, signers, tree));
  CARTELLA_TRY(verify_roots(work, signers, tree));
  VerifyReport report;
  report.origin = work.meta.origin;
  report.size = work.size;
  CARTELLA_TRY(report.root, tree.root_at(work.size));
  report.signatures = work.signatures;
  report.erased_segments = work.erased_segments;
  report.revoked_later = work.revoked_later;
  report.tiles = work.tiles;
  report.checkpoints = work.checkpoints;
  report.streams = work.streams;
  report.journal_records = work.journal_records;
  report.journal_healed = work.journal_healed;
  report.findings = work.findings.sorted();
  return report;
}

// Compares journal records with rows, and adds the rows that only the journal has.
class JournalCheck {
 public:
  JournalCheck(VerifyWork& work, LogDb& db, const RowEnds& ends)
      : x_work(work), x_db(db), x_rows_end(ends.least), x_reached(ends.least), x_batch(db) {}

  Status record(const JournalRecord& record) {
    ++x_work.journal_records;
    const Status decoded = decode_payload(record.payload, x_group);
    if (!decoded || x_group.events.size() != record.event_count) {
      x_work.findings.add(VerifyCheck::journal, record.first_position,
                          "the payload of a journal record is malformed");
      return ok();
    }
    x_work.known_roots.push_back(
        {VerifyCheck::journal, record.new_size, record.new_root, "a journal record"});
    for (std::size_t i = 0; i < x_group.events.size(); ++i) {
      CARTELLA_TRY(compare(record.first_position + i, x_group.events[i]));
    }
    CARTELLA_TRY(compare_commands(record));
    // Behind a hole, which is told, nothing is added: the rows would pass for complete up to there.
    if (record.new_size <= x_rows_end || record.first_position > x_reached) return ok();
    x_reached = record.new_size;
    return add_rows(record);
  }

 private:
  Status compare(std::uint64_t position, const EventView& event) {
    Bytes leaf;
    const auto found = x_db.get(Family::leaves, position_key(position), leaf);
    if (!found) return note_read(x_work, found.error(), position);
    // A row that is missing below the rows' end is found by the pass over the events.
    if (found.value() && !std::ranges::equal(leaf, event.leaf)) {
      x_work.findings.add(VerifyCheck::journal, position,
                          "the leaf in the index is not the one that was journalled");
    }
    return ok();
  }

  Status compare_commands(const JournalRecord& record) {
    for (const CallView& call : x_group.calls) {
      const ByteView leaf = x_group.events[call.first_event].leaf;
      const std::uint64_t position = record.first_position + call.first_event;
      const auto row = load_id(x_db, EventId::from_view(leaf.subspan(16, 16)));
      if (!row) {
        CARTELLA_TRY(note_read(x_work, row.error(), position));
        continue;
      }
      if (!row.value()) continue;
      const auto& command = row.value()->command;
      if (!command || command->event_count != call.event_count ||
          command->tree_size != record.new_size ||
          !std::ranges::equal(command->digest, call.digest)) {
        x_work.findings.add(VerifyCheck::journal, position,
                            "the receipt in the index is not the one that was journalled");
      }
    }
    return ok();
  }

  Status add_rows(const JournalRecord& record) {
    if (!x_edge) {
      auto edge = TreeEdge::rebuild(record.first_position,
                                    [this](std::uint32_t level, std::uint64_t index) {
                                      return stored_hash_of(x_db, level, index);
                                    });
      if (!edge) return note_read(x_work, edge.error(), record.first_position);
      x_edge = std::move(edge).value();
    }
    if (x_edge->size() != record.first_position) return ok();  // an earlier record was malformed
    x_batch.clear();
    const GroupRecord group{record.first_position, record.event_count, record.new_size,
                            record.payload};
    const auto root = derive_rows(group, {}, *x_edge, x_group, x_batch, [](const ClaimView&) {});
    if (!root) {
      x_work.findings.add(VerifyCheck::journal, record.first_position, root.error().detail);
      return ok();
    }
    // Rows that do not give the record's root are not what was committed: the roots tell.
    if (root.value() != record.new_root) return ok();
    return x_db.write(x_batch);
  }

  VerifyWork& x_work;
  LogDb& x_db;
  const std::uint64_t x_rows_end;
  std::uint64_t x_reached;  // by rows, those that were added here too
  GroupView x_group;
  LogBatch x_batch;
  std::optional<TreeEdge> x_edge;
};

// Answers the chain's end.
Result<std::uint64_t> check_journal(VerifyWork& work, const std::filesystem::path& dir, LogDb& db,
                                    const RowEnds& ends) {
  JournalCheck check(work, db, ends);
  JournalScan scan;
  const auto opened =
      Journal::open(dir, work.meta.first_log(), journal_options(work.options.store), scan,
                    [&check](const JournalRecord& record) { return check.record(record); });
  if (!opened) {
    if (opened.error().code != Errc::corrupt && opened.error().code != Errc::not_found) {
      return opened.error();
    }
    work.findings.add(VerifyCheck::journal, std::nullopt, opened.error().detail);
    return std::uint64_t{0};
  }
  work.journal_healed = scan.healed;
  if (scan.highest_later_seq > 0) {
    work.findings.add(VerifyCheck::journal, scan.first_missing_position,
                      "the journal is damaged here; later records go up to position " +
                          std::to_string(scan.highest_later_size));
  }
  if (ends.least < scan.oldest_position) {
    work.findings.add(VerifyCheck::leaves, ends.least,
                      "neither the index nor the journal has the positions up to " +
                          std::to_string(scan.oldest_position));
  }
  return scan.chain_end;
}

Status note_head_copy(VerifyWork& work, const std::filesystem::path& dir) {
  const auto head = read_head_copy(head_dir_of(dir, work.options.store), work.meta);
  if (!head) {
    if (head.error().code != Errc::corrupt) return head.error();
    work.findings.add(VerifyCheck::checkpoints, std::nullopt, head.error().detail);
    return ok();
  }
  if (!head.value()) {
    const auto stored = newest_stored_checkpoint(work.db);
    CARTELLA_TRY(note_read(work, stored ? Status(ok()) : Status(stored.error()), std::nullopt));
    if (stored && stored.value())
      work.findings.add(VerifyCheck::checkpoints, std::nullopt,
                        "the head copy is missing although checkpoints were published; compare the "
                        "log with a checkpoint that was kept elsewhere");
  } else {
    work.known_roots.push_back(
        {VerifyCheck::checkpoints, head.value()->size, head.value()->root, "the head copy"});
  }
  return ok();
}

}  // namespace

Result<VerifyReport> verify_log(const std::filesystem::path& dir, const VerifyOptions& options) {
  CARTELLA_TRY(const LogMeta meta, read_meta(dir));
  CARTELLA_TRY(const DirectoryLock lock, DirectoryLock::acquire(dir));
  auto opened = LogDb::open(log_path(dir), LogDb::Use::inspect);
  // log.meta was read, so a store is here: an index that is not there was removed.
  if (!opened && opened.error().code == Errc::not_found)
    return fail(Errc::corrupt, opened.error().detail);
  CARTELLA_TRY(const auto db, std::move(opened));
  CARTELLA_TRY(const RowEnds ends, row_ends(*db));
  VerifyWork work{*db, meta, options};
  CARTELLA_TRY(const std::uint64_t chain_end, check_journal(work, dir, *db, ends));
  // A leaf or a body beyond what has a root is one too many.
  work.size = chain_end;
  for (const RowsEnd& end : ends.of) {
    if (end.size > 0 && end.root) {
      work.size = std::max(work.size, end.size);
      work.known_roots.push_back({VerifyCheck::tree, end.size, *end.root, "the end of the index"});
    }
  }
  CARTELLA_TRY(note_head_copy(work, dir));
  return run_checks(work);
}

Result<VerifyReport> verify_log(const Store& store, const VerifyOptions& options) {
  const auto& parts = VerifyAccess::parts(store);
  const LogMeta meta{parts.meta.log, parts.meta.origin, parts.publisher.key(), parts.meta.past};
  VerifyWork work{*parts.db, meta, options};
  work.is_live = true;
  const crypto::Checkpoint head = parts.publisher.newest();
  work.size = head.size;
  work.known_roots.push_back({VerifyCheck::tree, head.size, head.root, "the published tree"});
  return run_checks(work);
}

}  // namespace cartella::store
