// tests/support/golden.h: the frozen examples of tests/golden/: compared, written anew, read.
//
// CARTELLA_WRITE_GOLDEN=1 writes what a test made instead of comparing it, which is right only for
// a format change (docs/data_formats.md) or a new example. Values of one example may depend on
// another: write those of crypto first, then cases, store and projections.
// Threads: tests only.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace cartella::tests {

inline std::filesystem::path golden_dir() {
  return std::filesystem::path(CARTELLA_SOURCE_DIR) / "tests" / "golden";
}

inline std::string read_text(const std::filesystem::path& file) {
  std::ifstream from(file, std::ios::binary);
  std::ostringstream text;
  text << from.rdbuf();
  return text.str();
}

inline void compare_with_frozen(const std::string& name, const std::string& made) {
  if (std::getenv("CARTELLA_WRITE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe)
    std::ofstream(golden_dir() / name, std::ios::binary) << made;
    return;
  }
  ASSERT_TRUE(std::filesystem::exists(golden_dir() / name)) << name;
  EXPECT_EQ(made, read_text(golden_dir() / name)) << name;
}

// The text of an example: lines "name = hexadecimal".
class GoldenLines {
 public:
  void add(std::string_view name, ByteView value) {
    x_text += std::string(name) + " = " + to_hex(value) + "\n";
  }
  const std::string& text() const { return x_text; }

 private:
  std::string x_text;
};

// The values of a frozen example by name.
class GoldenValues {
 public:
  explicit GoldenValues(const std::string& name) {
    std::ifstream from(golden_dir() / (name + ".txt"));
    for (std::string line; std::getline(from, line);) {
      const std::size_t at = line.find(" = ");
      if (at == std::string::npos) continue;
      x_values[line.substr(0, at)] = from_hex(line.substr(at + 3)).value();
    }
  }
  const Bytes& operator[](const std::string& name) const {
    const auto at = x_values.find(name);
    static const Bytes kNone;
    EXPECT_TRUE(at != x_values.end()) << name;
    return at == x_values.end() ? kNone : at->second;
  }

 private:
  std::map<std::string, Bytes> x_values;
};

// Fixed values: the hash of a text.
inline Hash32 golden_hash(std::string_view text) { return crypto::sha256(as_bytes(text)); }
inline Hash32 hash_of(ByteView bytes) {
  Hash32 hash{};
  EXPECT_EQ(bytes.size(), hash.size());
  std::copy_n(bytes.begin(), std::min(bytes.size(), hash.size()), hash.begin());
  return hash;
}

// A folder for one test, gone afterwards.
class GoldenFolder {
 public:
  GoldenFolder()
      : x_path(std::filesystem::path(testing::TempDir()) /
               ("golden_" + std::to_string(getpid()) + "_" +
                testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(x_path);
    std::filesystem::create_directories(x_path);
  }
  ~GoldenFolder() { std::filesystem::remove_all(x_path); }
  GoldenFolder(const GoldenFolder&) = delete;
  GoldenFolder& operator=(const GoldenFolder&) = delete;
  const std::filesystem::path& path() const { return x_path; }
  void write(const std::filesystem::path& name, ByteView bytes) const {
    std::ofstream(x_path / name, std::ios::binary) << as_text(bytes);
  }

 private:
  std::filesystem::path x_path;
};

}  // namespace cartella::tests
