// projections/views_db.h: the encrypted RocksDB that holds all views, under <dir>/views.
//
// A table is one generation of one view, a column family `name@generation`. Writes use no WAL: a
// view can always be continued from its cursor, which stands in the same table and changes in the
// same batch as its rows, so that a crash loses whole batches only. Which generation is current
// stands in the pointer table and is flushed at once. File contents are encrypted; RocksDB's info
// LOG would not be, so there is none. Threads: reads from any thread; create, drop, write and flush
// from any thread, one at a time for one table. A dropped table stays readable for whoever holds
// it; its files go away with the last holder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/secret.h"

namespace cartella::projections {

struct RowChange {
  std::string key;
  std::optional<std::string> value;  // empty: the row goes away
};

class ViewsDb {
 public:
  class Table;     // one generation; owned by the database
  class Snapshot;  // what a reader sees; goes away before the database
  using Row = std::function<Status(std::string_view key, std::string_view value)>;

  // in_use: another process has it open. corrupt: files that do not decrypt or check. io.
  static Result<std::unique_ptr<ViewsDb>> open(const std::filesystem::path& data_dir,
                                               const crypto::Secret32& secret,
                                               std::size_t write_buffer_bytes);
  ~ViewsDb();

  // The generation that the pointer names; 0 and nullptr where the view has none yet.
  struct Current {
    std::uint64_t generation = 0;
    Table* table = nullptr;
  };
  Result<Current> current(std::string_view name) const;
  // A new empty table; drops a leftover of the same name and generation first. io.
  Result<Table*> create(std::string_view name, std::uint64_t generation);
  // Several at once: the options of all families, which each of these writes, are written once.
  Result<std::vector<Table*>> create_all(const std::vector<std::string_view>& names,
                                         std::uint64_t generation);
  // Flushes the table, then points the view at it, durably. io.
  Status make_current(std::string_view name, std::uint64_t generation, Table* table);
  Status drop(Table* table);
  Status drop_all(const std::vector<Table*>& tables);
  // Keeps a table readable, and its files on the disk, also after it was dropped. Empty where it
  // was dropped before. Goes away before the database.
  using Hold = std::shared_ptr<const void>;
  Hold hold(const Table* table) const;
  // Drops tables that no pointer names: what an interrupted rebuild left. io.
  Status drop_unreferenced();

  Status write(Table* table, const std::vector<RowChange>& changes);
  Result<std::optional<std::string>> read(const Table* table, std::string_view key,
                                          const Snapshot* snapshot) const;
  // Rows whose key starts with `prefix`, and not before `from`.
  Status scan(const Table* table, std::string_view prefix, std::string_view from,
              const Snapshot* snapshot, const Row& each) const;
  // A cursor over two tables at once is needed to compare them; see compare.cc.
  class Cursor;
  std::unique_ptr<Cursor> cursor(const Table* table, const Snapshot* snapshot) const;
  std::unique_ptr<Snapshot> snapshot() const;

  Status flush();
  Status flush(Table* table);
  // Recomputes the whole-file checksums of views that nobody has open. corrupt names the file; io.
  static Status verify_files(const std::filesystem::path& data_dir, const crypto::Secret32& secret);

 private:
  struct Impl;
  explicit ViewsDb(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> x_impl;
};

class ViewsDb::Snapshot {
 public:
  virtual ~Snapshot() = default;
};

// Walks the rows of one table in key order.
class ViewsDb::Cursor {
 public:
  virtual ~Cursor() = default;
  virtual bool valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  virtual void next() = 0;
  virtual void seek(std::string_view key) = 0;
  virtual Status status() const = 0;
};

}  // namespace cartella::projections
