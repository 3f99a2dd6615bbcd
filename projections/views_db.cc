#include "projections/views_db.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/slice.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <charconv>
#include <list>
#include <mutex>
#include <set>

#include "base/check.h"
#include "crypto/encrypted_env.h"
#include "crypto/hash.h"
#include "crypto/table_files.h"
#include "store/file_checksum.h"

namespace cartella::projections {
namespace {

constexpr std::string_view kPointerPrefix = "pointer/";

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view text(const rocksdb::Slice& from) { return {from.data(), from.size()}; }

// RocksDB's messages name files and numbers only; a key is never printed by the paths used here.
Error error_of(const rocksdb::Status& status) {
  const Errc code = status.IsCorruption() || status.IsNotSupported() || status.IsInvalidArgument()
                        ? Errc::corrupt
                    : status.IsNoSpace() ? Errc::out_of_space
                                         : Errc::io;
  return fail(code, "views: " + status.ToString());
}
Status checked(const rocksdb::Status& status) {
  if (!status.ok()) return error_of(status);
  return ok();
}

rocksdb::WriteOptions no_wal() {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  return options;
}

rocksdb::ColumnFamilyOptions table_options(std::size_t write_buffer_bytes) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = write_buffer_bytes;
  options.max_write_buffer_number = 2;
  options.compression = rocksdb::kLZ4Compression;
  options.paranoid_file_checks = false;
  options.force_consistency_checks = true;
  rocksdb::BlockBasedTableOptions table;
  table.block_size = 8 * 1024;
  table.checksum = rocksdb::kXXH3;
  // A row that stands in an older file, or in none, is looked for in no other.
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.memtable_prefix_bloom_size_ratio = 0.01;
  options.memtable_whole_key_filtering = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

rocksdb::DBOptions database_options(rocksdb::Env* env) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = true;
  options.max_background_jobs = 2;
  options.max_bgerror_resume_count = 0;
  options.paranoid_checks = true;
  options.verify_sst_unique_id_in_manifest = true;
  options.flush_verify_memtable_count = true;
  options.fail_if_options_file_error = true;
  options.info_log = crypto::silent_log();
  options.listeners.push_back(crypto::no_recovery());
  crypto::set_file_rules(options);
  options.max_open_files = 512;
  options.file_checksum_gen_factory = store::file_checksums();
  return options;
}

crypto::Secret32 files_key(const crypto::Secret32& secret) {
  return crypto::derive(secret, "views/files", {});
}

std::string table_name(std::string_view name, std::uint64_t generation) {
  return std::string(name) + "@" + std::to_string(generation);
}

}  // namespace

class ViewsDb::Table {
 public:
  using Handle = std::shared_ptr<rocksdb::ColumnFamilyHandle>;
  Table(std::string name, Handle handle)
      : x_name(std::move(name)), x_raw(handle.get()), x_handle(std::move(handle)) {}
  const std::string& name() const { return x_name; }
  // After let_go for whoever holds a share alone.
  rocksdb::ColumnFamilyHandle* handle() const { return x_raw; }
  // Under the database's mutex; empty once the table was let go.
  Handle share() const { return x_handle; }
  void let_go() { x_handle.reset(); }
  bool is_dropped() const { return !x_handle; }

 private:
  std::string x_name;
  rocksdb::ColumnFamilyHandle* x_raw;
  Handle x_handle;
};

namespace {

class DatabaseSnapshot final : public ViewsDb::Snapshot {
 public:
  explicit DatabaseSnapshot(rocksdb::DB* database)
      : x_database(database), x_snapshot(database->GetSnapshot()) {}
  ~DatabaseSnapshot() override { x_database->ReleaseSnapshot(x_snapshot); }
  DatabaseSnapshot(const DatabaseSnapshot&) = delete;
  DatabaseSnapshot& operator=(const DatabaseSnapshot&) = delete;
  const rocksdb::Snapshot* get() const { return x_snapshot; }

 private:
  rocksdb::DB* x_database;
  const rocksdb::Snapshot* x_snapshot;
};

rocksdb::ReadOptions read_options(const ViewsDb::Snapshot* snapshot) {
  rocksdb::ReadOptions options;
  if (snapshot != nullptr) options.snapshot = static_cast<const DatabaseSnapshot*>(snapshot)->get();
  return options;
}

class DatabaseCursor final : public ViewsDb::Cursor {
 public:
  explicit DatabaseCursor(rocksdb::Iterator* iterator) : x_iterator(iterator) {
    x_iterator->SeekToFirst();
  }
  bool valid() const override { return x_iterator->Valid(); }
  std::string_view key() const override { return text(x_iterator->key()); }
  std::string_view value() const override { return text(x_iterator->value()); }
  void next() override { x_iterator->Next(); }
  void seek(std::string_view key) override { x_iterator->Seek(slice(key)); }
  Status status() const override { return checked(x_iterator->status()); }

