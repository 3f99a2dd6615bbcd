// cases/key_recovery.h: tells the vault again what the log says about its keys.
//
// Which stream secret is in use and whose an owner key is, the vault makes durable after the events
// that say so (ledger.md 6). After a crash the events written since the vault's last mark are
// opened again and what they say is bound. Threads: one thread, before the store serves.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "cases/key_account.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::cases {

// Replays [from, store.size()), then destroys pool secrets that no event uses (amendment 2).
// rollback: the log is older than the vault; nothing is destroyed. corrupt: an event does not open,
// names a key that is known as another owner's, or needs one that is missing although no erasure
// answers for it, in the log or as `known` (cases/key_account.h), as in a vault restored older than
// the log: then nothing is destroyed or made durable either. io, out_of_space.
Status recover_keys(const store::Store& store, crypto::Vault& vault, std::uint64_t from,
                    const KnownErasures& known = {});

}  // namespace cartella::cases
