// api/gated_access.h: the register of accesses as each role may read it (privacy.md 5.3).
//
// A worker sees their own entries, a coordinator those of the unit, auditor and DPO all of their
// controller, an administrator of the system the administrators' stream alone. Threads: worker
// threads.
#pragma once

#include "api/gated.h"
#include "api/page.h"
#include "projections/access_log.h"

namespace cartella::api {

// The filters of the query, narrowed to what the viewer may read. invalid_argument;
// permission_denied: another operator's entries, or another unit's (AT-22).
Result<views::AccessQuery> access_query(Call& call, const Page& page);
Result<views::AccessPage> see_accesses(Call& call, const views::AccessQuery& query);

struct PersonAccesses {
  views::AccessPage page;
  ControllerId controller;
  SubjectId subject;
  cases::Relation relation = cases::Relation::none;
};
// Looks at one person, of the viewer's controller.
Result<PersonAccesses> see_accesses_of_person(Call& call, const StreamId& person, const Page& page);

}  // namespace cartella::api