 private:
  std::unique_ptr<rocksdb::Iterator> x_iterator;
};

}  // namespace

struct ViewsDb::Impl {
  std::unique_ptr<rocksdb::Env> env;
  std::unique_ptr<rocksdb::DB> database;
  std::size_t write_buffer_bytes = 0;
  mutable std::mutex mutex;  // guards `tables`
  std::list<Table> tables;   // addresses stay, those of dropped ones too
  rocksdb::ColumnFamilyHandle* pointers = nullptr;

  ~Impl() {
    if (!database) return;
    for (Table& table : tables) table.let_go();
    if (pointers != nullptr) database->DestroyColumnFamilyHandle(pointers);
    database->Close();
  }

  Table* find(std::string_view name) {
    const std::lock_guard lock(mutex);
    for (Table& table : tables)
      if (!table.is_dropped() && table.name() == name) return &table;
    return nullptr;
  }

  Table* add(std::string name, rocksdb::ColumnFamilyHandle* handle) {
    const std::lock_guard lock(mutex);
    rocksdb::DB* const of = database.get();
    return &tables.emplace_back(std::move(name),
                                Table::Handle(handle, [of](rocksdb::ColumnFamilyHandle* done) {
                                  of->DestroyColumnFamilyHandle(done);
                                }));
  }
};

ViewsDb::ViewsDb(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
ViewsDb::~ViewsDb() = default;

Result<std::unique_ptr<ViewsDb>> ViewsDb::open(const std::filesystem::path& data_dir,
                                               const crypto::Secret32& secret,
                                               std::size_t write_buffer_bytes) {
  auto impl = std::make_unique<Impl>();
  impl->env = crypto::make_encrypted_env(files_key(secret));
  impl->write_buffer_bytes = write_buffer_bytes;
  const std::string path = (data_dir / "views").string();
  const rocksdb::DBOptions options = database_options(impl->env.get());

  std::vector<std::string> names;
  std::error_code error;
  const bool exists = std::filesystem::exists(data_dir / "views" / "CURRENT", error);
  if (error) return fail(Errc::io, "views: the directory cannot be read");
  if (exists) {
    CARTELLA_TRY(checked(rocksdb::DB::ListColumnFamilies(options, path, &names)));
  } else {
    std::filesystem::create_directories(path, error);
    if (error) return fail(Errc::io, "views: the directory cannot be made");
    names.emplace_back(rocksdb::kDefaultColumnFamilyName);
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.reserve(names.size());
  for (const std::string& name : names)
    families.emplace_back(name, table_options(write_buffer_bytes));

  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* database = nullptr;
  const rocksdb::Status opened = rocksdb::DB::Open(options, path, families, &handles, &database);
  if (!opened.ok()) {
    if (opened.ToString().find("lock") != std::string::npos)
      return fail(Errc::in_use, "views: another process has them open");
    return error_of(opened);
  }
  impl->database.reset(database);
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    if (handle->GetName() == rocksdb::kDefaultColumnFamilyName)
      impl->pointers = handle;
    else
      impl->add(handle->GetName(), handle);
  }
  CHECK(impl->pointers != nullptr);
  return std::unique_ptr<ViewsDb>(new ViewsDb(std::move(impl)));
}

Result<ViewsDb::Current> ViewsDb::current(std::string_view name) const {
  const std::string key = std::string(kPointerPrefix) + std::string(name);
  std::string value;
  const rocksdb::Status status = x_impl->database->Get({}, x_impl->pointers, key, &value);
  if (status.IsNotFound()) return Current{};
  CARTELLA_TRY(checked(status));
  Current current;
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), current.generation);
  if (error != std::errc{} || end != value.data() + value.size())
    return fail(Errc::corrupt, "views: the pointer of a view is malformed");
  current.table = x_impl->find(table_name(name, current.generation));
  return current;
}

Result<ViewsDb::Table*> ViewsDb::create(std::string_view name, std::uint64_t generation) {
  CARTELLA_TRY(const auto made, create_all({name}, generation));
  return made.front();
}

