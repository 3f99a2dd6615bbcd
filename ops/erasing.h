// ops/erasing.h: erasures of an opened store, as the server and the verbs carry them out.
//
// Threads: any; one erasure at a time (Workspace::erasing).
#pragma once

#include <cstddef>

#include "keeping/erasure.h"
#include "ops/workspace.h"

namespace cartella::ops {

// The workspace has views and an executor, and outlives what is returned.
keeping::ErasureParts erasure_parts(Workspace& workspace);
// Carries out what was decided, and attests the views anew where anything was. As
// keeping::finish_erasures and attest_views.
Result<std::size_t> finish_erasures(Workspace& workspace, const keeping::ErasureWatch& watch = {});

// Access months past their term (AT-03), each in the register before its key goes. As
// cases::expire_access_months, append_erasure and attest_views.
Result<std::size_t> end_access_months(Workspace& workspace);

// The proposal that a command names. invalid_argument.
Result<EventId> proposal_of(const Options& options);
// not_found.
Result<cases::OrganisationState::Erasure> known_erasure(const cases::Executor& executor,
                                                        const EventId& proposal);
// What the decision that a controller leaves says of its export, which `folder` holds: of this
// proposal, of this log, whole, and taken since nothing is written any more. refused, what
// check_export returns.
Result<std::string> checked_export_ground(const Workspace& workspace, const EventId& proposal,
                                          const cases::OrganisationState::Erasure& erasure,
                                          const std::filesystem::path& folder);

}  // namespace cartella::ops
