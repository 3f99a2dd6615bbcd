// tests/fault/workload.h: one life of the ledger: clients that send commands until it dies or they
// are done.
//
// Threads: free functions, one at a time in a process of its own; clients are threads inside.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>

#include "cases/commands.h"
#include "tests/fault/installation.h"
#include "tests/fault/model.h"

namespace cartella::fault {

// What happened over all runs, in memory that parent and children share.
struct Tally {
  std::atomic<std::uint64_t> runs, failures, lives, deaths, refusals, fired, acknowledged, unknown,
      refused, resent, judged_events, detected, harmless, out_of_space, clock_suspect,
      library_aborts;
};

struct Life {
  std::filesystem::path dir;       // the store
  std::filesystem::path notebook;  // outside of it
  std::uint64_t run_seed = 0;
  std::uint64_t number = 0;  // of the life in the run
  std::size_t clients = 4;
  std::size_t commands = 10;  // of each client
  bool publish_at_end = false;
  bool clean_end = false;
  bool jumps = false;  // of the clock, while clients send
  // Until the disk is full: once open, a file takes all room of it but so many bytes.
  std::filesystem::path ballast;
  std::uint64_t bytes_left = 0;
  Setting setting;
};

// A text that no byte on the disk may show.
inline constexpr const char* kCanary = "Zanzaverata";

// Everything about a command follows from its line in the notebook.
cases::CommandContext context_of(std::uint64_t run_seed, const Sent& sent);
cases::Command command_of(const Sent& sent);
// Sends it and writes the answer down. A look is recorded, not executed.
Result<store::Receipt> send(Installation& place, std::uint64_t run_seed, const Sent& sent);
// One person proposes an erasure, as number, and another decides it, as the next one; said again,
// both have their first outcome.
Status erase_by_two(Installation& place, std::uint64_t run_seed, std::uint64_t number,
                    const std::string& scope, const StreamId& target);
// Certain not to have been written; else the client does not know.
bool is_definite(Errc code);

// Exit code: 0 it ended by itself, 10 it refused to start or stopped, 1 it did what it must not
// (said on standard error). Under a plan it may also never return.
int live(const Life& life, Tally& tally);

}  // namespace cartella::fault
