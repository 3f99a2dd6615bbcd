#include "keeping/controller_export.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <unordered_set>

#include "crypto/hash.h"
#include "crypto/sealed_stream.h"
#include "keeping/erasure_extent.h"
#include "keeping/signed_text.h"
#include "store/file_io.h"

namespace cartella::keeping {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kMagic = "CRXM";
constexpr std::uint8_t kVersion = 1;
constexpr auto kSignedAs = "cartella/export/1\0"sv;
constexpr std::size_t kNoteBytesMax = 16 * 1024;
constexpr std::size_t kOriginBytesMax = 512;
constexpr std::size_t kManifestBytesMax = 64 * 1024;
constexpr std::size_t kSignatureBytes = 64;

Error malformed(const char* what) {
  return fail(Errc::invalid_input, std::string("the manifest of an export: ") + what);
}

// The file, sealed piece by piece.
class SealedFile {
 public:
  SealedFile(const store::File& file, const crypto::Secret32& key, ByteView binding)
      : x_file(file), x_seal(key, binding) {}
  Status begin() { return put(x_seal.header()); }
  // A piece is written once it is sure that another one follows.
  Status add(ByteView bytes) {
    x_buffer.insert(x_buffer.end(), bytes.begin(), bytes.end());
    std::size_t at = 0;
    for (; x_buffer.size() - at > crypto::kStreamPieceBytes; at += crypto::kStreamPieceBytes) {
      const ByteView piece = ByteView(x_buffer).subspan(at, crypto::kStreamPieceBytes);
      CARTELLA_TRY(put(x_seal.seal(piece, crypto::Piece::more)));
    }
    x_buffer.erase(x_buffer.begin(), x_buffer.begin() + static_cast<std::ptrdiff_t>(at));
    return ok();
  }
  Result<Hash32> finish() {
    CARTELLA_TRY(put(x_seal.seal(x_buffer, crypto::Piece::last)));
    crypto::wipe(x_buffer.data(), x_buffer.size());
    CARTELLA_TRY(store::fsync_file(x_file));
    return x_digest.finish();
  }

 private:
  Status put(ByteView bytes) {
    CARTELLA_TRY(store::pwrite_all(x_file, x_at, bytes));
    x_at += bytes.size();
    x_digest.update(bytes);
    return ok();
  }

  const store::File& x_file;
  crypto::SealingStream x_seal;
  crypto::Sha256Stream x_digest;
  Bytes x_buffer;
  std::uint64_t x_at = 0;
};

bool is_sealed(const crypto::StoredEvent& event) {
  return event.leaf.kind == schema::LeafKind::event || event.leaf.kind == schema::LeafKind::access;
}

// Which events and which of their segments are the controller's.
struct Own {
  std::unordered_set<KeyId> keys;
  std::unordered_set<StreamId> streams;
};

class EventWriter {
 public:
  EventWriter(const ExportParts& parts, Own own, SealedFile& file)
      : x_parts(parts), x_own(std::move(own)), x_file(file) {}

  Status add(const crypto::StoredEvent& event) {
    Bytes entry;
    ByteWriter to(entry);
    const auto leaf = crypto::encode_leaf(event.leaf);
    CARTELLA_TRY(const bool shown, is_shown(event));
    if (!shown) {
      to.u8(kExportHash);
      to.raw(crypto::leaf_hash(leaf));
      return x_file.add(entry);
    }
    Bytes content;
    ByteWriter body(content);
    body.raw(leaf);
    body.u16(static_cast<std::uint16_t>(event.body.stubs.size()));
    for (std::size_t i = 0; i < event.body.stubs.size(); ++i) {
      body.raw(event.body.stubs[i].commitment);
      body.raw(event.body.stubs[i].stored_hash);
      CARTELLA_TRY(add_segment(event, i, body));
    }
    if (is_sealed(event)) ++x_events;
    to.u8(kExportEvent);
    to.framed(content);
    Status added = x_file.add(entry);
    crypto::wipe(content.data(), content.size());
    crypto::wipe(entry.data(), entry.size());
    return added;
  }
  std::uint64_t events() const { return x_events; }
  std::uint64_t segments() const { return x_segments; }

 private:
  Result<bool> is_shown(const crypto::StoredEvent& event) const {
    if (!is_sealed(event) || x_own.streams.contains(event.leaf.stream_id)) return true;
    for (const Bytes& segment : event.body.segments) {
      if (segment.empty()) continue;
      CARTELLA_TRY(const auto head, crypto::segment_head(segment));
      if (x_own.keys.contains(head.owner_key)) return true;
    }
    return false;
  }

  Result<std::optional<crypto::SegmentPreview>> open(const crypto::StoredEvent& event,
                                                     std::size_t index) {
    const Bytes& stored = event.body.segments[index];
    if (stored.empty()) return std::optional<crypto::SegmentPreview>{};
    CARTELLA_TRY(const auto head, crypto::segment_head(stored));
    if (head.owner_key.is_zero()) {
      CARTELLA_TRY(auto clear, crypto::open_clear_segment(stored));
      crypto::SegmentPreview preview;
      preview.plaintext = std::move(clear.plaintext);
      return std::optional(std::move(preview));
    }
    if (!x_own.keys.contains(head.owner_key)) return std::optional<crypto::SegmentPreview>{};
    const auto key = x_parts.vault.segment_key(head.owner_key, event.leaf.stream_id);
    if (!key && key.error().code == Errc::erased) return std::optional<crypto::SegmentPreview>{};
    if (!key) return key.error();
    const crypto::SegmentContext context{x_parts.store.eras().at(event.leaf.position),
                                         event.leaf.event_id,
                                         event.leaf.stream_id,
                                         static_cast<std::uint16_t>(index),
                                         head.owner_key,
                                         head.key_class};
    CARTELLA_TRY(auto preview, crypto::preview_segment(context, key.value(), stored));
    return std::optional(std::move(preview));
  }

