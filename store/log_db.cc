#include "store/log_db.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

#include "base/check.h"
#include "crypto/table_files.h"
#include "store/log_options.h"
#include "store/small_tables.h"

namespace cartella::store {

namespace {

using rocksdb::ColumnFamilyDescriptor;
using rocksdb::ColumnFamilyHandle;
using rocksdb::ColumnFamilyOptions;
using rocksdb::Slice;

constexpr std::size_t kBlockCacheBytes = 256ull << 20;  // hot leaves, ids and streams of one ambito
constexpr std::size_t kReadAheadBytes = 256 << 10;      // a walk's: stays in the core's own cache
constexpr std::size_t kProtectionBytes = 8;             // checksum per row until it is in a file

Slice slice(ByteView view) { return {reinterpret_cast<const char*>(view.data()), view.size()}; }
ByteView view(const Slice& from) {
  return {reinterpret_cast<const std::uint8_t*>(from.data()), from.size()};
}

// RocksDB's text may hold a key, but our keys are random or hashed and say nothing.
Error translate(const rocksdb::Status& status, const char* what) {
  const std::string detail = std::string(what) + ": " + status.ToString();
  if (status.IsNoSpace()) return fail(Errc::out_of_space, detail);
  if (status.IsCorruption()) return fail(Errc::corrupt, detail);
  return fail(Errc::io, detail);
}
Status check(const rocksdb::Status& status, const char* what) {
  if (status.ok()) return ok();
  return translate(status, what);
}

}  // namespace

struct LogDb::Impl {
  std::unique_ptr<rocksdb::DB> db;
  std::array<ColumnFamilyHandle*, kFamilyCount> handles{};
  std::vector<ColumnFamilyHandle*> owned;  // `handles` and the default family
  rocksdb::WriteOptions write;

