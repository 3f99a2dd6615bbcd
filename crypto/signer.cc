#include "crypto/signer.h"

#include <sodium.h>

#include "base/check.h"
#include "crypto/hash.h"

namespace cartella::crypto {

namespace {
constexpr std::uint8_t kEd25519 = 1;
constexpr std::string_view kPossessionDomain{"cartella/possession/1\0", 22};
static_assert(crypto_sign_PUBLICKEYBYTES == sizeof(PublicKey));
static_assert(crypto_sign_BYTES == sizeof(Signature));
static_assert(crypto_sign_SECRETKEYBYTES == 64);
}  // namespace

Signer::Signer(const Secret32& seed) {
  start();
  CHECK(crypto_sign_seed_keypair(x_public.data(), x_secret.data(), seed.view().data()) == 0);
  x_id = signer_id_of(x_public);
}

Signer::~Signer() { wipe(x_secret.data(), x_secret.size()); }

Signature Signer::sign(ByteView message) const {
  Signature signature;
  CHECK(crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(),
                             x_secret.data()) == 0);
  return signature;
}

SignerId signer_id_of(const PublicKey& key) {
  return SignerId::from_view(sha256({ByteView(&kEd25519, 1), key}));
}

bool verify(const PublicKey& key, ByteView message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(),
                                     key.data()) == 0;
}

PossessionMessage possession_message(const LogId& log, const PublicKey& key,
                                     const OperatorId& owner) {
  PossessionMessage message{};
  std::uint8_t* at = message.data();
  for (const ByteView part :
       {as_bytes(kPossessionDomain), ByteView(log.bytes), ByteView(key), owner.view()}) {
    std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  return message;
}

}  // namespace cartella::crypto
