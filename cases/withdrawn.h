// cases/withdrawn.h: what searches, lists, counts and reports pass over, as a look-up.
//
// Who is being erased is found, listed and counted by nobody from the decision on; who is
// restricted (GDPR 18) by the rights officer alone. visible() asks the same of one thing; here a
// question about thousands is prepared once. Threads: values and free functions.
#pragma once

#include <utility>
#include <vector>

#include "base/ids.h"
#include "cases/state.h"
#include "cases/viewer.h"

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

}  // namespace cartella::cases
