// cases/new_era.h: the second genesis, by which a log goes on from an older head.
//
// A log that was restored to an older head must not go on under the same name and key: what it
// would sign could contradict what outsiders hold, and what authors signed for the history that was
// given up could be put into the one that goes on (ledger.md 5, amendment 5). The tree goes on;
// from this event's position the log has another id, origin and key, and the event says which
// history was given up, and why. What was sealed and signed before stands under the id of its own
// era. Threads: one, on a store that opened in the new era.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "cases/bootstrap.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::cases {

struct NewEra {
  std::string previous_origin;
  std::string previous_checkpoint;  // the newest that was known, as a signed note; may be empty
  std::string reason;
};

// A random id, and an origin with the slug of `origin`.
LogIdentity new_era_identity(const std::string& origin);
// Appends the genesis. Where the log does not know the key of the server, because it was made
// before the last rotation, the log key signs, enrols it and revokes the ones before. A clock in
// doubt, as of a log that rested for a day, is confirmed in the same call, by `clock_confirmed_by`
// (zero: the installation), so that nothing comes before the genesis; clock_suspect where nobody
// does. corrupt: position 0 is no genesis. What sealing and append return.
Status write_new_era(store::Store& store, crypto::Vault& vault, const crypto::Signer& log_key,
                     const crypto::Signer& server, const Clock& clock, const NewEra& era,
                     const std::optional<OperatorId>& clock_confirmed_by);

}  // namespace cartella::cases
