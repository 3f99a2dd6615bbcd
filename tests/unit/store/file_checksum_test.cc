#include "store/file_checksum.h"

#include <gtest/gtest.h>
#include <rocksdb/file_checksum.h>

#include <random>

#include "base/bytes.h"

namespace cartella::store {
namespace {

using Factory = std::shared_ptr<rocksdb::FileChecksumGenFactory>;

// In pieces of `piece` bytes.
std::string checksum(const Factory& factory, std::string_view bytes, std::size_t piece) {
  const auto generator = factory->CreateFileChecksumGenerator({});
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const std::string_view part = bytes.substr(at, piece);
    generator->Update(part.data(), part.size());
  }
  generator->Finalize();
  return generator->GetChecksum();
}

TEST(FileChecksum, IsTheCrc32cOfRfc3720) {
  const auto found = checksum(file_checksums(), "123456789", 9);
  EXPECT_EQ(to_hex(as_bytes(found)), "e3069283");
}

TEST(FileChecksum, EqualsThatOfRocksDbInNameAndValue) {
  const Factory theirs = rocksdb::GetFileChecksumGenCrc32cFactory();
  const Factory ours = file_checksums();
  EXPECT_STREQ(ours->Name(), theirs->Name());
  EXPECT_STREQ(ours->CreateFileChecksumGenerator({})->Name(),
               theirs->CreateFileChecksumGenerator({})->Name());
  std::mt19937 random(7);
  std::uniform_int_distribution<int> byte(0, 255);
  for (const std::size_t size : {0u, 1u, 7u, 8u, 9u, 63u, 64u, 65u, 4096u, 100'003u}) {
    std::string bytes(size, '\0');
    for (char& each : bytes) each = static_cast<char>(byte(random));
    for (const std::size_t piece : {1u, 13u, 4096u, 100'003u}) {
      EXPECT_EQ(checksum(ours, bytes, piece), checksum(theirs, bytes, 100'003)) << size;
    }
  }
}

TEST(FileChecksum, MakesNoneOfAnotherName) {
  rocksdb::FileChecksumGenContext context;
  context.requested_checksum_func_name = "another";
  EXPECT_EQ(file_checksums()->CreateFileChecksumGenerator(context), nullptr);
}

}  // namespace
}  // namespace cartella::store
