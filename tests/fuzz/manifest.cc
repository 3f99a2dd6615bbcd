// tests/fuzz/manifest.cc: what a backup, an export and the second path hand back: the list of a
// backup, the file of its keys, the manifest of an export, the register of erasures.
//
// What parses encodes to the same bytes, and no path of it leaves the directory that it is restored
// to; nothing opens under a key that did not sign it, and of a register nothing but a beginning of
// what was signed. Threads: one.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/check.h"
#include "crypto/secret.h"
#include "keeping/backup_manifest.h"
#include "keeping/controller_export.h"
#include "keeping/erasure_register.h"
#include "store/file_io.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {
namespace {

const crypto::Signer& log_key() {
  static const crypto::Signer key = [] {
    crypto::start();
    Hash32 seed{};
    seed.fill(5);
    return crypto::Signer(crypto::Secret32(seed));
  }();
  return key;
}

std::string string_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

// Of this process, so that several may run.
struct Folder {
  Folder()
      : path(std::filesystem::temp_directory_path() /
             ("cartella-fuzz-manifest-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path);
  }
  ~Folder() {
    std::error_code none;
    std::filesystem::remove_all(path, none);
  }
  std::filesystem::path path;
};
const std::filesystem::path& folder() {
  static const Folder one;
  return one.path;
}

std::vector<keeping::ErasureRecord> signed_erasures() {
  std::vector<keeping::ErasureRecord> records(2);
  records[0].decision.bytes.fill(1);
  records[0].subject.bytes.fill(2);
  records[0].owner_keys.resize(2);
  records[1].decision.bytes.fill(3);
  records[1].position = 9;
  records[1].streams.resize(3);
  return records;
}

std::string signed_register() {
  for (const keeping::ErasureRecord& record : signed_erasures())
    CHECK(keeping::append_erasure(folder(), LogId{}, log_key(), record));
  const auto path = keeping::erasure_register_path(folder());
  std::string bytes = string_of(store::read_file(path, std::size_t{1} << 20).value());
  std::filesystem::remove(path);
  return bytes;
}

keeping::ExportManifest an_export() {
  keeping::ExportManifest manifest;
  manifest.log_key = log_key().public_key();
  manifest.checkpoint = {"cartella/prova/0011223344556677", 3, {}};
  manifest.note = crypto::sign_checkpoint(manifest.checkpoint, log_key());
  return manifest;
}

void judge_register(ByteView bytes) {
  {
    std::ofstream to(keeping::erasure_register_path(folder()), std::ios::binary);
    to.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
    CHECK(to.flush());
  }
  const auto read = keeping::read_erasures(folder(), LogId{}, log_key().public_key());
  if (!read) return;
  const auto all = signed_erasures();
  CHECK(read.value().size() <= all.size());
  for (std::size_t i = 0; i < read.value().size(); ++i)
    CHECK(read.value()[i].decision == all[i].decision &&
          read.value()[i].owner_keys == all[i].owner_keys &&
          read.value()[i].streams == all[i].streams);
}

}  // namespace

std::vector<std::string> seeds() {
  keeping::BackupManifest manifest;
  manifest.number = 7;
  manifest.checkpoint = {"cartella/prova/0011223344556677", 3, {}};
  manifest.note = crypto::sign_checkpoint(manifest.checkpoint, log_key());
  manifest.files = {{keeping::BackupPart::files, "log/000012.sst", 4096, {}},
                    {keeping::BackupPart::vault, "vault/CURRENT", 16, {}}};
  keeping::BackupKeys keys;
  keys.log_keys.resize(2);
  keys.vault_keys.resize(2);
  return {string_of(keeping::manifest_content(manifest)),
          string_of(keeping::encode_manifest(manifest, log_key())),
          string_of(keeping::encode_backup_keys(keys)),
          string_of(keeping::encode_export_manifest(an_export(), log_key())), signed_register()};
}

void judge(ByteView bytes) {
  if (const auto manifest = keeping::parse_manifest(bytes)) {
    const Bytes again = keeping::manifest_content(manifest.value());
    CHECK(std::ranges::equal(again, bytes));
    for (const keeping::BackupFile& file : manifest.value().files) {
      const std::filesystem::path path(file.path);
      CHECK(path.is_relative() && path.lexically_normal() == path);
      for (const auto& part : path) CHECK(part != "..");
    }
  }
  if (const auto signed_one = keeping::decode_manifest(bytes, log_key().public_key())) {
    const std::string again = string_of(keeping::encode_manifest(signed_one.value(), log_key()));
    CHECK(again == text_of(bytes));
  }
  if (const auto keys = keeping::decode_backup_keys(bytes))
    CHECK(string_of(keeping::encode_backup_keys(keys.value())) == text_of(bytes));
  // It names the key that it is signed with: whoever reads it says which one is right.
  if (const auto exported = keeping::decode_export_manifest(bytes);
      exported && exported.value().log_key == log_key().public_key())
    CHECK(string_of(keeping::encode_export_manifest(exported.value(), log_key())) ==
          text_of(bytes));
  judge_register(bytes);
}

}  // namespace cartella::fuzz
