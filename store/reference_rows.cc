#include "store/reference_rows.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <array>

#include "base/check.h"
#include "crypto/encrypted_env.h"
#include "crypto/table_files.h"
#include "store/file_checksum.h"

namespace cartella::store {
namespace {

constexpr std::array<const char*, kReferenceFamilyCount> kNames = {
    "files", "residents", "codici_fiscali", "households", "codes"};
constexpr std::size_t kCacheBytes = 32ull << 20;  // the residents a clerk meets in a day
constexpr std::size_t kProtectionBytes = 8;
constexpr std::size_t kRemoveRows = 1000;  // in one batch

// Keys are keyed hashes and codes of comuni and streets, so RocksDB's text says nothing personal.
Error translate(const rocksdb::Status& status) {
  const std::string detail = "reference: " + status.ToString();
  if (status.IsNoSpace()) return fail(Errc::out_of_space, detail);
  if (status.IsCorruption()) return fail(Errc::corrupt, detail);
  return fail(Errc::io, detail);
}
Status check(const rocksdb::Status& status) {
  if (status.ok()) return ok();
  return translate(status);
}

// What RocksDB answers when files do not decrypt is not always a corruption.
Error translate_open(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (text.find("lock hold by current process") != std::string::npos ||
      text.find("While lock file") != std::string::npos)
    return fail(Errc::in_use, "reference: another process has it open");
  if (status.IsInvalidArgument() || status.IsNotFound())
    return fail(Errc::corrupt, "reference: " + text);
  return translate(status);
}

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
rocksdb::Slice slice(const Bytes& bytes) { return slice(as_text(bytes)); }
ByteView view(const rocksdb::Slice& from) { return as_bytes({from.data(), from.size()}); }

rocksdb::Options database_options(rocksdb::Env* env) {
  rocksdb::Options options;
  options.env = env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.atomic_flush = true;
  options.paranoid_checks = true;
  options.verify_sst_unique_id_in_manifest = true;
  options.flush_verify_memtable_count = true;
  options.fail_if_options_file_error = true;
  options.force_consistency_checks = true;
  options.max_bgerror_resume_count = 0;
  options.listeners.push_back(crypto::no_recovery());
  crypto::set_file_rules(options);
  options.max_background_jobs = 2;
  options.file_checksum_gen_factory = file_checksums();
  options.info_log = crypto::silent_log();
  options.compression = rocksdb::kNoCompression;
  options.max_write_buffer_number = 2;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(kCacheBytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

struct ReferenceRows::Impl {
  std::unique_ptr<rocksdb::Env> env;  // outlives the database
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;  // default, then ReferenceFamily in order
  rocksdb::WriteOptions write;

  Impl() {
    write.disableWAL = true;
    write.protection_bytes_per_key = kProtectionBytes;
  }
  ~Impl() {
    if (db == nullptr) return;
    for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
    db->Close().PermitUncheckedError();
  }
  rocksdb::ColumnFamilyHandle* handle(ReferenceFamily family) const {
    return handles[static_cast<std::size_t>(family) + 1];
  }
};

ReferenceRows::ReferenceRows(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
ReferenceRows::~ReferenceRows() = default;

Result<std::unique_ptr<ReferenceRows>> ReferenceRows::open(const std::filesystem::path& data_dir,
                                                           const crypto::Secret32& key) {
  auto impl = std::make_unique<Impl>();
  impl->env = crypto::make_encrypted_env(key);
  const auto options = database_options(impl->env.get());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.emplace_back(rocksdb::kDefaultColumnFamilyName, options);
  for (const char* name : kNames) families.emplace_back(name, options);
  rocksdb::DB* db = nullptr;
  const auto opened =
      rocksdb::DB::Open(options, (data_dir / "reference").string(), families, &impl->handles, &db);
  if (!opened.ok()) return translate_open(opened);
  impl->db.reset(db);
  return std::unique_ptr<ReferenceRows>(new ReferenceRows(std::move(impl)));
}

// ---- reading -----------------------------------------------------------------------------------

struct ReferenceRows::View::Impl {
  const ReferenceRows::Impl& rows;
  rocksdb::ReadOptions options;

  explicit Impl(const ReferenceRows::Impl& of) : rows(of) {
    options.snapshot = rows.db->GetSnapshot();
    CHECK(options.snapshot != nullptr);
  }
  ~Impl() { rows.db->ReleaseSnapshot(options.snapshot); }
};

ReferenceRows::View::View(const ReferenceRows& rows)
    : x_impl(std::make_unique<Impl>(*rows.x_impl)) {}
ReferenceRows::View::~View() = default;

Result<std::optional<Bytes>> ReferenceRows::View::find(ReferenceFamily family,
                                                       std::string_view key) const {
  rocksdb::PinnableSlice value;
  const auto& rows = x_impl->rows;
  const auto status = rows.db->Get(x_impl->options, rows.handle(family), slice(key), &value);
  if (status.IsNotFound()) return std::optional<Bytes>();
  if (!status.ok()) return translate(status);
  const ByteView bytes = view(value);
  return std::optional<Bytes>(Bytes(bytes.begin(), bytes.end()));
}

Status ReferenceRows::View::scan(ReferenceFamily family, std::string_view prefix,
                                 const Row& row) const {
  const auto& rows = x_impl->rows;
  const std::unique_ptr<rocksdb::Iterator> at(
      rows.db->NewIterator(x_impl->options, rows.handle(family)));
  for (at->Seek(slice(prefix)); at->Valid() && at->key().starts_with(slice(prefix)); at->Next()) {
    CARTELLA_TRY(row(as_text(view(at->key())), view(at->value())));
  }
  return check(at->status());
}

Result<std::optional<std::string>> ReferenceRows::View::next_key(ReferenceFamily family,
                                                                 std::string_view from) const {
  const auto& rows = x_impl->rows;
  const std::unique_ptr<rocksdb::Iterator> at(
      rows.db->NewIterator(x_impl->options, rows.handle(family)));
  at->Seek(slice(from));
  if (at->Valid()) return std::optional<std::string>(at->key().ToString());
  CARTELLA_TRY(check(at->status()));
  return std::optional<std::string>();
}

// ---- writing -----------------------------------------------------------------------------------

Status ReferenceRows::write(const std::vector<ReferenceRow>& rows) {
  rocksdb::WriteBatch batch(0, 0, kProtectionBytes, 0);
  for (const auto& row : rows) {
    CARTELLA_TRY(check(batch.Put(x_impl->handle(row.family), slice(row.key), slice(row.value))));
  }
  return check(x_impl->db->Write(x_impl->write, &batch));
}

Status ReferenceRows::flush() { return check(x_impl->db->Flush({}, x_impl->handles)); }

Status ReferenceRows::remove(ReferenceFamily family, const std::string& prefix) {
  rocksdb::WriteBatch batch(0, 0, kProtectionBytes, 0);
  bool any = false;
  const auto drop = [&]() -> Status {
    CARTELLA_TRY(check(x_impl->db->Write(x_impl->write, &batch)));
    batch.Clear();
    return ok();
  };
  {
    const View before(*this);
    CARTELLA_TRY(before.scan(family, prefix, [&](std::string_view key, ByteView) -> Status {
      any = true;
      CARTELLA_TRY(check(batch.Delete(x_impl->handle(family), slice(key))));
      return batch.Count() >= static_cast<int>(kRemoveRows) ? drop() : ok();
    }));
  }
  if (!any) return ok();
  CARTELLA_TRY(drop());
  CARTELLA_TRY(flush());
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  const std::string end_text = after_prefix(prefix);
  const rocksdb::Slice begin = slice(prefix);
  const rocksdb::Slice end = slice(end_text);
  return check(x_impl->db->CompactRange(options, x_impl->handle(family), &begin, &end));
}

Status ReferenceRows::snapshot(const std::filesystem::path& to) const {
  return crypto::snapshot_database(*x_impl->db, to);
}

Status ReferenceRows::verify_files() const {
  const auto status = x_impl->db->VerifyFileChecksums({});
  if (status.ok()) return ok();
  return fail(Errc::corrupt, translate(status).detail);
}

std::string after_prefix(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  CHECK(!prefix.empty());
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace cartella::store
