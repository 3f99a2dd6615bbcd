// store/open_log.h: brings journal, index and tree of one directory to the same head (ledger.md 4).
//
// Every retained record is replayed in order and its root compared with the tree that grows from
// it; then what the journal, the rows, the head copy and stray records claim is weighed, and the
// tail is cut, journalled again from rows, or the log refused with the positions named.
// Threads: runs before any other part of the store.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "store/journal.h"
#include "store/log_db.h"
#include "store/log_meta.h"
#include "store/store.h"
#include "store/tree_edge.h"

namespace cartella::store {

struct OpenedLog {
  std::unique_ptr<LogDb> db;
  std::unique_ptr<Journal> journal;
  TreeEdge edge;
  std::optional<TimeUs> head_time;      // of the last event
  std::optional<std::string> rollback;  // why it is older than what is known, where that may open
  std::uint64_t healed = 0;             // records of the journal that only its mirror still had
};

std::filesystem::path log_path(const std::filesystem::path& dir);
JournalOptions journal_options(const StoreOptions& options);

// corrupt: rows or records are missing or damaged (names the positions). rollback: a checkpoint of
// a larger or different tree is known, unless the options let it open. io, out_of_space,
// unsupported, in_use.
Result<OpenedLog> open_log(const std::filesystem::path& dir, const LogMeta& meta,
                           const std::filesystem::path& head_dir, const StoreOptions& options);

}  // namespace cartella::store
