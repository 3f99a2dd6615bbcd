// proofs/disclosed_segment.h: one segment as it is handed to whoever must believe it.
//
// Exact bytes, salt and schema of one segment of one event. With a bundle, which commits to it,
// they prove that exactly this was recorded. The file is as confidential as the text: its salt lets
// its holder test guesses, and nothing else of the event is in it.
// Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/leaf.h"
#include "crypto/record.h"
#include "crypto/segment.h"

namespace cartella::proofs {

inline constexpr std::size_t kSegmentFileBytesMax = 1024 * 1024;

struct DisclosedSegment {
  std::uint64_t position = 0;
  std::uint16_t index = 0;
  schema::KeyClass key_class = schema::KeyClass::base;
  KeyId owner_key;  // zero: clear
  Hash32 salt{};    // zeros: clear
  crypto::Plaintext plaintext;
};

// JSON: where it stands, what it commits with, its bytes, and its schema in words.
std::string encode_segment(const DisclosedSegment& segment);
// invalid_input: not such a file.
Result<DisclosedSegment> decode_segment(std::string_view text);

struct SegmentProof {
  std::uint64_t position = 0;
  std::uint16_t index = 0;
  std::string event_id;
  std::string stream_id;
  std::int64_t recorded_at_us = 0;
  std::string schema;   // name of the body; empty: this program does not know it
  std::string content;  // in words, field by field; empty where it cannot be told
};
// corrupt: the event recorded something else.
Result<SegmentProof> prove_segment(const DisclosedSegment& segment, const crypto::Leaf& leaf,
                                   const std::vector<crypto::Stub>& stubs);

}  // namespace cartella::proofs
