// store/log_meta.h: the two small files that say which log this is and how far it was known to be.
//
// <dir>/log.meta is written when the log is made and when its key changes; the head copy is the
// newest published checkpoint, a signed note, kept on a second path so that an older copy of the
// data directory is recognised (ledger.md 4, threat T2). Threads: free functions, any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "crypto/note.h"
#include "crypto/signer.h"

namespace cartella::store {

struct LogMeta {
  LogId log;
  std::string origin;
  crypto::PublicKey key{};  // the log key
};

std::filesystem::path meta_path(const std::filesystem::path& dir);
// io, out_of_space.
Status write_meta(const std::filesystem::path& dir, const LogMeta& meta);
// not_found: no store there. corrupt: damaged. unsupported: another version. io.
Result<LogMeta> read_meta(const std::filesystem::path& dir);

// io, out_of_space.
Status write_head_copy(const std::filesystem::path& head_dir, const std::string& note);
// Empty where there is none; the newest stored checkpoint then stands in for it. corrupt: it is
// there but not a checkpoint of this log. io.
Result<std::optional<crypto::Checkpoint>> read_head_copy(const std::filesystem::path& head_dir,
                                                         const LogMeta& meta);

}  // namespace cartella::store
