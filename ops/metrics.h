// ops/metrics.h: what /metrics tells, in the text form that Prometheus reads.
//
// Labels are operations of the API, classes of status, names of views and numbers of witnesses:
// nothing of people, of users or of addresses (AT-18). Threads: any.
#pragma once

#include <memory>
#include <string>

#include "api/changes.h"
#include "api/router.h"
#include "api/server.h"
#include "projections/engine.h"
#include "proofs/anchoring.h"
#include "store/store.h"

namespace cartella::ops {

struct MetricSources {
  const store::Store& store;
  const projections::Engine& engine;
  const api::ChangeHub& changes;
  const api::Counters* transport = nullptr;      // once the server runs
  const proofs::Anchoring* anchoring = nullptr;  // where witnesses or an authority are named
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  void count(const api::Answered& answered);
  // Reads the sources and prints everything.
  std::string text(const MetricSources& sources);

 private:
  struct Impl;
  std::unique_ptr<Impl> x_impl;
};

}  // namespace cartella::ops
