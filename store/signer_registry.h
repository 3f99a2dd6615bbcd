// store/signer_registry.h: who may sign at the head of the log (ledger.md 3, amendment 7).
//
// Kept in memory and made again at every start from the few key events, which the index lists. The
// caller's thread verifies author signatures and proofs of possession, which cost 50 us each; the
// writer then only looks up whether a signer may sign at that position. The server's own signatures
// are made by this process and are not verified again here; `verify` does it. The log key, which
// the genesis names, may sign anything. A log in which nobody was enrolled yet takes every signer,
// because its first call enrols the first one; verify holds that call to be the genesis.
// Threads: check_call from any; admit and replace belong to the writer.
#pragma once

#include <optional>
#include <shared_mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "crypto/record.h"
#include "crypto/signer.h"
#include "store/store.h"

namespace cartella::store {

class LogDb;

// What a key event changes.
struct SignerChange {
  std::uint32_t event = 0;  // index in its call
  bool is_enrolment = false;
  SignerId signer;
  crypto::PublicKey key{};
  OperatorId owner;
  bool may_append = false;
  bool may_enrol = false;
  bool may_serve = false;
  std::uint64_t from_position = 0;  // of a revocation
};

// What the caller's thread found out about the signers of a call.
struct CheckedSigners {
  std::vector<SignerChange> changes;
  // An author signed while nobody was enrolled: nothing to verify it with.
  bool has_unverified = false;
};

class SignerRegistry {
 public:
  using Entry = SignerStatus;
  using Entries = std::unordered_map<SignerId, Entry>;

  SignerRegistry(crypto::LogEras eras, const crypto::PublicKey& log_key);
  SignerRegistry(const SignerRegistry&) = delete;
  SignerRegistry& operator=(const SignerRegistry&) = delete;

  // Reads the key events below `size`. corrupt, io.
  Status load(const LogDb& db, std::uint64_t size);

  // The work of the caller's thread. bad_signature: an author's signature or a proof of possession.
  // key_revoked: an author who is not enrolled. invalid_input: a malformed key event.
  // invalid_argument: a signer's event of another kind than `key`.
  Result<CheckedSigners> check_call(std::span<const crypto::StoredEvent> events) const;

  // Whether the leaves may stand at `first` and after. Empty where nothing changes, else the
  // entries to put by `replace` once the call is placed. key_revoked: a signer who is not enrolled
  // or is revoked. permission_denied: without the right to append, to serve or to enrol. refused:
  // enrolled or revoked twice. not_found: revokes who was never enrolled.
  Result<std::optional<Entries>> admit(std::span<const crypto::Leaf> leaves,
                                       const CheckedSigners& checked, std::uint64_t first) const;
  void replace(Entries entries);
  // The one that was before may sign nothing more.
  void replace_log_key(const crypto::PublicKey& log_key);

  // For those who show or decide about keys; empty where there is no such signer.
  std::optional<Entry> find(const SignerId& signer) const;
  // Those that may sign for the server and are not revoked, in no order.
  std::vector<SignerId> servers() const;

 private:
  Status check_signer(const Entries& entries, const crypto::Leaf& leaf,
                      std::uint64_t position) const;
  Status apply(const SignerChange& change, Entries& entries) const;

  const crypto::LogEras x_eras;
  // Written by the writer under the lock, so the writer itself reads without it.
  mutable std::shared_mutex x_mutex;
  SignerId x_log_signer;
  Entries x_entries;
};

// The signers that `event`, number `index` of its call, enrols or revokes; mostly none.
// invalid_input: malformed, or a signer id that is not its key's. bad_signature: no proof of
// possession. invalid_argument: it has another kind than `key`.
Result<std::vector<SignerChange>> read_signer_changes(const LogId& log,
                                                      const crypto::StoredEvent& event,
                                                      std::uint32_t index);

}  // namespace cartella::store
