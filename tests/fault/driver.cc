// tests/fault/driver.cc: lives of the ledger under faults, and a judgement after each.
//
//   fault_driver --mode MODE [--runs N] [--seed S] [--only RUN] [--lives K] [--dir DIR]
//                [--inject LIBRARY] [--forgetful PROGRAM] [--lie] [--expect-caught]
//                [--jobs N] [--keep-going]
//
// A run copies a fresh store, lives several lives on it, each in a process of its own in which the
// injector makes one operation fail, and has the oracle judge after the last, and after half of the
// others. Everything follows from
// seed and run number; which operation is the n-th varies a little with the threads' timing. The
// seed is CARTELLA_SEED where --seed is not given, else random; a failure prints the line that
// replays it and leaves the directory. With --expect-caught a failure is what is wanted (positive
// controls): exit code 0 as soon as there is one, 1 where all runs pass. --sweep takes the
// operations of one life in turn; with --runs 0 all of them. --jobs makes so many runs at the same
// time, --keep-going goes on after a failure, keeps its files and ends with 1. Every 250 runs a
// line with the figures so far is printed. Threads: none here; children start theirs.
#include <getopt.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <vector>

#include "tests/fault/run.h"

namespace cartella::fault {
namespace {

constexpr std::uint64_t kJobsMax = 64;
constexpr std::uint64_t kRunsBetweenLines = 250;

void usage() {
  std::fprintf(stderr,
               "usage: fault_driver --mode MODE [--runs N] [--seed S] [--only RUN] [--lives K]\n"
               "  [--dir DIR] [--inject LIBRARY] [--forgetful PROGRAM] [--lie] [--sweep]\n"
               "  [--from RUN] [--expect-caught] [--jobs N] [--keep-going]\n");
}

bool read_options(int count, char** words, Options& options) {
  const option known[] = {{"mode", 1, nullptr, 'm'},   {"runs", 1, nullptr, 'r'},
                          {"seed", 1, nullptr, 's'},   {"only", 1, nullptr, 'o'},
                          {"lives", 1, nullptr, 'k'},  {"dir", 1, nullptr, 'd'},
                          {"inject", 1, nullptr, 'i'}, {"forgetful", 1, nullptr, 'f'},
                          {"from", 1, nullptr, 'F'},   {"sweep", 0, nullptr, 'w'},
                          {"lie", 0, nullptr, 'l'},    {"expect-caught", 0, nullptr, 'x'},
                          {"jobs", 1, nullptr, 'j'},   {"keep-going", 0, nullptr, 'g'},
                          {nullptr, 0, nullptr, 0}};
  bool has_mode = false;
  for (int found = 0; (found = getopt_long(count, words, "", known, nullptr)) != -1;) {
    switch (found) {
      case 'm': has_mode = parse_mode(optarg, options.mode); break;
      case 'r': options.runs = std::strtoull(optarg, nullptr, 10); break;
      case 's': options.seed = std::strtoull(optarg, nullptr, 10); break;
      case 'o': options.only = std::strtoull(optarg, nullptr, 10); break;
      case 'F': options.from = std::strtoull(optarg, nullptr, 10); break;
      case 'k': options.lives = std::strtoull(optarg, nullptr, 10); break;
      case 'd': options.dir = optarg; break;
      case 'i': options.inject = optarg; break;
      case 'f': options.forgetful = optarg; break;
      case 'l': options.lie = true; break;
      case 'w': options.sweep = true; break;
      case 'x': options.expect_caught = true; break;
      case 'j': options.jobs = std::strtoull(optarg, nullptr, 10); break;
      case 'g': options.keep_going = true; break;
      default: return false;
    }
  }
  const bool has_jobs = options.jobs > 0 && options.jobs <= kJobsMax;
  return has_mode && has_jobs && !options.inject.empty();
}

// The loader reads LD_PRELOAD when a program starts, so the driver starts itself again.
void preload(const Options& options, char** words) {
  if (std::getenv("CARTELLA_FAULT_PRELOADED") != nullptr) return;
  ::setenv("LD_PRELOAD", options.inject.c_str(), 1);
  ::setenv("CARTELLA_FAULT_PRELOADED", "1", 1);
  ::execv("/proc/self/exe", words);
  std::perror("execv");
  std::exit(2);
}

// Every jobs-th run from the `job`-th on, in this process. 0, 1 after a failure, or the skip code.
int run_job(Runs& runs, Options& options, std::uint64_t job) {
  if (options.jobs > 1) runs.start_job(job);
  if (!runs.prepare()) return options.skip_code;
  if (options.sweep && options.runs == 0) options.runs = runs.sweep_runs();
  const std::uint64_t first = options.only ? *options.only : options.from + job;
  const std::uint64_t end = options.only ? *options.only + 1 : options.from + options.runs;
  bool failed = false;
  for (std::uint64_t i = first; i < end && (!failed || options.keep_going); i += options.jobs) {
    const bool held = runs.run(i);
    failed = failed || !held;
    if (runs.count_run(held) % kRunsBetweenLines == 0) std::cout << runs.summary() << std::endl;
    if (!held && options.expect_caught) std::cout << "caught in run " << i << std::endl;
  }
  runs.finish(failed);
  return failed ? 1 : 0;
}

// The worst exit code of the jobs.
int run_jobs(Runs& runs, Options& options) {
  std::vector<pid_t> jobs;
  for (std::uint64_t job = 0; job < options.jobs; ++job) {
    const pid_t child = ::fork();
    if (child < 0) std::abort();
    if (child == 0) {
      const int code = run_job(runs, options, job);
      std::cout.flush();
      std::fflush(nullptr);
      ::_exit(code);
    }
    jobs.push_back(child);
  }
  int worst = 0;
  for (const pid_t job : jobs) {
    int status = 0;
    if (::waitpid(job, &status, 0) != job) std::abort();
    worst = std::max(worst, WIFEXITED(status) ? WEXITSTATUS(status) : 1);
  }
  return worst;
}

int run_all(Options& options) {
  Runs runs(options);
  const auto started = std::chrono::steady_clock::now();
  std::cout << "seed " << options.seed << std::endl;
  const int code = options.jobs > 1 ? run_jobs(runs, options) : run_job(runs, options, 0);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  std::cout << runs.summary() << ", " << took.count() << " s" << std::endl;
  if (!options.expect_caught) return code;
  // What is wanted is a run that failed, which no skip and no broken preparation is.
  if (runs.has_failures()) return 0;
  std::cout << "NOT CAUGHT" << std::endl;
  return code != 0 ? code : 1;
}

}  // namespace
}  // namespace cartella::fault

int main(int count, char** words) {
  using namespace std::string_literals;
  cartella::fault::Options options;
  options.program = words[0];
  if (const char* seed = std::getenv("CARTELLA_SEED")) {
    options.seed = std::strtoull(seed, nullptr, 10);
  } else {
    options.seed =
        static_cast<std::uint64_t>(getpid()) * 2654435761u ^
        static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  }
  if (!cartella::fault::read_options(count, words, options)) {
    cartella::fault::usage();
    return 2;
  }
  cartella::fault::preload(options, words);
  return cartella::fault::run_all(options);
}
