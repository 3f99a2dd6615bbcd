#include "cases/server_key.h"

#include "cases/installation_call.h"

namespace cartella::cases {

Status enrol_server_key(store::Store& store, crypto::Vault& vault, const crypto::Signer& in_force,
                        const crypto::Signer& next, const Clock& clock) {
  const InstallationCalls calls(store, vault, in_force, clock);
  Decision decision;
  decision.events.push_back(enrolment_of_server(store.eras(), next, in_force.id()));
  return calls.write(decision);
}

Status revoke_server_key(store::Store& store, crypto::Vault& vault, Executor& executor,
                         const SignerId& old, const Clock& clock) {
  const auto use = executor.server_signer().use();
  const InstallationCalls calls(store, vault, use.signer(), clock);
  CARTELLA_TRY(
      executor.execute(calls.context(), RevokeSigner{old, std::nullopt, "rotazione della chiave"}));
  return ok();
}

}  // namespace cartella::cases
