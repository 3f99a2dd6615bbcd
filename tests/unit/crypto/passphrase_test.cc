#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "crypto/root_key.h"

namespace cartella::crypto {
namespace {

// The whole buffer of the text, whatever of it counts.
bool holds_nothing(const std::string& text) {
  return std::all_of(text.data(), text.data() + text.capacity(), [](char c) { return c == 0; });
}

TEST(Passphrases, AreWipedWithWhatWasTypedAndTakenBack) {
  Passphrase typed;
  typed.text.reserve(64);
  typed.text = "una frase che qualcuno ha scritto";
  typed.text.resize(3);
  ASSERT_FALSE(holds_nothing(typed.text));
  typed.clear();
  EXPECT_TRUE(holds_nothing(typed.text));
}

TEST(Passphrases, LeaveNothingWhereTheyWereMovedFrom) {
  for (const char* words : {"corta", "una frase troppo lunga per stare nell'oggetto"}) {
    Passphrase from(words);
    Passphrase to(std::move(from));
    EXPECT_EQ(to.text, words);
    EXPECT_TRUE(holds_nothing(from.text)) << words;  // NOLINT(bugprone-use-after-move)
    Passphrase again("quella di prima");
    again = std::move(to);
    EXPECT_EQ(again.text, words);
    EXPECT_TRUE(holds_nothing(to.text)) << words;  // NOLINT(bugprone-use-after-move)
  }
}

}  // namespace
}  // namespace cartella::crypto
