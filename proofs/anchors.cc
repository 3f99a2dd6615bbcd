#include "proofs/anchors.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "crypto/hash.h"
#include "crypto/note_text.h"
#include "store/file_io.h"

namespace cartella::proofs {

namespace {

constexpr std::uint32_t kMagic = 0x43525441;  // CRTA
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHashBytes = sizeof(Hash32);
constexpr std::size_t kSizeDigits = 20;  // of 2^64 - 1, so that names sort as sizes
constexpr std::string_view kSuffix = ".anchor";

std::string name_of(std::uint64_t size) {
  const std::string digits = std::to_string(size);
  return std::string(kSizeDigits - digits.size(), '0') + digits + std::string(kSuffix);
}

std::optional<std::uint64_t> size_of(std::string_view name) {
  if (name.size() != kSizeDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  const std::string_view digits = name.substr(0, kSizeDigits);
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return size;
}

Bytes encode(const Anchor& anchor) {
  Bytes bytes;
  ByteWriter to(bytes);
  to.u32(kMagic);
  to.u8(kVersion);
  to.u64(anchor.size);
  to.framed(as_bytes(anchor.note));
  to.u16(static_cast<std::uint16_t>(anchor.time_stamps.size()));
  for (const Bytes& stamp : anchor.time_stamps) to.framed(stamp);
  to.raw(crypto::sha256(bytes));
  return bytes;
}

// Nothing where the bytes are not what encode makes.
std::optional<Anchor> decode(ByteView bytes) {
  if (bytes.size() < kHashBytes) return std::nullopt;
  const ByteView content = bytes.first(bytes.size() - kHashBytes);
  if (!std::ranges::equal(crypto::sha256(content), bytes.last(kHashBytes))) return std::nullopt;
  ByteReader from(content);
  std::uint32_t magic = 0;
  std::uint8_t version = 0;
  std::uint16_t count = 0;
  Anchor anchor;
  ByteView note;
  if (!from.u32(magic) || magic != kMagic || !from.u8(version) || version != kVersion ||
      !from.u64(anchor.size) || !from.framed(kAnchorBytesMax, note) || !from.u16(count))
    return std::nullopt;
  anchor.note = std::string(as_text(note));
  for (std::uint16_t i = 0; i < count; ++i) {
    ByteView stamp;
    if (!from.framed(kAnchorBytesMax, stamp)) return std::nullopt;
    anchor.time_stamps.emplace_back(stamp.begin(), stamp.end());
  }
  if (from.remaining() != 0) return std::nullopt;
  return anchor;
}

}  // namespace

Result<std::string> with_lines_of(std::string kept, std::string_view note) {
  CARTELLA_TRY(const auto parts, crypto::split_note(note));
  CARTELLA_TRY(const auto before, crypto::split_note(kept));
  if (before.text != parts.text) return kept;
  std::string added;
  for (const crypto::NoteLine& line : parts.lines)
    if (std::ranges::find(before.lines, line.whole, &crypto::NoteLine::whole) == before.lines.end())
      added += line.whole;
  return kept + added;
}

Result<AnchorFolder> AnchorFolder::open(const std::filesystem::path& data_dir) {
  const std::filesystem::path dir = data_dir / "anchors";
  CARTELLA_TRY(store::make_directories(dir));
  return AnchorFolder(dir);
}

Status AnchorFolder::put(const Anchor& anchor) const {
  std::size_t total = anchor.note.size();
  for (const Bytes& stamp : anchor.time_stamps) total += stamp.size();
  if (total > kAnchorBytesMax || anchor.time_stamps.size() > UINT16_MAX)
    return fail(Errc::invalid_argument, "the anchor of size " + std::to_string(anchor.size) +
                                            " is longer than " + std::to_string(kAnchorBytesMax) +
                                            " bytes");
  return store::replace_file(x_dir / name_of(anchor.size), encode(anchor));
}

Result<std::optional<Anchor>> AnchorFolder::find(std::uint64_t size) const {
  const std::filesystem::path path = x_dir / name_of(size);
  const Error corrupt = fail(Errc::corrupt, path.string() + ": not an anchor as it was written");
  // The frame around the parts is far below a second maximum.
  const auto bytes = store::read_file(path, 2 * kAnchorBytesMax);
  if (!bytes) {
    if (bytes.error().code == Errc::not_found) return std::optional<Anchor>{};
    if (bytes.error().code == Errc::invalid_input) return corrupt;
    return bytes.error();
  }
  auto anchor = decode(bytes.value());
  if (!anchor || anchor->size != size) return corrupt;
  return anchor;
}

Status AnchorFolder::set_aside(std::uint64_t size) const {
  const std::filesystem::path path = x_dir / name_of(size);
  std::error_code error;
  std::filesystem::rename(path, path.string() + ".given-up", error);
  if (error) return fail(Errc::io, path.string() + ": " + error.message());
  return store::fsync_dir(x_dir);
}

Status AnchorFolder::remove(std::uint64_t size) const {
  std::error_code error;
  std::filesystem::remove(x_dir / name_of(size), error);
  if (error) return fail(Errc::io, (x_dir / name_of(size)).string() + ": " + error.message());
  return store::fsync_dir(x_dir);
}

Result<std::vector<std::uint64_t>> AnchorFolder::sizes() const {
  CARTELLA_TRY(const auto names, store::names_in(x_dir));
  std::vector<std::uint64_t> sizes;
  for (const std::string& name : names)
    if (const auto size = size_of(name)) sizes.push_back(*size);
  return sizes;
}

}  // namespace cartella::proofs
