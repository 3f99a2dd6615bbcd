// ops/terminal.h: a secret that a person types, and that nobody sees.
//
// Threads: one; the terminal is the process's own.
#pragma once

#include <string>

#include "base/result.h"
#include "crypto/root_key.h"

namespace cartella::ops {

// Prints `question` on the terminal and reads a line without showing it, at most 4096 bytes.
// Backspace and Ctrl-U correct. unavailable: there is no terminal. invalid_input: empty, too long,
// or given up with Ctrl-C or Ctrl-D.
Result<crypto::Passphrase> read_from_terminal(const std::string& question);

}  // namespace cartella::ops
