// store/store_impl.h: the parts of a Store, in the order in which they depend on each other.
//
// Threads: as Store.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>

#include "store/file_io.h"
#include "store/flusher.h"
#include "store/journal.h"
#include "store/log_db.h"
#include "store/log_meta.h"
#include "store/log_state.h"
#include "store/notice_tail.h"
#include "store/open_log.h"
#include "store/publisher.h"
#include "store/recent_heads.h"
#include "store/signer_registry.h"
#include "store/store.h"
#include "store/tile_reader.h"
#include "store/writer.h"

namespace cartella::store {

struct Store::Impl {
  Impl(DirectoryLock taken, std::filesystem::path at, LogMeta what, OpenedLog opened,
       const crypto::Signer& log_key, const Clock& clock, const StoreOptions& with);
  ~Impl();

  // Hashes of the published tree.
  TileReader tiles() const;
  // not_found: not committed yet.
  Status check_position(std::uint64_t position) const;
  Status flush(bool zero_released);
  // At the tail, of rows that stand beside the journal (purge).
  Status write_rows(LogBatch& batch);
  Result<Snapshot> snapshot(const std::filesystem::path& to);

  DirectoryLock lock;
  const std::filesystem::path dir;
  const LogMeta meta;  // its key as it was at the start: `publisher` has the one that signs now
  const crypto::LogEras eras;
  const StoreOptions options;
  const std::uint64_t healed;
  std::unique_ptr<LogDb> db;
  std::unique_ptr<Journal> journal;
  LogState state;
  mutable TileCache tile_cache;
  mutable RecentHeads recent_heads;
  SignerRegistry signers;
  NoticeTail notice_tail;
  std::atomic<int> subscriptions{0};
  Flusher flusher;
  Writer writer;
  Publisher publisher;
};

// <dir>/head, unless the options name a second path.
std::filesystem::path head_dir_of(const std::filesystem::path& dir, const StoreOptions& options);

}  // namespace cartella::store
