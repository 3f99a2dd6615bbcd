// tests/fault/oracle.h: what must hold after every restart (reliability.md 5, Oracle O).
//
// Threads: one, in a process of its own.
#pragma once

#include <filesystem>
#include <string>

#include "tests/fault/workload.h"

namespace cartella::fault {

struct Question {
  std::filesystem::path dir;
  std::filesystem::path notebook;
  std::uint64_t run_seed = 0;
  bool resend = true;       // what is unknown, and compare with the first outcome
  bool rebuild = true;      // all views, and compare
  bool canaries = true;     // search all files
  bool may_refuse = false;  // damage or read faults: an error is an answer, wrong data never
};

// Exit code: 0 all holds; 10 refused with a reason where that is allowed; 1 something does not hold
// (said on standard error).
int judge(const Question& question, Tally& tally);

// `cartella verify` on the closed store. Exit code: 0 sound, 10 it found something, 1 it could not
// tell for a reason that is none of its own.
int verify_closed(const std::filesystem::path& dir);

}  // namespace cartella::fault
