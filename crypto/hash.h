// crypto/hash.h: SHA-256 and HMAC-SHA-256 over lists of parts, and key derivation.
//
// OpenSSL's digest is four times faster than libsodium's (ledger.md 10). Domain separation is a
// text that starts with "cartella/" and ends in a NUL, given as the first part. Threads: any.
#pragma once

#include <initializer_list>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace cartella::crypto {

Hash32 sha256(ByteView data);
Hash32 sha256(std::initializer_list<ByteView> parts);
// SHA-256 of what does not fit in memory, piece by piece; one thread. finish() once.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  void update(ByteView part);
  Hash32 finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> x_impl;
};
Hash32 hmac_sha256(ByteView key, std::initializer_list<ByteView> parts);
// KDF(key, label, context) = HMAC-SHA-256(key, "cartella/kdf/1\0" || label || NUL || context).
Secret32 derive(const Secret32& key, std::string_view label, ByteView context);
// The same digest by libsodium's code: the second, independent path of the leaf hash.
Hash32 sha256_second(std::initializer_list<ByteView> parts);

}  // namespace cartella::crypto
