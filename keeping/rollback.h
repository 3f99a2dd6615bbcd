// keeping/rollback.h: whether outsiders know of a tree that this log does not hold.
//
// The head copy on the second path is compared by the store itself. What witnesses cosigned and
// authorities time-stamped (proofs/anchors.h) is evidence that an operator cannot take back: a log
// that is shorter than an anchor, or has another root there, was rolled back or rewritten
// (ledger.md 1; threat T2). Threads: one, at start.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "crypto/signer.h"
#include "store/store.h"

namespace cartella::keeping {

// What contradicts the log, in words; nothing where no anchor does. An anchor that is damaged, or
// not of this log and key, is no evidence. io; what the store returns.
Result<std::optional<std::string>> find_rollback(const store::Store& store,
                                                 const std::filesystem::path& data_dir,
                                                 const crypto::PublicKey& log_key);

}  // namespace cartella::keeping
