// cases/key_account.h: tells a key that was lawfully erased from one that is lost.
//
// A key of an event is gone lawfully where a later event decides an erasure: of the event's own
// stream, which a month of accesses is, too, or of a person or a controller, whose keys nobody can
// name any more, so that it answers for everything before it. A missing key that no later decision
// answers for was lost: the vault is damaged, or an older copy than the log. In a log that was
// restored from before a decision, the register of erasures answers. Threads: one account
// belongs to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "base/ids.h"
#include "base/result.h"
#include "crypto/record.h"
#include "crypto/vault.h"
#include "store/store.h"

namespace cartella::cases {

struct LostKey {
  std::uint64_t position = 0;  // of the first event that needs it
  StreamId stream;
};

// What an event decides to erase.
enum class ErasureScope : std::uint8_t {
  none,   // it decides no erasure, or against one
  item,   // one stream
  month,  // of accesses, which is one stream, too
  wide    // a person or a controller
};
struct ErasureDecision {
  ErasureScope scope = ErasureScope::none;
  StreamId stream;          // of an item and of a month
  ControllerId controller;  // of the same
};
// Needs no key. invalid_input: the event does not decode.
Result<ErasureDecision> erasure_decision_of(const crypto::StoredEvent& event);

// What was destroyed by erasures that the log may not tell of, because it was restored from a time
// before they were decided: the register of erasures names them.
struct KnownErasures {
  std::set<KeyId> owner_keys;
  std::set<StreamId> streams;
  // One of them is not in the log: what it emptied elsewhere does not say by which key it had been
  // sealed, so nothing empty counts as lost then.
  bool beyond_log = false;
  bool answers_for(const KeyId& owner_key, const StreamId& stream) const {
    return owner_keys.contains(owner_key) || streams.contains(stream);
  }
};

class KeyAccount {
 public:
  // Takes events in the order of the log. `key_missing`: the key of a segment that is still stored
  // is not in the vault. invalid_input: a decision about an erasure does not decode.
  Status add(const crypto::StoredEvent& event, bool key_missing);
  // What no erasure answers for, so far; the first in the order of the log.
  std::optional<LostKey> first_lost() const;

 private:
  std::map<StreamId, std::uint64_t> x_missing;  // first position of each stream
  std::set<StreamId> x_months;                  // erased; a look at the last moment is, too
};

// Asks the vault for the keys of every event of the log, without opening any. What add, the store
// and the vault return.
Result<std::optional<LostKey>> find_lost_key(const store::Store& store, crypto::Vault& vault,
                                             const KnownErasures& known = {});

}  // namespace cartella::cases
