// ops/terminal.h: a secret that a person types, and that nobody sees.
//
// Threads: one; the terminal is the process's own.
#pragma once

#include <iosfwd>
#include <string>

#include "base/result.h"
#include "crypto/root_key.h"

namespace cartella::ops {

// Prints `question` on the terminal and reads a line without showing it, at most 4096 bytes.
// Backspace and Ctrl-U correct. unavailable: there is no terminal. invalid_input: empty, too long,
// or given up with Ctrl-C or Ctrl-D.
Result<crypto::Passphrase> read_from_terminal(const std::string& question);

// A line that a client sent on for a person who typed it, with the same limits and errors.
Result<crypto::Passphrase> read_sent_secret(std::istream& in);

}  // namespace cartella::ops
