#include "ops/source_file.h"

#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

namespace cartella::ops {

namespace {

constexpr std::size_t kPieceBytes = 1 << 20;

std::string name_of(const std::filesystem::path& file) { return file.filename().string(); }

Error too_long(const std::filesystem::path& file, std::uint64_t bytes_max) {
  return fail(Errc::invalid_input,
              name_of(file) + " is longer than " + std::to_string(bytes_max) + " bytes");
}

}  // namespace

Result<SourceFile> SourceFile::open(const std::filesystem::path& file, std::uint64_t bytes_max) {
  std::error_code error;
  // Asked before it is opened: opening a pipe waits for its writer.
  if (!std::filesystem::is_regular_file(file, error))
    return fail(Errc::io, "cannot open " + name_of(file));
  auto opened = store::File::open_read(file);
  if (!opened) return fail(Errc::io, "cannot open " + name_of(file));
  CARTELLA_TRY(const std::uint64_t size, opened.value().size());
  if (size > bytes_max) return too_long(file, bytes_max);
  return SourceFile(std::move(opened).value(), size, bytes_max);
}

Result<std::size_t> SourceFile::read(std::span<char> to) {
  std::size_t done = 0;
  while (done < to.size()) {
    const ::ssize_t got = ::read(x_file.descriptor(), to.data() + done, to.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Errc::io, "a read of " + name() + " failed");
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  x_at += done;
  if (x_at > x_bytes_max) return too_long(x_file.path(), x_bytes_max);
  return done;
}

Status hash_rest(SourceFile& file, crypto::Sha256Stream& hash) {
  std::vector<char> piece(kPieceBytes);
  std::size_t count = piece.size();
  while (count == piece.size()) {
    CARTELLA_TRY(count, file.read(piece));
    hash.update(as_bytes(std::string_view(piece.data(), count)));
  }
  return ok();
}

}  // namespace cartella::ops
