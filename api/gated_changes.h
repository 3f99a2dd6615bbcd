// api/gated_changes.h: which live changes a viewer may know of: the gate for each event.
//
// Threads: the filter runs on the hub's thread.
#pragma once

#include "api/changes.h"
#include "api/service.h"

namespace cartella::api {

// The filter of this viewer, good for as long as the session is.
ChangeFilter change_filter(const Call& call);

}  // namespace cartella::api
