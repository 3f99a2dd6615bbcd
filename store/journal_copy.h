// store/journal_copy.h: one directory of segment files: the journal itself or its mirror.
//
// It knows files, offsets and zeros, nothing of the chain. All writes are synced when they return.
// Threads: belongs to one thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/file_io.h"
#include "store/journal_record.h"

namespace cartella::store {

std::string segment_file_name(std::uint32_t number);
// A new file of zeros, synced; its directory is not. `go_on` as make_spare has it.
Result<File> make_zero_file(const std::filesystem::path& path, std::uint64_t bytes,
                            const std::function<bool()>& go_on);

class JournalCopy {
 public:
  JournalCopy(std::filesystem::path dir, FileOps& ops);

  const std::filesystem::path& dir() const { return x_dir; }
  std::filesystem::path segment_path(std::uint32_t number) const;
  std::filesystem::path list_path() const { return x_dir / "segments"; }

  // Opens the file when it is there with the listed size. Empty: done; else what is wrong with it.
  std::optional<std::string> attach(const SegmentEntry& entry);
  bool has(std::uint32_t number) const { return x_files.contains(number); }
  // Writes zeros over the whole length into a new file, which takes the place of any old one.
  Status create_segment(const SegmentEntry& entry);
  Status remove_segment(std::uint32_t number);
  // The numbers of all segment files, listed or not.
  Result<std::vector<std::uint32_t>> segment_numbers() const;

  Status read(std::uint32_t number, std::uint64_t offset, std::span<std::uint8_t> to) const;
  Status write(std::uint32_t number, std::uint64_t offset, std::span<const ByteView> parts);
  // Zeroes [from, to), page aligned; what is zero already is not written again.
  Status zero(std::uint32_t number, std::uint64_t from, std::uint64_t to);
  Status write_list(ByteView bytes);
  Result<SegmentList> read_list(const LogId& log) const;

 private:
  std::filesystem::path x_dir;
  FileOps* x_ops;
  AlignedBuffer x_staging;  // one record as a direct write takes it
  std::map<std::uint32_t, File> x_files;
};

}  // namespace cartella::store
