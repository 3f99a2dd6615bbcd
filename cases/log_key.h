// cases/log_key.h: the events that name the key with which a log signs its checkpoints.
//
// The first one begins the log. A later one of the same log and origin names the key that follows,
// with the checkpoint of before, and is signed by the server. Threads: any.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cases/executor.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::cases {

struct GenesisFacts {
  crypto::PublicKey log_key{};
  std::string mode;
};
// Empty: another event. invalid_input.
Result<std::optional<GenesisFacts>> genesis_in(const crypto::StoredEvent& event);
// Of the log as it is: the last one. corrupt: there is none. What read_stream returns.
Result<GenesisFacts> last_genesis(const store::Store& store);
// The keys that all of them name, oldest first. As last_genesis.
Result<std::vector<crypto::PublicKey>> named_log_keys(const store::Store& store);
// Writes one that names `next`. What Store::signed_checkpoint, sealing and append return.
Status name_log_key(store::Store& store, crypto::Vault& vault, Executor& executor,
                    const crypto::PublicKey& next, const Clock& clock);

}  // namespace cartella::cases
