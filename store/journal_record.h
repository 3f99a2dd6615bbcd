// store/journal_record.h: the bytes of one journal record and of the list of segments.
//
// Record (big-endian), padded with zeros to a multiple of 4 KiB, at a 4 KiB boundary:
//     0   4  magic "CRJ1"
//     4   4  version, 1
//     8   8  generation of the segment, which rises each time a segment file is used again
//    16   8  seq, from 1, one more for every record of the journal's life
//    24   8  first position
//    32   4  event count
//    36   4  payload length n
//    40   8  old size: events in the tree before
//    48   8  new size = old size + event count
//    56  32  new root
//    88  32  SHA-256 of the previous record (its last field); zeros before the first ever
//   120  32  log id
//   152   8  zero
//   160   n  payload
// 160+n  32  SHA-256 of all before
//
// List of segments, file `segments`, replaced as a whole: it says which files must be there and
// what each must start with, so that a missing one is seen and its positions can be named:
//     0   4  magic "CRJS"
//     4   4  version, 1
//     8   8  epoch: rises with each change; of two copies the higher one counts
//    16  32  log id
//    48   8  highest generation ever given
//    56   4  entry count k
//    60   4  zero
//    64 112k entries: live ones by generation, then free ones
//         0   4  number: the file is NNNNNN.seg
//         4   4  1 live, 0 free
//         8   8  generation
//        16   8  size of the file
//        24   8  seq of the last record before the segment (0: none)
//        32   8  tree size there
//        40  32  root there
//        72  32  hash of that record
//       104   8  zero
//  then  32  SHA-256 of all before
// Threads: values and free functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/journal.h"

namespace cartella::store {

inline constexpr std::uint64_t kJournalPageBytes = 4096;
inline constexpr std::size_t kRecordHeaderBytes = 160;
inline constexpr std::size_t kRecordHashBytes = 32;
using RecordHeader = std::array<std::uint8_t, kRecordHeaderBytes>;

// A place in the chain: what stands after the record `seq`.
struct ChainPoint {
  std::uint64_t seq = 0;
  std::uint64_t size = 0;
  Hash32 root{};
  Hash32 hash{};
};

struct SegmentEntry {
  std::uint32_t number = 0;
  bool live = false;
  std::uint64_t generation = 0;
  std::uint64_t bytes = 0;
  ChainPoint base;  // where its first record follows on
};

struct SegmentList {
  std::uint64_t epoch = 0;
  std::uint64_t generation_max = 0;
  std::vector<SegmentEntry> entries;
};

std::uint64_t record_bytes_padded(std::size_t payload_bytes);
RecordHeader encode_record_header(const LogId& log, const JournalRecord& record);
// Padded length of the record whose first page this is; 0 where no record starts.
std::uint64_t record_extent(ByteView first_page);
// Empty where the bytes are no whole record of this log. The payload points into `bytes`.
std::optional<JournalRecord> decode_record(const LogId& log, ByteView bytes);
// Whether `record` is the one that must follow `end` in a segment of this generation.
bool continues_chain(const ChainPoint& end, std::uint64_t generation, const JournalRecord& record);
ChainPoint point_after(const JournalRecord& record);

Bytes encode_segment_list(const LogId& log, const SegmentList& list);
// corrupt: a hash, length or field does not fit; invalid_argument: it belongs to another log.
Result<SegmentList> decode_segment_list(const LogId& log, ByteView bytes);

}  // namespace cartella::store
