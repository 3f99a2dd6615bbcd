// store/journal.h: the commit point: a chain of synced records in recycled segments (ledger.md 4).
//
// Files <dir>/journal/NNNNNN.seg of a fixed size, written with zeros when made, recycled when
// released, and <dir>/journal/segments, which lists them with the place in the chain where each
// starts. A record = header || payload || SHA-256 of all before, padded with zeros to 4 KiB,
// written by one pwritev2(RWF_DSYNC); store/journal_record.h has the bytes. A record whose
// generation or seq is lower than its place demands is stale and ends the chain. No key ever enters
// the journal. Fail-stop: after a failed write or sync every later call answers io; nothing is
// retried.
// Threads: one at a time (the writer).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

namespace cartella::store {

class FileOps;  // store/file_io.h

// A group of 900 KiB with the leaves, stubs and claims of its events (ledger.md 4).
inline constexpr std::size_t kJournalPayloadBytesMax = 1280 * 1024;

struct JournalOptions {
  std::uint64_t segment_bytes = 64ull << 20;  // a multiple of 4 KiB, at least 1 MiB
  // Optional second copy of every record and of the list, best on another disk. It may be empty or
  // out of date at open: `resume` brings it up to date. A failed write to it is a failed write.
  std::filesystem::path mirror_dir;
  // create only: the tree that the first record follows on, for a restored store.
  std::uint64_t start_size = 0;
  Hash32 start_root{};          // used where start_size > 0
  FileOps* file_ops = nullptr;  // tests: makes writes fail; outlives the journal
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

// What the retained segments hold, read in order at start. Where no record is retained, the chain's
// end is what the list of segments says that the oldest live segment follows on.
struct JournalScan {
  std::uint64_t records = 0;    // in the valid chain
  std::uint64_t first_seq = 0;  // of the oldest retained record; 0 where there is none
  std::uint64_t chain_seq = 0;  // of the last record of the valid chain, retained or not
  std::uint64_t chain_end = 0;  // J: tree size after the last record of the valid chain
  Hash32 chain_root{};          // there; the root of the empty tree at size 0
  // S: highest seq that is known to have been written after the chain's end: by a valid record
  // found anywhere behind it, or by a later segment that the list says follows on it.
  std::uint64_t highest_later_seq = 0;
  std::uint64_t highest_later_size = 0;      // the tree size after it; 0 where none
  std::uint64_t healed = 0;                  // records taken from the mirror
  std::uint64_t first_missing_position = 0;  // where a hole starts, when S lies beyond the chain
  std::uint64_t oldest_position = 0;         // where the oldest retained segment starts
};

// A segment that the journal wants made ahead of need: files of zeros that the list does not name
// yet, so that a crash leaves nothing but files that the next start removes.
struct SpareSegment {
  std::uint32_t number = 0;
  std::uint64_t bytes = 0;
  std::vector<std::filesystem::path> files;  // one in each copy
};
// Writes them, synced. `go_on` is asked after each MiB and may wait, so that commits on the same
// disk are not held up; where it answers false, and after an error, no file is left. unavailable:
// it answered false. out_of_space: the disk has not room for several. io. Threads: any.
Status make_spare(const SpareSegment& spare, const std::function<bool()>& go_on);

class Journal {
 public:
  // Makes the directory and the first segment; ready for appends. invalid_argument: it is there
  // already, or a segment size that is not allowed. io, out_of_space.
  static Result<std::unique_ptr<Journal>> create(const std::filesystem::path& dir, const LogId& log,
                                                 const JournalOptions& options);
  // Reads every retained record in order and hands it to `each` (puts are idempotent, so the caller
  // applies all of them, never only "the missing ones"). Writes nothing; the journal is not
  // writable until `resume`. corrupt: a live segment file is missing, short or long in every copy,
  // or the list is damaged (names the file and the positions). not_found: no journal there.
  // invalid_argument: it belongs to another log. io: a file cannot be read. Errors of `each`.
  static Result<std::unique_ptr<Journal>> open(
      const std::filesystem::path& dir, const LogId& log, const JournalOptions& options,
      JournalScan& scan, const std::function<Status(const JournalRecord&)>& each);
  ~Journal();

  // After recovery decided what the head is: brings damaged copies up to date, cuts what lies
  // behind the chain's end (zeroed and synced), rewrites and syncs the tail record, and allows
  // appends. After `rejournal_from_rows` call it, too, then append the missing events, rebuilt from
  // the rows, as ordinary records from chain_end on: they follow on the last valid record. A crash
  // in between is safe, since the rows stay durable and recovery decides the same again. io,
  // out_of_space (then fail-stop).
  Status resume();
  // One synced record, past the page cache where the file system has direct writes. A record never
  // spans segments.
  // invalid_argument: payload over the limit or longer than a segment, or sizes that do not follow
  // on the last record; nothing is written. io, out_of_space (then fail-stop).
  struct Append {
    std::uint64_t first_position = 0;
    std::uint32_t event_count = 0;
    std::uint64_t old_size = 0;
    std::uint64_t new_size = 0;
    Hash32 new_root{};
    ByteView payload;
  };
  Status append(const Append& record);
  // Starts a new segment, so that all earlier ones can be released. Nothing to do where the present
  // one is empty.
  Status rotate();
  // Once for each segment, when a quarter of it is written and none is free to follow it.
  std::optional<SpareSegment> wanted_spare();
  // It was made, and is free from now on. Does nothing where a file is not as it should be.
  Status adopt_spare(const SpareSegment& spare);
  // Segments whose last record ends at or before `position` (a tree size) become free for
  // recycling, except the one that is written to. Call it only after Flush of ALL column families,
  // begun after their last batch was applied, has returned.
  Status release_through(std::uint64_t position);
  // Overwrites with zeros every free segment and whatever older content stands behind the last
  // record of a live one (erasure step 3), in the mirror, too.
  Status zero_free();

  std::uint64_t next_seq() const;
  std::uint64_t end_size() const;        // tree size after the last record
  std::uint64_t segment_count() const;   // live and free
  std::uint64_t retained_bytes() const;  // live segments only

 private:
  struct Impl;
  friend class JournalScanner;
  friend class JournalRepair;
  explicit Journal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

// Recovery's decision, ledger.md 4: J = chain end, R = smallest end position kept in every column
// family, H = head copy, S = highest later record. All are tree sizes.
//   R < journal start                          refuse [R, start): neither rows nor journal have
//   them J >= R, H, S                               cut_tail, head J R >= J, H, S and the roots
//   match           rejournal_from_rows, head R else                                       refuse
//   [what is covered, max(J, R, H, S))
// A pure function, so that every row is tested.
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
