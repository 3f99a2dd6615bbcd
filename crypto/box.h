// crypto/box.h: bytes that somebody else carries for us and can neither read nor change.
//
// Box = algorithm u8 = 1 || nonce24 || ciphertext || tag16, XChaCha20-Poly1305-IETF with a random
// nonce. For what lives shortly, as the token between prepare and commit; never for what is kept in
// the log, whose segments have their own form (crypto/segment.h). Threads: free functions, any.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace cartella::crypto {

inline constexpr std::size_t kBoxOverhead = 1 + 24 + 16;

// `associated` is bound to the box and stands nowhere in it.
Bytes seal_box(const Secret32& key, ByteView associated, ByteView plaintext);
// invalid_input: not a box under this key with this associated data.
Result<Bytes> open_box(const Secret32& key, ByteView associated, ByteView box);

}  // namespace cartella::crypto
