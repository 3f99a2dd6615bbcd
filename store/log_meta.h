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
#include "crypto/log_eras.h"
#include "crypto/note.h"
#include "crypto/signer.h"

namespace cartella::store {

// Of a past key that was replaced in its own era: all that it signed stays.
inline constexpr std::uint64_t kNothingGivenUp = UINT64_MAX;

// Under what checkpoints were signed before: an earlier era (cases/new_era.h), or an earlier key of
// the same one.
struct PastKey {
  LogId log;
  std::string origin;
  crypto::PublicKey key{};
  std::uint64_t size = 0;  // what of its history stays; larger trees of it were given up
};
inline constexpr std::size_t kPastKeysMax = 128;

struct LogMeta {
  LogId log;  // of the present era
  std::string origin;
  crypto::PublicKey key{};    // the log key
  std::vector<PastKey> past;  // oldest first

  // Names what belongs to the log through all eras: its fixed streams, its journal, its backups.
  const LogId& first_log() const { return past.empty() ? log : past.front().log; }
  // Where the present era begins; nothing in the first one.
  std::optional<std::uint64_t> era_start() const;
  std::size_t era_count() const;  // that ended
};
crypto::LogEras eras_of(const LogMeta& meta);
// The present log id, origin and key become past ones, before they are replaced; `size` as above.
// Where there are too many, the oldest key of which nothing was given up is forgotten. False: there
// is none.
bool end_key(LogMeta& meta, std::uint64_t size);

// A checkpoint that the log itself signed, in this era or before. Empty where it is of a history
// that was given up. bad_signature, invalid_input: not of this log.
Result<std::optional<crypto::Checkpoint>> open_own_checkpoint(std::string_view note,
                                                              const LogMeta& meta);

std::filesystem::path meta_path(const std::filesystem::path& dir);
// io, out_of_space.
Status write_meta(const std::filesystem::path& dir, const LogMeta& meta);
// not_found: no store there. corrupt: damaged. unsupported: another version, or a log of the format
// CRT0. io.
Result<LogMeta> read_meta(const std::filesystem::path& dir);

// io, out_of_space.
Status write_head_copy(const std::filesystem::path& head_dir, const std::string& note);
// Empty where there is none, or only one that was given up; the newest stored checkpoint then
// stands in for it. corrupt: it is there but not a checkpoint of this log. io.
Result<std::optional<crypto::Checkpoint>> read_head_copy(const std::filesystem::path& head_dir,
                                                         const LogMeta& meta);

}  // namespace cartella::store
