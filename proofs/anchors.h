// proofs/anchors.h: what outsiders have said of this log's checkpoints, kept beside it.
//
// A checkpoint becomes evidence against its own operator when a witness has cosigned it or a
// time-stamp authority has sealed its bytes (ledger.md 5). Both are public and hold no personal
// data. They are kept under <data directory>/anchors, one file a checkpoint, written by temp,
// fsync, rename, directory sync: losing the newest costs evidence, never events, so they do not
// pass through the journal. Threads: one writer; any number of readers, in other processes too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace cartella::proofs {

struct Anchor {
  std::uint64_t size = 0;  // of the tree that the checkpoint is about
  std::string note;        // the signed checkpoint, with a line for each cosignature so far
  // RFC 3161 responses (DER), each over SHA-256 of one of its stamped_notes (time_stamp.h).
  std::vector<Bytes> time_stamps;
};

// `kept`, the note of an anchor, with the lines of `note` that it lacks: a new log key's, for one.
// As it is where the two are of different texts. invalid_input: either is no signed note.
Result<std::string> with_lines_of(std::string kept, std::string_view note);

// At most this many bytes of note, cosignatures and time-stamps stand in one file.
inline constexpr std::size_t kAnchorBytesMax = 256 * 1024;

class AnchorFolder {
 public:
  // Makes the folder where it is missing. io.
  static Result<AnchorFolder> open(const std::filesystem::path& data_dir);

  // Replaces what is kept of that checkpoint. io, out_of_space; invalid_argument: over the limit.
  Status put(const Anchor& anchor) const;
  // nullopt: nothing is kept of it. io; corrupt names the file.
  Result<std::optional<Anchor>> find(std::uint64_t size) const;
  // Sizes that something is kept of, ascending. io.
  Result<std::vector<std::uint64_t>> sizes() const;
  // What is kept of that size is of a history that was given up: it stays beside, as
  // <size>.anchor.given-up. io.
  Status set_aside(std::uint64_t size) const;
  // Forgets one that newer anchors make needless; nothing where it is not there. io.
  Status remove(std::uint64_t size) const;

 private:
  explicit AnchorFolder(std::filesystem::path dir) : x_dir(std::move(dir)) {}
  std::filesystem::path x_dir;
};

}  // namespace cartella::proofs
