#include "store/log_meta.h"

#include <algorithm>

#include "crypto/hash.h"
#include "store/file_io.h"

namespace cartella::store {

namespace {

constexpr std::uint8_t kMetaVersion = 4;  // 1 to 3 stood beside a log of the format CRT0
constexpr std::string_view kMetaMagic = "CRTM";
constexpr std::size_t kOriginBytesMax = 256;
constexpr std::uint64_t kSmallFileBytesMax = 64 * 1024;

std::filesystem::path head_path(const std::filesystem::path& head_dir) { return head_dir / "head"; }

void write_past(ByteWriter& to, const std::vector<PastKey>& past) {
  to.u32(static_cast<std::uint32_t>(past.size()));
  for (const PastKey& each : past) {
    to.raw(each.log.bytes);
    to.raw(each.key);
    to.framed(as_bytes(each.origin));
    to.u64(each.size);
  }
}

bool read_past(ByteReader& from, LogMeta& meta) {
  std::uint32_t count = 0;
  if (!from.u32(count) || count > kPastKeysMax) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    PastKey each;
    ByteView origin;
    if (!from.copy(each.log.bytes) || !from.copy(each.key) ||
        !from.framed(kOriginBytesMax, origin) || !from.u64(each.size))
      return false;
    each.origin = std::string(as_text(origin));
    meta.past.push_back(std::move(each));
  }
  return true;
}

}  // namespace

Result<std::optional<crypto::Checkpoint>> open_own_checkpoint(std::string_view note,
                                                              const LogMeta& meta) {
  auto opened = crypto::open_checkpoint(note, meta.origin, meta.key);
  if (opened) return std::optional<crypto::Checkpoint>(std::move(opened).value());
  // Of a key's history stays what neither its own era nor a later one gave up.
  std::uint64_t kept = kNothingGivenUp;
  for (auto past = meta.past.rbegin(); past != meta.past.rend(); ++past) {
    kept = std::min(kept, past->size);
    auto earlier = crypto::open_checkpoint(note, past->origin, past->key);
    if (!earlier) continue;
    if (earlier.value().size > kept) return std::optional<crypto::Checkpoint>();
    return std::optional<crypto::Checkpoint>(std::move(earlier).value());
  }
  return opened.error();
}

std::optional<std::uint64_t> LogMeta::era_start() const {
  for (auto each = past.rbegin(); each != past.rend(); ++each)
    if (each->size != kNothingGivenUp) return each->size;
  return std::nullopt;
}

crypto::LogEras eras_of(const LogMeta& meta) {
  crypto::LogEras eras(meta.first_log());
  for (std::size_t i = 0; i < meta.past.size(); ++i) {
    const bool is_last = i + 1 == meta.past.size();
    if (meta.past[i].size != kNothingGivenUp)
      eras.begin(meta.past[i].size, is_last ? meta.log : meta.past[i + 1].log);
  }
  return eras;
}

std::size_t LogMeta::era_count() const {
  return past.size() -
         static_cast<std::size_t>(std::ranges::count(past, kNothingGivenUp, &PastKey::size));
}

bool end_key(LogMeta& meta, std::uint64_t size) {
  meta.past.push_back({meta.log, meta.origin, meta.key, size});
  if (meta.past.size() <= kPastKeysMax) return true;
  const auto oldest = std::ranges::find(meta.past, kNothingGivenUp, &PastKey::size);
  if (oldest == meta.past.end()) return false;
  meta.past.erase(oldest);
  return true;
}

std::filesystem::path meta_path(const std::filesystem::path& dir) { return dir / "log.meta"; }

Status write_meta(const std::filesystem::path& dir, const LogMeta& meta) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(as_bytes(kMetaMagic));
  writer.u8(kMetaVersion);
  writer.raw(meta.log.bytes);
  writer.raw(meta.key);
  writer.framed(as_bytes(meta.origin));
  write_past(writer, meta.past);
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
  if (version < kMetaVersion)
    return fail(Errc::unsupported,
                meta_path(dir).string() +
                    ": a log of the format CRT0, that of trial builds, is not read any more");
  if (version > kMetaVersion)
    return fail(Errc::unsupported, meta_path(dir).string() + " has an unknown version");
  if (!reader.copy(meta.log.bytes) || !reader.copy(meta.key) ||
      !reader.framed(kOriginBytesMax, origin) || !read_past(reader, meta) ||
      reader.remaining() != 0)
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
