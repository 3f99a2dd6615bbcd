#include "crypto/vault_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "crypto/descriptor.h"

namespace cartella::crypto {
namespace {

Error system_error(const char* what, const std::filesystem::path& file) {
  const int code = errno;
  const Errc errc = code == ENOSPC || code == EDQUOT ? Errc::out_of_space : Errc::io;
  return fail(errc, std::string("cannot ") + what + " keys/" + file.filename().string() +
                        " (errno " + std::to_string(code) + ")");
}

Status write_all(int fd, ByteView bytes, const std::filesystem::path& file) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("write", file);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return ok();
}

Status sync_directory(const std::filesystem::path& dir) {
  const Descriptor fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) return system_error("sync", dir);
  return ok();
}

std::filesystem::path with_suffix(const std::filesystem::path& file, const char* suffix) {
  return std::filesystem::path(file.string() + suffix);
}

// Writes and syncs <file>.new.
Status write_new_file(const std::filesystem::path& file, ByteView bytes) {
  const auto name = with_suffix(file, ".new");
  const Descriptor fd(
      ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (fd.get() < 0) return system_error("create", name);
  CARTELLA_TRY(write_all(fd.get(), bytes, name));
  if (::fsync(fd.get()) != 0) return system_error("sync", name);
  return ok();
}

Status put_in_place(const std::filesystem::path& file) {
  const auto name = with_suffix(file, ".new");
  if (::rename(name.c_str(), file.c_str()) != 0) return system_error("rename", name);
  return sync_directory(file.parent_path());
}

Status overwrite_and_remove(const std::filesystem::path& file) {
  struct stat info {};
  if (::lstat(file.c_str(), &info) != 0) {
    if (errno == ENOENT) return ok();
    return system_error("examine", file);
  }
  // A second name of the live file: nothing was replaced yet, so only the name goes.
  if (info.st_nlink == 1) {
    const Descriptor fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
    if (fd.get() < 0) return system_error("open", file);
    const Bytes zeros(static_cast<std::size_t>(info.st_size), 0);
    CARTELLA_TRY(write_all(fd.get(), zeros, file));
    if (::fsync(fd.get()) != 0) return system_error("sync", file);
  }
  if (::unlink(file.c_str()) != 0) return system_error("remove", file);
  return sync_directory(file.parent_path());
}

}  // namespace

Result<Bytes> read_key_file(const std::filesystem::path& file, std::size_t bytes_max) {
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) {
    if (errno == ENOENT)
      return fail(Errc::not_found, "keys/" + file.filename().string() + " is missing");
    return system_error("open", file);
  }
  Bytes bytes(bytes_max + 1);
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t n = ::read(fd.get(), bytes.data() + size, bytes.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("read", file);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  if (size > bytes_max)
    return fail(Errc::corrupt, "keys/" + file.filename().string() + " is too large");
  bytes.resize(size);
  return bytes;
}

Status replace_key_file(const std::filesystem::path& file, ByteView bytes) {
  CARTELLA_TRY(finish_key_file(file));
  const auto old_name = with_suffix(file, ".old");
  CARTELLA_TRY(write_new_file(file, bytes));
  const bool replaces = ::link(file.c_str(), old_name.c_str()) == 0;
  if (!replaces && errno != ENOENT) return system_error("link", file);
  CARTELLA_TRY(put_in_place(file));
  return replaces ? overwrite_and_remove(old_name) : ok();
}

Status replace_plain_file(const std::filesystem::path& file, ByteView bytes) {
  CARTELLA_TRY(write_new_file(file, bytes));
  return put_in_place(file);
}

Status finish_key_file(const std::filesystem::path& file) {
  CARTELLA_TRY(overwrite_and_remove(with_suffix(file, ".new")));
  return overwrite_and_remove(with_suffix(file, ".old"));
}

Status remove_key_file(const std::filesystem::path& file) { return overwrite_and_remove(file); }

FileLock::~FileLock() { release(); }

Status FileLock::take(const std::filesystem::path& file) {
  release();
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return system_error("open", file);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const bool held = errno == EWOULDBLOCK;
    const Error error = system_error("lock", file);
    ::close(fd);
    return held ? fail(Errc::in_use, "the vault is open in another process") : error;
  }
  x_fd = fd;
  return ok();
}

void FileLock::release() {
  if (x_fd >= 0) ::close(x_fd);
  x_fd = -1;
}

}  // namespace cartella::crypto
