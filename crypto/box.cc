#include "crypto/box.h"

#include <sodium.h>

#include "base/check.h"

namespace cartella::crypto {

namespace {

constexpr std::uint8_t kAlgorithm = 1;  // XChaCha20-Poly1305-IETF
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kCiphertextAt = 1 + kNonceBytes;

static_assert(kCiphertextAt + crypto_aead_xchacha20poly1305_ietf_ABYTES == kBoxOverhead);

}  // namespace

Bytes seal_box(const Secret32& key, ByteView associated, ByteView plaintext) {
  Bytes box(kBoxOverhead + plaintext.size());
  box[0] = kAlgorithm;
  random_fill(std::span(box).subspan(1, kNonceBytes));
  CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(
            box.data() + kCiphertextAt, nullptr, plaintext.data(), plaintext.size(),
            associated.data(), associated.size(), nullptr, box.data() + 1, key.view().data()) == 0);
  return box;
}

Result<Bytes> open_box(const Secret32& key, ByteView associated, ByteView box) {
  if (box.size() < kBoxOverhead || box[0] != kAlgorithm)
    return fail(Errc::invalid_input, "not a sealed box");
  Bytes plaintext(box.size() - kBoxOverhead);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          plaintext.data(), nullptr, nullptr, box.data() + kCiphertextAt,
          box.size() - kCiphertextAt, associated.data(), associated.size(), box.data() + 1,
          key.view().data()) != 0)
    return fail(Errc::invalid_input, "a sealed box does not open");
  return plaintext;
}

}  // namespace cartella::crypto