Result<std::vector<ViewsDb::Table*>> ViewsDb::create_all(const std::vector<std::string_view>& names,
                                                         std::uint64_t generation) {
  std::vector<std::string> full;
  full.reserve(names.size());
  for (const std::string_view name : names) {
    full.push_back(table_name(name, generation));
    if (Table* leftover = x_impl->find(full.back())) {
      CARTELLA_TRY(drop(leftover));
    }
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  const rocksdb::Status made = x_impl->database->CreateColumnFamilies(
      table_options(x_impl->write_buffer_bytes), full, &handles);
  // Also where not all of them were made: what is there is dropped as a leftover later.
  std::vector<Table*> tables;
  for (rocksdb::ColumnFamilyHandle* handle : handles)
    tables.push_back(x_impl->add(handle->GetName(), handle));
  CARTELLA_TRY(checked(made));
  return tables;
}

Status ViewsDb::make_current(std::string_view name, std::uint64_t generation, Table* table) {
  CARTELLA_TRY(flush(table));
  const std::string key = std::string(kPointerPrefix) + std::string(name);
  CARTELLA_TRY(
      checked(x_impl->database->Put(no_wal(), x_impl->pointers, key, std::to_string(generation))));
  return checked(x_impl->database->Flush(rocksdb::FlushOptions(), x_impl->pointers));
}

Status ViewsDb::drop(Table* table) { return drop_all({table}); }

Status ViewsDb::drop_all(const std::vector<Table*>& tables) {
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  handles.reserve(tables.size());
  for (const Table* table : tables) handles.push_back(table->handle());
  CARTELLA_TRY(checked(x_impl->database->DropColumnFamilies(handles)));
  std::vector<Table::Handle> last;  // go after the lock: their files are removed then
  last.reserve(tables.size());
  const std::lock_guard lock(x_impl->mutex);
  for (Table* table : tables) {
    last.push_back(table->share());
    table->let_go();
  }
  return ok();
}

ViewsDb::Hold ViewsDb::hold(const Table* table) const {
  const std::lock_guard lock(x_impl->mutex);
  return table->share();
}

Status ViewsDb::drop_unreferenced() {
  std::set<std::string> referenced;
  const std::unique_ptr<rocksdb::Iterator> pointers(
      x_impl->database->NewIterator({}, x_impl->pointers));
  for (pointers->Seek(slice(kPointerPrefix));
       pointers->Valid() && pointers->key().starts_with(slice(kPointerPrefix)); pointers->Next())
    referenced.insert(std::string(text(pointers->key()).substr(kPointerPrefix.size())) + "@" +
                      pointers->value().ToString());
  CARTELLA_TRY(checked(pointers->status()));
  std::vector<Table*> leftovers;
  {
    const std::lock_guard lock(x_impl->mutex);
    for (Table& table : x_impl->tables)
      if (!table.is_dropped() && !referenced.contains(table.name())) leftovers.push_back(&table);
  }
  return leftovers.empty() ? ok() : drop_all(leftovers);
}

Status ViewsDb::write(Table* table, const std::vector<RowChange>& changes) {
  rocksdb::WriteBatch batch;
  for (const RowChange& change : changes) {
    const rocksdb::Status added = change.value
                                      ? batch.Put(table->handle(), change.key, *change.value)
                                      : batch.Delete(table->handle(), change.key);
    CARTELLA_TRY(checked(added));
  }
  return checked(x_impl->database->Write(no_wal(), &batch));
}

Result<std::optional<std::string>> ViewsDb::read(const Table* table, std::string_view key,
                                                 const Snapshot* snapshot) const {
  std::string value;
  const rocksdb::Status status =
      x_impl->database->Get(read_options(snapshot), table->handle(), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>{};
  CARTELLA_TRY(checked(status));
  return std::optional<std::string>(std::move(value));
}

Status ViewsDb::scan(const Table* table, std::string_view prefix, std::string_view from,
                     const Snapshot* snapshot, const Row& each) const {
  const std::unique_ptr<rocksdb::Iterator> rows(
      x_impl->database->NewIterator(read_options(snapshot), table->handle()));
  for (rows->Seek(slice(std::max(prefix, from)));
       rows->Valid() && rows->key().starts_with(slice(prefix)); rows->Next()) {
    CARTELLA_TRY(each(text(rows->key()), text(rows->value())));
  }
  return checked(rows->status());
}

std::unique_ptr<ViewsDb::Cursor> ViewsDb::cursor(const Table* table,
                                                 const Snapshot* snapshot) const {
  return std::make_unique<DatabaseCursor>(
      x_impl->database->NewIterator(read_options(snapshot), table->handle()));
}

std::unique_ptr<ViewsDb::Snapshot> ViewsDb::snapshot() const {
  return std::make_unique<DatabaseSnapshot>(x_impl->database.get());
}

Status ViewsDb::flush(Table* table) {
  return checked(x_impl->database->Flush(rocksdb::FlushOptions(), table->handle()));
}

Status ViewsDb::flush() {
  std::vector<rocksdb::ColumnFamilyHandle*> handles{x_impl->pointers};
  std::vector<Table::Handle> held;
  {
    const std::lock_guard lock(x_impl->mutex);
    for (const Table& table : x_impl->tables)
      if (!table.is_dropped()) held.push_back(table.share());
  }
  for (const Table::Handle& each : held) handles.push_back(each.get());
  return checked(x_impl->database->Flush(rocksdb::FlushOptions(), handles));
}

Status ViewsDb::verify_files(const std::filesystem::path& data_dir,
                             const crypto::Secret32& secret) {
  const crypto::Secret32 key = files_key(secret);
  return crypto::verify_table_files(data_dir / "views", &key);
}

}  // namespace cartella::projections
