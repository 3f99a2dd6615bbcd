// The receiver's side of keeping/controller_export.h.
#include <algorithm>
#include <string>
#include <unordered_map>

#include "crypto/merkle.h"
#include "crypto/sealed_stream.h"
#include "keeping/controller_export.h"
#include "store/file_io.h"

namespace cartella::keeping {

namespace {

Error broken(std::uint64_t position, const char* what) {
  return fail(Errc::corrupt, "esportazione, posizione " + std::to_string(position) + ": " + what);
}

// The plaintext of events.sealed, as many bytes as are asked for.
class OpenedFile {
 public:
  OpenedFile(store::File file, std::uint64_t size, crypto::OpeningStream stream)
      : x_file(std::move(file)), x_size(size), x_stream(std::move(stream)) {}

  static Result<OpenedFile> begin(const std::filesystem::path& path, const crypto::Secret32& key,
                                  ByteView binding) {
    CARTELLA_TRY(auto file, store::File::open_read(path));
    CARTELLA_TRY(const auto size, file.size());
    if (size < crypto::kStreamHeaderBytes + crypto::kStreamPieceOverhead)
      return fail(Errc::corrupt, "the events of an export are cut short");
    Bytes header(crypto::kStreamHeaderBytes);
    CARTELLA_TRY(store::pread_all(file, 0, header));
    CARTELLA_TRY(auto stream, crypto::OpeningStream::begin(key, binding, header));
    return OpenedFile(std::move(file), size, std::move(stream));
  }
  // Valid until the next call. wrong_passphrase: not even the first piece opens.
  Result<ByteView> take(std::size_t count) {
    while (x_plain.size() - x_used < count) {
      CARTELLA_TRY(open_piece());
    }
    const ByteView taken = ByteView(x_plain).subspan(x_used, count);
    x_used += count;
    return taken;
  }
  bool is_at_end() const { return x_used == x_plain.size() && x_at == x_size; }

 private:
  Status open_piece() {
    constexpr std::uint64_t kFull = crypto::kStreamPieceBytes + crypto::kStreamPieceOverhead;
    if (x_at == x_size) return fail(Errc::corrupt, "the events of an export are cut short");
    Bytes sealed(std::min(kFull, x_size - x_at));
    CARTELLA_TRY(store::pread_all(x_file, x_at, sealed));
    const bool is_first = x_at == crypto::kStreamHeaderBytes;
    x_at += sealed.size();
    const auto kind = x_at == x_size ? crypto::Piece::last : crypto::Piece::more;
    const auto opened = x_stream.open(sealed, kind);
    if (!opened)
      return is_first ? fail(Errc::wrong_passphrase, "la frase non apre questa esportazione")
                      : fail(Errc::corrupt, "a piece of the export does not open");
    x_plain.erase(x_plain.begin(), x_plain.begin() + static_cast<std::ptrdiff_t>(x_used));
    x_used = 0;
    x_plain.insert(x_plain.end(), opened.value().begin(), opened.value().end());
    return ok();
  }

  store::File x_file;
  std::uint64_t x_size = 0;
  crypto::OpeningStream x_stream;
  std::uint64_t x_at = crypto::kStreamHeaderBytes;
  Bytes x_plain;
  std::size_t x_used = 0;
};

bool read_segment(ByteReader& from, std::uint64_t position, std::uint16_t index,
                  ExportedEvent& event) {
  std::uint8_t open = 0;
  if (!from.u8(open) || open > 1) return false;
  if (open == 0) return true;
  proofs::DisclosedSegment segment;
  segment.position = position;
  segment.index = index;
  std::uint8_t key_class = 0;
  ByteView message;
  if (!from.u8(key_class) || key_class > static_cast<std::uint8_t>(schema::KeyClass::access) ||
      !from.copy(segment.owner_key.bytes) || !from.copy(segment.salt) ||
      !from.u64(segment.plaintext.schema_id) || !from.u32(segment.plaintext.revision) ||
      !from.framed(crypto::kPlaintextBytesMax, message))
    return false;
  segment.key_class = static_cast<schema::KeyClass>(key_class);
  segment.plaintext.message.assign(message.begin(), message.end());
  event.segments.push_back(std::move(segment));
  return true;
}

Result<ExportedEvent> read_event(std::uint64_t position, ByteView content) {
  ByteReader from(content);
  ByteView leaf;
  std::uint16_t count = 0;
  if (!from.raw(crypto::kLeafBytes, leaf) || !from.u16(count) || count > crypto::kSegmentsMax)
    return broken(position, "l'evento è malformato");
  ExportedEvent event;
  CARTELLA_TRY(event.leaf, crypto::decode_leaf(leaf));
  if (event.leaf.position != position) return broken(position, "l'evento è di un'altra posizione");
  for (std::uint16_t i = 0; i < count; ++i) {
    crypto::Stub stub;
    if (!from.copy(stub.commitment) || !from.copy(stub.stored_hash) ||
        !read_segment(from, position, i, event))
      return broken(position, "un segmento è malformato");
    event.stubs.push_back(stub);
  }
  if (from.remaining() != 0) return broken(position, "dopo l'evento c'è altro");
  return event;
}

// What one event is to the others: tree, stream, commitments.
class ExportCheck {
 public:
  explicit ExportCheck(ExportReport& report) : x_report(report) {}
  void add_hash(const Hash32& hash) { x_tree.append(hash); }
  Status add(const ExportedEvent& event) {
    const Hash32 hash = crypto::leaf_hash(crypto::encode_leaf(event.leaf));
    x_tree.append(hash);
    CARTELLA_TRY(check_stream(event.leaf, hash));
    crypto::StoredEvent stored{event.leaf, {event.stubs, {}}};
    stored.body.segments.resize(event.stubs.size());
    CARTELLA_TRY(crypto::check_body(stored));
    for (const auto& segment : event.segments) {
      CARTELLA_TRY(proofs::prove_segment(segment, event.leaf, event.stubs));
    }
    const bool is_clear =
        event.leaf.kind != schema::LeafKind::event && event.leaf.kind != schema::LeafKind::access;
    if (is_clear) {
      ++x_report.clear;
      return ok();
    }
    ++x_report.events;
    x_report.segments += event.segments.size();
    x_report.closed_segments += event.stubs.size() - event.segments.size();
    return ok();
  }
  // Of the export, then of its supplement.
  Status finish(const ExportManifest& manifest) {
    x_report.streams = x_streams.size();
    if (x_tree.size() != manifest.checkpoint.size || x_tree.root() != manifest.checkpoint.root)
      return fail(Errc::corrupt, "gli eventi dell'esportazione non danno la radice firmata");
    if (x_report.events - x_events != manifest.events ||
        x_report.segments - x_segments != manifest.segments)
      return fail(Errc::corrupt, "gli eventi dell'esportazione non sono quelli dichiarati");
    x_events = x_report.events;
    x_segments = x_report.segments;
    return ok();
  }

