// tests/fault/run.h: what the driver does in each run of a mode.
//
// Ownership: Runs owns its working directory and mounts; children are waited for. Threads: one, and
// it stays alone in its process, because it forks.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "tests/fault/oracle.h"
#include "tests/fault/plan.h"
#include "tests/fault/workload.h"

namespace cartella::fault {

inline constexpr int kKilled = 128 + SIGKILL;  // the code of a child that was killed

std::string text_in(const std::filesystem::path& file);  // empty where there is none
bool is_mount_point(const std::filesystem::path& dir);

struct Options {
  Mode mode = Mode::crash;
  std::uint64_t runs = 20;
  std::uint64_t from = 0;
  std::uint64_t seed = 0;
  std::optional<std::uint64_t> only;
  std::uint64_t lives = 3;
  std::string dir;        // working directory; default: one under TEST_TMPDIR
  std::string inject;     // the injector's library
  std::string forgetful;  // the forgetful file system's program
  std::string program;
  bool lie = false;    // syncs are said to be done and are not: a positive control
  bool sweep = false;  // the n-th operation for n = run number, instead of a random one
  bool expect_caught = false;
  std::uint64_t jobs = 1;   // runs at the same time, each in a directory of its own
  bool keep_going = false;  // after a failure, whose files are kept
  int skip_code = 77;       // where the machine lacks what a mode needs; CI makes it 1
};

class Runs {
 public:
  explicit Runs(Options& options);
  ~Runs();
  Runs(const Runs&) = delete;
  Runs& operator=(const Runs&) = delete;

  // The template store, mounts. False: this machine cannot (says why).
  bool prepare();
  // The jobs share what they count; the rest each has for itself. Afterwards prepare.
  void start_job(std::uint64_t job);
  // False: something did not hold; what, and how to replay it, is on standard error.
  bool run(std::uint64_t number);
  // How many runs a sweep takes: every operation of a life, and room for those that timing adds.
  std::uint64_t sweep_runs() const;
  std::string summary() const;
  std::uint64_t count_run(bool held);  // how many are done
  bool has_failures() const { return x_shared->tally.failures > 0; }
  // Removes the working directory, unless there is something to look at in it.
  void finish(bool keep);

 private:
  struct Shared {
    Tally tally;
  };
  struct Measured {
    std::atomic<std::uint64_t> allocations;  // of the last child that ended by itself
  };
  using Work = std::function<int()>;

  bool mount_forgetful();
  bool mount_small_disk();
  bool resize_disk(bool is_large);  // the first time it is mounted
  void unmount();
  bool make_template();
  void start_afresh();
  void tell_disk(const char* name, const std::string& value);
  // Exit code of a child that does the work, under the plan; 128 + n where signal n ended it.
  int in_child(const Plan& plan, const Work& work);
  int life_code(const Plan& plan, const Life& life);
  int judge_code(const Plan& plan, bool may_refuse, bool is_last);
  Life next_life();
  Plan plan_for(std::uint64_t number);

  bool run_lives(std::uint64_t number);
  bool run_damage(std::uint64_t number);
  bool run_reads(std::uint64_t number);
  bool run_space();
  bool run_time();
  bool run_tamper();
  bool run_restore();
  bool run_memory();
  bool failed(const std::string& what);

  Options& x_options;
  Shared* x_shared = nullptr;        // of all jobs
  Measured* x_measured = nullptr;    // of this one's children
  std::filesystem::path x_dir;       // working directory
  std::filesystem::path x_store;     // the store of the present run
  std::filesystem::path x_notebook;  // what its clients know
  std::filesystem::path x_report;    // what fired in a child
  std::filesystem::path x_said;      // what a child wrote on standard error
  Random x_random;
  std::uint64_t x_run_seed = 0;
  std::uint64_t x_number = 0;
  std::uint64_t x_life = 0;
  std::vector<Call> x_calls;  // of a life that nothing disturbs
  std::uint64_t x_allocations = 0;
  std::string x_story;  // of the present run
  std::string x_mounted;
  pid_t x_forgetful = 0;
};

}  // namespace cartella::fault
