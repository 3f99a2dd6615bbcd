// store/journal_state.h: what a journal knows of its segments; shared by journal*.cc only.
//
// Opening fills it (journal_open.cc), resume repairs from it (journal_resume.cc), appending moves
// it on (journal.cc).
// Threads: belongs to one thread.
#pragma once

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "store/journal.h"
#include "store/journal_copy.h"

namespace cartella::store {

struct LiveSegment {
  SegmentEntry entry;
  std::uint64_t end = 0;  // offset behind its last record
};

// A record's place in the segment files.
struct RecordPlace {
  std::uint32_t number = 0;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct Journal::Impl {
  LogId log;
  JournalOptions options;
  std::vector<JournalCopy> copies;  // [0] the journal, [1] the mirror where there is one
  std::uint64_t epoch = 0;
  std::uint64_t generation_max = 0;
  std::vector<LiveSegment> live;   // by generation; the last one is written to
  std::vector<SegmentEntry> cut;   // listed as live, but behind the chain's end; only until resume
  std::vector<SegmentEntry> free;  // to be used again
  std::uint32_t spare_number = 0;  // of the last spare that was asked for; no other file gets it
  bool spare_asked = false;        // since the present segment began
  ChainPoint end;                  // after the last record

  struct Damage {
    std::size_t copy = 0;  // the one to write; the other one is good
    RecordPlace place;
  };
  std::vector<Damage> damages;
  std::set<std::pair<std::size_t, std::uint32_t>> later;  // (copy, number) with later records
  std::optional<RecordPlace> last_record;
  bool is_writable = false;
  std::optional<Error> stopped;  // fail-stop

  // Keeps the first failure, after which nothing is written any more.
  Status stop_on(Status status);
  Status check_writable() const;
  Status write_list();
  // Makes a free or new segment the one that is written to; it has room for `bytes`.
  Status activate(std::uint64_t bytes);
  std::vector<SegmentEntry> listed() const;
  std::uint32_t next_number() const;  // of a new file
};

// Directories and a size that can be worked with. invalid_argument.
Status check_journal_options(const JournalOptions& options);
std::vector<JournalCopy> journal_copies(const std::filesystem::path& dir,
                                        const JournalOptions& options);

}  // namespace cartella::store
