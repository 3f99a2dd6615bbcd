#include "crypto/table_files.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/utilities/checkpoint.h>

#include <memory>
#include <string>
#include <vector>

#include "crypto/encrypted_env.h"

namespace cartella::crypto {
namespace {

constexpr std::size_t kManifestRoomBytes = 64 << 10;

// File names and numbers only: no path of this function reads a row.
Status checked(const std::filesystem::path& dir, const rocksdb::Status& status) {
  if (status.ok()) return ok();
  return fail(status.IsIOError() && !status.IsPathNotFound() ? Errc::io : Errc::corrupt,
              dir.filename().string() + ": " + status.ToString());
}

class NoRecovery : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

class SilentLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

}  // namespace

void set_file_rules(rocksdb::DBOptions& options) {
  options.max_manifest_file_size = 0;
  options.manifest_preallocation_size = kManifestRoomBytes;
  options.max_file_opening_threads = 1;
}

std::shared_ptr<rocksdb::Logger> silent_log() { return std::make_shared<SilentLog>(); }

std::shared_ptr<rocksdb::EventListener> no_recovery() { return std::make_shared<NoRecovery>(); }

Status verify_table_files(const std::filesystem::path& database_dir, const Secret32* key) {
  std::error_code error;
  if (!std::filesystem::exists(database_dir / "CURRENT", error)) return ok();
  const auto env = key != nullptr ? make_encrypted_env(*key) : nullptr;  // outlives the database
  rocksdb::Options options;
  if (env) options.env = env.get();
  options.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  options.info_log = silent_log();
  const std::string path = database_dir.string();
  std::vector<std::string> names;
  CARTELLA_TRY(checked(database_dir, rocksdb::DB::ListColumnFamilies(options, path, &names)));
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.reserve(names.size());
  for (const std::string& name : names) families.emplace_back(name, options);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  CARTELLA_TRY(checked(database_dir,
                       rocksdb::DB::OpenForReadOnly(options, path, families, &handles, &opened)));
  const std::unique_ptr<rocksdb::DB> database(opened);
  const rocksdb::Status status = database->VerifyFileChecksums(rocksdb::ReadOptions());
  for (auto* handle : handles) database->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  return checked(database_dir, status);
}

Status snapshot_database(rocksdb::DB& database, const std::filesystem::path& to) {
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(&database, &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(to.string());
  if (status.ok()) return ok();
  if (status.IsNoSpace()) return fail(Errc::out_of_space, to.filename().string() + ": no space");
  return fail(status.IsCorruption() ? Errc::corrupt : Errc::io,
              "a snapshot of " + to.filename().string() + ": " + status.ToString());
}

}  // namespace cartella::crypto
