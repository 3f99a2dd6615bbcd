#include "crypto/secret.h"

#include <sodium.h>

#include "base/check.h"

namespace cartella::crypto {

Secret32::~Secret32() { wipe(x_bytes.data(), x_bytes.size()); }

Secret32::Secret32(Secret32&& other) noexcept : x_bytes(other.x_bytes) {
  wipe(other.x_bytes.data(), other.x_bytes.size());
}

Secret32& Secret32::operator=(Secret32&& other) noexcept {
  if (this == &other) return *this;
  x_bytes = other.x_bytes;
  wipe(other.x_bytes.data(), other.x_bytes.size());
  return *this;
}

Secret32 Secret32::random() {
  Secret32 secret;
  random_fill(secret.x_bytes);
  return secret;
}

void wipe(void* data, std::size_t bytes) {
  if (bytes != 0) sodium_memzero(data, bytes);
}

void random_fill(std::span<std::uint8_t> to) {
  start();
  if (!to.empty()) randombytes_buf(to.data(), to.size());
}

bool equal_constant_time(ByteView left, ByteView right) {
  if (left.size() != right.size()) return false;
  return left.empty() || sodium_memcmp(left.data(), right.data(), left.size()) == 0;
}

void start() {
  // sodium_init answers 1 when it ran before; the static keeps the hot paths to one guarded load.
  static const int kStarted = sodium_init();
  CHECK(kStarted >= 0);
}

}  // namespace cartella::crypto
