#include "crypto/vault_rows.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <set>
#include <span>
#include <string>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/table_files.h"
#include "crypto/vault_file.h"

namespace cartella::crypto {
namespace {

using Handles = std::vector<rocksdb::ColumnFamilyHandle*>;

constexpr std::array<const char*, 6> kFamilyNames = {"owner_keys",      "stream_secrets",
                                                     "owner_names",     "named_secrets",
                                                     "free_owner_keys", "free_stream_secrets"};
constexpr std::string_view kCountKey = "changes";
// Debian builds RocksDB with assertions on: a write that fails during open can abort the process,
// so room for its files is checked before (ledger.md 8).
constexpr std::uint64_t kFreeBytesMin = 64ull << 20;
constexpr std::size_t kCacheBytes = 16ull << 20;
constexpr std::size_t kWriteBufferBytes = 16ull << 20;
constexpr std::size_t kReadBack = 64;  // rows looked for at a time

// keys/vault.head: magic, version, count of changes, SHA-256 of all before.
constexpr std::array<std::uint8_t, 4> kHeadMagic = {'C', 'R', 'T', 'V'};
constexpr std::uint8_t kHeadVersion = 1;
constexpr std::size_t kHeadBytes = 4 + 1 + 8 + 32;

std::filesystem::path head_file(const std::filesystem::path& data_dir) {
  return data_dir / "keys" / "vault.head";
}

Bytes encode_head(std::uint64_t count) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(kHeadMagic);
  writer.u8(kHeadVersion);
  writer.u64(count);
  writer.raw(sha256(bytes));
  return bytes;
}

Result<std::uint64_t> read_head(const std::filesystem::path& data_dir) {
  CARTELLA_TRY(const auto bytes, read_key_file(head_file(data_dir), kHeadBytes));
  const ByteView all(bytes);
  if (all.size() != kHeadBytes || !std::ranges::equal(all.first(4), kHeadMagic) ||
      !std::ranges::equal(sha256(all.first(kHeadBytes - 32)), all.last(32)))
    return fail(Errc::corrupt, "keys/vault.head is damaged");
  if (all[4] != kHeadVersion)
    return fail(Errc::unsupported, "keys/vault.head is of a version this build does not know");
  return load_be64(all.data() + 5);
}

// A Status of RocksDB names files, offsets and opaque ids, never content.
Error vault_error(const rocksdb::Status& status) {
  Errc code = Errc::io;
  if (status.IsCorruption()) code = Errc::corrupt;
  if (status.IsNoSpace()) code = Errc::out_of_space;
  return fail(code, "vault: " + status.ToString());
}

rocksdb::Slice slice(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
ByteView view(const rocksdb::Slice& text) { return as_bytes({text.data(), text.size()}); }

rocksdb::Options database_options() {
  rocksdb::Options options;
  options.atomic_flush = true;  // without a WAL this alone keeps the families together
  options.paranoid_checks = true;
  options.verify_sst_unique_id_in_manifest = true;
  options.flush_verify_memtable_count = true;
  options.fail_if_options_file_error = true;
  options.max_bgerror_resume_count = 0;
  options.max_background_jobs = 2;
  options.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  options.keep_log_file_num = 4;
  options.info_log = silent_log();
  options.listeners.push_back(no_recovery());
  set_file_rules(options);
  options.force_consistency_checks = true;
  options.paranoid_file_checks = true;
  options.compression = rocksdb::kNoCompression;  // wrapped keys are random
  options.max_write_buffer_number = 2;
  options.write_buffer_size = kWriteBufferBytes;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(kCacheBytes);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> descriptors(const rocksdb::Options& options) {
  std::vector<rocksdb::ColumnFamilyDescriptor> all;
  all.emplace_back(rocksdb::kDefaultColumnFamilyName, options);
  for (const char* name : kFamilyNames) all.emplace_back(name, options);
  return all;
}

Result<std::uint64_t> read_count(rocksdb::DB& db) {
  std::string value;
  const auto status = db.Get({}, slice(as_bytes(kCountKey)), &value);
  if (status.IsNotFound()) return fail(Errc::corrupt, "vault: the count of changes is missing");
  if (!status.ok()) return vault_error(status);
  if (value.size() != 8) return fail(Errc::corrupt, "vault: the count of changes is malformed");
  return load_be64(as_bytes(value).data());
}

std::set<std::string> live_tables(rocksdb::DB& db) {
  std::vector<rocksdb::LiveFileMetaData> files;
  db.GetLiveFilesMetaData(&files);
  std::set<std::string> names;
  for (const auto& file : files) names.insert(file.name);
  return names;
}

// Background work would remove tables while a second reader opens them.
class Paused {
 public:
  explicit Paused(rocksdb::DB& db) : x_db(db) { x_db.PauseBackgroundWork().PermitUncheckedError(); }
  ~Paused() { x_db.ContinueBackgroundWork().PermitUncheckedError(); }
  Paused(const Paused&) = delete;
  Paused& operator=(const Paused&) = delete;

 private:
  rocksdb::DB& x_db;
};

}  // namespace

std::string_view family_name(Family family) {
  return kFamilyNames.at(static_cast<std::size_t>(family) - 1);
}

struct VaultRows::Impl {
  std::filesystem::path data_dir;
  std::unique_ptr<rocksdb::DB> db;
  Handles handles;  // default, then Family in order
  std::uint64_t count = 0;
  std::atomic<bool> failed = false;

  ~Impl() {
    if (db == nullptr) return;
    for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
    db->Close().PermitUncheckedError();
  }

  rocksdb::ColumnFamilyHandle* handle(Family family) const {
    return handles[static_cast<std::size_t>(family)];
  }

  Status open(bool fresh);
  Status write(const std::vector<RowChange>& changes);
  Status read_back(const std::vector<RowChange>& changes) const;
  Status compare_second_reader() const;
  Status each_from(Family family, ByteView prefix, const Visit& visit) const;
};

// The rows whose id begins with `prefix`.
Status VaultRows::Impl::each_from(Family family, ByteView prefix, const Visit& visit) const {
  const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator({}, handle(family)));
  RowId row{};
  for (at->Seek(slice(prefix)); at->Valid() && at->key().starts_with(slice(prefix)); at->Next()) {
    if (at->key().size() != row.size())
      return fail(Errc::corrupt, "vault: a row id of another length");
    std::ranges::copy(view(at->key()), row.begin());
    CARTELLA_TRY(visit(row, view(at->value())));
  }
  if (!at->status().ok()) return vault_error(at->status());
  return ok();
}

VaultRows::VaultRows(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}
VaultRows::~VaultRows() = default;

Status VaultRows::Impl::open(bool fresh) {
  std::error_code error;
  const auto space = std::filesystem::space(data_dir, error);
  if (error) return fail(Errc::io, "vault: cannot read the free space");
  if (space.available < kFreeBytesMin)
    return fail(Errc::out_of_space, "vault: less than 64 MiB are free");
  auto options = database_options();
  options.create_if_missing = fresh;
  options.create_missing_column_families = fresh;
  options.error_if_exists = fresh;
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open(options, (data_dir / "vault").string(),
                                        descriptors(options), &handles, &opened);
  if (!status.ok()) {
    // A missing or unreadable file of the database is damage, not a passing failure.
    const Error reported = vault_error(status);
    const bool damage = status.IsInvalidArgument() || status.IsPathNotFound() ||
                        status.IsNotFound() || (status.IsIOError() && !status.IsNoSpace());
    return damage && !fresh ? fail(Errc::corrupt, reported.detail) : reported;
  }
  db.reset(opened);
  return ok();
}

Result<std::unique_ptr<VaultRows>> VaultRows::create(const std::filesystem::path& data_dir) {
  auto impl = std::make_unique<Impl>();
  impl->data_dir = data_dir;
  CARTELLA_TRY(impl->open(true));
  std::unique_ptr<VaultRows> rows(new VaultRows(std::move(impl)));
  CARTELLA_TRY(rows->change({}));
  return rows;
}

Result<std::unique_ptr<VaultRows>> VaultRows::open(const std::filesystem::path& data_dir) {
  CARTELLA_TRY(finish_key_file(head_file(data_dir)));
  CARTELLA_TRY(const auto head, read_head(data_dir));
  auto impl = std::make_unique<Impl>();
  impl->data_dir = data_dir;
  CARTELLA_TRY(impl->open(false));
  CARTELLA_TRY(impl->count, read_count(*impl->db));
  // One change more is the crash between the flush and the head; one less is a loss.
  if (impl->count != head && impl->count != head + 1)
    return fail(Errc::corrupt, "vault: it holds change " + std::to_string(impl->count) +
                                   ", but keys/vault.head knows of " + std::to_string(head));
  // Before the next change, which may crash at the same place.
  if (impl->count != head) {
    CARTELLA_TRY(replace_plain_file(head_file(data_dir), encode_head(impl->count)));
  }
  return std::unique_ptr<VaultRows>(new VaultRows(std::move(impl)));
}

Status VaultRows::Impl::write(const std::vector<RowChange>& changes) {
  std::array<std::uint8_t, 8> number{};
  store_be64(number.data(), count + 1);
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  options.protection_bytes_per_key = 8;
  rocksdb::WriteBatch batch(0, 0, options.protection_bytes_per_key, 0);
  rocksdb::Status status = batch.Put(slice(as_bytes(kCountKey)), slice(number));
  for (const auto& change : changes) {
    if (!status.ok()) break;
    status = change.remove
                 ? batch.Delete(handle(change.family), slice(change.row))
                 : batch.Put(handle(change.family), slice(change.row), slice(change.value));
  }
  if (status.ok()) status = db->Write(options, &batch);
  if (status.ok()) status = db->Flush({}, handles);
  if (!status.ok()) return vault_error(status);
  ++count;
  return read_back(changes);
}

Status VaultRows::Impl::read_back(const std::vector<RowChange>& changes) const {
  std::array<rocksdb::ColumnFamilyHandle*, kReadBack> families{};
  std::array<rocksdb::Slice, kReadBack> rows;
  for (std::size_t from = 0; from < changes.size(); from += kReadBack) {
    const auto some = std::span(changes).subspan(from, std::min(kReadBack, changes.size() - from));
    for (std::size_t i = 0; i < some.size(); ++i) {
      families[i] = handle(some[i].family);
      rows[i] = slice(some[i].row);
    }
    std::array<rocksdb::PinnableSlice, kReadBack> values;
    std::array<rocksdb::Status, kReadBack> statuses;
    db->MultiGet({}, some.size(), families.data(), rows.data(), values.data(), statuses.data());
    for (std::size_t i = 0; i < some.size(); ++i) {
      const bool is_as_written =
          some[i].remove ? statuses[i].IsNotFound()
                         : statuses[i].ok() && std::ranges::equal(view(values[i]), some[i].value);
      if (!is_as_written)
        return fail(Errc::corrupt, "vault: " + std::string(family_name(some[i].family)) + " " +
                                       to_hex(some[i].row) + " does not read back");
    }
  }
  return ok();
}

Status VaultRows::change(const std::vector<RowChange>& changes) {
  if (x_impl->failed) return fail(Errc::io, "vault: an earlier write failed; restart");
  Status written = x_impl->write(changes);
  if (written.has_value())
    written = replace_plain_file(head_file(x_impl->data_dir), encode_head(x_impl->count));
  if (written.has_error()) x_impl->failed = true;
  return written;
}

void VaultRows::stop() { x_impl->failed = true; }
bool VaultRows::is_stopped() const { return x_impl->failed; }

Result<std::optional<Bytes>> VaultRows::find(Family family, const RowId& row) const {
  rocksdb::PinnableSlice value;
  const auto status = x_impl->db->Get({}, x_impl->handle(family), slice(row), &value);
  if (status.IsNotFound()) return std::optional<Bytes>();
  if (!status.ok()) return vault_error(status);
  const ByteView bytes = view(value);
  return std::optional<Bytes>(Bytes(bytes.begin(), bytes.end()));
}

Status VaultRows::each(Family family, const Visit& visit) const {
  return x_impl->each_from(family, as_bytes(""), visit);
}

Status VaultRows::each_in_shard(Family family, std::uint8_t shard, const Visit& visit) const {
  return x_impl->each_from(family, {&shard, 1}, visit);
}

Status VaultRows::Impl::compare_second_reader() const {
  auto options = database_options();
  options.info_log = silent_log();
  rocksdb::DB* opened = nullptr;
  Handles readers;
  const auto status = rocksdb::DB::OpenForReadOnly(options, (data_dir / "vault").string(),
                                                   descriptors(options), &readers, &opened);
  if (!status.ok()) return fail(Errc::corrupt, vault_error(status).detail);
  const std::unique_ptr<rocksdb::DB> second(opened);
  const auto second_count = read_count(*second);
  const bool same = second_count.has_value() && second_count.value() == count &&
                    live_tables(*second) == live_tables(*db);
  for (auto* handle : readers) second->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  if (!same) return fail(Errc::corrupt, "vault: the MANIFEST does not give the tables in use");
  return ok();
}

Status VaultRows::snapshot(const std::filesystem::path& to) const {
  return snapshot_database(*x_impl->db, to);
}

Status VaultRows::verify_files() const {
  const Paused paused(*x_impl->db);
  const auto status = x_impl->db->VerifyFileChecksums({});
  if (!status.ok()) return fail(Errc::corrupt, vault_error(status).detail);
  CARTELLA_TRY(x_impl->compare_second_reader());
  CARTELLA_TRY(const auto head, read_head(x_impl->data_dir));
  if (head != x_impl->count) return fail(Errc::corrupt, "keys/vault.head is not the newest");
  return ok();
}

}  // namespace cartella::crypto