  // open u8, then class, owner key, salt, schema, revision and message where it is 1.
  Status add_segment(const crypto::StoredEvent& event, std::size_t index, ByteWriter& to) {
    CARTELLA_TRY(const auto opened, open(event, index));
    to.u8(opened ? 1 : 0);
    if (!opened) return ok();
    to.u8(static_cast<std::uint8_t>(opened->key_class));
    to.raw(opened->owner_key.view());
    to.raw(opened->salt);
    to.u64(opened->plaintext.schema_id);
    to.u32(opened->plaintext.revision);
    to.framed(opened->plaintext.message);
    if (is_sealed(event)) ++x_segments;
    return ok();
  }

  const ExportParts& x_parts;
  const Own x_own;
  SealedFile& x_file;
  std::uint64_t x_events = 0;
  std::uint64_t x_segments = 0;
};

Status write_events(const ExportParts& parts, const crypto::Secret32& key,
                    const std::filesystem::path& folder, ExportManifest& manifest) {
  CARTELLA_TRY(const auto extent,
               extent_of_controller(parts.store, parts.vault, manifest.controller));
  Own own{{extent.owner_keys.begin(), extent.owner_keys.end()},
          {extent.streams.begin(), extent.streams.end()}};
  CARTELLA_TRY(const auto file, store::File::create(export_events_path(folder)));
  SealedFile sealed(file, key,
                    export_binding(manifest.log, manifest.controller, manifest.proposal));
  CARTELLA_TRY(sealed.begin());
  EventWriter writer(parts, std::move(own), sealed);
  CARTELLA_TRY(parts.store.scan(0, manifest.checkpoint.size,
                                [&](const auto& event) { return writer.add(event); }));
  CARTELLA_TRY(manifest.digest, sealed.finish());
  manifest.events = writer.events();
  manifest.segments = writer.segments();
  return ok();
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

}  // namespace

std::filesystem::path export_events_path(const std::filesystem::path& folder) {
  return folder / "events.sealed";
}

std::filesystem::path export_manifest_path(const std::filesystem::path& folder) {
  return folder / "manifest";
}

Bytes export_binding(const LogId& log, const ControllerId& controller, const EventId& proposal) {
  Bytes binding;
  ByteWriter to(binding);
  to.raw(as_bytes("cartella/export-events/1\0"sv));
  to.raw(log.bytes);
  to.raw(controller.view());
  to.raw(proposal.view());
  return binding;
}

crypto::Secret32 export_key(const crypto::Secret32& root) {
  return crypto::derive(root, "controller-export", {});
}

Bytes encode_export_manifest(const ExportManifest& manifest, const crypto::Signer& log_key) {
  Bytes bytes;
  ByteWriter to(bytes);
  to.raw(as_bytes(kMagic));
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
  const crypto::Signature signature = log_key.sign(signed_text(kSignedAs, bytes));
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
  if (!from.raw(kMagic.size(), magic) || as_text(magic) != kMagic || !from.u8(version))
    return malformed("another file");
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
      !from.copy(manifest.digest) || from.remaining() != 0)
    return malformed("a field is malformed");
  crypto::Signature signature{};
  std::ranges::copy(bytes.last(kSignatureBytes), signature.begin());
  if (!crypto::verify(manifest.log_key, signed_text(kSignedAs, content), signature))
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
  manifest.made_at = parts.clock.wall();
  manifest.log_key = parts.log_key.public_key();
  CARTELLA_TRY(const auto note, parts.store.signed_checkpoint());
  CARTELLA_TRY(manifest.note, crypto::note_signed_by(note, parts.store.origin(), manifest.log_key));
  CARTELLA_TRY(manifest.checkpoint,
               crypto::open_checkpoint(manifest.note, parts.store.origin(), manifest.log_key));
  CARTELLA_TRY(const auto root,
               crypto::make_root_key(folder, crypto::Passphrase{receiver.text}, cost));
  CARTELLA_TRY(manifest.params, digest_of_file(folder / "root.params"));
  CARTELLA_TRY(write_events(parts, export_key(root), folder, manifest));
  CARTELLA_TRY(store::replace_file(export_manifest_path(folder),
                                   encode_export_manifest(manifest, parts.log_key)));
  CARTELLA_TRY(store::fsync_dir(folder));
  return manifest;
}

Result<ExportManifest> check_export(const std::filesystem::path& folder) {
  CARTELLA_TRY(const auto bytes, store::read_file(export_manifest_path(folder), kManifestBytesMax));
  CARTELLA_TRY(auto manifest, decode_export_manifest(bytes));
  CARTELLA_TRY(const auto params, digest_of_file(folder / "root.params"));
  CARTELLA_TRY(const auto digest, digest_of_file(export_events_path(folder)));
  if (params != manifest.params || digest != manifest.digest)
    return fail(Errc::corrupt, "un file dell'esportazione non è quello che fu firmato");
  return manifest;
}

}  // namespace cartella::keeping
