// store/journal.h: the commit point: a chain of synced records in recycled segments (ledger.md 4).
//
// Files <dir>/journal/NNNNNN.seg of a fixed size, written with zeros when made, recycled when
// released. A record = header || payload || SHA-256 of all before, padded with zeros to 4 KiB,
// written by one pwritev2(RWF_DSYNC). Header: magic, segment generation u64, record seq u64, first
// position u64, event count u32, payload length u32, old size u64, new size u64, new root 32,
// SHA-256 of the previous record 32 (docs/data_formats.md "Journal"). A record whose generation or
// seq is lower than its place demands is stale and ends the chain. No key ever enters the journal.
// Fail-stop: after a failed write or sync every later call answers io; nothing is retried.
// Threads: a Journal belongs to one thread (the writer); `scan_journal` runs before it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace cartella::store {

struct JournalOptions {
  std::uint64_t segment_bytes = 64ull << 20;  // a multiple of 4 KiB, at least 1 MiB
  std::filesystem::path mirror_dir;           // optional second copy of every record
};

struct JournalRecord {
  std::uint64_t generation = 0;
  std::uint64_t seq = 0;
  std::uint64_t first_position = 0;
  std::uint32_t event_count = 0;
  std::uint64_t old_size = 0;
  std::uint64_t new_size = 0;
  Hash32 new_root{};
  Hash32 previous{};  // SHA-256 of the previous record (zeros for the first ever)
  Hash32 hash{};      // of this record
  ByteView payload;   // valid during the callback only
};

// What the retained segments hold, read in order at start.
struct JournalScan {
  std::uint64_t records = 0;    // in the valid chain
  std::uint64_t first_seq = 0;  // of the oldest retained record
  std::uint64_t chain_end = 0;  // J: tree size after the last record of the valid chain
  Hash32 chain_root{};
  std::uint64_t highest_later_seq =
      0;  // S: highest seq of any valid record found after the chain's end
  std::uint64_t highest_later_size = 0;      // its new size; 0 where none
  std::uint64_t healed = 0;                  // records taken from the mirror
  std::uint64_t first_missing_position = 0;  // where a hole starts, when S lies beyond the chain
  std::uint64_t oldest_position = 0;         // first position of the oldest retained record
};

class Journal {
 public:
  // Makes the directory and the first segment. invalid_argument: it is there already. io,
  // out_of_space.
  static Result<std::unique_ptr<Journal>> create(const std::filesystem::path& dir, const LogId& log,
                                                 const JournalOptions& options);
  // Reads every retained record in order and hands it to `each` (puts are idempotent, so the caller
  // applies all of them, never only "the missing ones"). The journal is not writable until
  // `resume`. corrupt: a segment file is missing, short, or its header is damaged (names the file
  // and positions).
  static Result<std::unique_ptr<Journal>> open(
      const std::filesystem::path& dir, const LogId& log, const JournalOptions& options,
      JournalScan& scan, const std::function<Status(const JournalRecord&)>& each);
  ~Journal();

  // After recovery decided that the chain's end is the head: cuts what lies behind it (zeroed and
  // synced), rewrites and syncs the recovered tail record, and allows appends.
  Status resume();
  // One synced record. payload parts are gathered without a copy. io, out_of_space (then
  // fail-stop).
  struct Append {
    std::uint64_t first_position = 0;
    std::uint32_t event_count = 0;
    std::uint64_t old_size = 0;
    std::uint64_t new_size = 0;
    Hash32 new_root{};
    ByteView payload;
  };
  Status append(const Append& record);
  // Starts a new segment, so that all earlier ones can be released.
  Status rotate();
  // Segments whose last record ends at or before `position` become free for recycling. Call it only
  // after Flush of ALL column families, begun after their last batch was applied, has returned.
  Status release_through(std::uint64_t position);
  // Overwrites every free segment with zeros (erasure step 3).
  Status zero_free();

  std::uint64_t next_seq() const;
  std::uint64_t segment_count() const;   // live and free
  std::uint64_t retained_bytes() const;  // live segments only

 private:
  struct Impl;
  explicit Journal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

// Recovery's decision, ledger.md 4: J = chain end, R = last position present in every column
// family, H = head copy, S = highest later record. A pure function, so that every row is tested.
struct RecoveryInput {
  std::uint64_t journal_end = 0;    // J
  std::uint64_t rows_end = 0;       // R
  std::uint64_t head_copy = 0;      // H; 0 where there is none
  std::uint64_t later_end = 0;      // S; 0 where there is none
  std::uint64_t journal_start = 0;  // first position still retained
  bool rows_root_matches = false;   // the rows up to max(J,R,H,S) reproduce the known roots
};
struct RecoveryDecision {
  enum class Action { cut_tail, rejournal_from_rows, refuse };
  Action action = Action::refuse;
  std::uint64_t head = 0;          // tree size to serve
  std::uint64_t missing_from = 0;  // refuse: the positions that are missing, [from, to)
  std::uint64_t missing_to = 0;
};
RecoveryDecision decide_recovery(const RecoveryInput& input);

}  // namespace cartella::store
