// cases/organisation_at.h: the organisation as it was at a position, folded from the log.
//
// For a start, for a report of an earlier moment, and where there is no executor; whoever has one
// asks that for the present. Threads: free functions.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "cases/state.h"
#include "crypto/record.h"
#include "store/store.h"

namespace cartella::cases {

// As events [0, end) tell it. What crypto::open_event, fold_organisation and the store return.
Result<OrganisationState> organisation_at(const store::Store& store, crypto::SegmentKeys& keys,
                                          std::uint64_t end);

}  // namespace cartella::cases
