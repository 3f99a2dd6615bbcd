#include "crypto/encrypted_env.h"

#include <rocksdb/env.h>
#include <rocksdb/env_encryption.h>
#include <rocksdb/file_system.h>
#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "crypto/forget.h"
#include "crypto/hash.h"

namespace cartella::crypto {
namespace {

using namespace std::string_view_literals;

// One page, because RocksDB advises a multiple of the page size.
constexpr std::size_t kPrefixBytes = kEncryptedPrefixBytes;
constexpr auto& kFileMagic = kEncryptedMagic;
constexpr std::size_t kNonceBytes = crypto_stream_xchacha20_NONCEBYTES;
constexpr std::size_t kCheckAt = kFileMagic.size() + kNonceBytes;
constexpr std::size_t kCheckBytes = 32;
constexpr std::size_t kBlockBytes = 64;  // of the ChaCha20 key stream

using Nonce = std::array<std::uint8_t, kNonceBytes>;

std::uint8_t* as_unsigned(char* data) { return reinterpret_cast<std::uint8_t*>(data); }

class CipherStream final : public rocksdb::BlockAccessCipherStream {
 public:
  CipherStream(const Secret32& key, const Nonce& nonce) : x_key(key.clone()), x_nonce(nonce) {}

  size_t BlockSize() override { return kBlockBytes; }
  rocksdb::Status Encrypt(std::uint64_t offset, char* data, size_t size) override {
    apply(offset, as_unsigned(data), size);
    return rocksdb::Status::OK();
  }
  rocksdb::Status Decrypt(std::uint64_t offset, char* data, size_t size) override {
    return Encrypt(offset, data, size);
  }

 protected:
  void AllocateScratch(std::string&) override {}
  rocksdb::Status EncryptBlock(std::uint64_t index, char* data, char*) override {
    return Encrypt(index * kBlockBytes, data, kBlockBytes);
  }
  rocksdb::Status DecryptBlock(std::uint64_t index, char* data, char*) override {
    return Encrypt(index * kBlockBytes, data, kBlockBytes);
  }

 private:
  void exclusive_or(std::uint8_t* data, std::size_t size, std::uint64_t block) const {
    crypto_stream_xchacha20_xor_ic(data, data, size, x_nonce.data(), block, x_key.view().data());
  }
  // A read may start inside a block: its first part goes through a whole block of scratch.
  void apply(std::uint64_t offset, std::uint8_t* data, std::size_t size) const {
    std::uint64_t block = offset / kBlockBytes;
    const std::size_t skip = offset % kBlockBytes;
    if (skip != 0 && size != 0) {
      std::array<std::uint8_t, kBlockBytes> scratch{};
      const std::size_t count = std::min(size, kBlockBytes - skip);
      std::memcpy(scratch.data() + skip, data, count);
      exclusive_or(scratch.data(), kBlockBytes, block++);
      std::memcpy(data, scratch.data() + skip, count);
      wipe(scratch.data(), scratch.size());
      data += count;
      size -= count;
    }
    if (size != 0) exclusive_or(data, size, block);
  }

  Secret32 x_key;
  Nonce x_nonce;
};

class Provider final : public rocksdb::EncryptionProvider {
 public:
  explicit Provider(const Secret32& key)
      : x_stream_key(derive(key, "env-stream", {})), x_check_key(derive(key, "env-check", {})) {}

  const char* Name() const override { return "cartella-xchacha20"; }
  size_t GetPrefixLength() const override { return kPrefixBytes; }

  rocksdb::Status CreateNewPrefix(const std::string&, char* prefix, size_t size) const override {
    if (size < kPrefixBytes) return rocksdb::Status::InvalidArgument("prefix too short");
    std::memset(prefix, 0, size);
    std::memcpy(prefix, kFileMagic.data(), kFileMagic.size());
    Nonce nonce{};
    random_fill(nonce);
    std::memcpy(prefix + kFileMagic.size(), nonce.data(), nonce.size());
    const Hash32 check = nonce_check(nonce);
    std::memcpy(prefix + kCheckAt, check.data(), check.size());
    return rocksdb::Status::OK();
  }

