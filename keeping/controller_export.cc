#include "keeping/controller_export.h"

#include <algorithm>
#include <string_view>
#include <system_error>

#include "crypto/hash.h"
#include "crypto/sealed_stream.h"
#include "keeping/export_events.h"
#include "keeping/signed_text.h"
#include "store/file_io.h"

namespace cartella::keeping {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kMagic = "CRXM";
constexpr std::string_view kSupplementMagic = "CRXS";
constexpr std::uint8_t kVersion = 1;
constexpr auto kSignedAs = "cartella/export/1\0"sv;
constexpr auto kSupplementSignedAs = "cartella/export-supplement/1\0"sv;
constexpr std::size_t kNoteBytesMax = 16 * 1024;
constexpr std::size_t kOriginBytesMax = 512;
constexpr std::size_t kManifestBytesMax = 64 * 1024;
constexpr std::size_t kSignatureBytes = 64;

Error malformed(const char* what) {
  return fail(Errc::invalid_input, std::string("the manifest of an export: ") + what);
}

Result<Hash32> digest_of_file(const std::filesystem::path& path) {
  CARTELLA_TRY(const auto file, store::File::open_read(path));
  CARTELLA_TRY(const auto size, file.size());
  crypto::Sha256Stream digest;
  Bytes piece;
  for (std::uint64_t at = 0; at < size; at += piece.size()) {
    piece.resize(std::min<std::uint64_t>(size - at, crypto::kStreamPieceBytes));
    CARTELLA_TRY(store::pread_all(file, at, piece));
    digest.update(piece);
  }
  return digest.finish();
}

std::filesystem::path supplement_manifest_path(const std::filesystem::path& folder) {
  return folder / "supplement";
}

// Everything but what is sealed: `manifest` knows log, controller and proposal.
Status fill_manifest(const ExportParts& parts, const std::filesystem::path& folder,
                     ExportManifest& manifest) {
  manifest.made_at = parts.clock.wall();
  manifest.log_key = parts.log_key.public_key();
  CARTELLA_TRY(const auto note, parts.store.signed_checkpoint());
  CARTELLA_TRY(manifest.note, crypto::note_signed_by(note, parts.store.origin(), manifest.log_key));
  CARTELLA_TRY(manifest.checkpoint,
               crypto::open_checkpoint(manifest.note, parts.store.origin(), manifest.log_key));
  CARTELLA_TRY(manifest.params, digest_of_file(folder / "root.params"));
  return ok();
}

// The sealed file, then the manifest that vouches for it.
Status write_rest(const ExportParts& parts, const OwnEvents& own, const SealedPart& part,
                  const std::filesystem::path& manifest_path, ExportManifest& manifest) {
  CARTELLA_TRY(const auto written, write_part(parts, own, part));
  manifest.digest = written.digest;
  manifest.events = written.events;
  manifest.segments = written.segments;
  CARTELLA_TRY(store::replace_file(manifest_path, encode_export_manifest(manifest, parts.log_key)));
  return store::fsync_dir(manifest_path.parent_path());
}

}  // namespace

std::filesystem::path export_events_path(const std::filesystem::path& folder) {
  return folder / "events.sealed";
}

std::filesystem::path export_manifest_path(const std::filesystem::path& folder) {
  return folder / "manifest";
}

std::filesystem::path supplement_events_path(const std::filesystem::path& folder) {
  return folder / "supplement.sealed";
}

Bytes export_binding(const ExportManifest& manifest) {
  Bytes binding;
  ByteWriter to(binding);
  to.raw(as_bytes(manifest.is_supplement() ? "cartella/export-supplement-events/1\0"sv
                                           : "cartella/export-events/1\0"sv));
  to.raw(manifest.log.bytes);
  to.raw(manifest.controller.view());
  to.raw(manifest.proposal.view());
  return binding;
}

crypto::Secret32 export_key(const crypto::Secret32& root) {
  return crypto::derive(root, "controller-export", {});
}

