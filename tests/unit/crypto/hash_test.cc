#include "crypto/hash.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sodium.h>

#include "tests/unit/crypto/support.h"

namespace cartella::crypto {
namespace {

TEST(Hash, MatchesThePublishedVectorOfSha256) {
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(ByteView{})),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Hash, MatchesThePublishedVectorOfHmac) {  // RFC 4231, case 2
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"),
                               {as_bytes("what do ya want "), as_bytes("for nothing?")})),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Hash, MatchesThePublishedVectorOfHmacWithALongKey) {  // RFC 4231, case 6
  const Bytes key(131, 0xaa);
  EXPECT_EQ(to_hex(hmac_sha256(
                key, {as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")})),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

RC_GTEST_PROP(Hash, TwoImplementationsAgreeHoweverTheInputIsCut, (const Bytes& a, const Bytes& b)) {
  Bytes joined = a;
  joined.insert(joined.end(), b.begin(), b.end());
  RC_ASSERT(sha256({a, b}) == sha256(joined));
  RC_ASSERT(sha256_second({a, b}) == sha256(joined));
}

// Keys follow each other on one context, so an old key that stays would show here.
RC_GTEST_PROP(Hash, HmacAgreesWithLibsodiumForEveryKey, (const Bytes& key, const Bytes& data)) {
  crypto_auth_hmacsha256_state state;
  const std::uint8_t none = 0;  // libsodium takes no null pointer
  crypto_auth_hmacsha256_init(&state, key.empty() ? &none : key.data(), key.size());
  crypto_auth_hmacsha256_update(&state, data.empty() ? &none : data.data(), data.size());
  Hash32 expected;
  crypto_auth_hmacsha256_final(&state, expected.data());
  RC_ASSERT(hmac_sha256(key, {data}) == expected);
  RC_ASSERT(hmac_sha256(key, {data, ByteView{}}) == expected);
}

TEST(Hash, HmacWithoutAKeyDoesNotUseTheOneBefore) {
  const Hash32 before = hmac_sha256(as_bytes("key"), {as_bytes("text")});
  const Hash32 none = hmac_sha256({}, {as_bytes("text")});
  EXPECT_NE(before, none);
  EXPECT_EQ(none, hmac_sha256({}, {as_bytes("text")}));
}

TEST(Hash, DerivationSeparatesLabelsAndContexts) {
  const Secret32 key = testing::secret_of("key");
  const Secret32 plain = derive(key, "salt", {});
  EXPECT_NE(to_hex(plain.view()), to_hex(derive(key, "sal", as_bytes("t")).view()));
  EXPECT_NE(to_hex(plain.view()), to_hex(derive(testing::secret_of("other"), "salt", {}).view()));
  EXPECT_EQ(to_hex(plain.view()),
            to_hex(hmac_sha256(key.view(), {as_bytes({"cartella/kdf/1\0salt\0", 20})})));
}

TEST(Secret, IsWipedWhereItWasMovedFrom) {
  Secret32 from = testing::secret_of("a");
  const Secret32 to = std::move(from);
  EXPECT_EQ(to_hex(from.view()), std::string(64, '0'));  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(to_hex(to.view()), to_hex(sha256(as_bytes("a"))));
}

TEST(Secret, RandomOnesDiffer) {
  EXPECT_NE(to_hex(Secret32::random().view()), to_hex(Secret32::random().view()));
}

}  // namespace
}  // namespace cartella::crypto
