#include "crypto/totp.h"

#include <gtest/gtest.h>

#include "crypto/secret.h"

namespace cartella::crypto {
namespace {

// The secret of RFC 6238, appendix B: "12345678901234567890".
TotpSecret secret() { return TotpSecret::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").value(); }
TimeUs at(std::int64_t seconds) { return TimeUs{seconds * 1'000'000}; }

TEST(Totp, GivesTheCodesOfRfc6238) {
  struct Vector {
    std::int64_t seconds;
    const char* code;
  };
  for (const auto& [seconds, code] :
       {Vector{59, "94287082"}, Vector{1111111109, "07081804"}, Vector{1111111111, "14050471"},
        Vector{1234567890, "89005924"}, Vector{2000000000, "69279037"},
        Vector{20000000000, "65353130"}}) {
    EXPECT_EQ(totp_code(secret(), totp_step(at(seconds)), 8), code) << seconds;
    EXPECT_EQ(totp_code(secret(), totp_step(at(seconds))), std::string(code).substr(2)) << seconds;
  }
}

TEST(Totp, S_AUTHN_ACodeIsGoodForItsStepAndTheTwoBesideIt) {
  const std::uint64_t step = 40'000'000;
  const std::string code = totp_code(secret(), step);
  for (int off = -3; off <= 3; ++off) {
    const TimeUs now = at((static_cast<std::int64_t>(step) + off) * 30 + 15);
    const auto matched = match_totp(secret(), code, now, 0);
    EXPECT_EQ(matched.has_value(), off >= -1 && off <= 1) << off;
    if (matched) {
      EXPECT_EQ(*matched, step);
    }
  }
}

TEST(Totp, S_AUTHN_ACodeOfAStepThatWasUsedIsRefused) {
  const std::uint64_t step = 40'000'000;
  const TimeUs now = at(static_cast<std::int64_t>(step) * 30);
  EXPECT_TRUE(match_totp(secret(), totp_code(secret(), step), now, step - 1));
  EXPECT_FALSE(match_totp(secret(), totp_code(secret(), step), now, step));
  EXPECT_FALSE(match_totp(secret(), totp_code(secret(), step - 1), now, step));
  EXPECT_TRUE(match_totp(secret(), totp_code(secret(), step + 1), now, step));
}

TEST(Totp, WhatIsNoCodeMatchesNothing) {
  const std::string code = totp_code(secret(), 40'000'000);
  const TimeUs now = at(40'000'000ll * 30);
  for (const std::string& text :
       {std::string(), code.substr(1), code + "0", " " + code, code.substr(0, 5) + '\0'})
    EXPECT_FALSE(match_totp(secret(), text, now, 0)) << text;
  EXPECT_TRUE(match_totp(secret(), code, now, 0));
}

TEST(Totp, ASecretSurvivesBase32InTheFormsPeopleTypeIt) {
  const TotpSecret random = TotpSecret::random();
  const std::string text = random.base32();
  EXPECT_EQ(text.size(), 32u);
  EXPECT_TRUE(equal_constant_time(TotpSecret::from_base32(text).value().view(), random.view()));
  for (const char* typed :
       {"gezdgnbvgy3tqojqgezdgnbvgy3tqojq", "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"})
    EXPECT_EQ(TotpSecret::from_base32(typed).value().base32(), secret().base32()) << typed;
}

TEST(Totp, ASecretOfAnotherLengthOrAlphabetIsRefused) {
  for (const char* text : {"", "GEZDGNBVGY3TQOJQ", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBV",
                           "1EZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "non è un segreto"}) {
    const auto read = TotpSecret::from_base32(text);
    ASSERT_TRUE(read.has_error()) << text;
    EXPECT_EQ(read.error().code, Errc::invalid_input);
  }
}

TEST(Totp, TheAddressForAppsNamesIssuerAndAccountEncoded) {
  EXPECT_EQ(otpauth_uri(secret(), "Zona Sociale 7 & C.", "d'angelò"),
            "otpauth://totp/Zona%20Sociale%207%20%26%20C.:d%27angel%C3%B2"
            "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Zona%20Sociale%207%20%26%20C."
            "&algorithm=SHA1&digits=6&period=30");
}

TEST(Secrets, AreComparedByContentAndLength) {
  EXPECT_TRUE(equal_constant_time(as_bytes("uguali"), as_bytes("uguali")));
  EXPECT_FALSE(equal_constant_time(as_bytes("uguali"), as_bytes("ugualj")));
  EXPECT_FALSE(equal_constant_time(as_bytes("uguali"), as_bytes("uguali!")));
  EXPECT_TRUE(equal_constant_time({}, {}));
  EXPECT_FALSE(equal_constant_time({}, as_bytes("a")));
}

}  // namespace
}  // namespace cartella::crypto
