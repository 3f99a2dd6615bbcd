#include "store/journal_record.h"

#include <algorithm>

#include "crypto/hash.h"

namespace cartella::store {
namespace {

constexpr std::array<std::uint8_t, 4> kRecordMagic = {'C', 'R', 'J', '1'};
constexpr std::array<std::uint8_t, 4> kListMagic = {'C', 'R', 'J', 'S'};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kListHeadBytes = 64;
constexpr std::size_t kEntryBytes = 112;

void put(std::uint8_t* to, ByteView from) { std::copy(from.begin(), from.end(), to); }
Hash32 hash_at(ByteView bytes, std::size_t offset) {
  Hash32 hash;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), hash.size(), hash.begin());
  return hash;
}
bool starts_with(ByteView bytes, const std::array<std::uint8_t, 4>& magic) {
  return bytes.size() >= 8 && std::equal(magic.begin(), magic.end(), bytes.begin()) &&
         load_be32(bytes.data() + 4) == kVersion;
}

SegmentEntry decode_entry(const std::uint8_t* at) {
  SegmentEntry entry;
  entry.number = load_be32(at);
  entry.live = load_be32(at + 4) == 1;
  entry.generation = load_be64(at + 8);
  entry.bytes = load_be64(at + 16);
  entry.base.seq = load_be64(at + 24);
  entry.base.size = load_be64(at + 32);
  entry.base.root = hash_at({at, kEntryBytes}, 40);
  entry.base.hash = hash_at({at, kEntryBytes}, 72);
  return entry;
}

}  // namespace

std::uint64_t record_bytes_padded(std::size_t payload_bytes) {
  const std::uint64_t bytes = kRecordHeaderBytes + payload_bytes + kRecordHashBytes;
  return (bytes + kJournalPageBytes - 1) / kJournalPageBytes * kJournalPageBytes;
}

RecordHeader encode_record_header(const LogId& log, const JournalRecord& record) {
  RecordHeader header{};
  put(header.data(), kRecordMagic);
  store_be32(header.data() + 4, kVersion);
  store_be64(header.data() + 8, record.generation);
  store_be64(header.data() + 16, record.seq);
  store_be64(header.data() + 24, record.first_position);
  store_be32(header.data() + 32, record.event_count);
  store_be32(header.data() + 36, static_cast<std::uint32_t>(record.payload.size()));
  store_be64(header.data() + 40, record.old_size);
  store_be64(header.data() + 48, record.new_size);
  put(header.data() + 56, record.new_root);
  put(header.data() + 88, record.previous);
  put(header.data() + 120, log.bytes);
  return header;
}

std::uint64_t record_extent(ByteView first_page) {
  if (first_page.size() < kRecordHeaderBytes || !starts_with(first_page, kRecordMagic)) return 0;
  const std::uint32_t payload_bytes = load_be32(first_page.data() + 36);
  if (payload_bytes > kJournalPayloadBytesMax) return 0;
  return record_bytes_padded(payload_bytes);
}

std::optional<JournalRecord> decode_record(const LogId& log, ByteView bytes) {
  const std::uint64_t extent = record_extent(bytes);
  if (extent == 0 || extent > bytes.size()) return std::nullopt;
  const std::size_t hashed = kRecordHeaderBytes + load_be32(bytes.data() + 36);
  JournalRecord record;
  record.hash = hash_at(bytes, hashed);
  if (crypto::sha256(bytes.first(hashed)) != record.hash) return std::nullopt;
  if (hash_at(bytes, 120) != log.bytes || load_be64(bytes.data() + 152) != 0) return std::nullopt;
  record.generation = load_be64(bytes.data() + 8);
  record.seq = load_be64(bytes.data() + 16);
  record.first_position = load_be64(bytes.data() + 24);
  record.event_count = load_be32(bytes.data() + 32);
  record.old_size = load_be64(bytes.data() + 40);
  record.new_size = load_be64(bytes.data() + 48);
  record.new_root = hash_at(bytes, 56);
  record.previous = hash_at(bytes, 88);
  record.payload = bytes.subspan(kRecordHeaderBytes, hashed - kRecordHeaderBytes);
  return record;
}

bool continues_chain(const ChainPoint& end, std::uint64_t generation, const JournalRecord& record) {
  return record.generation == generation && record.seq == end.seq + 1 &&
         record.previous == end.hash && record.old_size == end.size &&
         record.first_position == end.size && record.new_size == end.size + record.event_count;
}

ChainPoint point_after(const JournalRecord& record) {
  return {record.seq, record.new_size, record.new_root, record.hash};
}

Bytes encode_segment_list(const LogId& log, const SegmentList& list) {
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.raw(kListMagic);
  writer.u32(kVersion);
  writer.u64(list.epoch);
  writer.raw(log.bytes);
  writer.u64(list.generation_max);
  writer.u32(static_cast<std::uint32_t>(list.entries.size()));
  writer.u32(0);
  for (const SegmentEntry& entry : list.entries) {
    writer.u32(entry.number);
    writer.u32(entry.live ? 1 : 0);
    writer.u64(entry.generation);
    writer.u64(entry.bytes);
    writer.u64(entry.base.seq);
    writer.u64(entry.base.size);
    writer.raw(entry.base.root);
    writer.raw(entry.base.hash);
    writer.u64(0);
  }
  const Hash32 hash = crypto::sha256(ByteView(bytes));
  writer.raw(hash);
  return bytes;
}

Result<SegmentList> decode_segment_list(const LogId& log, ByteView bytes) {
  if (bytes.size() < kListHeadBytes + kRecordHashBytes || !starts_with(bytes, kListMagic)) {
    return fail(Errc::corrupt, "it is no list of journal segments");
  }
  const std::size_t hashed = bytes.size() - kRecordHashBytes;
  if (crypto::sha256(bytes.first(hashed)) != hash_at(bytes, hashed)) {
    return fail(Errc::corrupt, "its hash does not match");
  }
  if (hash_at(bytes, 16) != log.bytes) {
    return fail(Errc::invalid_argument, "it belongs to another log");
  }
  SegmentList list;
  list.epoch = load_be64(bytes.data() + 8);
  list.generation_max = load_be64(bytes.data() + 48);
  const std::size_t count = load_be32(bytes.data() + 56);
  if (hashed != kListHeadBytes + count * kEntryBytes) {
    return fail(Errc::corrupt, "its length does not match its entry count");
  }
  for (std::size_t i = 0; i < count; ++i) {
    list.entries.push_back(decode_entry(bytes.data() + kListHeadBytes + i * kEntryBytes));
  }
  if (list.entries.empty() || !list.entries.front().live) {
    return fail(Errc::corrupt, "it names no live segment");
  }
  // One list has one form: what stands in a reserved field would be lost when it is written again.
  if (const Bytes again = encode_segment_list(log, list);
      !std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) {
    return fail(Errc::corrupt, "a reserved field holds something");
  }
  return list;
}

}  // namespace cartella::store
