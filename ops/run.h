// ops/run.h: what each verb of the command line does.
//
// Every function answers an exit code (ops/exit_code.h) or the error that main prints. Results go
// to standard output, messages to standard error, in Italian and without personal data in errors.
// Threads: the main thread.
#pragma once

#include "base/result.h"
#include "ops/options.h"

namespace cartella::ops {

Result<int> run(const Options& options);

Result<int> run_init(const Options& options);
Result<int> run_registry_enable(const Options& options);
Result<int> run_registry_disable(const Options& options);
Result<int> run_import_registry(const Options& options);
Result<int> run_import_predecessor(const Options& options);
Result<int> run_import_close(const Options& options);
Result<int> run_report(const Options& options);
Result<int> run_timeline(const Options& options);
Result<int> run_person(const Options& options);
Result<int> run_case(const Options& options);
Result<int> run_card(const Options& options);
Result<int> run_caseload(const Options& options);
Result<int> run_register(const Options& options);
Result<int> run_organisation(const Options& options);
Result<int> run_record(const Options& options);
Result<int> run_published(const Options& options);
Result<int> run_verify(const Options& options);
Result<int> run_checkpoint(const Options& options);
Result<int> run_prove(const Options& options);
Result<int> run_rebuild(const Options& options);
Result<int> run_stats(const Options& options);
Result<int> run_demo_data(const Options& options);

}  // namespace cartella::ops
