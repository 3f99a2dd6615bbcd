// cases/withdrawn.h: what searches, lists, counts and reports pass over, as a look-up.
//
// Who is being erased is found, listed and counted by nobody from the decision on; who is
// restricted (GDPR 18) by the rights officer alone. visible() asks the same of one thing; here a
// question about thousands is prepared once. Threads: values and free functions.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "cases/state.h"
#include "cases/viewer.h"
#include "crypto/record.h"
#include "store/store.h"

namespace cartella::cases {

// Copied by value; as big as what is withdrawn. Each in order and found by halving: it is made for
// every search, where sets would cost more than the search.
struct Withdrawn {
  std::vector<ControllerId> controllers;                   // everything they have
  std::vector<std::pair<ControllerId, SubjectId>> people;  // everything of them there
  std::vector<StreamId> items;                             // alone
  // Whether that stream of that person, at that controller, is.
  bool operator()(const ControllerId& controller, const SubjectId& subject,
                  const StreamId& stream) const;
};
// From whoever acts in that role; Role::none: from everybody, as of figures that leave.
Withdrawn withdrawn_from(Role role, const OrganisationState& organisation);

// The organisation as events [0, end) tell it, read from the log: for a report of an earlier
// moment, and where there is no executor. What open_event or the store return.
Result<OrganisationState> organisation_at(const store::Store& store, crypto::SegmentKeys& keys,
                                          std::uint64_t end);

}  // namespace cartella::cases
