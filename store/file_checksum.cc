#include "store/file_checksum.h"

#include <rocksdb/file_checksum.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "base/bytes.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace cartella::store {

#if defined(__x86_64__)

namespace {

__attribute__((target("sse4.2"))) std::uint32_t extend_crc32c(std::uint32_t crc, ByteView bytes) {
  std::uint64_t wide = ~crc;
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    wide = _mm_crc32_u64(wide, word);
    bytes = bytes.subspan(sizeof word);
  }
  auto narrow = static_cast<std::uint32_t>(wide);
  for (const std::uint8_t byte : bytes) narrow = _mm_crc32_u8(narrow, byte);
  return ~narrow;
}

class Generator final : public rocksdb::FileChecksumGenerator {
 public:
  void Update(const char* data, std::size_t bytes) override {
    x_crc = extend_crc32c(x_crc, as_bytes({data, bytes}));
  }
  void Finalize() override {
    std::array<std::uint8_t, sizeof x_crc> bytes;
    store_be32(bytes.data(), x_crc);
    x_checksum = as_text(bytes);
  }
  std::string GetChecksum() const override { return x_checksum; }
  const char* Name() const override { return rocksdb::kStandardDbFileChecksumFuncName; }

 private:
  std::uint32_t x_crc = 0;
  std::string x_checksum;
};

class Factory final : public rocksdb::FileChecksumGenFactory {
 public:
  explicit Factory(std::shared_ptr<rocksdb::FileChecksumGenFactory> same)
      : x_same(std::move(same)) {}
  std::unique_ptr<rocksdb::FileChecksumGenerator> CreateFileChecksumGenerator(
      const rocksdb::FileChecksumGenContext& context) override {
    if (!context.requested_checksum_func_name.empty() &&
        context.requested_checksum_func_name != rocksdb::kStandardDbFileChecksumFuncName) {
      return nullptr;
    }
    return std::make_unique<Generator>();
  }
  // RocksDB's, which its file of options names.
  const char* Name() const override { return x_same->Name(); }

 private:
  const std::shared_ptr<rocksdb::FileChecksumGenFactory> x_same;
};

}  // namespace

#endif

std::shared_ptr<rocksdb::FileChecksumGenFactory> file_checksums() {
  auto own = rocksdb::GetFileChecksumGenCrc32cFactory();
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return std::make_shared<Factory>(std::move(own));
#endif
  return own;
}

}  // namespace cartella::store
