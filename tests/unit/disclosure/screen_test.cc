#include "disclosure/screen.h"

#include <gtest/gtest.h>

namespace cartella::disclosure {
namespace {

OwnValues own_values() {
  projections::PersonRecord person;
  person.identifiers.emplace_back().value = "VRDCRL80E41H501A";
  person.phone = "075 5550000";
  person.email = "Carla@example.it";
  OwnValues own;
  add_own_values(own, person, true);
  return own;
}

std::string screened(std::string text, std::size_t expected) {
  EXPECT_EQ(screen_text(text, own_values()), expected) << text;
  return text;
}

TEST(ScreenText, DS09_TakesOutIdentifiersAndContactsOfOthers) {
  EXPECT_EQ(
      screened("La madre (RSSMRA50A41H501W) risponde al 333 1234567.", 2),
      "La madre ([dato di altra persona omesso]) risponde al [dato di altra persona omesso].");
  EXPECT_EQ(screened("scrivere a mario.rossi@example.org, rssmra50a41h501w", 2),
            "scrivere a [dato di altra persona omesso], [dato di altra persona omesso]");
  EXPECT_EQ(screened("STP1234567890123 e 0755/528351 e +39 0755528351", 3),
            "[dato di altra persona omesso] e [dato di altra persona omesso] e [dato di altra "
            "persona omesso]");
}

TEST(ScreenText, KeepsWhatIsThePersonsOwn) {
  const std::string own = "VRDCRL80E41H501A, tel. 0755550000 o +390755550000, carla@example.it";
  EXPECT_EQ(screened(own, 0), own);
}

TEST(ScreenText, KeepsDatesAmountsAndProtocols) {
  for (const char* text :
       {"Colloquio del 03/12/2025 14:30", "Erogati 1.234,56 €", "prot. 2025/000123",
        "DSU INPS-ISEE-2025-01234567X", "posizione 6273", "codice A1.04"})
    EXPECT_EQ(screened(text, 0), text);
}

}  // namespace
}  // namespace cartella::disclosure
