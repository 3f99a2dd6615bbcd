// cases/completed_erasures.h: which erasures the log says were carried out to their end.
//
// Completions are clear events, of months of accesses in the stream of the log's own events, of all
// others in the organisation's: no key is needed. Threads: free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "crypto/record.h"
#include "store/store.h"

namespace cartella::cases {

struct CompletedErasure {
  EventId decision;
  std::uint64_t position = 0;  // of the completion
};

// The decision that the event completes; nothing where it is no completion. invalid_input: the
// event does not decode.
Result<std::optional<EventId>> completed_decision_of(const crypto::StoredEvent& event);
// Of persons, items, controllers and months of accesses, in the order in which they were completed.
// Reads both streams once. What completed_decision_of and Store::read_stream return.
Result<std::vector<CompletedErasure>> completed_erasures(const store::Store& store);

}  // namespace cartella::cases
