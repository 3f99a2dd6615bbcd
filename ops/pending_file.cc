#include "ops/pending_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace cartella::ops {

namespace {

Error io_error(const char* what) {
  if (errno == ENOSPC || errno == EDQUOT)
    return fail(Errc::out_of_space, "non c'è posto per il file");
  return fail(Errc::io, what);
}

Status sync_folder(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return io_error("la cartella del file non si apre");
  const int synced = ::fsync(fd);
  (void)::close(fd);
  if (synced != 0) return io_error("la cartella del file non si sincronizza");
  return ok();
}

}  // namespace

Result<std::unique_ptr<PendingFile>> PendingFile::create(const std::filesystem::path& target) {
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(target, error)))
    return fail(Errc::invalid_argument, "il file esiste già: scegliere un altro nome");
  std::string name = target.string() + ".XXXXXX";
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);  // for its owner alone: 0600
  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
    return fail(Errc::invalid_argument, "la cartella del file non c'è");
  if (fd < 0) return io_error("il file non si crea");
  return std::unique_ptr<PendingFile>(new PendingFile(target, name, fd));
}

PendingFile::~PendingFile() {
  if (x_fd >= 0) (void)::close(x_fd);
  if (!x_temporary.empty()) (void)::unlink(x_temporary.c_str());
}

Status PendingFile::add(ByteView content) {
  while (!content.empty()) {
    const ssize_t written = ::write(x_fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error("il file non si scrive");
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return ok();
}

Status PendingFile::write(ByteView content) {
  CARTELLA_TRY(add(content));
  if (::fsync(x_fd) != 0) return io_error("il file non si sincronizza");
  return ok();
}

Status PendingFile::publish() {
  if (::renameat2(AT_FDCWD, x_temporary.c_str(), AT_FDCWD, x_target.c_str(), RENAME_NOREPLACE) !=
      0) {
    if (errno == EEXIST)
      return fail(Errc::invalid_argument, "il file esiste già: scegliere un altro nome");
    return io_error("il file non prende il suo nome");
  }
  x_temporary.clear();
  return sync_folder(x_target);
}

}  // namespace cartella::ops
