// cases/new_era.h: the second genesis, by which a log goes on from an older head.
//
// A log that was restored to an older head must not go on under the same origin and key: what it
// would sign could contradict what outsiders hold (ledger.md 5, amendment 5). The tree goes on;
// from this event's position checkpoints have a new origin and a new key, and the event says which
// history was given up, and why. Threads: one, on a store that opened in the new era.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::cases {

struct NewEra {
  std::string previous_origin;
  std::string previous_checkpoint;  // the newest that was known, as a signed note; may be empty
  std::string reason;
};

// cartella/<slug>/<16 random hexadecimal digits>, the slug being that of `origin`.
std::string new_era_origin(const std::string& origin);
// Appends the genesis. corrupt: position 0 is no genesis. What sealing and append return.
Status write_new_era(store::Store& store, crypto::Vault& vault, const crypto::Signer& log_key,
                     const crypto::Signer& server, const Clock& clock, const NewEra& era);

}  // namespace cartella::cases
