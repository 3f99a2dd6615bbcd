#include "store/file_io.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/check.h"

namespace cartella::store {
namespace {

constexpr std::size_t kPartsMax = 8;

bool is_aligned(std::uint64_t offset, ByteView part) {
  const auto address = reinterpret_cast<std::uintptr_t>(part.data());
  return (offset | address | part.size()) % kDirectAlignment == 0;
}

Error system_error(const char* what, const std::filesystem::path& path, int error) {
  Errc code = Errc::io;
  if (error == ENOENT) code = Errc::not_found;
  if (error == ENOSPC || error == EDQUOT) code = Errc::out_of_space;
  if (error == EEXIST) code = Errc::invalid_argument;
  return fail(code, std::string(what) + " " + path.string() + ": " +
                        std::generic_category().message(error));
}

Status write_new(const std::filesystem::path& path, ByteView content) {
  CARTELLA_TRY(const File file, File::create(path));
  CARTELLA_TRY(pwrite_all(file, 0, content));
  return fsync_file(file);
}

}  // namespace

std::span<std::uint8_t> AlignedBuffer::room(std::size_t bytes) {
  if (x_bytes.size() < bytes + kDirectAlignment) x_bytes.assign(bytes + kDirectAlignment, 0);
  const auto address = reinterpret_cast<std::uintptr_t>(x_bytes.data());
  const std::size_t skip = (kDirectAlignment - address % kDirectAlignment) % kDirectAlignment;
  return std::span(x_bytes).subspan(skip, bytes);
}

File::~File() {
  if (x_descriptor >= 0) ::close(x_descriptor);
  if (x_direct >= 0) ::close(x_direct);
}
File::File(File&& other) noexcept
    : x_descriptor(std::exchange(other.x_descriptor, -1)),
      x_direct(std::exchange(other.x_direct, -1)),
      x_path(std::move(other.x_path)) {}
File& File::operator=(File&& other) noexcept {
  std::swap(x_descriptor, other.x_descriptor);
  std::swap(x_direct, other.x_direct);
  std::swap(x_path, other.x_path);
  return *this;
}

Result<File> File::open_with(const std::filesystem::path& path, int flags) {
  int descriptor = -1;
  do {
    descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) return system_error("open", path, errno);
  return File(descriptor, path);
}
Result<File> File::open_read(const std::filesystem::path& path) {
  return open_with(path, O_RDONLY);
}
Result<File> File::open_write(const std::filesystem::path& path) { return open_with(path, O_RDWR); }
Result<File> File::create(const std::filesystem::path& path) {
  return open_with(path, O_RDWR | O_CREAT | O_EXCL);
}

void File::prefer_direct() {
  if (x_direct < 0) x_direct = ::open(x_path.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC);
}

Result<std::uint64_t> File::size() const {
  struct stat status {};
  if (::fstat(x_descriptor, &status) != 0) return system_error("stat", x_path, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

Status pread_all(const File& file, std::uint64_t offset, std::span<std::uint8_t> to) {
  while (!to.empty()) {
    const ssize_t got =
        ::pread(file.descriptor(), to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read", file.path(), errno);
    if (got == 0) return fail(Errc::io, "read " + file.path().string() + ": it ends too early");
    offset += static_cast<std::uint64_t>(got);
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return ok();
}

Status pwrite_all_dsync(const File& file, std::uint64_t offset, std::span<const ByteView> parts) {
  CHECK(parts.size() <= kPartsMax);
  std::array<iovec, kPartsMax> vectors{};
  std::size_t total = 0;
  bool direct = file.direct_descriptor() >= 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    direct = direct && is_aligned(offset + total, parts[i]);
    // The kernel does not write through iov_base here; its type only lacks the const.
    vectors[i].iov_base = const_cast<std::uint8_t*>(parts[i].data());
    vectors[i].iov_len = parts[i].size();
    total += parts[i].size();
  }
  const auto write_by = [&](int descriptor) {
    ssize_t written = 0;
    do {
      written = ::pwritev2(descriptor, vectors.data(), static_cast<int>(parts.size()),
                           static_cast<off_t>(offset), RWF_DSYNC);
    } while (written < 0 && errno == EINTR);
    return written;
  };
  ssize_t done = write_by(direct ? file.direct_descriptor() : file.descriptor());
  // A disk with larger blocks refuses before it writes anything.
  if (direct && done < 0 && errno == EINVAL) done = write_by(file.descriptor());
  if (done < 0) return system_error("write", file.path(), errno);
  if (static_cast<std::size_t>(done) != total) {
    return fail(Errc::io, "write " + file.path().string() + ": cut short by the system");
  }
  return ok();
}

Status pwrite_all(const File& file, std::uint64_t offset, ByteView bytes) {
  bool direct = file.direct_descriptor() >= 0;
  while (!bytes.empty()) {
    direct = direct && is_aligned(offset, bytes);
    const ssize_t done = ::pwrite(direct ? file.direct_descriptor() : file.descriptor(),
                                  bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0 && errno == EINVAL && std::exchange(direct, false)) continue;
    if (done < 0) return system_error("write", file.path(), errno);
    offset += static_cast<std::uint64_t>(done);
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return ok();
}

Status fsync_file(const File& file) {
  if (::fsync(file.descriptor()) != 0) return system_error("sync", file.path(), errno);
  return ok();
}

Status fsync_dir(const std::filesystem::path& dir) {
  CARTELLA_TRY(const File file, File::open_read(dir));
  return fsync_file(file);
}

Status make_directories(const std::filesystem::path& dir) {
  std::error_code error;
  if (dir.empty() || std::filesystem::is_directory(dir, error)) return ok();
  const std::filesystem::path parent =
      dir.has_filename() ? dir.parent_path() : std::filesystem::path();
  if (dir.has_filename()) {
    CARTELLA_TRY(make_directories(parent));
  } else {
    return make_directories(dir.parent_path());
  }
  if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) {
    return system_error("make directory", dir, errno);
  }
  return fsync_dir(parent.empty() ? std::filesystem::path(".") : parent);
}

Status replace_file(const std::filesystem::path& path, ByteView content) {
  std::filesystem::path temporary = path;
  temporary += ".new";
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) {
    return system_error("remove", temporary, errno);
  }
  Status written = write_new(temporary, content);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = system_error("rename", path, errno);
  if (!written) {
    ::unlink(temporary.c_str());
    return written;
  }
  return fsync_dir(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
}

Result<std::vector<std::string>> names_in(const std::filesystem::path& dir) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(dir, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error))
    names.push_back(entry->path().filename().string());
  if (error) return system_error("list", dir, error.value());
  std::ranges::sort(names);
  return names;
}

Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t bytes_max) {
  CARTELLA_TRY(const File file, File::open_read(path));
  CARTELLA_TRY(const std::uint64_t size, file.size());
  if (size > bytes_max) {
    return fail(Errc::invalid_input,
                path.string() + " is longer than " + std::to_string(bytes_max) + " bytes");
  }
  Bytes content(size);
  CARTELLA_TRY(pread_all(file, 0, content));
  return content;
}

Result<SpaceOfDisk> space_of_disk(const std::filesystem::path& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) return system_error("measure space of", path, errno);
  return SpaceOfDisk{status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize};
}

Result<std::uint64_t> free_space_bytes(const std::filesystem::path& path) {
  CARTELLA_TRY(const SpaceOfDisk space, space_of_disk(path));
  return space.free_bytes;
}

Result<DirectoryLock> DirectoryLock::acquire(const std::filesystem::path& dir) {
  const std::filesystem::path path = dir / "LOCK";
  Result<File> made = File::create(path);
  if (!made && made.error().code == Errc::invalid_argument) made = File::open_write(path);
  if (!made) return std::move(made).error();
  if (::flock(made.value().descriptor(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error("lock", path, errno);
    return fail(Errc::in_use, "another process holds the data directory " + dir.string());
  }
  return DirectoryLock(std::move(made).value());
}

}  // namespace cartella::store