Bytes encode_export_manifest(const ExportManifest& manifest, const crypto::Signer& log_key) {
  Bytes bytes;
  ByteWriter to(bytes);
  const bool is_supplement = manifest.is_supplement();
  to.raw(as_bytes(is_supplement ? kSupplementMagic : kMagic));
  to.u8(kVersion);
  to.raw(manifest.log.bytes);
  to.raw(manifest.controller.view());
  to.raw(manifest.proposal.view());
  to.u64(static_cast<std::uint64_t>(manifest.made_at.us));
  to.raw(manifest.log_key);
  to.framed(as_bytes(manifest.checkpoint.origin));
  to.framed(as_bytes(manifest.note));
  to.u64(manifest.events);
  to.u64(manifest.segments);
  to.raw(manifest.params);
  to.raw(manifest.digest);
  if (is_supplement) to.raw(manifest.follows);
  const crypto::Signature signature =
      log_key.sign(signed_text(is_supplement ? kSupplementSignedAs : kSignedAs, bytes));
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  return bytes;
}

Result<ExportManifest> decode_export_manifest(ByteView bytes) {
  if (bytes.size() < kSignatureBytes || bytes.size() > kManifestBytesMax)
    return malformed("an impossible length");
  const ByteView content = bytes.first(bytes.size() - kSignatureBytes);
  ByteReader from(content);
  ByteView magic;
  std::uint8_t version = 0;
  if (!from.raw(kMagic.size(), magic) ||
      (as_text(magic) != kMagic && as_text(magic) != kSupplementMagic) || !from.u8(version))
    return malformed("another file");
  const bool is_supplement = as_text(magic) == kSupplementMagic;
  if (version != kVersion)
    return fail(Errc::unsupported, "an export is of a version this build does not know");
  ExportManifest manifest;
  std::uint64_t made_at = 0;
  ByteView origin;
  ByteView note;
  if (!from.copy(manifest.log.bytes) || !from.copy(manifest.controller.bytes) ||
      !from.copy(manifest.proposal.bytes) || !from.u64(made_at) || !from.copy(manifest.log_key) ||
      !from.framed(kOriginBytesMax, origin) || !from.framed(kNoteBytesMax, note) ||
      !from.u64(manifest.events) || !from.u64(manifest.segments) || !from.copy(manifest.params) ||
      !from.copy(manifest.digest) || (is_supplement && !from.copy(manifest.follows)) ||
      from.remaining() != 0 || is_supplement != manifest.is_supplement())
    return malformed("a field is malformed");
  crypto::Signature signature{};
  std::ranges::copy(bytes.last(kSignatureBytes), signature.begin());
  if (!crypto::verify(manifest.log_key,
                      signed_text(is_supplement ? kSupplementSignedAs : kSignedAs, content),
                      signature))
    return fail(Errc::bad_signature, "the manifest of an export is not signed by its log's key");
  manifest.made_at.us = static_cast<std::int64_t>(made_at);
  manifest.note = std::string(as_text(note));
  CARTELLA_TRY(manifest.checkpoint,
               crypto::open_checkpoint(manifest.note, as_text(origin), manifest.log_key));
  return manifest;
}

Result<ExportManifest> write_export(const ExportParts& parts, const ControllerId& controller,
                                    const EventId& proposal, const crypto::Passphrase& receiver,
                                    crypto::PassphraseCost cost,
                                    const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::exists(folder, error))
    return fail(Errc::invalid_argument, "la cartella dell'esportazione esiste già");
  CARTELLA_TRY(store::make_directories(folder));
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error) return fail(Errc::io, "the folder of the export cannot be closed to others");
  ExportManifest manifest;
  manifest.log = parts.store.log_id();
  manifest.controller = controller;
  manifest.proposal = proposal;
  CARTELLA_TRY(const auto root,
               crypto::make_root_key(folder, crypto::Passphrase{receiver.text}, cost));
  CARTELLA_TRY(fill_manifest(parts, folder, manifest));
  CARTELLA_TRY(const auto own, own_events(parts, controller));
  const auto key = export_key(root);
  CARTELLA_TRY(write_rest(
      parts, own,
      {export_events_path(folder), key, export_binding(manifest), 0, manifest.checkpoint.size},
      export_manifest_path(folder), manifest));
  return manifest;
}

