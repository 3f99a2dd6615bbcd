#include "proofs/bundle_format.h"

#include <istream>

namespace cartella::proofs {

namespace {

constexpr std::size_t kPreambleBytes = 8;  // magic and version
constexpr std::size_t kFrameHeadBytes = 5;
constexpr std::size_t kEndBytes = 8 + sizeof(Hash32);
constexpr std::size_t kHashesMax = 64;  // a tree of 2^64 leaves
constexpr std::size_t kNodesMax = 128;  // one less than two per level

Error malformed(const char* what) {
  return fail(Errc::invalid_input, std::string("il fascicolo è malformato: ") + what);
}

std::array<std::uint8_t, kPreambleBytes> preamble() {
  std::array<std::uint8_t, kPreambleBytes> bytes{};
  std::copy(kBundleMagic.begin(), kBundleMagic.end(), bytes.begin());
  store_be32(bytes.data() + kBundleMagic.size(), kBundleVersion);
  return bytes;
}

std::array<std::uint8_t, kFrameHeadBytes> frame_head(FrameType type, std::size_t length) {
  std::array<std::uint8_t, kFrameHeadBytes> head{static_cast<std::uint8_t>(type)};
  store_be32(head.data() + 1, static_cast<std::uint32_t>(length));
  return head;
}

void put_hashes(ByteWriter& to, const std::vector<Hash32>& hashes) {
  to.u16(static_cast<std::uint16_t>(hashes.size()));
  for (const Hash32& hash : hashes) to.raw(hash);
}

bool take_hashes(ByteReader& from, std::size_t count_max, std::vector<Hash32>& hashes) {
  std::uint16_t count = 0;
  if (!from.u16(count) || count > count_max) return false;
  hashes.resize(count);
  for (Hash32& hash : hashes)
    if (!from.copy(hash)) return false;
  return true;
}

void put_event(ByteWriter& to, const BundleEvent& event) {
  to.raw(event.leaf);
  to.u16(static_cast<std::uint16_t>(event.stubs.size()));
  for (const crypto::Stub& stub : event.stubs) {
    to.raw(stub.commitment);
    to.raw(stub.stored_hash);
  }
  for (const Bytes& segment : event.segments) to.framed(segment);
}

constexpr std::size_t kKindAt = 5;  // of a leaf

bool take_event(ByteReader& from, BundleEvent& event) {
  std::uint16_t count = 0;
  if (!from.copy(event.leaf) || !from.u16(count) || count == 0 || count > crypto::kSegmentsMax)
    return false;
  event.stubs.resize(count);
  for (crypto::Stub& stub : event.stubs)
    if (!from.copy(stub.commitment) || !from.copy(stub.stored_hash)) return false;
  event.segments.clear();
  if (!has_clear_body(static_cast<schema::LeafKind>(event.leaf[kKindAt]))) return true;
  for (std::uint16_t i = 0; i < count; ++i) {
    ByteView segment;
    if (!from.framed(crypto::kEventBytesMax, segment)) return false;
    event.segments.emplace_back(segment.begin(), segment.end());
  }
  return true;
}

}  // namespace

bool has_clear_body(schema::LeafKind kind) {
  return kind != schema::LeafKind::event && kind != schema::LeafKind::access;
}

Bytes encode_header(const BundleHeader& header) {
  Bytes content;
  ByteWriter to(content);
  to.framed(as_bytes(header.log_key));
  to.u64(header.from);
  to.u64(header.to);
  to.u64(header.size);
  return content;
}

Result<BundleHeader> decode_header(ByteView content) {
  ByteReader from(content);
  BundleHeader header;
  ByteView key;
  if (!from.framed(kVerifierKeyBytesMax, key) || !from.u64(header.from) || !from.u64(header.to) ||
      !from.u64(header.size) || from.remaining() != 0)
    return malformed("intestazione");
  header.log_key = std::string(as_text(key));
  if (header.from >= header.to || header.to > header.size ||
      header.to - header.from > kBundleEventsMax)
    return malformed("intervallo di posizioni");
  return header;
}

Bytes encode_checkpoint(const BundleCheckpoint& checkpoint) {
  Bytes content;
  ByteWriter to(content);
  to.framed(as_bytes(checkpoint.note));
  to.u16(static_cast<std::uint16_t>(checkpoint.time_stamps.size()));
  for (const Bytes& time_stamp : checkpoint.time_stamps) to.framed(time_stamp);
  return content;
}

Result<BundleCheckpoint> decode_checkpoint(ByteView content) {
  ByteReader from(content);
  BundleCheckpoint checkpoint;
  ByteView note;
  std::uint16_t count = 0;
  if (!from.framed(kFrameBytesMax, note) || !from.u16(count) || count > kTimeStampsMax)
    return malformed("checkpoint");
  checkpoint.note = std::string(as_text(note));
  for (std::uint16_t i = 0; i < count; ++i) {
    ByteView time_stamp;
    if (!from.framed(kFrameBytesMax, time_stamp)) return malformed("marca temporale");
    checkpoint.time_stamps.emplace_back(time_stamp.begin(), time_stamp.end());
  }
  if (from.remaining() != 0) return malformed("checkpoint");
  return checkpoint;
}

Bytes encode_event(const BundleEvent& event) {
  Bytes content;
  ByteWriter to(content);
  put_event(to, event);
  return content;
}

Result<BundleEvent> decode_event(ByteView content) {
  ByteReader from(content);
  BundleEvent event;
  if (!take_event(from, event) || from.remaining() != 0) return malformed("evento");
  return event;
}

Bytes encode_outside(const OutsideEvent& outside) {
  Bytes content;
  ByteWriter to(content);
  put_event(to, outside.event);
  put_hashes(to, outside.proof);
  return content;
}

Result<OutsideEvent> decode_outside(ByteView content) {
  ByteReader from(content);
  OutsideEvent outside;
  if (!take_event(from, outside.event) || !take_hashes(from, kHashesMax, outside.proof) ||
      from.remaining() != 0)
    return malformed("evento fuori dall'intervallo");
  return outside;
}

Bytes encode_nodes(const BundleNodes& nodes) {
  Bytes content;
  ByteWriter to(content);
  to.u64(nodes.to);
  put_hashes(to, nodes.hashes);
  return content;
}

Result<BundleNodes> decode_nodes(ByteView content) {
  ByteReader from(content);
  BundleNodes nodes;
  if (!from.u64(nodes.to) || !take_hashes(from, kNodesMax, nodes.hashes) || from.remaining() != 0)
    return malformed("nodi dell'albero");
  return nodes;
}

Status FrameWriter::put(ByteView bytes) {
  x_hash.update(bytes);
  x_bytes += bytes.size();
  return x_sink(bytes);
}

Status FrameWriter::begin() { return put(preamble()); }

Status FrameWriter::frame(FrameType type, ByteView content) {
  if (content.size() > kFrameBytesMax)
    return fail(Errc::invalid_argument, "una parte del fascicolo è troppo lunga");
  ++x_frames;
  CARTELLA_TRY(put(frame_head(type, content.size())));
  return put(content);
}

Status FrameWriter::end() {
  Bytes content;
  ByteWriter to(content);
  to.u64(x_frames);
  to.raw(x_hash.finish());
  CARTELLA_TRY(x_sink(frame_head(FrameType::end, content.size())));
  x_bytes += kFrameHeadBytes + content.size();
  return x_sink(content);
}

bool FrameReader::take(std::span<std::uint8_t> to) {
  x_from.read(reinterpret_cast<char*>(to.data()), static_cast<std::streamsize>(to.size()));
  const auto count = static_cast<std::size_t>(x_from.gcount());
  x_bytes += count;
  return count == to.size();
}

Status FrameReader::begin() {
  std::array<std::uint8_t, kPreambleBytes> read{};
  if (!take(read) || !std::equal(kBundleMagic.begin(), kBundleMagic.end(), read.begin()))
    return fail(Errc::invalid_input, "questo file non è un fascicolo di Cartella");
  if (read != preamble())
    return fail(Errc::unsupported, "questo fascicolo ha una versione che il programma non conosce");
  x_hash.update(read);
  return ok();
}

Result<Frame> FrameReader::next() {
  std::array<std::uint8_t, kFrameHeadBytes> head{};
  if (!take(head)) return malformed("finisce prima della sua fine");
  const std::uint32_t length = load_be32(head.data() + 1);
  if (length > kFrameBytesMax) return malformed("una parte è troppo lunga");
  Frame frame;
  frame.type = static_cast<FrameType>(head[0]);
  frame.content.resize(length);
  if (frame.type == FrameType::end) {
    const Hash32 digest = x_hash.finish();
    if (length != kEndBytes || !take(frame.content)) return malformed("fine");
    CARTELLA_TRY(check_end(frame.content, digest));
    return frame;
  }
  if (!take(frame.content)) return malformed("finisce prima della sua fine");
  x_hash.update(head);
  x_hash.update(frame.content);
  ++x_frames;
  return frame;
}

Status FrameReader::check_end(ByteView content, const Hash32& digest) {
  if (load_be64(content.data()) != x_frames) return malformed("numero delle parti");
  if (!std::equal(digest.begin(), digest.end(), content.begin() + 8))
    return malformed("la somma di controllo non corrisponde");
  std::uint8_t more = 0;
  if (take({&more, 1})) return malformed("qualcosa segue la sua fine");
  return ok();
}

}  // namespace cartella::proofs
