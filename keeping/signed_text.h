// keeping/signed_text.h: what a manifest's signature covers. Threads: pure function.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace cartella::keeping {

// `label`, with its zero byte, keeps the signature of one kind of file from being one of another.
inline Bytes signed_text(std::string_view label, ByteView content) {
  Bytes text;
  ByteWriter to(text);
  to.raw(as_bytes(label));
  to.raw(crypto::sha256(content));
  return text;
}

}  // namespace cartella::keeping
