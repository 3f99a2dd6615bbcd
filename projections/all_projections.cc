#include "projections/engine.h"
#include "projections/organisation.h"

namespace cartella::projections {

std::vector<std::unique_ptr<Projection>> Engine::all_projections() {
  std::vector<std::unique_ptr<Projection>> all;
  all.push_back(make_organisation());
  return all;
}

}  // namespace cartella::projections