  rocksdb::Status AddCipher(const std::string&, const char*, size_t, bool) override {
    return rocksdb::Status::NotSupported("one key for life");
  }

  rocksdb::Status CreateCipherStream(
      const std::string&, const rocksdb::EnvOptions&, rocksdb::Slice& prefix,
      std::unique_ptr<rocksdb::BlockAccessCipherStream>* result) override {
    Nonce nonce{};
    if (is_left_by_crash(prefix)) {
      random_fill(nonce);  // what was never synced has no content: any nonce serves
    } else {
      if (std::memcmp(prefix.data(), kFileMagic.data(), kFileMagic.size()) != 0)
        return rocksdb::Status::Corruption("not an encrypted file");
      std::memcpy(nonce.data(), prefix.data() + kFileMagic.size(), nonce.size());
      const Hash32 check = nonce_check(nonce);
      if (sodium_memcmp(check.data(), prefix.data() + kCheckAt, kCheckBytes) != 0)
        return rocksdb::Status::Corruption("encrypted with another key");
    }
    *result = std::make_unique<CipherStream>(x_stream_key, nonce);
    return rocksdb::Status::OK();
  }

 private:
  // A power loss leaves a file whose first page was not synced without bytes, with fewer, or with
  // zeros. Whatever a database relies on it has synced, and its checksums refuse anything else.
  static bool is_left_by_crash(const rocksdb::Slice& prefix) {
    return prefix.size() < kPrefixBytes ||
           std::all_of(prefix.data(), prefix.data() + kPrefixBytes, [](char c) { return c == 0; });
  }
  Hash32 nonce_check(const Nonce& nonce) const {
    return hmac_sha256(x_check_key.view(), {as_bytes("cartella/env/1\0"sv), nonce});
  }

  Secret32 x_stream_key;
  Secret32 x_check_key;
};

// RocksDB asserts that each file has its whole prefix, and one that a power loss cut has not: such
// a file has no content. What RocksDB deletes must not be opened any more; it renames files over
// others only where these hold nobody's data (CURRENT, OPTIONS).
class FileSystem final : public rocksdb::FileSystemWrapper {
 public:
  using rocksdb::FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "cartella-encrypted"; }

  rocksdb::IOStatus GetFileSize(const std::string& path, const rocksdb::IOOptions& options,
                                std::uint64_t* size, rocksdb::IODebugContext* context) override {
    auto status = rocksdb::FileSystem::Default()->GetFileSize(path, options, size, context);
    if (status.ok()) *size -= std::min<std::uint64_t>(*size, kPrefixBytes);
    return status;
  }
  rocksdb::IOStatus GetChildrenFileAttributes(const std::string& dir,
                                              const rocksdb::IOOptions& options,
                                              std::vector<rocksdb::FileAttributes>* found,
                                              rocksdb::IODebugContext* context) override {
    auto status =
        rocksdb::FileSystem::Default()->GetChildrenFileAttributes(dir, options, found, context);
    if (status.ok())
      for (auto& file : *found)
        file.size_bytes -= std::min<std::uint64_t>(file.size_bytes, kPrefixBytes);
    return status;
  }
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions&,
                               rocksdb::IODebugContext*) override {
    const Status status = forget_encrypted_file(path);
    if (status) return rocksdb::IOStatus::OK();
    if (status.error().code == Errc::not_found)
      return rocksdb::IOStatus::PathNotFound(status.error().detail);
    return rocksdb::IOStatus::IOError(status.error().detail);
  }
};

}  // namespace

std::unique_ptr<rocksdb::Env> make_encrypted_env(const Secret32& key) {
  start();
  auto files =
      rocksdb::NewEncryptedFS(rocksdb::FileSystem::Default(), std::make_shared<Provider>(key));
  CHECK(files != nullptr);
  auto env = rocksdb::NewCompositeEnv(std::make_shared<FileSystem>(std::move(files)));
  CHECK(env != nullptr);
  return env;
}

}  // namespace cartella::crypto
