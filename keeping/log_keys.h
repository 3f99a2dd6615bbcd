// keeping/log_keys.h: the keys with which a log signs its checkpoints, and the step to the next
// one.
//
// The vault keeps them under "log-signing-key", then "log-signing-key/2" and so on; the log's own
// file says which one signs. A rotation writes an event that names the next one, publishes one
// checkpoint that both sign, adopts the next and destroys the one before; every step may be
// repeated, so that the next start finishes what a crash broke off.
// Ownership: owns the signers, also those that are not in force any more, for its whole life.
// Threads: in_force from any; the others from one thread at a time.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "keeping/key_names.h"
#include "keeping/server_keys.h"
#include "store/store.h"

namespace cartella::keeping {

class LogKeys {
 public:
  // `named`: by the log's own file; nothing: of a new log, and made where there is none. Where the
  // vault destroyed that key in a later rotation, the log is an older copy: the newest key is in
  // force then, and is not the log's. corrupt: the vault never held that key. What named_secret
  // and named_secrets return.
  static Result<std::unique_ptr<LogKeys>> open(crypto::Vault& vault,
                                               const std::optional<crypto::PublicKey>& named);

  const crypto::Signer& in_force() const { return *x_in_force.load(); }

  // The key that comes after the one in force; made in the vault where there is none yet. What
  // named_secret returns.
  Result<crypto::PublicKey> next(crypto::Vault& vault);
  // One that signed nothing yet, for a new era: made in the vault, whatever is there. As next.
  Result<crypto::PublicKey> fresh(crypto::Vault& vault);
  // Destroys those before the one in force. What Vault returns.
  Status forget_past(crypto::Vault& vault) { return forget_past(vault, nullptr); }

  using On = ServerKeys::On;
  using Step = ServerKeys::Step;
  // `step` is told what has become durable. What name_log_key, Store::rotate_log_key, named_secret
  // and destroy_named return; what was done stays, and a repeated call goes on from there.
  Status rotate(const On& on, const Step& step = nullptr);
  // What a rotation left undone when it was interrupted; mostly nothing. As rotate.
  Status finish(const On& on, const Step& step = nullptr);

 private:
  LogKeys() = default;
  Status forget_past(crypto::Vault& vault, const Step& step);

  std::vector<NumberedKey> x_keys;  // in order of their numbers
  std::atomic<const crypto::Signer*> x_in_force = nullptr;
};

}  // namespace cartella::keeping
