#include "crypto/vault_wrap.h"

#include <sodium.h>

#include <algorithm>
#include <string>

namespace cartella::crypto {
namespace {

using namespace std::string_view_literals;

constexpr std::uint8_t kAlgorithm = 1;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kHeadBytes = 1 + 8 + kNonceBytes;

constexpr auto kDomain = "cartella/vault-row/1\0"sv;
using Associated = std::array<std::uint8_t, kDomain.size() + 16 + 1 + 8>;

Associated associated_data(Family family, const RowId& row, std::uint64_t epoch) {
  Associated bytes{};
  auto* at = std::ranges::copy(as_bytes(kDomain), bytes.data()).out;
  at = std::ranges::copy(row, at).out;
  *at++ = static_cast<std::uint8_t>(family);
  store_be64(at, epoch);
  return bytes;
}

Error damaged(Family family, const RowId& row, const char* what) {
  return fail(Errc::corrupt,
              "vault: " + std::string(family_name(family)) + " " + to_hex(row) + " " + what);
}

}  // namespace

Bytes wrap_value(const ShardTable& table, Family family, const RowId& row, ByteView plaintext) {
  const auto& slot = table.newest(row[0]);
  Bytes wrapped(kHeadBytes + plaintext.size() + kTagBytes);
  wrapped[0] = kAlgorithm;
  store_be64(wrapped.data() + 1, slot.epoch);
  random_fill(std::span(wrapped).subspan(9, kNonceBytes));
  const auto associated = associated_data(family, row, slot.epoch);
  crypto_aead_xchacha20poly1305_ietf_encrypt(wrapped.data() + kHeadBytes, nullptr, plaintext.data(),
                                             plaintext.size(), associated.data(), associated.size(),
                                             nullptr, wrapped.data() + 9, slot.key.data());
  return wrapped;
}

Result<std::size_t> plaintext_bytes(Family family, const RowId& row, ByteView wrapped) {
  if (wrapped.size() < kHeadBytes + kTagBytes) return damaged(family, row, "is too short");
  return wrapped.size() - kHeadBytes - kTagBytes;
}

Status unwrap_value(const ShardTable& table, Family family, const RowId& row, ByteView wrapped,
                    std::span<std::uint8_t> to) {
  CARTELLA_TRY(const auto size, plaintext_bytes(family, row, wrapped));
  if (size != to.size()) return damaged(family, row, "has the wrong length");
  if (wrapped[0] != kAlgorithm) return damaged(family, row, "has an unknown algorithm");
  const std::uint64_t epoch = load_be64(wrapped.data() + 1);
  const auto* slot = table.find(row[0], epoch);
  if (slot == nullptr) return damaged(family, row, "is wrapped by a key that is gone");
  const auto associated = associated_data(family, row, epoch);
  const ByteView sealed = wrapped.subspan(kHeadBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          to.data(), nullptr, nullptr, sealed.data(), sealed.size(), associated.data(),
          associated.size(), wrapped.data() + 9, slot->key.data()) != 0)
    return damaged(family, row, "does not unwrap");
  return ok();
}

}  // namespace cartella::crypto
