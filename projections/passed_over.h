// projections/passed_over.h: what searches, lists, counts and reports leave out.
//
// A view holds everybody; who may not be found or counted is decided in cases/ (withdrawn.h), and
// whoever reads a view hands that in. Threads: called by the thread that reads, for each thing.
#pragma once

#include <functional>

#include "base/ids.h"

namespace cartella::projections {

// Whether that stream of that person, at that controller, is left out. Empty: nothing is.
using PassedOver = std::function<bool(const ControllerId&, const SubjectId&, const StreamId&)>;

}  // namespace cartella::projections
