#include "projections/access_log.h"
#include "projections/benefits.h"
#include "projections/case_file.h"
#include "projections/caseload.h"
#include "projections/engine.h"
#include "projections/intake_register.h"
#include "projections/organisation.h"
#include "projections/person_index.h"
#include "projections/timeline.h"

namespace cartella::projections {

std::vector<std::unique_ptr<Projection>> Engine::all_projections() {
  std::vector<std::unique_ptr<Projection>> all;
  all.push_back(make_organisation());
  all.push_back(make_person_index());
  all.push_back(make_intake_register());
  all.push_back(make_case_file());
  all.push_back(make_caseload());
  all.push_back(make_benefits());
  all.push_back(make_timeline());
  all.push_back(make_access_log());
  return all;
}

}  // namespace cartella::projections
