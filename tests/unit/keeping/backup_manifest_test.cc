// The list of a backup: what it takes back, and what it refuses of a disk that somebody else has.
#include "keeping/backup_manifest.h"

#include <gtest/gtest.h>

#include <random>

namespace cartella::keeping {
namespace {

crypto::Secret32 seed(std::uint8_t with) {
  Hash32 bytes{};
  bytes.fill(with);
  return crypto::Secret32(bytes);
}

class Manifest : public ::testing::Test {
 protected:
  void SetUp() override {
    crypto::start();
    manifest_.number = 7;
    manifest_.log.bytes.fill(3);
    manifest_.made_at = {1'000'000};
    manifest_.checkpoint = {"cartella/prova/0011223344556677", 3, {}};
    manifest_.note = crypto::sign_checkpoint(manifest_.checkpoint, log_key_);
    manifest_.erasures = 2;
    manifest_.files = {{BackupPart::files, "log.meta", 12, {}},
                       {BackupPart::files, "log/000012.sst", 4096, {}},
                       {BackupPart::vault, "vault/CURRENT", 16, {}}};
  }
  Result<BackupManifest> decode(const Bytes& bytes) const {
    return decode_manifest(bytes, log_key_.public_key());
  }
  Errc refusal_of_path(const std::string& path) {
    manifest_.files = {{BackupPart::files, path, 1, {}}};
    const auto found = decode(encode_manifest(manifest_, log_key_));
    return found ? Errc::refused : found.error().code;
  }

  crypto::Signer log_key_{seed(1)};
  BackupManifest manifest_;
};

TEST_F(Manifest, ReadsBackWhatWasWritten) {
  const auto found = decode(encode_manifest(manifest_, log_key_));

  ASSERT_TRUE(found) << found.error().detail;
  EXPECT_EQ(found.value().number, 7u);
  EXPECT_EQ(found.value().log, manifest_.log);
  EXPECT_EQ(found.value().made_at, manifest_.made_at);
  EXPECT_EQ(found.value().checkpoint.size, 3u);
  EXPECT_EQ(found.value().erasures, 2u);
  ASSERT_EQ(found.value().files.size(), 3u);
  EXPECT_EQ(found.value().files[1].path, "log/000012.sst");
  EXPECT_EQ(found.value().files[1].bytes, 4096u);
  EXPECT_EQ(found.value().files[2].part, BackupPart::vault);
}

TEST_F(Manifest, RefusesAnotherKeysSignatureAndAnotherKeysCheckpoint) {
  const crypto::Signer other(seed(2));

  const auto forged = decode(encode_manifest(manifest_, other));
  ASSERT_FALSE(forged);
  EXPECT_EQ(forged.error().code, Errc::bad_signature);

  manifest_.note = crypto::sign_checkpoint(manifest_.checkpoint, other);
  EXPECT_FALSE(decode(encode_manifest(manifest_, log_key_)));
}

TEST_F(Manifest, RefusesACheckpointThatIsNotTheSignedOne) {
  manifest_.checkpoint.size = 4;

  const auto found = decode(encode_manifest(manifest_, log_key_));

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::invalid_input);
}

TEST_F(Manifest, RefusesPathsThatLeadOutOfTheDirectory) {
  for (const char* path : {"", "/etc/passwd", "../keys", "log/../../keys", "log//x", "log/", ".",
                           "log/./x", "log\\x", "log/\n", "~", "log/\xc3\xa0"})
    EXPECT_EQ(refusal_of_path(path), Errc::invalid_input) << path;
  EXPECT_EQ(refusal_of_path(std::string(kManifestPathBytesMax + 1, 'a')), Errc::invalid_input);
}

TEST_F(Manifest, RefusesAPathThatStandsTwice) {
  manifest_.files = {{BackupPart::files, "a", 1, {}}, {BackupPart::files, "a", 1, {}}};

  EXPECT_FALSE(decode(encode_manifest(manifest_, log_key_)));
}

TEST_F(Manifest, RefusesAnotherVersionByName) {
  Bytes content = manifest_content(manifest_);
  content[4] = 9;

  const auto found = parse_manifest(content);

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::unsupported);
}

TEST_F(Manifest, B04_NoMutantOfASignedListIsTaken) {
  const Bytes genuine = encode_manifest(manifest_, log_key_);
  const auto with = std::random_device{}();
  std::mt19937 rng(with);
  for (int i = 0; i < 2000; ++i) {
    Bytes mutant = genuine;
    const std::size_t at = rng() % mutant.size();
    switch (rng() % 3) {
      case 0: mutant[at] ^= static_cast<std::uint8_t>(1u << (rng() % 8)); break;
      case 1: mutant.resize(at); break;
      default: mutant.insert(mutant.begin() + static_cast<std::ptrdiff_t>(at), 1, 0); break;
    }
    ASSERT_FALSE(decode(mutant)) << "seed " << with << " mutant " << i;
  }
}

TEST_F(Manifest, ParsesNoPrefixOfItsContent) {
  const Bytes content = manifest_content(manifest_);
  ASSERT_TRUE(parse_manifest(content));
  for (std::size_t size = 0; size < content.size(); ++size)
    ASSERT_FALSE(parse_manifest(ByteView(content).first(size))) << size;
}

}  // namespace
}  // namespace cartella::keeping
