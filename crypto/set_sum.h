// crypto/set_sum.h: tells whether two sets are equal, whatever order their members come in.
//
// A sum takes 16 bytes however large the set is. Each member adds its SipHash-2-4 of 128 bits under
// a key that is drawn for the comparison and thrown away (MSet-Add-Hash: Clarke and others,
// "Incremental Multiset Hash Functions and Their Application to Memory Integrity Checking",
// ASIACRYPT 2003). Whoever made the sets does not know the key, so unequal sets of up to 2^32
// members have equal sums with a probability below 2^-90. It says that they differ, not where.
// Threads: values; a key is read by any.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace cartella::crypto {

class SetSumKey {
 public:
  static SetSumKey random();

 private:
  friend class SetSum;
  SetSumKey() = default;
  std::array<std::uint8_t, 16> x_bytes{};
};

class SetSum {
 public:
  // A member that is added twice counts twice. Members of one set have one length.
  void add(const SetSumKey& key, ByteView member);
  // The sum of both together.
  void add(const SetSum& other);
  bool operator==(const SetSum&) const = default;

 private:
  // Of 128 bits: wraps around.
  std::uint64_t x_low = 0;
  std::uint64_t x_high = 0;
};

}  // namespace cartella::crypto
