// keeping/server_keys.h: the keys with which this installation signs, and the step to the next one.
//
// The vault keeps them under "server-signing-key", then "server-signing-key/2" and so on; the log
// says which are enrolled and which are revoked, from which position on. In force is the newest
// that is enrolled and not revoked. A rotation enrols the next one, signs with it, revokes the one
// before and destroys it; every step may be repeated, so a crash in between is finished by the next
// start. What was signed before stays valid (CR-09). No event is rewritten (CR-08).
// Ownership: owns the signers, also those that are not in force any more, for its whole life.
// Threads: in_force from any; the others from one thread at a time.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cases/executor.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "keeping/key_names.h"
#include "store/store.h"

namespace cartella::keeping {

class ServerKeys {
 public:
  // Of an empty log, whose first call enrols the key: made where there is none. What named_secret
  // and named_secrets return.
  static Result<std::unique_ptr<ServerKeys>> begin(crypto::Vault& vault);
  // Where none of the keys is enrolled and in force because the log is a copy from before they were
  // made, the newest is in force, and not known to the log. corrupt: the vault never held the key
  // that the log has in force; what named_secret and named_secrets return.
  static Result<std::unique_ptr<ServerKeys>> open(crypto::Vault& vault, const store::Store& store);

  const crypto::Signer& in_force() const { return *x_in_force.load(); }
  // Whether the log, as it was when this was opened, lets that key sign.
  bool is_known() const { return x_is_known; }

  struct On {
    store::Store& store;
    crypto::Vault& vault;
    cases::Executor& executor;
    const Clock& clock;
  };
  using Step = std::function<void(std::string_view)>;
  // `step` is told what has become durable. What sealing, append, named_secret and destroy_named
  // return; what was done stays, and a repeated call goes on from there.
  Status rotate(const On& on, const Step& step = nullptr);
  // What a rotation left undone when it was interrupted; mostly nothing. As rotate.
  Status finish(const On& on, const Step& step = nullptr);

 private:
  ServerKeys() = default;

  std::vector<NumberedKey> x_keys;  // in order of their numbers
  std::atomic<const crypto::Signer*> x_in_force = nullptr;
  bool x_is_known = true;
};

}  // namespace cartella::keeping
