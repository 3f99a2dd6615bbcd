// cases/bootstrap.h: the first events of a new log.
//
// Position 0 is the genesis; then every schema, the server's signing key, and the ambito. A reader
// who has the log alone learns from it how to read it. Threads: one thread, on a new store.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::cases {

struct AmbitoParameters {
  std::string name;
  std::string slug;  // lower-case letters, digits and dashes
  std::string region_istat;
  std::string mode = "production";  // production, test, training
};

struct LogIdentity {
  LogId log;           // random
  std::string origin;  // cartella/<slug>/<16 hexadecimal digits of the log id>
};
// `prefix`: what stands before the digits.
LogIdentity random_identity(const std::string& prefix);
// refused: the slug, as decide says.
Result<LogIdentity> new_log_identity(const AmbitoParameters& ambito);

// The parts of initialise before and after the schemas; what that returns.
Status begin_log(store::Store& store, crypto::Vault& vault, const crypto::Signer& log_key,
                 const crypto::Signer& server, const Clock& clock, const AmbitoParameters& ambito);
Status define_ambito(store::Store& store, crypto::Vault& vault, const crypto::Signer& server,
                     const Clock& clock, const AmbitoParameters& ambito);

// Writes genesis, schemas, the server's key and the ambito. invalid_argument: the store is not
// empty. refused: the ambito's parameters. What sealing and append return.
Status initialise(store::Store& store, crypto::Vault& vault, const crypto::Signer& log_key,
                  const crypto::Signer& server, const Clock& clock, const AmbitoParameters& ambito);

// Who acts where no person does: the installation itself.
OperatorId installation_actor();
ControllerId installation_controller();

}  // namespace cartella::cases
