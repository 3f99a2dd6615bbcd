#include "crypto/encrypted_env.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace cartella::crypto {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCanary = "CANARINO-Zaffiretti-Ermelinda";

fs::path fresh_dir(const char* name) {
  const fs::path dir =
      fs::path(testing::TempDir()) / (std::string(name) + "-" + std::to_string(getpid()));
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
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(file)), {});
    if (content.find(kCanary) != std::string::npos) ++count;
  }
  return count;
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
