// cases/claims_rebuild.h: which claims the events of the log make, those that can be opened.
//
// As deciding made them (cases/decide_person.cc, decide_benefit.cc), in the order of the log: a
// person's identifiers and stream, a benefit's protocol and successor. What was erased claims
// nothing. Threads: one instance belongs to one thread.
#pragma once

#include <cstdint>
#include <map>

#include "base/bytes.h"
#include "base/result.h"
#include "cases/claim_codec.h"
#include "crypto/vault.h"
#include "schema/codec.h"
#include "store/store.h"

namespace cartella::cases {

class ClaimsRebuild {
 public:
  // All outlive it.
  ClaimsRebuild(const ClaimCodec& codec, const store::Store& store, crypto::Vault& vault)
      : x_codec(codec), x_store(store), x_vault(vault) {}
  // From where it stands to the head of the log. corrupt, invalid_input, io.
  Status catch_up();
  // As the store keeps them.
  std::map<Hash32, Bytes> rows() const;

 private:
  Status add(const crypto::OpenedEvent& event);
  Status add_person(const crypto::OpenedEvent& event, const schema::HeaderView& header);
  Status add_benefit(const crypto::OpenedEvent& event, const schema::HeaderView& header);
  void claim(const ClaimName& name, const Raw16& holder);

  const ClaimCodec& x_codec;
  const store::Store& x_store;
  crypto::Vault& x_vault;
  std::uint64_t x_next = 0;
  std::map<Hash32, Raw16> x_held;
};

}  // namespace cartella::cases
