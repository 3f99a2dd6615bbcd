// tests/unit/store/journal_support.h: a journal in a temporary directory, and ways to damage it.
// Threads: one test.
// Threads: one test each.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "crypto/hash.h"
#include "store/file_io.h"
#include "store/journal.h"
#include "store/journal_record.h"

namespace cartella::store {

// A record as the test keeps it.
struct KeptRecord {
  std::uint64_t seq = 0;
  std::uint64_t generation = 0;
  std::uint64_t old_size = 0;
  std::uint64_t new_size = 0;
  Hash32 root{};
  Bytes payload;
};

class JournalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    root_ = std::filesystem::path(::testing::TempDir()) /
            ("journal_" + std::to_string(getpid()) + "_" + info->test_suite_name() + "_" +
             info->name());
    clean();
    log_.bytes.fill(7);
    options_.segment_bytes = 1u << 20;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void clean() {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    kept_.clear();
  }
  void use_mirror() { options_.mirror_dir = root_ / "mirror"; }

  std::unique_ptr<Journal> create() {
    auto journal = Journal::create(root_, log_, options_);
    EXPECT_TRUE(journal) << journal.error().detail;
    return std::move(journal).value();
  }
  Result<std::unique_ptr<Journal>> try_open() {
    read_.clear();
    return Journal::open(root_, log_, options_, scan_, [&](const JournalRecord& record) -> Status {
      read_.push_back({record.seq, record.generation, record.old_size, record.new_size,
                       record.new_root, Bytes(record.payload.begin(), record.payload.end())});
      return ok();
    });
  }
  std::unique_ptr<Journal> open() {
    auto journal = try_open();
    EXPECT_TRUE(journal) << journal.error().detail;
    return std::move(journal).value();
  }

  static Journal::Append next_append(const Journal& journal, ByteView payload,
                                     std::uint32_t events = 1) {
    Journal::Append append;
    append.first_position = append.old_size = journal.end_size();
    append.event_count = events;
    append.new_size = append.old_size + events;
    append.new_root = crypto::sha256({as_bytes("root"), payload});
    append.payload = payload;
    return append;
  }
  // Appends a record whose payload names its seq, and keeps it.
  Status add(Journal& journal, std::size_t payload_bytes, std::uint32_t events = 1) {
    Bytes payload(payload_bytes, static_cast<std::uint8_t>(journal.next_seq()));
    const Journal::Append append = next_append(journal, payload, events);
    const std::uint64_t seq = journal.next_seq();
    CARTELLA_TRY(journal.append(append));
    kept_.push_back({seq, 0, append.old_size, append.new_size, append.new_root, payload});
    return ok();
  }
  void add_many(Journal& journal, int count, std::size_t payload_bytes = 1000) {
    for (int i = 0; i < count; ++i) {
      const Status added = add(journal, payload_bytes);
      ASSERT_TRUE(added) << added.error().detail;
    }
  }
  // What was read is what was kept, from record `first` up to, not including, `last`.
  void expect_read(std::size_t first, std::size_t last) {
    ASSERT_EQ(read_.size(), last - first);
    for (std::size_t i = first; i < last; ++i) {
      const KeptRecord& got = read_[i - first];
      EXPECT_EQ(got.seq, kept_[i].seq);
      EXPECT_EQ(got.old_size, kept_[i].old_size);
      EXPECT_EQ(got.new_size, kept_[i].new_size);
      EXPECT_EQ(got.root, kept_[i].root);
      EXPECT_EQ(got.payload, kept_[i].payload);
    }
  }

  std::filesystem::path segment(int number, bool of_mirror = false) const {
    const std::string digits = std::to_string(number);
    return (of_mirror ? options_.mirror_dir : root_ / "journal") /
           (std::string(6 - digits.size(), '0') + digits + ".seg");
  }
  static Bytes load(const std::filesystem::path& path) {
    auto bytes = read_file(path, 1u << 26);
    EXPECT_TRUE(bytes);
    return std::move(bytes).value();
  }
  static void save(const std::filesystem::path& path, ByteView bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  }
  static void flip_bit(const std::filesystem::path& path, std::size_t offset) {
    Bytes bytes = load(path);
    bytes.at(offset) ^= 0x10;
    save(path, bytes);
  }
  static void zero_bytes(const std::filesystem::path& path, std::size_t from, std::size_t count) {
    Bytes bytes = load(path);
    for (std::size_t i = from; i < from + count; ++i) bytes.at(i) = 0;
    save(path, bytes);
  }

  std::filesystem::path root_;
  LogId log_;
  JournalOptions options_;
  JournalScan scan_;
  std::vector<KeptRecord> kept_;
  std::vector<KeptRecord> read_;
};

// Fails, or tears, the write with this number (from 0); all others are real.
class FailingOps final : public FileOps {
 public:
  int fail_at = -1;
  std::size_t torn_bytes = 0;
  Errc code = Errc::io;
  int writes = 0;

  Status write_synced(const File& file, std::uint64_t offset,
                      std::span<const ByteView> parts) override {
    if (writes++ != fail_at) return FileOps::write_synced(file, offset, parts);
    Bytes all;
    for (const ByteView part : parts) all.insert(all.end(), part.begin(), part.end());
    CARTELLA_TRY(pwrite_all(file, offset, ByteView(all).first(std::min(torn_bytes, all.size()))));
    return fail(code, "a planted failure");
  }
  Status replace(const std::filesystem::path& path, ByteView content) override {
    if (writes++ != fail_at) return FileOps::replace(path, content);
    return fail(code, "a planted failure");
  }
};

}  // namespace cartella::store
