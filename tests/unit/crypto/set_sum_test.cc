#include "crypto/set_sum.h"

#include <gtest/gtest.h>

namespace cartella::crypto {
namespace {

Bytes member(std::uint32_t number) {
  Bytes bytes(24);
  store_be32(bytes.data(), number);
  return bytes;
}

TEST(SetSum, IsTheSameInAnyOrderAndInParts) {
  const SetSumKey key = SetSumKey::random();
  SetSum forward;
  SetSum even;
  SetSum odd;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    forward.add(key, member(i));
    (i % 2 == 0 ? even : odd).add(key, member(999 - i));
  }
  odd.add(even);
  EXPECT_EQ(odd, forward);
}

TEST(SetSum, DiffersByAnyBitOfAnyMember) {
  const SetSumKey key = SetSumKey::random();
  SetSum all;
  for (std::uint32_t i = 0; i < 20; ++i) all.add(key, member(i));
  for (std::size_t bit = 0; bit < 24 * 8; ++bit) {
    SetSum changed;
    for (std::uint32_t i = 0; i < 20; ++i) {
      Bytes bytes = member(i);
      if (i == 7) bytes[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
      changed.add(key, bytes);
    }
    EXPECT_NE(changed, all) << bit;
  }
}

TEST(SetSum, CountsAMemberThatIsMissingOrThereTwice) {
  const SetSumKey key = SetSumKey::random();
  SetSum once;
  once.add(key, member(1));
  SetSum twice = once;
  twice.add(key, member(1));
  EXPECT_NE(once, SetSum());
  EXPECT_NE(twice, once);
  EXPECT_NE(twice, SetSum());  // a pair does not cancel out, as under exclusive or
}

TEST(SetSum, DependsOnItsKey) {
  SetSum first;
  SetSum second;
  first.add(SetSumKey::random(), member(1));
  second.add(SetSumKey::random(), member(1));
  EXPECT_NE(first, second);
}

}  // namespace
}  // namespace cartella::crypto
