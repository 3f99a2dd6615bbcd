// projections/suppression.h: a report without small cells, as statistics may show and export it.
//
// A count below five is hidden, and of every line whose sum may be known (a column, a row, the
// comuni of a zone, the whole) either nothing is hidden or at least two cells that together count
// five or more, so that no difference gives a small cell back (RE-03, privacy.md I). Sums of money
// are hidden where the count of the same row is. Threads: free functions.
#pragma once

#include <cstdint>

#include "projections/organisation.h"
#include "projections/reports.h"

namespace cartella::projections {

inline constexpr std::int64_t kSmallestShown = 5;

// `names` tells which comune lies in which zone, and which office in which comune.
Report suppress_small_cells(Report report, const Organisation& names);

}  // namespace cartella::projections
