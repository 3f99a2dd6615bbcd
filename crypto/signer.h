// crypto/signer.h: pure Ed25519 signatures (libsodium).
//
// Signer id = SHA-256(alg u8 = 1 || public key)[:16].
// Threads: const methods from any thread.
#pragma once

#include "base/bytes.h"
#include "base/ids.h"
#include "crypto/leaf.h"
#include "crypto/secret.h"

namespace cartella::crypto {

using PublicKey = Hash32;

class Signer {
 public:
  // Deterministic from a 32-byte seed.
  explicit Signer(const Secret32& seed);
  ~Signer();
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;
  const PublicKey& public_key() const { return x_public; }
  SignerId id() const { return x_id; }
  Signature sign(ByteView message) const;

 private:
  PublicKey x_public{};
  SignerId x_id;
  std::array<std::uint8_t, 64> x_secret{};
};

SignerId signer_id_of(const PublicKey& key);
// As enrolments name it; another one is refused.
inline constexpr const char* kSignerAlgorithm = "Ed25519";
bool verify(const PublicKey& key, ByteView message, const Signature& signature);

// What a new key signs to prove that its holder has it (amendment 7, SignerEnrolled):
// "cartella/possession/1\0" || log id || public key || owner id.
using PossessionMessage = std::array<std::uint8_t, 22 + 32 + 32 + 16>;
PossessionMessage possession_message(const LogId& log, const PublicKey& key,
                                     const OperatorId& owner);

}  // namespace cartella::crypto
