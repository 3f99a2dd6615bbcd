#include "crypto/forget.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "crypto/descriptor.h"
#include "crypto/encrypted_env.h"
#include "crypto/vault_file.h"

namespace cartella::crypto {
namespace {

int open_file(const std::filesystem::path& file, int flags) {
  return ::open(file.c_str(), flags | O_CLOEXEC | O_NOFOLLOW);
}

Error system_error(const char* what, const std::filesystem::path& file) {
  const int code = errno;
  return fail(code == ENOENT ? Errc::not_found : Errc::io,
              std::string("cannot ") + what + " " + file.filename().string() + " (errno " +
                  std::to_string(code) + ")");
}

// Zeros over the first page, on the disk.
bool overwrite_prefix(int fd, off_t size) {
  static constexpr std::array<std::uint8_t, kEncryptedPrefixBytes> kZeros{};
  const auto end = std::min<off_t>(size, kZeros.size());
  for (off_t at = 0; at < end;) {
    const ssize_t n = ::pwrite(fd, kZeros.data(), static_cast<std::size_t>(end - at), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    at += n;
  }
  return ::fdatasync(fd) == 0;
}

bool is_encrypted_file(const std::filesystem::path& file) {
  const Descriptor from(open_file(file, O_RDONLY));
  std::array<std::uint8_t, kEncryptedMagic.size()> begin{};
  return from.get() >= 0 &&
         ::pread(from.get(), begin.data(), begin.size(), 0) == ssize_t{begin.size()} &&
         begin == kEncryptedMagic;
}

Status forget_file(const std::filesystem::path& file) {
  if (file.parent_path().filename() == "keys") return remove_key_file(file);
  if (is_encrypted_file(file)) return forget_encrypted_file(file);
  if (::unlink(file.c_str()) != 0) return system_error("remove", file);
  return ok();
}

}  // namespace

Status forget_encrypted_file(const std::filesystem::path& file) {
  const Descriptor to(open_file(file, O_WRONLY));
  struct stat info {};
  if (to.get() < 0 || ::fstat(to.get(), &info) != 0) return system_error("open", file);
  const auto overwrite = [&] {
    return overwrite_prefix(to.get(), info.st_size) || errno == ENOSPC || errno == EDQUOT;
  };
  const bool is_last = info.st_nlink == 1;
  if (is_last && !overwrite()) return system_error("overwrite", file);
  if (::unlink(file.c_str()) != 0) return system_error("remove", file);
  // Its other name was removed at the same time.
  if (!is_last && ::fstat(to.get(), &info) == 0 && info.st_nlink == 0 && !overwrite())
    return system_error("overwrite", file);
  return ok();
}

Status forget_files(const std::filesystem::path& path) {
  std::error_code error;
  const auto type = std::filesystem::symlink_status(path, error).type();
  if (type == std::filesystem::file_type::not_found) return ok();
  if (type == std::filesystem::file_type::regular) return forget_file(path);
  std::vector<std::filesystem::path> files;
  if (type == std::filesystem::file_type::directory) {
    std::filesystem::recursive_directory_iterator at(path, error);
    for (; !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error))
      if (at->symlink_status(error).type() == std::filesystem::file_type::regular)
        files.push_back(at->path());
  }
  if (error) return fail(Errc::io, "cannot list " + path.filename().string());
  for (const auto& file : files) {
    CARTELLA_TRY(forget_file(file));
  }
  std::filesystem::remove_all(path, error);
  if (error) return fail(Errc::io, "cannot remove " + path.filename().string());
  return ok();
}

}  // namespace cartella::crypto
