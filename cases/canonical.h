// cases/canonical.h: a command as bytes, to tell a repeated command from another one.
//
// Every field of the command counts, and of the context whatever ends up in the events, except what
// only traces the call (correlation, causation) or is derived from the clock (today). Fields are
// taken in the order of their declaration: append new ones. Threads: a free function.
#pragma once

#include "base/bytes.h"
#include "cases/commands.h"

namespace cartella::cases {

Bytes canonical_bytes(const CommandContext& context, const Command& command);

}  // namespace cartella::cases
