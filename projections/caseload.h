// projections/caseload.h: the view of who works on which cases, by operator and by sector.
//
// A case counts for every operator that is assigned to it, and for the sector that holds it now.
// Threads: free functions, any thread.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "projections/case_file.h"
#include "projections/engine.h"
#include "projections/passed_over.h"
#include "projections/projection.h"

namespace cartella::projections {

inline constexpr std::string_view kCaseloadView = "caseload";

struct CaseloadEntry {
  StreamId case_stream;
  CaseRecord record;         // without notes, shares and steps
  bool responsible = false;  // by operator only
};

// Closed cases included; callers filter by state. Oldest case number first.
Result<std::vector<CaseloadEntry>> caseload_of_operator(const Engine& engine,
                                                        const OperatorId& operator_id);
Result<std::vector<CaseloadEntry>> caseload_of_sector(const Engine& engine, const UnitId& sector);

struct CaseloadCount {
  UnitId sector;           // that holds the case
  OperatorId operator_id;  // responsible; zero where none is
  CaseState state = CaseState::none;
  std::uint64_t cases = 0;
};
// Each case once, sorted by sector, operator and state.
Result<std::vector<CaseloadCount>> caseload_counts(const Engine& engine,
                                                   const PassedOver& passed_over);

std::unique_ptr<Projection> make_caseload();

}  // namespace cartella::projections
