// disclosure/dsar.h: a first report for one person: what one controller holds about them.
//
// The sixteen sections of privacy.md 4, each with data where there are any and an explicit
// "nessuno" where not; codes stand beside their labels. The report is a draft: it shows no data of
// others (who reported, who else was there, whose number it is), leaves withheld texts out and
// lists them for a reviewer, and closes nothing. Everything is a function of the log
// below one position, of the registry and of the request; only the names of units and of needs are
// those of now. Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "disclosure/report.h"
#include "projections/engine.h"
#include "store/reference.h"

namespace cartella::disclosure {

struct DsarSources {
  const projections::Engine& engine;
  std::string log_origin;
  const store::Reference* registry = nullptr;  // null: no registry was asked
};

struct DsarQuery {
  StreamId person;   // the person as the controller knows them
  StreamId request;  // that RightsRequestOpened began
};

inline constexpr std::size_t kDsarEventsMax = 20'000;  // of one person at one controller
inline constexpr std::size_t kDsarAccessesMax = 50'000;

// The events below the end of the request's first event are told, so that the request itself is in
// it. not_found: no such person or request; erased: the person's keys are gone; refused: more
// events or accesses than a report holds; unavailable: a view has not reached that position; io,
// corrupt.
Result<Report> make_dsar(const DsarSources& sources, const DsarQuery& query);

}  // namespace cartella::disclosure
