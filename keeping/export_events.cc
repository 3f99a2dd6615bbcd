#include "keeping/export_events.h"

#include <optional>
#include <utility>

#include "crypto/hash.h"
#include "crypto/sealed_stream.h"
#include "keeping/erasure_extent.h"
#include "store/file_io.h"

namespace cartella::keeping {

namespace {

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

Result<bool> is_own(const crypto::StoredEvent& event, const OwnEvents& own) {
  if (own.streams.contains(event.leaf.stream_id)) return true;
  for (const Bytes& segment : event.body.segments) {
    if (segment.empty()) continue;
    CARTELLA_TRY(const auto head, crypto::segment_head(segment));
    if (own.keys.contains(head.owner_key)) return true;
  }
  return false;
}

class EventWriter {
 public:
  EventWriter(const ExportParts& parts, const OwnEvents& own, SealedFile& file)
      : x_parts(parts), x_own(own), x_file(file) {}

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
    if (!is_sealed(event)) return true;
    return is_own(event, x_own);
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
  const OwnEvents& x_own;
  SealedFile& x_file;
  std::uint64_t x_events = 0;
  std::uint64_t x_segments = 0;
};

}  // namespace

Result<OwnEvents> own_events(const ExportParts& parts, const ControllerId& controller) {
  CARTELLA_TRY(const auto extent, extent_of_controller(parts.store, parts.vault, controller));
  return OwnEvents{{extent.owner_keys.begin(), extent.owner_keys.end()},
                   {extent.streams.begin(), extent.streams.end()}};
}

Result<std::uint64_t> count_own_events(const ExportParts& parts, const OwnEvents& own,
                                       std::uint64_t from) {
  std::uint64_t count = 0;
  CARTELLA_TRY(
      parts.store.scan(from, parts.store.size(), [&](const crypto::StoredEvent& event) -> Status {
        if (!is_sealed(event)) return ok();
        CARTELLA_TRY(const bool is_of_it, is_own(event, own));
        count += is_of_it ? 1 : 0;
        return ok();
      }));
  return count;
}

Result<WrittenPart> write_part(const ExportParts& parts, const OwnEvents& own,
                               const SealedPart& part) {
  CARTELLA_TRY(const auto file, store::File::create(part.path));
  SealedFile sealed(file, part.key, part.binding);
  CARTELLA_TRY(sealed.begin());
  EventWriter writer(parts, own, sealed);
  CARTELLA_TRY(
      parts.store.scan(part.from, part.to, [&](const auto& event) { return writer.add(event); }));
  WrittenPart written;
  CARTELLA_TRY(written.digest, sealed.finish());
  written.events = writer.events();
  written.segments = writer.segments();
  return written;
}

}  // namespace cartella::keeping
