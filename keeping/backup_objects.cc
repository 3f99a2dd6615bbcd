#include "keeping/backup_objects.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "crypto/hash.h"
#include "crypto/sealed_stream.h"
#include "store/file_io.h"

namespace cartella::keeping {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kPartial = ".part";
constexpr std::size_t kNumberDigits = 20;

std::filesystem::path objects_in(const std::filesystem::path& dir) { return dir / "objects"; }
std::filesystem::path manifests_in(const std::filesystem::path& dir) { return dir / "manifests"; }

Bytes associated_of(const std::string& name) {
  Bytes bytes;
  ByteWriter to(bytes);
  to.raw(as_bytes("cartella/backup-object/1\0"sv));
  to.raw(as_bytes(name));
  return bytes;
}

// Calls `each` with full pieces and, at last, with what is left, which may be nothing.
Status each_piece(const std::filesystem::path& path, std::uint64_t from, std::size_t piece_bytes,
                  const std::function<Status(ByteView, crypto::Piece)>& each) {
  CARTELLA_TRY(const auto file, store::File::open_read(path));
  CARTELLA_TRY(const auto size, file.size());
  if (size < from) return fail(Errc::corrupt, path.string() + " is too short");
  Bytes piece;
  for (std::uint64_t at = from;;) {
    piece.resize(std::min<std::uint64_t>(piece_bytes, size - at));
    CARTELLA_TRY(store::pread_all(file, at, piece));
    at += piece.size();
    const bool is_last = at == size;
    CARTELLA_TRY(each(piece, is_last ? crypto::Piece::last : crypto::Piece::more));
    if (is_last) return ok();
  }
}

// Length and digest of the file as it is now.
Status measure(const std::filesystem::path& path, BackupFile& file) {
  crypto::Sha256Stream digest;
  file.bytes = 0;
  CARTELLA_TRY(
      each_piece(path, 0, crypto::kStreamPieceBytes, [&](ByteView piece, crypto::Piece) -> Status {
        digest.update(piece);
        file.bytes += piece.size();
        return ok();
      }));
  file.digest = digest.finish();
  return ok();
}

Status remove_file(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  if (error) return fail(Errc::io, "remove " + path.string() + ": " + error.message());
  return ok();
}

Status rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code error;
  std::filesystem::rename(from, to, error);
  if (error) return fail(Errc::io, "rename " + from.string() + ": " + error.message());
  return ok();
}

// Seals the file at `path` into `to`, synced.
Status seal_file(const std::filesystem::path& path, const BackupFile& file, const std::string& name,
                 const crypto::Secret32& key, const std::filesystem::path& to) {
  CARTELLA_TRY(remove_file(to));
  CARTELLA_TRY(const auto sealed, store::File::create(to));
  crypto::SealingStream stream(key, associated_of(name));
  CARTELLA_TRY(store::pwrite_all(sealed, 0, stream.header()));
  std::uint64_t at = crypto::kStreamHeaderBytes;
  crypto::Sha256Stream digest;
  CARTELLA_TRY(each_piece(path, 0, crypto::kStreamPieceBytes,
                          [&](ByteView plain, crypto::Piece piece) -> Status {
                            digest.update(plain);
                            const ByteView bytes = stream.seal(plain, piece);
                            CARTELLA_TRY(store::pwrite_all(sealed, at, bytes));
                            at += bytes.size();
                            return ok();
                          }));
  if (digest.finish() != file.digest)
    return fail(Errc::corrupt, file.path + " changed while it was copied");
  return store::fsync_file(sealed);
}

}  // namespace

Result<BackupFolder> BackupFolder::make(const std::filesystem::path& target) {
  CARTELLA_TRY(store::make_directories(objects_in(target)));
  CARTELLA_TRY(store::make_directories(manifests_in(target)));
  return BackupFolder(target);
}

Result<BackupFolder> BackupFolder::find(const std::filesystem::path& target) {
  std::error_code error;
  if (!std::filesystem::is_directory(manifests_in(target), error))
    return fail(Errc::not_found, "no backup in " + target.string());
  return BackupFolder(target);
}

std::string BackupFolder::object_name(const BackupFile& file, const crypto::Secret32& key) {
  std::array<std::uint8_t, 8> length{};
  store_be64(length.data(), file.bytes);
  const crypto::Secret32 names = crypto::derive(key, "backup-names", {});
  return to_hex(crypto::hmac_sha256(names.view(), {length, file.digest}));
}

std::filesystem::path BackupFolder::object_path(const std::string& name) const {
  return objects_in(x_dir) / name.substr(0, 2) / name;
}

std::filesystem::path BackupFolder::manifest_path(std::uint64_t number) const {
  const std::string digits = std::to_string(number);
  return manifests_in(x_dir) / (std::string(kNumberDigits - digits.size(), '0') + digits);
}

