// cases/server_key.h: the events by which the installation changes the key it signs with.
//
// The new key is enrolled with the rights of the server by an event that the old one signs, and
// proves that its holder has it; the old one is revoked by an event that the new one signs. What it
// signed before stays valid for ever: the log orders keys by position (CR-09). Threads: any.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "cases/executor.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::cases {

// Signed by the key that is in force. refused: enrolled before. What sealing and append return.
Status enrol_server_key(store::Store& store, crypto::Vault& vault, const crypto::Signer& in_force,
                        const crypto::Signer& next, const Clock& clock);
// By the executor, which signs with another key by then. What Executor::execute returns.
Status revoke_server_key(store::Store& store, crypto::Vault& vault, Executor& executor,
                         const SignerId& old, const Clock& clock);

}  // namespace cartella::cases
