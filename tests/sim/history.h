// tests/sim/history.h: one random history of the ledger beside a model in memory.
//
// The model knows what each command must answer before it is sent: which position, how many events,
// which refusal. It keeps what every event looked like when it was written, and the ledger must
// show just that after any number of restarts and rotations of keys. Ownership: a History owns the
// installation in its directory. Threads: one (the views' own beside).
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/fault/installation.h"
#include "tests/fault/plan.h"
#include "tests/fault/workload.h"

namespace cartella::sim {

// Over all histories.
struct Counts {
  std::uint64_t commands = 0, events = 0, duplicates = 0, refusals = 0, groups = 0, restarts = 0,
                rotations = 0, flushes = 0;
};

class History {
 public:
  // `dir` holds an installation as Installation::create makes it, and nobody has written since.
  History(std::filesystem::path dir, std::uint64_t seed, Counts& counts);

  // Steps, then a last restart and a comparison. An error says what does not hold, and at which
  // step.
  Status run(std::size_t steps);

 private:
  struct Done {
    fault::Sent sent;
    store::Receipt receipt;
    StreamId stream;
  };
  struct Event {
    Hash32 digest{};
    StreamId stream;
  };

  Status open();
  Status step();
  // Sends a new command that must succeed with so many events.
  Status succeed(fault::Kind kind, const StreamId& about, std::uint64_t tag);
  Status must_fail(const cases::CommandContext& context, const cases::Command& command, Errc code);
  Status contest();
  Status repeat();
  Status reuse_id();
  Status expect_too_much();
  Status expect_rightly();
  Status ask_nobody();
  Status look();
  Status restart();
  Status rotate();
  Status keep_house();
  // The model's account of events that were just written.
  Status take_over(std::uint64_t first, std::uint64_t end);

  // Everything that the ledger shows against everything that the model knows.
  Status compare();
  Status compare_events() const;
  Status compare_streams() const;
  Status compare_commands() const;
  Status compare_heads() const;
  Status compare_views();

  StreamId any(const std::vector<StreamId>& streams);
  fault::Sent next(fault::Kind kind, const StreamId& about, std::uint64_t tag);

  std::filesystem::path x_dir;
  std::uint64_t x_seed;
  fault::Random x_random;
  Counts& x_counts;
  fault::JumpingClock x_clock;
  std::unique_ptr<fault::Installation> x_place;

  std::vector<Event> x_events;
  std::map<StreamId, std::vector<std::uint64_t>> x_streams;
  std::map<std::uint64_t, StreamId> x_names;  // who holds an identifier
  std::vector<Done> x_done;
  std::vector<std::string> x_heads;
  std::vector<StreamId> x_people, x_cases, x_benefits;
  std::uint64_t x_number = 0;
};

}  // namespace cartella::sim