Result<StoredObject> BackupFolder::put(const std::filesystem::path& file, BackupFile as,
                                       const crypto::Secret32& key) {
  CARTELLA_TRY(measure(file, as));
  StoredObject stored;
  stored.file = std::move(as);
  const std::string name = object_name(stored.file, key);
  const auto path = object_path(name);
  stored.sealed_bytes = crypto::sealed_stream_bytes(stored.file.bytes);
  std::error_code error;
  const std::uint64_t there = std::filesystem::file_size(path, error);
  x_unsynced.insert({path.parent_path(), objects_in(x_dir), x_dir});
  if (!error && there == stored.sealed_bytes &&
      read(stored.file, key, [](ByteView) -> Status { return ok(); }))
    return stored;
  stored.was_damaged = !error;
  CARTELLA_TRY(store::make_directories(path.parent_path()));
  const std::filesystem::path partial(path.string() + std::string(kPartial));
  const crypto::Secret32 sealing = crypto::derive(key, "backup-files", {});
  Status sealed = seal_file(file, stored.file, name, sealing, partial);
  if (sealed) sealed = rename_file(partial, path);
  if (!sealed) {
    (void)remove_file(partial);  // the error that counts is the first one
    return sealed.error();
  }
  stored.is_new = true;
  return stored;
}

Status BackupFolder::sync() {
  for (const auto& dir : x_unsynced) {
    CARTELLA_TRY(store::fsync_dir(dir));
  }
  x_unsynced.clear();
  return ok();
}

Status BackupFolder::read(const BackupFile& file, const crypto::Secret32& key,
                          const std::function<Status(ByteView piece)>& each) const {
  const std::string name = object_name(file, key);
  const auto path = object_path(name);
  const auto damaged = [&](const std::string& what) {
    return fail(Errc::corrupt, file.path + " in the backup " + what);
  };
  std::error_code error;
  const std::uint64_t there = std::filesystem::file_size(path, error);
  if (error) return damaged("is missing (object " + name + ")");
  if (there != crypto::sealed_stream_bytes(file.bytes)) return damaged("has another length");
  Bytes header(crypto::kStreamHeaderBytes);
  CARTELLA_TRY(const auto sealed, store::File::open_read(path));
  CARTELLA_TRY(store::pread_all(sealed, 0, header));
  const crypto::Secret32 sealing = crypto::derive(key, "backup-files", {});
  CARTELLA_TRY(auto stream, crypto::OpeningStream::begin(sealing, associated_of(name), header));
  crypto::Sha256Stream digest;
  CARTELLA_TRY(each_piece(path, crypto::kStreamHeaderBytes,
                          crypto::kStreamPieceBytes + crypto::kStreamPieceOverhead,
                          [&](ByteView bytes, crypto::Piece piece) -> Status {
                            const auto plain = stream.open(bytes, piece);
                            if (!plain) return damaged("was changed");
                            digest.update(plain.value());
                            return each(plain.value());
                          }));
  if (digest.finish() != file.digest) return damaged("has another content");
  return ok();
}

Result<std::vector<std::uint64_t>> BackupFolder::manifests() const {
  CARTELLA_TRY(const auto names, store::names_in(manifests_in(x_dir)));
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : names) {
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
    if (name.size() == kNumberDigits && parsed.ec == std::errc{} &&
        parsed.ptr == name.data() + name.size())
      numbers.push_back(number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

Status BackupFolder::put_manifest(std::uint64_t number, ByteView bytes) {
  return store::replace_file(manifest_path(number), bytes);
}

Result<BackupManifest> BackupFolder::read_manifest(
    std::uint64_t number, std::span<const crypto::PublicKey> log_keys) const {
  const std::string name = "backup " + std::to_string(number);
  const auto bytes = store::read_file(manifest_path(number), kManifestBytesMax);
  if (!bytes && bytes.error().code == Errc::not_found)
    return fail(Errc::corrupt, name + " is missing");
  if (!bytes) return bytes.error();
  Result<BackupManifest> manifest = fail(Errc::bad_signature, "no key of the log is known");
  for (const crypto::PublicKey& key : log_keys) {
    manifest = decode_manifest(bytes.value(), key);
    if (manifest || manifest.error().code != Errc::bad_signature) break;
  }
  if (!manifest && manifest.error().code == Errc::unsupported) return manifest.error();
  if (!manifest) return fail(Errc::corrupt, name + ": " + manifest.error().detail);
  if (manifest.value().number != number)
    return fail(Errc::corrupt,
                name + " is backup " + std::to_string(manifest.value().number) + " under its name");
  return manifest;
}

Status BackupFolder::remove_manifest(std::uint64_t number) {
  CARTELLA_TRY(remove_file(manifest_path(number)));
  return store::fsync_dir(manifests_in(x_dir));
}

Result<std::size_t> BackupFolder::remove_others(const std::set<std::string>& kept) {
  CARTELLA_TRY(const auto folders, store::names_in(objects_in(x_dir)));
  std::size_t count = 0;
  for (const std::string& folder : folders) {
    CARTELLA_TRY(const auto names, store::names_in(objects_in(x_dir) / folder));
    for (const std::string& name : names) {
      if (kept.contains(name)) continue;
      CARTELLA_TRY(remove_file(objects_in(x_dir) / folder / name));
      ++count;
    }
  }
  return count;
}

}  // namespace cartella::keeping
