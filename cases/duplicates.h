// cases/duplicates.h: a silent word to whoever knew a person before.
//
// Registering somebody whom another controller knows is never refused and gives the same subject
// (ledger.md 2); whoever registers learns nothing of it. Threads: any.
#pragma once

#include <cstddef>

#include "base/ids.h"
#include "base/result.h"
#include "cases/executor.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::cases {

// To be called by whoever registered a person (Outcome.stream, also of an `existing` or `duplicate`
// outcome), after the answer has been sent: how long it takes tells whether somebody knows the
// person. Every other controller that knew the same subject before then finds one
// PossibleDuplicateNoted in its own stream of the person, naming the ente that registered and
// nothing more. What is written follows from the first event of `person` alone, so that repeating
// it writes nothing new. Returns how many were written: for tests and counters, never for whoever
// registered. not_found: no such person's stream; what open_event and execute return.
Result<std::size_t> note_duplicates(const store::Store& store, crypto::Vault& vault,
                                    Executor& executor, const StreamId& person);

}  // namespace cartella::cases
