#include "cases/claim_codec.h"

#include <algorithm>

#include "crypto/hash.h"

namespace cartella::cases {

namespace {

constexpr std::size_t kHalfBytes = 16;  // nonce, then the holder under the pad

Raw16 first_half(const Hash32& hash) {
  Raw16 half;
  std::copy_n(hash.begin(), half.size(), half.begin());
  return half;
}

Raw16 combined(const Raw16& left, const Raw16& right) {
  Raw16 result;
  std::transform(left.begin(), left.end(), right.begin(), result.begin(),
                 [](std::uint8_t a, std::uint8_t b) { return static_cast<std::uint8_t>(a ^ b); });
  return result;
}

}  // namespace

ClaimCodec::ClaimCodec(const crypto::Secret32& claims_key)
    : x_name_key(crypto::derive(claims_key, "claim-name", {})),
      x_nonce_key(crypto::derive(claims_key, "claim-nonce", {})),
      x_pad_key(crypto::derive(claims_key, "claim-pad", {})) {}

Hash32 ClaimCodec::key_of(const ClaimName& name) const {
  Bytes framed;
  ByteWriter to(framed);
  to.framed(as_bytes(name.kind));
  to.framed(name.value);
  return crypto::hmac_sha256(x_name_key.view(),
                             {as_bytes(std::string_view("cartella/claim/1\0", 17)), framed});
}

Bytes ClaimCodec::seal(const Hash32& key, const Raw16& holder) const {
  const Raw16 nonce = first_half(crypto::hmac_sha256(x_nonce_key.view(), {key, holder}));
  const Raw16 pad = first_half(crypto::hmac_sha256(x_pad_key.view(), {key, nonce}));
  const Raw16 hidden = combined(holder, pad);
  Bytes sealed(2 * kHalfBytes);
  std::copy(hidden.begin(), hidden.end(), std::copy(nonce.begin(), nonce.end(), sealed.begin()));
  return sealed;
}

Result<Raw16> ClaimCodec::open(const Hash32& key, ByteView sealed) const {
  if (sealed.size() != 2 * kHalfBytes) return fail(Errc::corrupt, "a claim has a wrong length");
  Raw16 nonce;
  Raw16 hidden;
  std::copy_n(sealed.begin(), kHalfBytes, nonce.begin());
  std::copy_n(sealed.begin() + kHalfBytes, kHalfBytes, hidden.begin());
  const Raw16 pad = first_half(crypto::hmac_sha256(x_pad_key.view(), {key, nonce}));
  const Raw16 holder = combined(hidden, pad);
  if (first_half(crypto::hmac_sha256(x_nonce_key.view(), {key, holder})) != nonce)
    return fail(Errc::corrupt, "a claim is not sealed under its key");
  return holder;
}

}  // namespace cartella::cases
