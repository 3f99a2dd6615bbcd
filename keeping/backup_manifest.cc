#include "keeping/backup_manifest.h"

#include <algorithm>
#include <string_view>

#include "keeping/signed_text.h"

namespace cartella::keeping {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kMagic = "CRBM";
constexpr std::uint8_t kVersion = 1;
constexpr auto kSignedAs = "cartella/backup/1\0"sv;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kNoteBytesMax = 16 * 1024;

Error malformed(const char* what) {
  return fail(Errc::invalid_input, std::string("a backup manifest: ") + what);
}

// Letters, digits and a few signs, in parts that are neither empty nor dots: nothing that leads out
// of the directory that it is restored to.
bool is_plain_path(std::string_view path) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == '/';
  };
  if (path.empty() || !std::ranges::all_of(path, is_plain)) return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    if (part.empty() || part == "." || part == "..") return false;
    at = end + 1;
  }
  return true;
}

Result<BackupFile> read_entry(ByteReader& from) {
  BackupFile file;
  std::uint8_t part = 0;
  ByteView path;
  if (!from.u8(part) || part > static_cast<std::uint8_t>(BackupPart::vault) ||
      !from.framed(kManifestPathBytesMax, path) || !from.u64(file.bytes) || !from.copy(file.digest))
    return malformed("an entry is malformed");
  file.part = static_cast<BackupPart>(part);
  file.path = std::string(as_text(path));
  if (!is_plain_path(file.path)) return malformed("a path is not plain");
  return file;
}

Status read_entries(ByteReader& from, std::uint32_t count, std::vector<BackupFile>& files) {
  for (std::uint32_t i = 0; i < count; ++i) {
    CARTELLA_TRY(auto file, read_entry(from));
    // In order of their paths, so that none is there twice.
    if (!files.empty() && files.back().path >= file.path)
      return malformed("its files are not in order");
    files.push_back(std::move(file));
  }
  return ok();
}

}  // namespace

Bytes manifest_content(const BackupManifest& manifest) {
  Bytes bytes;
  ByteWriter to(bytes);
  to.raw(as_bytes(kMagic));
  to.u8(kVersion);
  to.u64(manifest.number);
  to.raw(manifest.log.bytes);
  to.u64(static_cast<std::uint64_t>(manifest.made_at.us));
  to.framed(as_bytes(manifest.checkpoint.origin));
  to.u64(manifest.checkpoint.size);
  to.raw(manifest.checkpoint.root);
  to.framed(as_bytes(manifest.note));
  to.raw(manifest.vault_copy.view());
  to.u64(manifest.erasures);
  to.u32(static_cast<std::uint32_t>(manifest.files.size()));
  for (const BackupFile& file : manifest.files) {
    to.u8(static_cast<std::uint8_t>(file.part));
    to.framed(as_bytes(file.path));
    to.u64(file.bytes);
    to.raw(file.digest);
  }
  return bytes;
}

Result<BackupManifest> parse_manifest(ByteView content) {
  if (content.size() > kManifestBytesMax) return malformed("an impossible length");
  ByteReader from(content);
  ByteView magic;
  std::uint8_t version = 0;
  if (!from.raw(kMagic.size(), magic) || as_text(magic) != kMagic || !from.u8(version))
    return malformed("another file");
  if (version != kVersion)
    return fail(Errc::unsupported, "a backup manifest is of a version this build does not know");
  BackupManifest manifest;
  std::uint64_t made_at = 0;
  std::uint32_t count = 0;
  ByteView origin;
  ByteView note;
  if (!from.u64(manifest.number) || !from.copy(manifest.log.bytes) || !from.u64(made_at) ||
      !from.framed(kManifestPathBytesMax, origin) || !from.u64(manifest.checkpoint.size) ||
      !from.copy(manifest.checkpoint.root) || !from.framed(kNoteBytesMax, note) ||
      !from.copy(manifest.vault_copy.bytes) || !from.u64(manifest.erasures) || !from.u32(count) ||
      count > kManifestFilesMax)
    return malformed("a field is malformed");
  manifest.made_at.us = static_cast<std::int64_t>(made_at);
  manifest.checkpoint.origin = std::string(as_text(origin));
  manifest.note = std::string(as_text(note));
  CARTELLA_TRY(read_entries(from, count, manifest.files));
  if (from.remaining() != 0) return malformed("bytes after its end");
  return manifest;
}

Bytes encode_manifest(const BackupManifest& manifest, const crypto::Signer& log_key) {
  Bytes bytes = manifest_content(manifest);
  const crypto::Signature signature = log_key.sign(signed_text(kSignedAs, bytes));
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  return bytes;
}

Result<BackupManifest> decode_manifest(ByteView bytes, const crypto::PublicKey& log_key) {
  if (bytes.size() < kSignatureBytes || bytes.size() > kManifestBytesMax)
    return malformed("an impossible length");
  const ByteView content = bytes.first(bytes.size() - kSignatureBytes);
  crypto::Signature signature{};
  std::ranges::copy(bytes.last(kSignatureBytes), signature.begin());
  if (!crypto::verify(log_key, signed_text(kSignedAs, content), signature))
    return fail(Errc::bad_signature, "a backup manifest is not signed by the log key");
  CARTELLA_TRY(auto manifest, parse_manifest(content));
  CARTELLA_TRY(const auto opened,
               crypto::open_checkpoint(manifest.note, manifest.checkpoint.origin, log_key));
  if (opened.size != manifest.checkpoint.size || opened.root != manifest.checkpoint.root)
    return malformed("its checkpoint is of another tree");
  return manifest;
}

}  // namespace cartella::keeping
