// cases/access_retention.h: ends the keeping of access records (AT-03).
//
// A month of accesses is read for its term, 24 months or longer, and a margin (access_term_end);
// then its key and its stream's secret are destroyed, and with the secret the reasons that stand
// there under the keys of persons. Leaves and stored bytes stay, so that every proof verifies and
// all that can be proved is that an access was recorded. While a legal hold stands on anybody of
// its controller, a month is kept (ledger.md 7). Steps: ErasureDecided, the vault,
// ErasureCompleted, both clear in the stream of the log's own events. A decision that was not
// completed is completed by the next call.
// Threads: one call at a time; looks are recorded meanwhile.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cases/executor.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::cases {

// A copy of the vault lives no longer than this (ledger.md 6).
inline constexpr int kVaultCopyDays = 30;

// A month about to go: whoever keeps a register of erasures writes it before the keys are gone.
struct MonthErasure {
  EventId decision;
  std::uint64_t position = 0;  // of that event
  TimeUs decided_at;
  std::span<const KeyId> owner_keys;
  StreamId stream;
};
using MonthRegister = std::function<Status(const MonthErasure&)>;
// Those that could still undo it, asked for once the keys are gone.
using CopiesLeft = std::function<std::vector<VaultCopy>()>;

// How many months were erased. An error of `list` ends the work there. What Executor::execute
// returns: clock_suspect where the clock is not believed, and then nothing is destroyed that was
// not decided before; what the store and the vault return.
Result<std::size_t> expire_access_months(const store::Store& store, crypto::Vault& vault,
                                         Executor& executor, const Clock& clock,
                                         const MonthRegister& list = {},
                                         const CopiesLeft& copies = {});

}  // namespace cartella::cases