  ColumnFamilyHandle* handle(Family family) const {
    return handles[static_cast<std::size_t>(family)];
  }
  ~Impl() {
    if (db == nullptr) return;  // opening it did not end
    for (ColumnFamilyHandle* each : owned) (void)db->DestroyColumnFamilyHandle(each);
  }
};

struct LogBatch::Impl {
  explicit Impl(const LogDb::Impl& of) : database(of) {}
  const LogDb::Impl& database;
  rocksdb::WriteBatch batch{0, 0, kProtectionBytes, 0};
};

LogBatch::LogBatch(const LogDb& db) : x_impl(std::make_unique<Impl>(*db.x_impl)) {}
LogBatch::~LogBatch() = default;

void LogBatch::put(Family family, ByteView key, ByteView value) {
  if (is_left_out(family)) return;
  CHECK(x_impl->batch.Put(x_impl->database.handle(family), slice(key), slice(value)).ok());
}
void LogBatch::remove(Family family, ByteView key) {
  if (is_left_out(family)) return;
  CHECK(x_impl->batch.Delete(x_impl->database.handle(family), slice(key)).ok());
}
void LogBatch::clear() { x_impl->batch.Clear(); }

struct LogCursor::Impl {
  std::unique_ptr<rocksdb::Iterator> iterator;
};
LogCursor::LogCursor(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
LogCursor::LogCursor(LogCursor&&) noexcept = default;
LogCursor::~LogCursor() = default;
void LogCursor::seek(ByteView key) { x_impl->iterator->Seek(slice(key)); }
void LogCursor::seek_for_prev(ByteView key) { x_impl->iterator->SeekForPrev(slice(key)); }
void LogCursor::next() { x_impl->iterator->Next(); }
bool LogCursor::valid() const { return x_impl->iterator->Valid(); }
ByteView LogCursor::key() const { return view(x_impl->iterator->key()); }
ByteView LogCursor::value() const { return view(x_impl->iterator->value()); }
Status LogCursor::status() const { return check(x_impl->iterator->status(), "reading the log"); }

LogDb::LogDb(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
LogDb::~LogDb() = default;

Result<std::unique_ptr<LogDb>> LogDb::open(const std::filesystem::path& dir, Use use) {
  const bool create = use == Use::serve;
  std::error_code error;
  if (!create && !std::filesystem::exists(dir / "CURRENT", error))
    return fail(Errc::not_found, "no log in " + dir.string());
  rocksdb::BlockBasedTableOptions tables;
  tables.block_cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  std::vector<ColumnFamilyDescriptor> families;
  for (std::size_t i = 0; i < kFamilyCount; ++i) {
    ColumnFamilyOptions options = family_options(static_cast<Family>(i), tables);
    options.disable_auto_compactions = use == Use::inspect;
    families.emplace_back(kFamilyNames[i], options);
  }
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, ColumnFamilyOptions());
  auto impl = std::make_unique<Impl>();
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(database_options(create), dir.string(), families, &impl->owned, &opened);
  if (!status.ok()) {
    if (status.IsIOError() && status.ToString().find("lock ") != std::string::npos)
      return fail(Errc::in_use, "another process holds " + dir.string());
    return translate(status, "opening the log");
  }
  impl->db.reset(opened);
  for (std::size_t i = 0; i < kFamilyCount; ++i) impl->handles[i] = impl->owned[i];
  impl->write.disableWAL = true;
  impl->write.sync = false;
  return std::unique_ptr<LogDb>(new LogDb(std::move(impl)));
}

Status LogDb::write(LogBatch& batch) {
  return check(x_impl->db->Write(x_impl->write, &batch.x_impl->batch), "writing to the log");
}

Result<bool> LogDb::get(Family family, ByteView key, Bytes& value) const {
  rocksdb::PinnableSlice row;
  const rocksdb::Status status =
      x_impl->db->Get(rocksdb::ReadOptions(), x_impl->handle(family), slice(key), &row);
  if (status.IsNotFound()) return false;
  if (!status.ok()) return translate(status, "reading the log");
  const ByteView found = view(row);
  value.assign(found.begin(), found.end());
  return true;
}

Result<std::vector<Bytes>> LogDb::get_many(Family family, std::span<const PositionKey> keys) const {
  std::vector<Bytes> values(keys.size());
  CARTELLA_TRY(get_each(family, keys, [&values](std::size_t i, ByteView row) {
    values[i].assign(row.begin(), row.end());
  }));
  return values;
}

Status LogDb::get_each(Family family, std::span<const PositionKey> keys,
                       const std::function<void(std::size_t, ByteView)>& each) const {
  std::vector<Slice> slices;
  slices.reserve(keys.size());
  for (const PositionKey& key : keys) slices.push_back(slice(key));
  std::vector<rocksdb::PinnableSlice> rows(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  x_impl->db->MultiGet(rocksdb::ReadOptions(), x_impl->handle(family), keys.size(), slices.data(),
                       rows.data(), statuses.data());
  for (const rocksdb::Status& status : statuses) {
    if (!status.ok() && !status.IsNotFound()) return translate(status, "reading the log");
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    each(i, statuses[i].ok() ? view(rows[i]) : ByteView());
  }
  return ok();
}

LogCursor LogDb::cursor(Family family, Walk walk) const {
  rocksdb::ReadOptions options;
  if (walk == Walk::bulk) {
    options.total_order_seek = true;
    options.readahead_size = kReadAheadBytes;
    options.fill_cache = false;
  } else {
    options.prefix_same_as_start = true;
  }
  auto impl = std::make_unique<LogCursor::Impl>();
  impl->iterator.reset(x_impl->db->NewIterator(options, x_impl->handle(family)));
  return LogCursor(std::move(impl));
}

Result<RowsEnd> LogDb::end(Family family) const {
  if (ends_with_last_position(family)) {
    LogCursor last = cursor(family, Walk::bulk);
    last.seek_for_prev(position_key(std::numeric_limits<std::uint64_t>::max()));
    CARTELLA_TRY(last.status());
    if (!last.valid()) return RowsEnd{};
    if (last.key().size() != sizeof(PositionKey) || last.key()[0] == 0xff)
      return fail(Errc::corrupt, "the last row of a column family has no position");
    return RowsEnd{load_be64(last.key().data()) + 1, std::nullopt};
  }
  Bytes value;
  CARTELLA_TRY(const bool found, get(family, kEndKey, value));
  if (!found) return RowsEnd{};
  if (value.size() != kEndRowBytes)
    return fail(Errc::corrupt, "the end row of a column family has a wrong length");
  Hash32 root{};
  std::memcpy(root.data(), value.data() + 8, root.size());
  return RowsEnd{load_be64(value.data()), root};
}

Status LogDb::verify_files() const {
  return check(x_impl->db->VerifyFileChecksums(rocksdb::ReadOptions()), "verifying the files");
}

Status LogDb::snapshot(const std::filesystem::path& to) const {
  return crypto::snapshot_database(*x_impl->db, to);
}

Status LogDb::flush(Family family) {
  return check(x_impl->db->Flush(rocksdb::FlushOptions(), x_impl->handle(family)),
               "flushing the log");
}

Status LogDb::compact(Family family) {
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  const auto deepest = [this, family] {
    rocksdb::ColumnFamilyMetaData tables;
    x_impl->db->GetColumnFamilyMetaData(x_impl->handle(family), &tables);
    const auto used = std::ranges::find_if(
        tables.levels.rbegin(), tables.levels.rend(),
        [](const rocksdb::LevelMetaData& level) { return !level.files.empty(); });
    return used == tables.levels.rend() ? 0 : used->level;
  };
  // RocksDB looks once how deep the tables go. One that it moves below that meanwhile is missed.
  for (int before = deepest();; before = deepest()) {
    CARTELLA_TRY(check(x_impl->db->CompactRange(options, x_impl->handle(family), nullptr, nullptr),
                       "compacting the log"));
    if (deepest() <= before) return ok();
  }
}

Status LogDb::join_small_tables(std::uint64_t room_bytes) {
  for (const Family family : kEventFamilies) {
    if (!ends_with_last_position(family)) continue;
    CARTELLA_TRY(store::join_small_tables(*x_impl->db, *x_impl->handle(family), room_bytes));
  }
  return ok();
}

Status LogDb::flush_all() {
  const std::vector<ColumnFamilyHandle*> all(x_impl->handles.begin(), x_impl->handles.end());
  return check(x_impl->db->Flush(rocksdb::FlushOptions(), all), "flushing the log");
}

}  // namespace cartella::store
