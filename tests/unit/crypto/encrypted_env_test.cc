#include "crypto/encrypted_env.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

#include "crypto/forget.h"
#include "tests/support/canary.h"

namespace cartella::crypto {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCanary = "CANARINO-Zaffiretti-Ermelinda";

fs::path fresh_dir(const char* name) {
  const fs::path dir =
      fs::path(::testing::TempDir()) / (std::string(name) + "-" + std::to_string(getpid()));
  fs::remove_all(dir);
  return dir;
}

std::unique_ptr<rocksdb::DB> open(rocksdb::Env& env, const fs::path& dir,
                                  rocksdb::Status* status = nullptr) {
  rocksdb::Options options;
  options.env = &env;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  rocksdb::DB* db = nullptr;
  const auto opened = rocksdb::DB::Open(options, dir.string(), &db);
  if (status != nullptr) *status = opened;
  return std::unique_ptr<rocksdb::DB>(db);
}

std::size_t files_with_canary(const fs::path& dir) {
  return tests::files_with(dir, {std::string(kCanary)});
}

// One row in a table file, one in the WAL.
void write_rows(rocksdb::Env& env, const fs::path& dir) {
  const auto db = open(env, dir);
  ASSERT_NE(db, nullptr);
  ASSERT_TRUE(db->Put({}, "one", std::string(kCanary)).ok());
  ASSERT_TRUE(db->Flush({}).ok());
  ASSERT_TRUE(db->Put({}, std::string(kCanary), "two").ok());
}

TEST(EncryptedEnv, LeavesNoCanaryInAnyFileAndReopens) {
  const fs::path dir = fresh_dir("encrypted_env");
  const Secret32 key = Secret32::random();
  write_rows(*make_encrypted_env(key), dir);
  EXPECT_EQ(files_with_canary(dir), 0u);

  const auto env = make_encrypted_env(key);
  const auto db = open(*env, dir);
  ASSERT_NE(db, nullptr);
  std::string value;
  ASSERT_TRUE(db->Get({}, "one", &value).ok());
  EXPECT_EQ(value, kCanary);
  ASSERT_TRUE(db->Get({}, std::string(kCanary), &value).ok());
  EXPECT_EQ(value, "two");
}

TEST(EncryptedEnv, TheSearchFindsTheCanaryWithoutEncryption) {
  const fs::path dir = fresh_dir("clear_env");
  write_rows(*rocksdb::Env::Default(), dir);
  EXPECT_GE(files_with_canary(dir), 2u);
}

TEST(EncryptedEnv, RefusesAnotherKey) {
  const fs::path dir = fresh_dir("other_key_env");
  write_rows(*make_encrypted_env(Secret32::random()), dir);
  const auto env = make_encrypted_env(Secret32::random());
  rocksdb::Status status;
  EXPECT_EQ(open(*env, dir, &status), nullptr);
  EXPECT_NE(status.ToString().find("encrypted with another key"), std::string::npos);
}

// F-03: a power loss keeps the name of a log file and loses its first page.
TEST(EncryptedEnv, F03_OpensBesideAFileWhoseFirstPageWasNeverSynced) {
  for (const std::size_t left : {std::size_t{4096}, std::size_t{1000}, std::size_t{0}}) {
    SCOPED_TRACE(left);
    const fs::path dir = fresh_dir("encrypted_env_crash");
    const auto env = make_encrypted_env(Secret32::random());
    write_rows(*env, dir);
    std::size_t changed = 0;
    for (const auto& entry : fs::directory_iterator(dir)) {
      if (entry.path().extension() != ".log") continue;
      std::ofstream(entry.path(), std::ios::binary | std::ios::trunc) << std::string(left, '\0');
      ++changed;
    }
    ASSERT_EQ(changed, 1u);
    rocksdb::Status status;
    const auto db = open(*env, dir, &status);
    ASSERT_NE(db, nullptr) << status.ToString();
    std::string value;
    EXPECT_TRUE(db->Get({}, "one", &value).ok());
    EXPECT_EQ(value, kCanary);
    fs::remove_all(dir);
  }
}

TEST(EncryptedEnv, TwoFilesWithTheSameContentShareNoBytes) {
  const fs::path dir = fresh_dir("two_files_env");
  fs::create_directories(dir);
  const auto env = make_encrypted_env(Secret32::random());
  const std::string content(1000, 'x');
  const auto raw = [&](const char* name) {
    const std::string path = (dir / name).string();
    EXPECT_TRUE(rocksdb::WriteStringToFile(env.get(), content, path, true).ok());
    std::ifstream file(path, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(file)), {}).substr(4096);
  };
  const std::string first = raw("a");
  const std::string second = raw("b");
  EXPECT_EQ(first.size(), content.size());
  EXPECT_NE(first, second);
}

// ---- what was deleted
// ----------------------------------------------------------------------------

