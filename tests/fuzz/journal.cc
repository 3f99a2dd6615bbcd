// tests/fuzz/journal.cc: a journal record, its payload and the list of segments (B-04, B-12).
//
// Noise stops at the hash, so the hash is put right first: behind it must stand a decoder that
// trusts nothing. Threads: one.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "crypto/hash.h"
#include "store/call_codec.h"
#include "store/journal_record.h"
#include "tests/fuzz/target.h"

namespace cartella::fuzz {
namespace {

// The log of the frozen examples.
LogId log_of_examples() {
  for (const std::string& value : golden_bytes("event.txt"))
    if (LogId log; value.size() == log.bytes.size()) {
      std::copy(value.begin(), value.end(), log.bytes.begin());
      return log;
    }
  std::abort();
}
const LogId kLog = log_of_examples();

void read_record(Bytes bytes) {
  if (bytes.size() >= store::kRecordHeaderBytes + store::kRecordHashBytes) {
    const std::size_t payload = (std::size_t{bytes[32 + 4]} << 24) |
                                (std::size_t{bytes[37]} << 16) | (std::size_t{bytes[38]} << 8) |
                                bytes[39];
    const std::size_t end = store::kRecordHeaderBytes + payload;
    if (end + store::kRecordHashBytes <= bytes.size()) {
      const Hash32 hash = crypto::sha256(ByteView{bytes}.first(end));
      std::memcpy(bytes.data() + end, hash.data(), hash.size());
    }
  }
  const std::uint64_t extent = store::record_extent(
      ByteView{bytes}.first(std::min<std::size_t>(bytes.size(), store::kJournalPageBytes)));
  const auto record = store::decode_record(kLog, bytes);
  if (!record) return;
  CHECK(extent >= store::kRecordHeaderBytes + record->payload.size() + store::kRecordHashBytes);
  CHECK(record->payload.size() <= bytes.size());
  const auto header = store::encode_record_header(kLog, *record);
  CHECK(std::equal(header.begin(), header.end(), bytes.begin()));
}

void read_list(Bytes bytes) {
  if (bytes.size() < 32) return;
  const Hash32 hash = crypto::sha256(ByteView{bytes}.first(bytes.size() - 32));
  std::memcpy(bytes.data() + bytes.size() - 32, hash.data(), hash.size());
  const auto list = store::decode_segment_list(kLog, bytes);
  if (list) CHECK(store::encode_segment_list(kLog, list.value()) == bytes);
}

void read_payload(ByteView bytes) {
  store::GroupView group;
  if (!store::decode_payload(bytes, group)) return;
  std::size_t events = 0;
  for (const auto& call : group.calls) events += call.event_count;
  CHECK(events == group.events.size());
}

}  // namespace

std::vector<std::string> seeds() { return golden_bytes("journal.txt"); }

void judge(ByteView bytes) {
  read_record(Bytes(bytes.begin(), bytes.end()));
  read_list(Bytes(bytes.begin(), bytes.end()));
  read_payload(bytes);
}

}  // namespace cartella::fuzz
