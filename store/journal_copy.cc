#include "store/journal_copy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <system_error>

#include "base/check.h"

namespace cartella::store {
namespace {

// Large enough that zeroing 64 MiB is a few dozen calls, small enough for any machine.
constexpr std::uint64_t kChunkBytes = 1u << 20;
// 112 bytes a segment: far more segments than a journal can have.
constexpr std::uint64_t kListBytesMax = 16u << 20;

std::optional<std::uint32_t> segment_number(const std::filesystem::path& path) {
  const std::string stem = path.stem().string();
  std::uint32_t number = 0;
  const auto parsed = std::from_chars(stem.data(), stem.data() + stem.size(), number);
  if (path.extension() != ".seg" || parsed.ec != std::errc{} ||
      segment_file_name(number) != path.filename().string()) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::string segment_file_name(std::uint32_t number) {
  const std::string digits = std::to_string(number);
  return std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits + ".seg";
}

Result<File> make_zero_file(const std::filesystem::path& path, std::uint64_t bytes,
                            const std::function<bool()>& go_on) {
  CARTELLA_TRY(File file, File::create(path));
  file.prefer_direct();
  AlignedBuffer buffer;
  const ByteView zeros = buffer.room(kChunkBytes);
  for (std::uint64_t at = 0; at < bytes; at += kChunkBytes) {
    CARTELLA_TRY(pwrite_all(file, at, zeros.first(std::min(kChunkBytes, bytes - at))));
    if (!go_on()) return fail(Errc::unavailable, "stopping");
  }
  CARTELLA_TRY(fsync_file(file));
  return file;
}

JournalCopy::JournalCopy(std::filesystem::path dir, FileOps& ops)
    : x_dir(std::move(dir)), x_ops(&ops) {}

std::filesystem::path JournalCopy::segment_path(std::uint32_t number) const {
  return x_dir / segment_file_name(number);
}

std::optional<std::string> JournalCopy::attach(const SegmentEntry& entry) {
  const std::filesystem::path path = segment_path(entry.number);
  Result<File> file = File::open_write(path);
  // A copy on a read-only medium can still be read and verified.
  if (!file && file.error().code == Errc::io) file = File::open_read(path);
  if (!file) {
    return file.error().code == Errc::not_found ? path.string() + " is missing"
                                                : file.error().detail;
  }
  const Result<std::uint64_t> size = file.value().size();
  if (!size) return size.error().detail;
  if (size.value() != entry.bytes) {
    return path.string() + " has " + std::to_string(size.value()) + " bytes and not " +
           std::to_string(entry.bytes);
  }
  file.value().prefer_direct();
  x_files.insert_or_assign(entry.number, std::move(file).value());
  return std::nullopt;
}

Status JournalCopy::create_segment(const SegmentEntry& entry) {
  const std::filesystem::path path = segment_path(entry.number);
  std::error_code error;
  x_files.erase(entry.number);
  std::filesystem::remove(path, error);
  if (error) return fail(Errc::io, "remove " + path.string() + ": " + error.message());
  CARTELLA_TRY(File file, make_zero_file(path, entry.bytes, [] { return true; }));
  CARTELLA_TRY(fsync_dir(x_dir));
  x_files.insert_or_assign(entry.number, std::move(file));
  return ok();
}

Status JournalCopy::remove_segment(std::uint32_t number) {
  const std::filesystem::path path = segment_path(number);
  std::error_code error;
  x_files.erase(number);
  std::filesystem::remove(path, error);
  if (error) return fail(Errc::io, "remove " + path.string() + ": " + error.message());
  return fsync_dir(x_dir);
}

Result<std::vector<std::uint32_t>> JournalCopy::segment_numbers() const {
  std::vector<std::uint32_t> numbers;
  const auto names = names_in(x_dir);
  if (!names && names.error().code == Errc::not_found) return numbers;
  if (!names) return names.error();
  for (const std::string& name : names.value()) {
    if (const auto number = segment_number(name)) numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Status JournalCopy::read(std::uint32_t number, std::uint64_t offset,
                         std::span<std::uint8_t> to) const {
  const auto file = x_files.find(number);
  if (file == x_files.end()) {
    return fail(Errc::not_found, segment_path(number).string() + " is missing");
  }
  return pread_all(file->second, offset, to);
}

Status JournalCopy::write(std::uint32_t number, std::uint64_t offset,
                          std::span<const ByteView> parts) {
  const auto file = x_files.find(number);
  CHECK(file != x_files.end());
  if (file->second.direct_descriptor() < 0) return x_ops->write_synced(file->second, offset, parts);
  std::size_t total = 0;
  for (const ByteView part : parts) total += part.size();
  const std::span<std::uint8_t> whole = x_staging.room(total);
  std::size_t at = 0;
  for (const ByteView part : parts) {
    std::copy(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(at));
    at += part.size();
  }
  const std::array<ByteView, 1> one{whole};
  return x_ops->write_synced(file->second, offset, one);
}

Status JournalCopy::zero(std::uint32_t number, std::uint64_t from, std::uint64_t to) {
  const Bytes zeros(kChunkBytes);
  Bytes present(kChunkBytes);
  for (std::uint64_t at = from; at < to; at += kChunkBytes) {
    const std::uint64_t bytes = std::min(kChunkBytes, to - at);
    const std::span<std::uint8_t> chunk = std::span(present).first(bytes);
    // What cannot be read is written: a new write may also mend a bad block.
    const Status read_status = read(number, at, chunk);
    if (read_status && std::memcmp(chunk.data(), zeros.data(), bytes) == 0) continue;
    const std::array<ByteView, 1> parts{ByteView(zeros).first(bytes)};
    CARTELLA_TRY(write(number, at, parts));
  }
  return ok();
}

Status JournalCopy::write_list(ByteView bytes) { return x_ops->replace(list_path(), bytes); }

Result<SegmentList> JournalCopy::read_list(const LogId& log) const {
  CARTELLA_TRY(const Bytes bytes, read_file(list_path(), kListBytesMax));
  Result<SegmentList> list = decode_segment_list(log, bytes);
  if (!list) return fail(list.error().code, list_path().string() + ": " + list.error().detail);
  return list;
}

}  // namespace cartella::store
