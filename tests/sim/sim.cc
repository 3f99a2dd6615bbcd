// tests/sim/sim.cc: random histories of the ledger, each from a seed.
//
//   sim [--histories N] [--steps N] [--seed S] [--only HISTORY]
//
// The seed is CARTELLA_SEED where --seed is not given, else random. A failing history prints the
// line that replays it. Exit code: 0 all hold, 1 one does not, 2 usage. Threads: none here.
#include <getopt.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "tests/sim/history.h"

namespace cartella::sim {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::uint64_t histories = 40;
  std::size_t steps = 80;
  std::uint64_t seed = 0;
  std::optional<std::uint64_t> only;
};

std::uint64_t number(const char* text) { return std::strtoull(text, nullptr, 10); }

bool read_options(int count, char** words, Options& options) {
  const option known[] = {{"histories", 1, nullptr, 'h'},
                          {"steps", 1, nullptr, 'n'},
                          {"seed", 1, nullptr, 's'},
                          {"only", 1, nullptr, 'o'},
                          {nullptr, 0, nullptr, 0}};
  for (int found = 0; (found = getopt_long(count, words, "", known, nullptr)) != -1;) {
    switch (found) {
      case 'h': options.histories = number(optarg); break;
      case 'n': options.steps = number(optarg); break;
      case 's': options.seed = number(optarg); break;
      case 'o': options.only = number(optarg); break;
      default: return false;
    }
  }
  return optind == count;
}

bool run_one(const fs::path& made, const fs::path& dir, const Options& options, std::uint64_t index,
             Counts& counts) {
  fs::remove_all(dir);
  fs::copy(made, dir, fs::copy_options::recursive);
  History history(dir, fault::mixed(options.seed, index), counts);
  const Status held = history.run(options.steps);
  if (held) return true;
  std::fprintf(stderr,
               "FAILED: history %llu: %s (%s)\nreplay: sim --seed %llu --steps %zu --only %llu\n",
               static_cast<unsigned long long>(index), held.error().detail.c_str(),
               std::string(errc_name(held.error().code)).c_str(),
               static_cast<unsigned long long>(options.seed), options.steps,
               static_cast<unsigned long long>(index));
  return false;
}

int run_all(const Options& options) {
  const char* const where = std::getenv("TEST_TMPDIR");
  const fs::path root =
      fs::path(where != nullptr ? where : "/var/tmp") / ("sim-" + std::to_string(::getpid()));
  fs::create_directories(root / "template");
  fault::JumpingClock clock;
  const Status created = fault::Installation::create(root / "template", clock);
  if (!created) {
    std::fprintf(stderr, "FAILED: %s\n", created.error().detail.c_str());
    return 1;
  }
  std::printf("seed %llu\n", static_cast<unsigned long long>(options.seed));
  Counts counts;
  bool holds = true;
  const std::uint64_t first = options.only.value_or(0);
  const std::uint64_t end = options.only ? first + 1 : options.histories;
  for (std::uint64_t i = first; i < end && holds; ++i)
    holds = run_one(root / "template", root / "store", options, i, counts);
  std::printf(
      "commands %llu (%llu of them groups), events %llu, duplicates %llu, refusals %llu, restarts "
      "%llu, rotations %llu, flushes %llu, people erased %llu, items erased %llu, mentions erased "
      "%llu, restricted %llu, kills %llu\n",
      static_cast<unsigned long long>(counts.commands),
      static_cast<unsigned long long>(counts.groups),
      static_cast<unsigned long long>(counts.events),
      static_cast<unsigned long long>(counts.duplicates),
      static_cast<unsigned long long>(counts.refusals),
      static_cast<unsigned long long>(counts.restarts),
      static_cast<unsigned long long>(counts.rotations),
      static_cast<unsigned long long>(counts.flushes),
      static_cast<unsigned long long>(counts.people_erased),
      static_cast<unsigned long long>(counts.items_erased),
      static_cast<unsigned long long>(counts.mentions_erased),
      static_cast<unsigned long long>(counts.restricted),
      static_cast<unsigned long long>(counts.kills));
  std::error_code ignored;
  fs::remove_all(root, ignored);
  return holds ? 0 : 1;
}

}  // namespace
}  // namespace cartella::sim

int main(int count, char** words) {
  cartella::sim::Options options;
  if (const char* seed = std::getenv("CARTELLA_SEED")) {
    options.seed = std::strtoull(seed, nullptr, 10);
  } else {
    options.seed =
        static_cast<std::uint64_t>(::getpid()) ^
        static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  }
  if (!cartella::sim::read_options(count, words, options)) {
    std::fprintf(stderr, "usage: sim [--histories N] [--steps N] [--seed S] [--only HISTORY]\n");
    return 2;
  }
  cartella::crypto::start();
  return cartella::sim::run_all(options);
}
