// cases/seal_call.h: a decision as a sealed and signed call.
//
// Resolves owner keys, computes the command digest, writes the headers, seals every segment and
// signs every event as the server, or leaves the signatures to the author. Threads: free functions,
// any thread.
#pragma once

#include <vector>

#include "cases/decide.h"
#include "crypto/record.h"
#include "crypto/signer.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::cases {

struct SealedCall {
  store::Call call;
  // The same events as the folds read them; revisions are set where the base is known, else
  // `revision_known` is false.
  struct Written {
    crypto::OpenedEvent event;
    bool revision_known = false;
  };
  std::vector<Written> written;
};

struct Sealing {
  const LogId& log;
  crypto::Vault& vault;
  const crypto::Signer& server;
  const std::string& app_version;
  // Zero: the server signs. Else the events name this key and carry no signature yet.
  SignerId author = {};
};

// What the vault and seal_event return.
Result<SealedCall> seal_call(const Sealing& sealing, const Decision& decision,
                             const Command& command, const CommandContext& context);

// The digest is keyed by every segment key of the call, so that it dies with any of them
// (ledger-amendments.md 4). A name is taken once, in the order of first use.
struct SegmentKeyName {
  KeyId owner_key;
  StreamId stream;
  bool operator==(const SegmentKeyName&) const = default;
};
// erased: one of the keys is gone; what else the vault returns.
Result<Hash32> command_digest(crypto::SegmentKeys& keys, const std::vector<SegmentKeyName>& names,
                              const CommandContext& context, const Command& command);

crypto::OwnerKeyName header_key_name(const ControllerId& controller);

}  // namespace cartella::cases
