
#include "ops/demo_data.h"
#include "ops/exit_code.h"
#include "ops/run.h"

namespace cartella::ops {

Result<int> run_demo_data(const Options& options, Console& console) {
  Progress progress(console, options.quiet);
  DemoOptions demo;
  demo.seed = options.seed;
  demo.people = options.people;
  demo.progress = [&](std::string_view stage, std::uint64_t done, std::uint64_t total) {
    progress.update(stage, done, total);
  };
  CARTELLA_TRY(write_demo_data(options.directory, demo));
  progress.finish();
  console.out << "Ambito inventato (seme " << options.seed << ") in " << options.directory.string()
              << ": registry/, predecessor/, expected.json\n";
  return static_cast<int>(kExitOk);
}

}  // namespace cartella::ops
