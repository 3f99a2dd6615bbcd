// crypto/secret.h: 32 secret bytes that are wiped when they go away.
//
// Secrets are moved or copied on purpose (clone), never printed, never compared in variable time.
// Threads: values.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace cartella::crypto {

class Secret32 {
 public:
  Secret32() = default;
  explicit Secret32(const Hash32& bytes) : x_bytes(bytes) {}
  ~Secret32();
  Secret32(Secret32&& other) noexcept;
  Secret32& operator=(Secret32&& other) noexcept;
  Secret32(const Secret32&) = delete;
  Secret32& operator=(const Secret32&) = delete;

  static Secret32 random();
  Secret32 clone() const { return Secret32(x_bytes); }
  ByteView view() const { return x_bytes; }
  std::uint8_t* data() { return x_bytes.data(); }

 private:
  Hash32 x_bytes{};
};

void wipe(void* data, std::size_t bytes);
void random_fill(std::span<std::uint8_t> to);
// Takes as long for every content; lengths are no secret.
bool equal_constant_time(ByteView left, ByteView right);
// Starts libsodium; called once by the composition root and by test mains. Aborts when it cannot.
void start();

}  // namespace cartella::crypto