Result<std::uint64_t> events_since_export(const ExportParts& parts,
                                          const ExportManifest& exported) {
  CARTELLA_TRY(const auto own, own_events(parts, exported.controller));
  return count_own_events(parts, own, exported.checkpoint.size);
}

Result<ExportManifest> write_supplement(const ExportParts& parts, const ExportManifest& exported,
                                        const crypto::Passphrase& receiver,
                                        const std::filesystem::path& folder) {
  CARTELLA_TRY(const auto root, crypto::load_root_key(folder, crypto::Passphrase{receiver.text}));
  const auto key = export_key(root);
  CARTELLA_TRY(check_receiver(folder, exported, key));
  // One that an interrupted call left is of a shorter log.
  std::error_code error;
  std::filesystem::remove(supplement_manifest_path(folder), error);
  if (!error) std::filesystem::remove(supplement_events_path(folder), error);
  if (error) return fail(Errc::io, "un supplemento di prima non si può togliere");
  ExportManifest manifest;
  manifest.log = exported.log;
  manifest.controller = exported.controller;
  manifest.proposal = exported.proposal;
  CARTELLA_TRY(manifest.follows, digest_of_file(export_manifest_path(folder)));
  CARTELLA_TRY(fill_manifest(parts, folder, manifest));
  CARTELLA_TRY(const auto own, own_events(parts, exported.controller));
  CARTELLA_TRY(write_rest(parts, own,
                          {supplement_events_path(folder), key, export_binding(manifest),
                           exported.checkpoint.size, manifest.checkpoint.size},
                          supplement_manifest_path(folder), manifest));
  return manifest;
}

Result<std::optional<ExportManifest>> check_supplement(const std::filesystem::path& folder,
                                                       const ExportManifest& exported) {
  const auto bytes = store::read_file(supplement_manifest_path(folder), kManifestBytesMax);
  if (!bytes && bytes.error().code == Errc::not_found) return std::optional<ExportManifest>{};
  if (!bytes) return bytes.error();
  CARTELLA_TRY(auto manifest, decode_export_manifest(bytes.value()));
  CARTELLA_TRY(const auto follows, digest_of_file(export_manifest_path(folder)));
  CARTELLA_TRY(const auto digest, digest_of_file(supplement_events_path(folder)));
  if (manifest.follows != follows || manifest.log_key != exported.log_key ||
      manifest.params != exported.params || manifest.log != exported.log ||
      manifest.controller != exported.controller || manifest.proposal != exported.proposal ||
      manifest.checkpoint.origin != exported.checkpoint.origin ||
      manifest.checkpoint.size <= exported.checkpoint.size)
    return fail(Errc::corrupt, "il supplemento non è di questa esportazione");
  if (digest != manifest.digest)
    return fail(Errc::corrupt, "il supplemento dell'esportazione non è quello che fu firmato");
  return std::optional(std::move(manifest));
}

Result<ExportManifest> check_export(const std::filesystem::path& folder) {
  CARTELLA_TRY(const auto bytes, store::read_file(export_manifest_path(folder), kManifestBytesMax));
  CARTELLA_TRY(auto manifest, decode_export_manifest(bytes));
  CARTELLA_TRY(const auto params, digest_of_file(folder / "root.params"));
  CARTELLA_TRY(const auto digest, digest_of_file(export_events_path(folder)));
  if (manifest.is_supplement() || params != manifest.params || digest != manifest.digest)
    return fail(Errc::corrupt, "un file dell'esportazione non è quello che fu firmato");
  return manifest;
}

}  // namespace cartella::keeping
