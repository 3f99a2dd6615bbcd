// cases/earlier_command.h: what a command id did before, looked up before anything is decided.
//
// Threads: free functions, any thread.
#pragma once

#include <optional>

#include "cases/executor.h"

namespace cartella::cases {

// Empty: the id is new. idempotency_conflict: it was another command. erased: its keys are gone, so
// that it cannot be told. corrupt: what is stored does not open.
Result<std::optional<Outcome>> find_earlier(const store::Store& store, crypto::Vault& vault,
                                            const CommandContext& context, const Command& command);

// What a call that stands in the log has done. erased: its header's key is gone. corrupt, io.
Result<Outcome> outcome_of(const store::Store& store, crypto::Vault& vault,
                           const store::Receipt& receipt);

}  // namespace cartella::cases
