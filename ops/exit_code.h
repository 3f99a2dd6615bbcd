// ops/exit_code.h: what the process answers to its caller (docs/errors.md).
//
// Threads: free functions.
#pragma once

#include <exception>
#include <iosfwd>

#include "base/result.h"

namespace cartella::ops {

enum ExitCode : int {
  kExitOk = 0,
  kExitRefused = 1,  // a rule, a right or the state of things said no
  kExitUsage = 2,    // the command line or the configuration is wrong
  kExitNotFound = 3,
  kExitInUse = 4,  // another process holds the data directory
  kExitPassphrase = 5,
  kExitCorrupt = 6,      // stored bytes are damaged, or older than a checkpoint that is known: also
                         // what a verification that found something answers
  kExitSystem = 7,       // the system, the disk or memory failed, or an exception escaped
  kExitUnavailable = 8,  // try again later
};

ExitCode exit_code_of(Errc code);
// For what escaped as an exception: says so in Italian, without the text of the exception, which
// may hold data. Null: a thread ended while an exception was on its way.
ExitCode exit_code_of_exception(const std::exception_ptr& exception, std::ostream& to);

}  // namespace cartella::ops
