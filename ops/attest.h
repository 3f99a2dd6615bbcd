// ops/attest.h: what the views were, recorded in the log, and compared with what they are.
//
// One keyed Merkle root per view stands in the log with its position (ledger.md 9), so that whoever
// alters a view, the program that builds it, or both, contradicts the log. The roots need no
// plaintext, and say nothing to whoever has no key. Only the newest attestation of a view counts:
// an erasure changes rows lawfully, so that those before it count no more, and is followed by a new
// one.
// Threads: the thread of the command line.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ops/workspace.h"

namespace cartella::ops {

// Catches the views up and appends one event for each healthy one. What Engine, Executor and Vault
// return.
Status attest_views(Workspace& workspace);

// The newest attestation of each view, where no erasure came after its cursor. corrupt: one does
// not decode or its MAC is wrong (names the position). What the store and the vault return.
struct Attestation {
  std::uint64_t position = 0;
  cases::AttestedView view;
};
Result<std::vector<Attestation>> newest_attestations(Workspace& workspace);

}  // namespace cartella::ops