std::string raw_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
// Files that would be freed blocks, had they no second name here.
void keep_tables(const fs::path& dir, const fs::path& kept) {
  fs::create_directories(kept);
  for (const auto& entry : fs::directory_iterator(dir))
    if (entry.path().extension() == ".sst")
      fs::create_hard_link(entry.path(), kept / entry.path().filename());
}
// What stands in the file behind an open descriptor, whatever its name.
class Descriptor {
 public:
  explicit Descriptor(const fs::path& path) : x_fd(::open(path.c_str(), O_RDONLY)) {}
  ~Descriptor() { ::close(x_fd); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  std::string begin(std::size_t bytes) const {
    std::string content(bytes, '?');
    const ssize_t n = ::pread(x_fd, content.data(), bytes, 0);
    EXPECT_GE(n, 0);
    content.resize(static_cast<std::size_t>(n));
    return content;
  }

 private:
  int x_fd;
};
const std::string kPage(kEncryptedPrefixBytes, '\0');

fs::path only_table(const fs::path& dir) {
  fs::path found;
  for (const auto& entry : fs::directory_iterator(dir)) {
    if (entry.path().extension() != ".sst") continue;
    EXPECT_TRUE(found.empty());
    found = entry.path();
  }
  return found;
}

TEST(EncryptedEnv, ADroppedTableCannotBeOpenedFromItsBlocks) {
  const fs::path dir = fresh_dir("dropped_env");
  const auto env = make_encrypted_env(Secret32::random());
  auto db = open(*env, dir);
  rocksdb::ColumnFamilyHandle* family = nullptr;
  ASSERT_TRUE(db->CreateColumnFamily({}, "view", &family).ok());
  ASSERT_TRUE(db->Put({}, family, "one", std::string(kCanary)).ok());
  ASSERT_TRUE(db->Flush({}, family).ok());
  const fs::path table = only_table(dir);
  const Descriptor left(table);
  ASSERT_EQ(left.begin(8), "CRTENC01");

  ASSERT_TRUE(db->DropColumnFamily(family).ok());
  ASSERT_TRUE(db->DestroyColumnFamilyHandle(family).ok());
  db.reset();  // ends its background jobs

  EXPECT_FALSE(fs::exists(table));
  EXPECT_EQ(left.begin(kPage.size()), kPage);
}

TEST(EncryptedEnv, NothingThatIsMergedAwayKeepsItsNonce) {
  const fs::path dir = fresh_dir("merged_env");
  const auto env = make_encrypted_env(Secret32::random());
  auto db = open(*env, dir);
  ASSERT_TRUE(db->Put({}, "one", std::string(kCanary)).ok());
  ASSERT_TRUE(db->Flush({}).ok());
  db.reset();  // with its background jobs, so that the files are at rest
  db = open(*env, dir);
  ASSERT_NE(db, nullptr);
  std::vector<std::pair<fs::path, std::unique_ptr<Descriptor>>> files;
  for (const auto& entry : fs::directory_iterator(dir))
    files.emplace_back(entry.path(), std::make_unique<Descriptor>(entry.path()));
  ASSERT_TRUE(db->Delete({}, "one").ok());
  ASSERT_TRUE(db->Put({}, "two", "2").ok());
  ASSERT_TRUE(db->Flush({}).ok());

  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  ASSERT_TRUE(db->CompactRange(options, nullptr, nullptr).ok());
  db.reset();  // ends its background jobs

  std::set<std::string> gone;
  for (const auto& [path, left] : files) {
    if (fs::exists(path)) continue;
    EXPECT_EQ(left->begin(kPage.size()), kPage) << path;
    gone.insert(path.extension().string());
  }
  EXPECT_TRUE(gone.contains(".sst"));
  EXPECT_TRUE(gone.contains(".log"));
}

TEST(EncryptedEnv, AFileWithAnotherNameKeepsItsContent) {
  const fs::path dir = fresh_dir("linked_env");
  const auto env = make_encrypted_env(Secret32::random());
  write_rows(*env, dir);
  const fs::path kept = dir.string() + "-kept";
  fs::remove_all(kept);
  keep_tables(dir, kept);
  const fs::path copy = only_table(kept);
  const std::string before = raw_file(copy);

  ASSERT_TRUE(env->DeleteFile((dir / copy.filename()).string()).ok());

  EXPECT_EQ(raw_file(copy), before);
  const Descriptor left(copy);
  ASSERT_TRUE(forget_files(kept));
  EXPECT_FALSE(fs::exists(kept));
  EXPECT_EQ(left.begin(kPage.size()), kPage);
  EXPECT_TRUE(env->DeleteFile(copy.string()).IsPathNotFound());
  fs::remove_all(dir);
}

TEST(ForgetFiles, OverwritesKeyFilesWholeAndLeavesOthersAsTheyWere) {
  const fs::path dir = fresh_dir("forget_files");
  fs::create_directories(dir / "keys");
  fs::create_directories(dir / "log");
  const std::string secret(5000, 's');
  std::ofstream(dir / "keys" / "shards") << secret;
  std::ofstream(dir / "log" / "000001.sst") << secret;
  const Descriptor key(dir / "keys" / "shards");
  const Descriptor row(dir / "log" / "000001.sst");

  ASSERT_TRUE(forget_files(dir));

  EXPECT_FALSE(fs::exists(dir));
  EXPECT_EQ(key.begin(8000), std::string(5000, '\0'));
  EXPECT_EQ(row.begin(8000), secret);
  EXPECT_TRUE(forget_files(dir));  // there is none
}

RC_GTEST_PROP(EncryptedEnv, ReadsAnyRangeOfAFile, ()) {
  static const auto env = make_encrypted_env(Secret32::random());
  const std::string path = fresh_dir("range_env").string();
  const auto content = *rc::gen::resize(
      400, rc::gen::container<std::string>(rc::gen::arbitrary<char>()));  // several cipher blocks
  RC_ASSERT(rocksdb::WriteStringToFile(env.get(), content, path).ok());
  RC_PRE(!content.empty());
  const auto offset = *rc::gen::inRange<std::size_t>(0, content.size());
  const auto length = *rc::gen::inRange<std::size_t>(1, content.size() - offset + 1);
  std::unique_ptr<rocksdb::RandomAccessFile> file;
  RC_ASSERT(env->NewRandomAccessFile(path, &file, {}).ok());
  std::string scratch(length, 0);
  rocksdb::Slice read;
  RC_ASSERT(file->Read(offset, length, &read, scratch.data()).ok());
  RC_ASSERT(read.ToString() == content.substr(offset, length));
}

}  // namespace
}  // namespace cartella::crypto
