// proofs/bundle_format.h: the frames of an auditor's bundle (docs/data_formats.md "Bundle").
//
// A bundle is one file: magic, version, then frames of type u8, length u32 and content; the last
// one counts the others and holds the SHA-256 of all bytes before it. Each value has exactly one
// spelling, so that a writer is deterministic and a reader refuses every other.
// Threads: writers and readers belong to one thread each; free functions any.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/leaf.h"
#include "crypto/record.h"

namespace cartella::proofs {

inline constexpr std::array<std::uint8_t, 4> kBundleMagic = {'C', 'R', 'T', 'B'};
inline constexpr std::uint32_t kBundleVersion = 1;
// An event has at most 256 KiB of segments and 4 KiB of stubs; notes and time-stamps 256 KiB.
inline constexpr std::size_t kFrameBytesMax = 320 * 1024;
// So that a checker, which keeps the id and at most one stream head of each event, stays below
// 512 MiB. Longer ranges are several bundles.
inline constexpr std::uint64_t kBundleEventsMax = 1ull << 21;
// Key events outside the range, and keys and eras (each with a genesis) of the whole bundle. A log
// enrols some hundred keys a year, and replaces its own once a month at most.
inline constexpr std::uint64_t kBundleOutsideMax = 1ull << 17;
inline constexpr std::size_t kBundleKeysMax = 1ull << 16;
inline constexpr std::size_t kBundleErasMax = 1024;
inline constexpr std::size_t kOriginBytesMax = 512;
inline constexpr std::size_t kTimeStampsMax = 16;
inline constexpr std::size_t kVerifierKeyBytesMax = 512;
inline constexpr std::size_t kBundlePolicyBytesMax = 64 * 1024;

enum class FrameType : std::uint8_t {
  header = 'H',      // first
  policy = 'P',      // at most one, then
  checkpoint = 'C',  // the newest, then those of smaller trees where the walk reaches their size
  outside = 'K',     // key events before the range, then those behind it; each by position
  nodes = 'N',       // full subtrees that lead the tree to a size
  event = 'E',       // each event of the range, by position
  end = 'Z',         // last
};

struct BundleHeader {
  std::string log_key;     // verifier key as crypto/note.h writes it
  std::uint64_t from = 0;  // first position of the range
  std::uint64_t to = 0;    // the position behind its last one
  std::uint64_t size = 0;  // of the tree of the newest checkpoint
};
struct BundleCheckpoint {
  std::string note;  // with cosignatures
  std::vector<Bytes> time_stamps;
};
struct BundleEvent {
  crypto::LeafBytes leaf{};
  std::vector<crypto::Stub> stubs;
  // As many as stubs where the leaf's kind has clear bodies, empty where one is sealed or erased;
  // none for the kinds event and access.
  std::vector<Bytes> segments;
};
struct OutsideEvent {
  BundleEvent event;
  std::vector<Hash32> proof;  // inclusion in the newest checkpoint's tree
};
struct BundleNodes {
  std::uint64_t to = 0;  // the tree's size afterwards
  std::vector<Hash32> hashes;
};

// Whether events of a kind have bodies without personal data, which a bundle carries.
bool has_clear_body(schema::LeafKind kind);

Bytes encode_header(const BundleHeader& header);
Bytes encode_checkpoint(const BundleCheckpoint& checkpoint);
Bytes encode_event(const BundleEvent& event);
Bytes encode_outside(const OutsideEvent& earlier);
Bytes encode_nodes(const BundleNodes& nodes);
// invalid_input: malformed, over a limit, or bytes are left over.
Result<BundleHeader> decode_header(ByteView content);
Result<BundleCheckpoint> decode_checkpoint(ByteView content);
Result<BundleEvent> decode_event(ByteView content);
Result<OutsideEvent> decode_outside(ByteView content);
Result<BundleNodes> decode_nodes(ByteView content);

class FrameWriter {
 public:
  using Sink = std::function<Status(ByteView)>;
  explicit FrameWriter(Sink sink) : x_sink(std::move(sink)) {}
  // Magic and version; once, first. What the sink returns, as all of them.
  Status begin();
  Status frame(FrameType type, ByteView content);
  // The last frame; once.
  Status end();
  std::uint64_t bytes() const { return x_bytes; }

 private:
  Status put(ByteView bytes);
  Sink x_sink;
  crypto::Sha256Stream x_hash;
  std::uint64_t x_frames = 0;
  std::uint64_t x_bytes = 0;
};

struct Frame {
  FrameType type = FrameType::end;
  Bytes content;
};

class FrameReader {
 public:
  // `from` outlives it.
  explicit FrameReader(std::istream& from) : x_from(from) {}
  // invalid_input: no bundle. unsupported: another version.
  Status begin();
  // At the end frame checks count, digest and that nothing follows. invalid_input.
  Result<Frame> next();
  std::uint64_t bytes() const { return x_bytes; }

 private:
  bool take(std::span<std::uint8_t> to);
  Status check_end(ByteView content, const Hash32& digest);
  std::istream& x_from;
  crypto::Sha256Stream x_hash;
  std::uint64_t x_frames = 0;
  std::uint64_t x_bytes = 0;
};

}  // namespace cartella::proofs
