// cases/installation_call.h: calls of the installation itself, which no command of a person makes.
//
// The first events of a log, and the keys with which the server signs. Threads: any.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "cases/decide.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::cases {

// An event that anybody may read: no personal data.
PlannedEvent clear_event(schema::EventType type, const StreamId& stream, Bytes message);
// With the right to serve and to enrol, and the key's own proof.
PlannedEvent enrolment_of_server(const crypto::LogEras& eras, const crypto::Signer& server,
                                 const SignerId& enrolled_by);

// Ownership: refers to what outlives it.
class InstallationCalls {
 public:
  InstallationCalls(store::Store& store, crypto::Vault& vault, const crypto::Signer& server,
                    const Clock& clock)
      : x_store(store), x_vault(vault), x_server(server), x_clock(clock) {}

  CommandContext context() const;
  // What sealing and append return.
  Status write(const Decision& decision, const CommandContext& context,
               const Command& command) const;
  Status write(const Decision& decision) const;

 private:
  store::Store& x_store;
  crypto::Vault& x_vault;
  const crypto::Signer& x_server;
  const Clock& x_clock;
};

}  // namespace cartella::cases
