// ops/acting_person.h: that whoever gives a command is the person who they say.
//
// Verbs for which it counts who acts ask for the password and the one-time code of that person's
// account, as the interface does at log-in, with the same throttling and the same record (AT-05),
// and inside a server with the same count of tries that failed:
// on the terminal, or from a file of two lines that its owner alone may read. Neither stands among
// the arguments. A token is no proof here, as it is none for acts that ask for a step-up.
// Threads: one.
#pragma once

#include "base/result.h"
#include "cases/commands.h"
#include "cases/viewer.h"
#include "crypto/root_key.h"
#include "ops/console.h"
#include "ops/options.h"

namespace cartella::ops {

// Who Options::username is, once it is proved that they are there. Where a server runs the verb the
// client sends the two lines first (ask_for_person). The workspace has accounts and an executor.
// permission_denied: wrong, or the password has to be changed first; unavailable: too many tries,
// or what happened cannot be recorded; what read_passphrase and read_from_terminal return.
Result<OperatorId> proved_person(const Options& options, const Console& console,
                                 Workspace& workspace);

// permission_denied: that operator has not this role for the controller, today.
Status check_role(Workspace& workspace, const OperatorId& worker, cases::Role role,
                  const ControllerId& controller);

// The context of a command that this operator gives for the controller (the installation's: for the
// whole ambito) in the first of their roles of today that may give it (cases/permission.h).
// permission_denied: none may; the detail names the roles that may.
Result<cases::CommandContext> acting_context(Workspace& workspace, const OperatorId& worker,
                                             const cases::Command& command,
                                             const ControllerId& controller,
                                             const std::string& purpose);

// What a client sends along: both lines, asked for here; empty where the options name a file.
Result<crypto::Passphrase> ask_for_person(const Options& options);

}  // namespace cartella::ops
