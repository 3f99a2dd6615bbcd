// store/file_io.h: the few file operations that durability rests on, with their errors as values.
//
// Every write that must survive a power cut is one of these, so that "synced" means one thing. A
// detail names the path and the system's reason. Codes: not_found (no such file), out_of_space
// (disk or quota full), in_use (the lock), io (all else).
// Threads: functions any; a File or DirectoryLock belongs to one owner at a time, and the functions
// that only read or write at an offset may share it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace cartella::store {

// What a direct write is aligned to, in the file and in memory: enough for all disks of today.
inline constexpr std::size_t kDirectAlignment = 4096;

// A buffer that direct writes accept. Threads: belongs to one.
class AlignedBuffer {
 public:
  // Room for `bytes`; what stood there before is gone where it had less.
  std::span<std::uint8_t> room(std::size_t bytes);

 private:
  Bytes x_bytes;
};

// Owns a descriptor, closed when it goes away.
class File {
 public:
  File() = default;
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  static Result<File> open_read(const std::filesystem::path& path);
  static Result<File> open_write(const std::filesystem::path& path);  // read and write, existing
  // invalid_argument: it is there already.
  static Result<File> create(const std::filesystem::path& path);

  // Lets aligned writes go past the page cache, where the file system can do that: less work and a
  // shorter wait for each synced write. Nothing changes where it cannot.
  void prefer_direct();

  bool is_open() const { return x_descriptor >= 0; }
  int descriptor() const { return x_descriptor; }
  // Of the same file, for direct writes; negative where there is none.
  int direct_descriptor() const { return x_direct; }
  const std::filesystem::path& path() const { return x_path; }
  Result<std::uint64_t> size() const;

 private:
  File(int descriptor, std::filesystem::path path)
      : x_descriptor(descriptor), x_path(std::move(path)) {}
  static Result<File> open_with(const std::filesystem::path& path, int flags);
  int x_descriptor = -1;
  int x_direct = -1;
  std::filesystem::path x_path;
};

// Fills `to` from `offset`; io when the file ends before.
Status pread_all(const File& file, std::uint64_t offset, std::span<std::uint8_t> to);
// One gathered write that is on the disk when it returns (pwritev2, RWF_DSYNC), direct where the
// file prefers it and all is aligned. At most 8 parts. A short write is an error: what stands in
// the file is then unknown.
Status pwrite_all_dsync(const File& file, std::uint64_t offset, std::span<const ByteView> parts);
// Writes without a sync, direct as above; follow it by fsync_file.
Status pwrite_all(const File& file, std::uint64_t offset, ByteView bytes);
Status fsync_file(const File& file);
Status fsync_dir(const std::filesystem::path& dir);
// mkdir -p, each new level synced into its parent.
Status make_directories(const std::filesystem::path& dir);
// Readers see the old content or the new, never a part: temp, write, fsync, rename, sync directory.
Status replace_file(const std::filesystem::path& path, ByteView content);
// The names in a directory, sorted; of what comes or goes meanwhile it may hold some.
Result<std::vector<std::string>> names_in(const std::filesystem::path& dir);
// invalid_input: longer than `bytes_max`.
Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t bytes_max);
// What an unprivileged process may still write on the file system of `path`.
Result<std::uint64_t> free_space_bytes(const std::filesystem::path& path);
// Used and available space of that file system, for limits in percent.
struct SpaceOfDisk {
  std::uint64_t free_bytes = 0;
  std::uint64_t total_bytes = 0;
};
Result<SpaceOfDisk> space_of_disk(const std::filesystem::path& path);

// <dir>/LOCK under flock: one process owns a data directory. Released when it goes away, by the
// kernel when the process dies. in_use names the directory (F-15).
class DirectoryLock {
 public:
  static Result<DirectoryLock> acquire(const std::filesystem::path& dir);

 private:
  explicit DirectoryLock(File file) : x_file(std::move(file)) {}
  File x_file;
};

// The writes of the journal, so that a test can make one fail or tear it.
class FileOps {
 public:
  virtual ~FileOps() = default;
  virtual Status write_synced(const File& file, std::uint64_t offset,
                              std::span<const ByteView> parts) {
    return pwrite_all_dsync(file, offset, parts);
  }
  virtual Status replace(const std::filesystem::path& path, ByteView content) {
    return replace_file(path, content);
  }
};

}  // namespace cartella::store
