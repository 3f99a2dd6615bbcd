// keeping/rollback.h: whether outsiders know of a tree that this log does not hold.
//
// The head copy on the second path is compared by the store itself. What witnesses cosigned and
// authorities time-stamped (proofs/anchors.h) is evidence that an operator cannot take back: a log
// that is shorter than an anchor, or has another root there, was rolled back or rewritten
// (ledger.md 1; threat T2). What a witness said and did not prove by a cosignature is kept, too,
// until the log holds as much or goes on as a new era. Threads: find at start, keep from any.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "proofs/anchoring.h"
#include "store/store.h"

namespace cartella::keeping {

// What contradicts the log, in words; nothing where nothing does. An anchor that is damaged, not by
// a key that this log has or had, or of a history that was given up, is no evidence. io; what the
// store returns.
Result<std::optional<std::string>> find_rollback(const store::Store& store,
                                                 const std::filesystem::path& data_dir);

// A line of <data directory>/witness.alarm; whoever removes the file no longer believes it. io,
// out_of_space.
Status keep_witness_alarm(const store::Store& store, const std::filesystem::path& data_dir,
                          const proofs::WitnessAlarm& alarm);

}  // namespace cartella::keeping
