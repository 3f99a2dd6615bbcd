#include "crypto/set_sum.h"

#include <sodium.h>

#include "crypto/secret.h"

namespace cartella::crypto {

static_assert(crypto_shorthash_siphashx24_KEYBYTES == 16);
static_assert(crypto_shorthash_siphashx24_BYTES == 16);

SetSumKey SetSumKey::random() {
  SetSumKey key;
  random_fill(key.x_bytes);
  return key;
}

void SetSum::add(const SetSumKey& key, ByteView member) {
  std::array<std::uint8_t, 16> hash;
  crypto_shorthash_siphashx24(hash.data(), member.data(), member.size(), key.x_bytes.data());
  SetSum one;
  one.x_high = load_be64(hash.data());
  one.x_low = load_be64(hash.data() + 8);
  add(one);
}

void SetSum::add(const SetSum& other) {
  x_low += other.x_low;
  x_high += other.x_high + (x_low < other.x_low ? 1 : 0);
}

}  // namespace cartella::crypto
