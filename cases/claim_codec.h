// cases/claim_codec.h: claims as the store sees them: a keyed hash and a sealed holder.
//
// Who reads the store without the claims key learns neither the identifier nor whose it is. The
// sealing is deterministic, because a release has to present what the claim stored.
// Threads: const methods from any thread.
#pragma once

#include "cases/decide.h"
#include "crypto/secret.h"

namespace cartella::cases {

class ClaimCodec {
 public:
  explicit ClaimCodec(const crypto::Secret32& claims_key);
  Hash32 key_of(const ClaimName& name) const;
  Bytes seal(const Hash32& key, const Raw16& holder) const;
  // corrupt: not sealed under this claim.
  Result<Raw16> open(const Hash32& key, ByteView sealed) const;

 private:
  crypto::Secret32 x_name_key;
  crypto::Secret32 x_nonce_key;
  crypto::Secret32 x_pad_key;
};

}  // namespace cartella::cases
