#include "ops/run.h"

#include "base/check.h"
#include "ops/exit_code.h"

namespace cartella::ops {

Result<int> run(const Options& options) {
  switch (options.verb) {
    case Verb::init: return run_init(options);
    case Verb::registry_enable: return run_registry_enable(options);
    case Verb::registry_disable: return run_registry_disable(options);
    case Verb::import_registry: return run_import_registry(options);
    case Verb::import_predecessor: return run_import_predecessor(options);
    case Verb::import_close: return run_import_close(options);
    case Verb::report: return run_report(options);
    case Verb::timeline: return run_timeline(options);
    case Verb::person: return run_person(options);
    case Verb::case_file: return run_case(options);
    case Verb::card: return run_card(options);
    case Verb::caseload: return run_caseload(options);
    case Verb::intake_register: return run_register(options);
    case Verb::organisation: return run_organisation(options);
    case Verb::record: return run_record(options);
    case Verb::published: return run_published(options);
    case Verb::verify: return run_verify(options);
    case Verb::checkpoint: return run_checkpoint(options);
    case Verb::prove: return run_prove(options);
    case Verb::rebuild: return run_rebuild(options);
    case Verb::stats: return run_stats(options);
    case Verb::demo_data: return run_demo_data(options);
    case Verb::none: break;
  }
  return static_cast<int>(kExitUsage);
}

}  // namespace cartella::ops
