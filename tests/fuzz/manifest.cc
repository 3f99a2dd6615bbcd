// tests/fuzz/manifest.cc: the list of a backup and the file of its keys, as a disk hands them back.
//
// What parses encodes to the same bytes, and no path of it leaves the directory that it is restored
// to; nothing opens under a log key that did not sign it. Threads: one.
#include <algorithm>
#include <filesystem>

#include "base/check.h"
#include "crypto/secret.h"
#include "keeping/backup_manifest.h"
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
          string_of(keeping::encode_backup_keys(keys))};
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
}

}  // namespace cartella::fuzz
