// tests/sim/history.h: one random history of the ledger beside a model in memory.
//
// The model knows what each command must answer before it is sent: which position, how many events,
// which refusal. It keeps what every event looked like when it was written, and the ledger must
// show just that after any number of restarts and rotations of keys; of what was erased its leaf at
// its place, and nothing of its texts. history.cc: commands and comparisons; erasures.cc: erasures
// by two people, killed at any step; rotations.cc: new keys of every kind, killed at any step.
// Ownership: a History owns the installation in its directory. Threads: one (the views' own
// beside).
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/fault/installation.h"
#include "tests/fault/plan.h"
#include "tests/fault/workload.h"

namespace cartella::sim {

// Over all histories.
struct Counts {
  std::uint64_t commands = 0, events = 0, duplicates = 0, refusals = 0, groups = 0, restarts = 0,
                rotations = 0, flushes = 0, people_erased = 0, items_erased = 0,
                mentions_erased = 0, restricted = 0, kills = 0;
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
    Hash32 leaf{};
    StreamId stream;
  };
  struct Head {
    std::string note;
    crypto::PublicKey key{};
  };
  // A text in somebody's case that lists another person.
  struct Mention {
    std::uint64_t position = 0;
    StreamId text;
    StreamId person;
  };
  // What an erasure is about, and what the model knows must go.
  struct Aim {
    StreamId target;
    StreamId owner;  // the person's stream
    bool is_person = false;
    std::set<StreamId> streams;
    std::set<std::uint64_t> mentions;
    EventId proposal;
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
  Status keep_house();
  // The model's account of events that were just written.
  Status take_over(std::uint64_t first, std::uint64_t end);
  // Of as many events as are expected at the end of the log.
  Status take_over_new(std::uint64_t count);
  // A command of the model's own, one event long; `id` is that of the event.
  Status write_one(const OperatorId& actor, const cases::Command& command, EventId& id,
                   StreamId& stream, std::uint64_t count = 1);
  cases::CommandContext fresh_context(const OperatorId& actor);
  // The process dies without saying goodbye; the next one goes on with what was under way.
  Status die();

  Status mention();
  Status hold();
  Status erase();
  Status ask_erased();
  Status propose(Aim& aim);
  Status ask_for_held(const Aim& aim);
  Status decide(Aim& aim);
  Status carry_out(const Aim& aim);
  Aim choose_aim();
  Status check_extent(const Aim& aim) const;
  Status check_completed(const Aim& aim) const;
  // No command reaches it any more, from the decision on.
  Status ask_for(const StreamId& gone);
  void forget(const Aim& aim);

  Status rotate();
  template <class Keys>
  Status rotate_signer(Keys& keys, std::uint64_t events);

  // Everything that the ledger shows against everything that the model knows.
  Status compare();
  Status compare_events() const;
  Status compare_event(const crypto::StoredEvent& event) const;
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
  std::vector<Head> x_heads;
  std::vector<StreamId> x_people, x_cases, x_benefits;
  std::map<StreamId, StreamId> x_owners;     // of each stream of a person that is not erased
  std::map<StreamId, SubjectId> x_subjects;  // of the people
  std::map<StreamId, fault::Kind> x_kinds;   // of what a person's streams are
  std::vector<Mention> x_mentions;
  std::set<StreamId> x_held;  // people under a legal hold
  std::set<StreamId> x_gone;  // streams
  std::uint64_t x_number = 0;
};

}  // namespace cartella::sim
