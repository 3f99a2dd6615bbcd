// store/log_db.h: the index behind the journal: RocksDB without a WAL (ledger.md 8).
//
// A thin layer: it knows families, bytes and batches, and turns RocksDB's answers into our errors.
// It is rebuilt from the journal where rows are missing, never trusted beyond its end rows.
// Threads: `write` by one thread at a time; everything else from any thread.
#pragma once

#include <bitset>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "store/keys.h"

namespace cartella::store {

class LogDb;

using FamilySet = std::bitset<kFamilyCount>;

// Rows that are written together or not at all. Threads: belongs to one.
class LogBatch {
 public:
  explicit LogBatch(const LogDb& db);
  ~LogBatch();
  LogBatch(const LogBatch&) = delete;
  LogBatch& operator=(const LogBatch&) = delete;

  void put(Family family, ByteView key, ByteView value);
  void remove(Family family, ByteView key);
  void clear();
  // From now on rows of these families are dropped: they stand in the index already.
  void leave_out(FamilySet families) { x_left_out = families; }

 private:
  friend class LogDb;
  struct Impl;
  bool is_left_out(Family family) const { return x_left_out[static_cast<std::size_t>(family)]; }
  std::unique_ptr<Impl> x_impl;
  FamilySet x_left_out;
};

// Walks rows in key order. The views are valid until the next move. Threads: belongs to one.
class LogCursor {
 public:
  ~LogCursor();
  LogCursor(LogCursor&&) noexcept;
  LogCursor(const LogCursor&) = delete;
  LogCursor& operator=(const LogCursor&) = delete;

  void seek(ByteView key);           // first row at or after `key`
  void seek_for_prev(ByteView key);  // last row at or before `key`
  void next();
  bool valid() const;
  ByteView key() const;
  ByteView value() const;
  Status status() const;  // corrupt, io: why the walk ended early

 private:
  friend class LogDb;
  struct Impl;
  explicit LogCursor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

class LogDb {
 public:
  // serve: made where it is missing. inspect: must be there, and its tables stay as they lie,
  // because a merge would take a damaged one out of the sight of verify_files.
  enum class Use { serve, inspect };
  // in_use, corrupt, io, out_of_space; not_found where there is nothing to inspect.
  static Result<std::unique_ptr<LogDb>> open(const std::filesystem::path& dir, Use use);
  ~LogDb();

  // corrupt, io, out_of_space. After a failure nothing may be written any more.
  Status write(LogBatch& batch);
  // False where there is no such row. corrupt, io.
  Result<bool> get(Family family, ByteView key, Bytes& value) const;
  // One answer per key; an empty vector stands for a missing row. corrupt, io.
  Result<std::vector<Bytes>> get_many(Family family, std::span<const PositionKey> keys) const;
  // The same without copies: `each` is called for every key in order, once all could be read, with
  // its index and a view that is valid during the call. corrupt, io.
  Status get_each(Family family, std::span<const PositionKey> keys,
                  const std::function<void(std::size_t index, ByteView row)>& each) const;
  enum class Walk { bulk, point };  // bulk: reads ahead and leaves the block cache alone
  LogCursor cursor(Family family, Walk walk) const;
  // Size 0 where nothing was written yet. corrupt, io.
  Result<RowsEnd> end(Family family) const;
  // Reads every live file again and compares its checksum with the one taken when it was written.
  // corrupt (names the file), io.
  Status verify_files() const;
  // A consistent copy of the index in `to`, by hard links. io, out_of_space, corrupt.
  Status snapshot(const std::filesystem::path& to) const;
  // Waits until the rows written so far are on disk. io, out_of_space.
  Status flush(Family family);
  Status flush_all();
  // Rewrites the files of a family that hold rows which were overwritten or removed, so that such
  // rows stand in none of them. io, corrupt, out_of_space.
  Status compact(Family family);
  // store/small_tables.h, for the families that it is there for.
  Status join_small_tables(std::uint64_t room_bytes);

 private:
  friend class LogBatch;
  struct Impl;
  explicit LogDb(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::store
