// keeping/older_head.h: a log goes on from an older head, under another name and key.
//
// Whoever restored an older copy, and has nothing newer, accepts it: log.meta takes a new log
// id, origin and key and remembers the ones before, the head that was given up is kept beside the
// head copy, and the old key is destroyed, so that nobody signs two histories with it. Each step is
// durable, and a call that was interrupted is repeated. Threads: one, while nothing is appended.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "cases/new_era.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "keeping/log_keys.h"
#include "store/log_meta.h"
#include "store/store.h"

namespace cartella::keeping {

// Whether log.meta names an era that the log does not hold the genesis of.
bool is_unfinished_era(const store::LogMeta& meta, const store::Store& store);

// Begins the era on the disk, with a fresh one of `keys`; the store must then be closed and opened
// again. refused: the log is not older than what is known of it. io, out_of_space; what Vault
// returns.
Status begin_era(const std::filesystem::path& data_dir, const std::filesystem::path& head_dir,
                 const store::Store& store, crypto::Vault& vault, LogKeys& keys);
// What the genesis of the unfinished era must say.
Result<cases::NewEra> describe_era(const std::filesystem::path& head_dir,
                                   const store::LogMeta& meta, const std::string& reason);

}  // namespace cartella::keeping