 private:
  struct Head {
    std::uint64_t revision = 0;
    Hash32 leaf_hash{};
  };
  // A stream that is here from its beginning is here without a gap.
  Status check_stream(const crypto::Leaf& leaf, const Hash32& hash) {
    const auto at = x_streams.find(leaf.stream_id);
    if (at == x_streams.end()) {
      if (leaf.revision == 0) x_streams[leaf.stream_id] = {0, hash};
      return ok();
    }
    if (leaf.revision != at->second.revision + 1 || leaf.previous_leaf_hash != at->second.leaf_hash)
      return broken(leaf.position, "al flusso manca un evento");
    at->second = {leaf.revision, hash};
    return ok();
  }

  ExportReport& x_report;
  std::uint64_t x_events = 0;  // of the parts before
  std::uint64_t x_segments = 0;
  crypto::Frontier x_tree;
  std::unordered_map<StreamId, Head> x_streams;
};

Status read_entry(OpenedFile& file, std::uint64_t position, ExportCheck& check,
                  const ExportVisitor& each) {
  CARTELLA_TRY(const auto kind, file.take(1));
  if (kind[0] == kExportHash) {
    Hash32 hash{};
    CARTELLA_TRY(const auto bytes, file.take(hash.size()));
    std::ranges::copy(bytes, hash.begin());
    check.add_hash(hash);
    return ok();
  }
  if (kind[0] != kExportEvent) return broken(position, "una voce di specie ignota");
  CARTELLA_TRY(const auto length_bytes, file.take(4));
  const std::uint32_t length = load_be32(length_bytes.data());
  if (length > kExportEventBytesMax) return broken(position, "un evento troppo grande");
  CARTELLA_TRY(const auto content, file.take(length));
  CARTELLA_TRY(const auto event, read_event(position, content));
  CARTELLA_TRY(check.add(event));
  return each ? each(event) : ok();
}

struct Part {
  const ExportManifest& manifest;
  std::filesystem::path path;
  std::uint64_t from = 0;
};

Status read_part(const Part& part, const crypto::Secret32& key, ExportCheck& check,
                 const ExportVisitor& each) {
  CARTELLA_TRY(auto file, OpenedFile::begin(part.path, key, export_binding(part.manifest)));
  for (std::uint64_t position = part.from; position < part.manifest.checkpoint.size; ++position) {
    CARTELLA_TRY(read_entry(file, position, check, each));
  }
  if (!file.is_at_end()) return fail(Errc::corrupt, "dopo l'ultimo evento c'è altro");
  return check.finish(part.manifest);
}

}  // namespace

Status check_receiver(const std::filesystem::path& folder, const ExportManifest& exported,
                      const crypto::Secret32& key) {
  CARTELLA_TRY(auto file,
               OpenedFile::begin(export_events_path(folder), key, export_binding(exported)));
  CARTELLA_TRY(file.take(1));
  return ok();
}

Result<ExportReport> read_export(const std::filesystem::path& folder,
                                 const crypto::Passphrase& receiver,
                                 const std::optional<crypto::PublicKey>& trusted,
                                 const ExportVisitor& each) {
  ExportReport report;
  CARTELLA_TRY(report.manifest, check_export(folder));
  if (trusted && *trusted != report.manifest.log_key)
    return fail(Errc::bad_signature, "l'esportazione è firmata con un'altra chiave");
  CARTELLA_TRY(report.supplement, check_supplement(folder, report.manifest));
  CARTELLA_TRY(const auto root, crypto::load_root_key(folder, crypto::Passphrase{receiver.text}));
  const auto key = export_key(root);
  ExportCheck check(report);
  CARTELLA_TRY(read_part({report.manifest, export_events_path(folder), 0}, key, check, each));
  if (report.supplement) {
    CARTELLA_TRY(read_part(
        {*report.supplement, supplement_events_path(folder), report.manifest.checkpoint.size}, key,
        check, each));
  }
  return report;
}

}  // namespace cartella::keeping
