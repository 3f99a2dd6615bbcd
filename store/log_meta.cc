#include "store/log_meta.h"

#include "crypto/hash.h"
#include "store/file_io.h"

namespace cartella::store {

namespace {

constexpr std::uint8_t kMetaVersion = 1;
constexpr std::string_view kMetaMagic = "CRTM";
constexpr std::size_t kOriginBytesMax = 256;
constexpr std::uint64_t kSmallFileBytesMax = 64 * 1024;

std::filesystem::path head_path(const std::filesystem::path& head_dir) { return head_dir / "head"; }

}  // namespace

std::filesystem::path meta_path(const std::filesystem::path& dir) { return dir / "log.meta"; }

Status write_meta(const std::filesystem::path& dir, const LogMeta& meta) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(as_bytes(kMetaMagic));
  writer.u8(kMetaVersion);
  writer.raw(meta.log.bytes);
  writer.raw(meta.key);
  writer.framed(as_bytes(meta.origin));
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
  if (version != kMetaVersion)
    return fail(Errc::unsupported, meta_path(dir).string() + " has an unknown version");
  if (!reader.copy(meta.log.bytes) || !reader.copy(meta.key) ||
      !reader.framed(kOriginBytesMax, origin) || reader.remaining() != 0)
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
    auto checkpoint = crypto::open_checkpoint(as_text(bytes.value()), meta.origin, meta.key);
    if (checkpoint) return std::optional<crypto::Checkpoint>(std::move(checkpoint).value());
  } else if (bytes.error().code != Errc::invalid_input) {
    return bytes.error();
  }
  return fail(Errc::corrupt, "the head copy " + path.string() +
                                 " is not a checkpoint of this log; compare it with a published "
                                 "checkpoint before removing it");
}

}  // namespace cartella::store
