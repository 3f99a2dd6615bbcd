// crypto/vault_file.h: the small key files under <dir>/keys: read whole, replaced atomically.
//
// A key file is replaced by temp, fsync, rename and directory sync, so that a crash leaves the old
// or the new one. The replaced bytes are then overwritten: a second name (<file>.old) keeps them
// reachable until that is done, so that a crash in between is finished at the next start.
// Threads: free functions; the vault calls them from its writer only.
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"

namespace cartella::crypto {

// not_found, io, corrupt (larger than `bytes_max`).
Result<Bytes> read_key_file(const std::filesystem::path& file, std::size_t bytes_max);
// On an error the old or the new file is in place, never a mixture. io, out_of_space.
Status replace_key_file(const std::filesystem::path& file, ByteView bytes);
// The same for a file without secrets: what is replaced is not overwritten.
Status replace_plain_file(const std::filesystem::path& file, ByteView bytes);
// Overwrites and removes it; ok where there is none. io.
Status remove_key_file(const std::filesystem::path& file);
// Finishes what a crash interrupted: overwrites and removes <file>.old and <file>.new. io.
Status finish_key_file(const std::filesystem::path& file);

// An exclusive lock on a file, held until the object goes away.
class FileLock {
 public:
  FileLock() = default;
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  // in_use: another holder, in this process or another. io.
  Status take(const std::filesystem::path& file);
  void release();

 private:
  int x_fd = -1;
};

}  // namespace cartella::crypto
