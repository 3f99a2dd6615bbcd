#include "store/account_rows.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "crypto/encrypted_env.h"
#include "crypto/table_files.h"
#include "store/file_checksum.h"

namespace cartella::store {
namespace {

constexpr std::size_t kCacheBytes = 4ull << 20;  // every account and token of an ambito
constexpr std::size_t kWriteBufferBytes = 4ull << 20;
constexpr std::size_t kProtectionBytes = 8;

// Keys are random ids and keyed hashes, so RocksDB's text says nothing personal.
Error translate(const rocksdb::Status& status) {
  const std::string detail = "accounts: " + status.ToString();
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
    return fail(Errc::in_use, "accounts: another process has it open");
  if (status.IsInvalidArgument() || status.IsNotFound())
    return fail(Errc::corrupt, "accounts: " + text);
  return translate(status);
}

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
ByteView view(const rocksdb::Slice& from) { return as_bytes({from.data(), from.size()}); }

rocksdb::Options database_options(rocksdb::Env* env) {
  rocksdb::Options options;
  options.env = env;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.verify_sst_unique_id_in_manifest = true;
  options.flush_verify_memtable_count = true;
  options.fail_if_options_file_error = true;
  options.force_consistency_checks = true;
  options.max_bgerror_resume_count = 0;
  options.max_background_jobs = 2;
  options.file_checksum_gen_factory = file_checksums();
  options.info_log = crypto::silent_log();
  options.listeners.push_back(crypto::no_recovery());
  crypto::set_file_rules(options);
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = kWriteBufferBytes;
  // A power cut may tear the last record; damage before it is an error.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(kCacheBytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

struct AccountRows::Impl {
  std::unique_ptr<rocksdb::Env> env;  // outlives the database
  std::unique_ptr<rocksdb::DB> db;
  rocksdb::WriteOptions write;

  Impl() {
    write.sync = true;
    write.protection_bytes_per_key = kProtectionBytes;
  }
  ~Impl() {
    if (db == nullptr) return;
    db->Flush({}).PermitUncheckedError();
    db->Close().PermitUncheckedError();
  }
};

AccountRows::AccountRows(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
AccountRows::~AccountRows() = default;

Result<std::unique_ptr<AccountRows>> AccountRows::open(const std::filesystem::path& data_dir,
                                                       const crypto::Secret32& key) {
  auto impl = std::make_unique<Impl>();
  impl->env = crypto::make_encrypted_env(key);
  rocksdb::DB* db = nullptr;
  const auto opened =
      rocksdb::DB::Open(database_options(impl->env.get()), (data_dir / "accounts").string(), &db);
  if (!opened.ok()) return translate_open(opened);
  impl->db.reset(db);
  return std::unique_ptr<AccountRows>(new AccountRows(std::move(impl)));
}

Result<std::optional<Bytes>> AccountRows::find(std::string_view key) const {
  rocksdb::PinnableSlice value;
  const auto status = x_impl->db->Get({}, x_impl->db->DefaultColumnFamily(), slice(key), &value);
  if (status.IsNotFound()) return std::optional<Bytes>();
  if (!status.ok()) return translate(status);
  const ByteView bytes = view(value);
  return std::optional<Bytes>(Bytes(bytes.begin(), bytes.end()));
}

Status AccountRows::scan(std::string_view prefix, const Row& row) const {
  const std::unique_ptr<rocksdb::Iterator> at(x_impl->db->NewIterator({}));
  for (at->Seek(slice(prefix)); at->Valid() && at->key().starts_with(slice(prefix)); at->Next()) {
    CARTELLA_TRY(row(as_text(view(at->key())), view(at->value())));
  }
  return check(at->status());
}

Status AccountRows::write(const std::vector<AccountChange>& changes, Keep keep) {
  rocksdb::WriteBatch batch(0, 0, kProtectionBytes, 0);
  for (const auto& change : changes) {
    CARTELLA_TRY(check(change.value ? batch.Put(slice(change.key), slice(as_text(*change.value)))
                                    : batch.Delete(slice(change.key))));
  }
  CARTELLA_TRY(check(x_impl->db->Write(x_impl->write, &batch)));
  return keep == Keep::in_table ? check(x_impl->db->Flush({})) : ok();
}

Status AccountRows::snapshot(const std::filesystem::path& to) const {
  return crypto::snapshot_database(*x_impl->db, to);
}

Status AccountRows::verify_files() const {
  const auto status = x_impl->db->VerifyFileChecksums({});
  if (status.ok()) return ok();
  return fail(Errc::corrupt, translate(status).detail);
}

}  // namespace cartella::store
