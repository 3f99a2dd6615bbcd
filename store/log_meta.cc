#include "store/log_meta.h"

#include "crypto/hash.h"
#include "store/file_io.h"

namespace cartella::store {

namespace {

constexpr std::uint8_t kMetaVersion = 1;
constexpr std::uint8_t kMetaVersionWithPast = 2;
constexpr std::string_view kMetaMagic = "CRTM";
constexpr std::size_t kOriginBytesMax = 256;
constexpr std::uint64_t kSmallFileBytesMax = 64 * 1024;

std::filesystem::path head_path(const std::filesystem::path& head_dir) { return head_dir / "head"; }

void write_past(ByteWriter& to, const std::vector<PastEra>& past) {
  to.u32(static_cast<std::uint32_t>(past.size()));
  for (const PastEra& era : past) {
    to.raw(era.key);
    to.framed(as_bytes(era.origin));
    to.u64(era.size);
  }
}

bool read_past(ByteReader& from, std::vector<PastEra>& past) {
  std::uint32_t count = 0;
  if (!from.u32(count) || count == 0 || count > kErasMax) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    PastEra era;
    ByteView origin;
    if (!from.copy(era.key) || !from.framed(kOriginBytesMax, origin) || !from.u64(era.size))
      return false;
    era.origin = std::string(as_text(origin));
    past.push_back(std::move(era));
  }
  return true;
}

}  // namespace

Result<std::optional<crypto::Checkpoint>> open_own_checkpoint(std::string_view note,
                                                              const LogMeta& meta) {
  auto opened = crypto::open_checkpoint(note, meta.origin, meta.key);
  if (opened) return std::optional<crypto::Checkpoint>(std::move(opened).value());
  for (auto era = meta.past.rbegin(); era != meta.past.rend(); ++era) {
    auto earlier = crypto::open_checkpoint(note, era->origin, era->key);
    if (!earlier) continue;
    if (earlier.value().size > era->size) return std::optional<crypto::Checkpoint>();
    return std::optional<crypto::Checkpoint>(std::move(earlier).value());
  }
  return opened.error();
}

std::filesystem::path meta_path(const std::filesystem::path& dir) { return dir / "log.meta"; }

Status write_meta(const std::filesystem::path& dir, const LogMeta& meta) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(as_bytes(kMetaMagic));
  writer.u8(meta.past.empty() ? kMetaVersion : kMetaVersionWithPast);
  writer.raw(meta.log.bytes);
  writer.raw(meta.key);
  writer.framed(as_bytes(meta.origin));
  if (!meta.past.empty()) write_past(writer, meta.past);
  const Hash32 hash = crypto::sha256(bytes);
  writer.raw(hash);
  return replace_file(meta_path(dir), bytes);
}

Result<LogMeta> read_meta(const std::filesystem::path& dir) {
  const Error damaged = fail(Errc::corrupt, meta_path(dir).string() + " is damaged");
  CARTELLA_TRY(const Bytes bytes, read_file(meta_path(dir), kSmallFileBytesMax));
  if (bytes.size() < sizeof(Hash32)) return damaged;
  const ByteView content = ByteView(bytes).first(bytes.size() - sizeof(Hash32));
  const Hash32 hash = crypto::sha256(content);
  if (!std::equal(hash.begin(), hash.end(), bytes.end() - sizeof(Hash32))) return damaged;
  ByteReader reader(content);
  ByteView magic;
  std::uint8_t version = 0;
  LogMeta meta;
  ByteView origin;
  if (!reader.raw(kMetaMagic.size(), magic) || as_text(magic) != kMetaMagic || !reader.u8(version))
    return damaged;
  if (version != kMetaVersion && version != kMetaVersionWithPast)
    return fail(Errc::unsupported, meta_path(dir).string() + " has an unknown version");
  if (!reader.copy(meta.log.bytes) || !reader.copy(meta.key) ||
      !reader.framed(kOriginBytesMax, origin) ||
      (version == kMetaVersionWithPast && !read_past(reader, meta.past)) || reader.remaining() != 0)
    return damaged;
  meta.origin = std::string(as_text(origin));
  return meta;
}

Status write_head_copy(const std::filesystem::path& head_dir, const std::string& note) {
  return replace_file(head_path(head_dir), as_bytes(note));
}

Result<std::optional<crypto::Checkpoint>> read_head_copy(const std::filesystem::path& head_dir,
                                                         const LogMeta& meta) {
  const auto path = head_path(head_dir);
  const auto bytes = read_file(path, kSmallFileBytesMax);
  if (!bytes && bytes.error().code == Errc::not_found) return std::optional<crypto::Checkpoint>();
  if (bytes) {
    auto checkpoint = open_own_checkpoint(as_text(bytes.value()), meta);
    if (checkpoint) return checkpoint;
  } else if (bytes.error().code != Errc::invalid_input) {
    return bytes.error();
  }
  return fail(Errc::corrupt, "the head copy " + path.string() +
                                 " is not a checkpoint of this log; compare it with a published "
                                 "checkpoint before removing it");
}

}  // namespace cartella::store
