// store/log_meta.h: the two small files that say which log this is and how far it was known to be.
//
// <dir>/log.meta is written when the log is made, when its key changes and with each new era; the
// head copy is the newest published checkpoint, a signed note, kept on a second path so that an
// older copy of the data directory is recognised (ledger.md 4, threat T2). Threads: free functions,
// any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "crypto/note.h"
#include "crypto/signer.h"

namespace cartella::store {

// An origin and key under which checkpoints were signed before (cases/new_era.h).
struct PastEra {
  std::string origin;
  crypto::PublicKey key{};
  std::uint64_t size = 0;  // what of its history stays; larger trees of it were given up
};
inline constexpr std::size_t kErasMax = 64;

struct LogMeta {
  LogId log;  // the same in all eras: events are sealed and signed with it
  std::string origin;
  crypto::PublicKey key{};    // the log key
  std::vector<PastEra> past;  // oldest first
};

// A checkpoint that the log itself signed, in this era or before. Empty where it is of a history
// that was given up. bad_signature, invalid_input: not of this log.
Result<std::optional<crypto::Checkpoint>> open_own_checkpoint(std::string_view note,
                                                              const LogMeta& meta);

std::filesystem::path meta_path(const std::filesystem::path& dir);
// io, out_of_space.
Status write_meta(const std::filesystem::path& dir, const LogMeta& meta);
// not_found: no store there. corrupt: damaged. unsupported: another version. io.
Result<LogMeta> read_meta(const std::filesystem::path& dir);

// io, out_of_space.
Status write_head_copy(const std::filesystem::path& head_dir, const std::string& note);
// Empty where there is none, or only one that was given up; the newest stored checkpoint then
// stands in for it. corrupt: it is there but not a checkpoint of this log. io.
Result<std::optional<crypto::Checkpoint>> read_head_copy(const std::filesystem::path& head_dir,
                                                         const LogMeta& meta);

}  // namespace cartella::store
