// benchmarks/casework.h: an invented office whose commands go through the executor, as a server's.
//
// Ownership: an Installation owns the opened data directory. Threads: run, add_person and write_one
// from any thread; what concerns one person goes better from one thread, or they decide again.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "ops/workspace.h"

namespace cartella::bench {

struct Installation {
  std::filesystem::path dir;
  std::unique_ptr<ops::Workspace> workspace;

  // Durable on return. Ends the program where the command is refused.
  cases::Outcome run(const cases::Command& command);
  cases::Outcome run(const cases::Command& command, const OperatorId& actor);
};

// Two operators of one ente with a sector and an office; the first is who acts.
OperatorId first_operator();
OperatorId second_operator();
// A new store in an empty or missing directory, with the organisation; its views follow nothing
// yet.
Installation make_installation(const std::filesystem::path& dir);

struct Person {
  StreamId stream;
  StreamId case_stream;
  StreamId benefit;  // zero: none
};
// Registered, with a case that is open.
Person add_person(Installation& at, const std::string& surname);
// The same and a benefit, whose protocol is the surname.
Person add_person_with_benefit(Installation& at, const std::string& surname);

// One of eight commands of a working day: notes, contacts, interviews, deliveries of the benefit,
// and a card, which is five events. The person has a benefit.
store::Receipt write_one(Installation& at, const Person& person, std::size_t number);

}  // namespace cartella::bench
