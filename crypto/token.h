// crypto/token.h: a root key wrapped by a key that never leaves a PKCS#11 token.
//
// The token holds an AES-256 key; it wraps 32 bytes with AES-GCM and unwraps them again, so that
// the file beside the data opens nothing without the token and its PIN. The module is loaded by its
// path in a process of its own (crypto/apart.h), for the time of one operation: one that hangs or
// dies takes nothing with it. A wrong PIN is tried once only, since tokens lock themselves.
// Threads: free functions; one operation at a time in a process, the others wait.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/root_key.h"
#include "crypto/secret.h"

namespace cartella::crypto {

// What unwrapping needs besides the token and the PIN.
struct WrappedRoot {
  std::array<std::uint8_t, 16> serial{};  // of the token, as it tells it
  std::array<std::uint8_t, 12> nonce{};
  std::array<std::uint8_t, 48> sealed{};  // 32 bytes and the tag
};

// not_found: no such module, token or key, or the token was taken out. wrong_passphrase: the PIN;
// `detail` says where the token is locked now. invalid_argument: the key is not an AES-256 key that
// may encrypt and decrypt and never leaves the token. io: the module failed, or died. unavailable:
// it did not answer within ten seconds.
Result<WrappedRoot> wrap_on_token(const TokenAddress& address, const Passphrase& pin,
                                  const Secret32& root);
// The same, and not_found: another token than the one that wrapped; corrupt: it does not unwrap.
Result<Secret32> unwrap_on_token(const TokenAddress& address, const Passphrase& pin,
                                 const WrappedRoot& wrapped);

}  // namespace cartella::crypto
