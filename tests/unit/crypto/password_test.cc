#include "crypto/password.h"

#include <gtest/gtest.h>

namespace cartella::crypto {

extern const std::string_view k_common_passwords;

namespace {

constexpr const char* kPassword = "correggere la pratica è lungo";

TEST(Password, MatchesItselfAndNothingElse) {
  const std::string hash = hash_password(kPassword, PasswordCost::cheap).value();
  EXPECT_TRUE(hash.starts_with("$argon2id$"));
  EXPECT_TRUE(matches_password(hash, kPassword).value());
  EXPECT_FALSE(matches_password(hash, "correggere la pratica è lunga").value());
  EXPECT_FALSE(matches_password(hash, "").value());
  EXPECT_FALSE(matches_password(hash, std::string(kPassword) + '\0').value());
}

TEST(Password, EachHashHasItsOwnSalt) {
  EXPECT_NE(hash_password(kPassword, PasswordCost::cheap).value(),
            hash_password(kPassword, PasswordCost::cheap).value());
}

TEST(Password, WhatIsNoHashMatchesNothing) {
  for (const std::string& text :
       {std::string(), std::string("$argon2id$"), std::string("$argon2id$v=19$m=8,t=1,p=1$c2Fs$"),
        std::string(kPassword), std::string(500, 'a')})
    EXPECT_FALSE(matches_password(text, kPassword).value()) << text;
}

TEST(Password, ThoseOfOtherCostsAreToBeMadeAnew) {
  const std::string cheap = hash_password(kPassword, PasswordCost::cheap).value();
  EXPECT_FALSE(needs_rehash(cheap, PasswordCost::cheap));
  EXPECT_TRUE(needs_rehash(cheap, PasswordCost::standard));
}

TEST(Password, TheStandardCostsAreThreePassesOverSixtyFourMebibytes) {
  const std::string hash = hash_password(kPassword, PasswordCost::standard).value();
  EXPECT_NE(hash.find("m=65536,t=3,p=1"), std::string::npos) << hash;
  EXPECT_TRUE(matches_password(hash, kPassword).value());
}

TEST(Password, S_AUTHN_ANewOneHasTwelveTo128LettersAndNotTheUsername) {
  EXPECT_TRUE(check_new_password("perché piove?", "operatore001"));
  EXPECT_TRUE(check_new_password("èòàùìéçñßüöä", "operatore001"));  // 12 letters, 24 bytes
  EXPECT_TRUE(check_new_password(std::string(124, 'a') + "bcde", "x"));
  for (const std::string& bad :
       {std::string("undici lett"), std::string(124, 'a') + "bcdef", std::string(40, 'a'),
        std::string("abcdabcdabcdabcd"), std::string("sono OPERATORE001!")}) {
    const auto checked = check_new_password(bad, "operatore001");
    ASSERT_TRUE(checked.has_error()) << bad;
    EXPECT_EQ(checked.error().code, Errc::invalid_input);
    EXPECT_EQ(checked.error().detail.find(bad), std::string::npos);
  }
}

TEST(Password, S_AUTHN_ANewOneIsNoneOfThosePeopleUseMostNorOneAmongDigitsAndSigns) {
  for (const char* const bad :
       {"qwerty123456", "1qaz2wsx3edc", "QWERTY123456", "123456789qwerty", "Password2026!",
        "**Juventus1897**", "napolinapoli", "1a2b3c1a2b3c", "...finalfantasy..."}) {
    const auto checked = check_new_password(bad, "operatore001");
    ASSERT_TRUE(checked.has_error()) << bad;
    EXPECT_EQ(checked.error().code, Errc::invalid_input);
    EXPECT_NE(checked.error().detail.find("tra le più usate"), std::string::npos) << bad;
    EXPECT_EQ(checked.error().detail.find(bad), std::string::npos);
  }
  // What merely contains one is long enough by the rest.
  for (const char* const good : {"la password della nonna", "juventus, ma in serie B",
                                 "napolinapolinapol", "20261127.1543", "finalfantasytic"})
    EXPECT_TRUE(check_new_password(good, "operatore001")) << good;
}

TEST(Password, B02_LinesFromEitherEndOfTheListAreComparedWithoutReadingBeyondIt) {
  const std::string_view list = k_common_passwords;
  for (std::size_t letters = 12; letters <= 128; ++letters) {
    const auto first = check_new_password(list.substr(0, letters), "operatore001");
    const auto last = check_new_password(list.substr(list.size() - letters), "operatore001");
    for (const auto& checked : {first, last})
      EXPECT_TRUE(checked || checked.error().code == Errc::invalid_input) << letters;
  }
}

}  // namespace
}  // namespace cartella::crypto
