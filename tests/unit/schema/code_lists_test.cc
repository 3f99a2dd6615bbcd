#include "schema/code_lists.h"

#include <gtest/gtest.h>

namespace cartella::schema {
namespace {

Date on(int year, int month, int day) { return make_date(year, month, day).value(); }

TEST(CodeLists, FindsAComuneByItsCadastralCode) {
  const Comune* gubbio = find_comune("E256", on(2026, 6, 30));

  ASSERT_NE(gubbio, nullptr);
  EXPECT_EQ(gubbio->name, "Gubbio");
  EXPECT_EQ(gubbio->istat, "054024");
  EXPECT_EQ(gubbio->province, "PG");
  EXPECT_FALSE(gubbio->source.empty());
}

TEST(CodeLists, FindsTheSameComuneByItsIstatCode) {
  const Comune* gubbio = find_comune_by_istat("054024", on(2026, 6, 30));

  ASSERT_NE(gubbio, nullptr);
  EXPECT_EQ(gubbio->belfiore, "E256");
}

TEST(CodeLists, KnowsASuppressedComuneOnlyInItsYears) {
  EXPECT_NE(find_comune("A002", on(1900, 1, 1)), nullptr);
  EXPECT_EQ(find_comune("A002", on(1928, 3, 7)), nullptr);
  EXPECT_EQ(find_comune("A002", on(2026, 1, 1)), nullptr);
  EXPECT_EQ(place_name("A002", on(2026, 1, 1)), "Abbadia Sopra Adda");
}

TEST(CodeLists, RefusesCodesThatNeverExisted) {
  const Date today = on(2026, 6, 30);

  EXPECT_EQ(find_comune("9999", today), nullptr);
  EXPECT_EQ(find_comune("", today), nullptr);
  EXPECT_EQ(find_comune_by_istat("", today), nullptr);
  EXPECT_EQ(find_state("Z000", today), nullptr);
  EXPECT_EQ(find_benefit_code("A9.99", today), nullptr);
  EXPECT_EQ(find_code(CodeList::civil_status, "77", today), nullptr);
  EXPECT_TRUE(place_name("9999", today).empty());
}

TEST(CodeLists, TellsAForeignStateAndItsIsoCode) {
  const ForeignState* albania = find_state("Z100", on(2026, 6, 30));

  ASSERT_NE(albania, nullptr);
  EXPECT_EQ(albania->iso_numeric, "008");
  EXPECT_EQ(find_state("Z105", on(1990, 1, 1))->name, "Cecoslovacchia");
  EXPECT_EQ(find_state("Z105", on(2000, 1, 1)), nullptr);
}

TEST(CodeLists, AcceptsACodeOnItsLastDayAndRefusesItOnTheNext) {
  EXPECT_EQ(find_state("Z105", on(1992, 12, 31))->name, "Cecoslovacchia");
  EXPECT_EQ(find_state("Z105", on(1993, 1, 1)), nullptr);
  EXPECT_EQ(find_state("Z111", on(1990, 12, 31))->name, "Repubblica Democratica Tedesca");
  EXPECT_EQ(find_state("Z111", on(1991, 1, 1)), nullptr);
  EXPECT_EQ(find_comune("A121", on(2024, 1, 21))->name, "Alano Di Piave");
  EXPECT_EQ(find_comune("A121", on(2024, 1, 22)), nullptr);
  EXPECT_EQ(find_comune_by_istat("012018", on(2022, 12, 31))->name, "Bregano");
  EXPECT_EQ(find_comune_by_istat("012018", on(2023, 1, 1)), nullptr);
}

TEST(CodeLists, RefusesACodeBeforeItsFirstDay) {
  EXPECT_EQ(find_code(CodeList::civil_status, "4", on(1970, 12, 17)), nullptr);
  EXPECT_NE(find_code(CodeList::civil_status, "4", on(1970, 12, 18)), nullptr);
  EXPECT_EQ(find_code(CodeList::civil_status, "7", on(2016, 6, 4)), nullptr);
  EXPECT_NE(find_code(CodeList::civil_status, "7", on(2016, 6, 5)), nullptr);
}

TEST(CodeLists, EveryCodeThatEndedIsRefusedFromThatDayOn) {
  std::size_t ended = 0;
  for (const ForeignState& state : states()) {
    if (state.validity.to == kForever) continue;
    EXPECT_EQ(find_state(state.belfiore, Date{state.validity.to.days - 1}), &state);
    EXPECT_NE(find_state(state.belfiore, state.validity.to), &state);
    ++ended;
  }
  EXPECT_EQ(ended, 6u);
  for (const Comune& comune : comuni()) {
    if (comune.validity.to == kForever) continue;
    EXPECT_EQ(find_comune(comune.belfiore, Date{comune.validity.to.days - 1}), &comune);
    EXPECT_NE(find_comune(comune.belfiore, comune.validity.to), &comune);
    ++ended;
  }
  EXPECT_GT(ended, 1000u);
}

// docs/code_lists.md says so: an open validity is a gap of the source, not a promise.
TEST(CodeLists, BenefitsAndCitizenshipsHaveNoDatesBecauseTheirSourcesHaveNone) {
  for (const BenefitCode& benefit : benefit_codes()) {
    EXPECT_EQ(benefit.validity.from, kAlways) << benefit.code;
    EXPECT_EQ(benefit.validity.to, kForever) << benefit.code;
  }
  for (const Code& code : codes(CodeList::citizenship)) {
    EXPECT_EQ(code.validity.from, kAlways) << code.code;
    EXPECT_EQ(code.validity.to, kForever) << code.code;
  }
}

TEST(CodeLists, DatesTheCivilStatusesOfTheLaw) {
  EXPECT_EQ(find_code(CodeList::civil_status, "6", on(2015, 1, 1)), nullptr);
  EXPECT_NE(find_code(CodeList::civil_status, "6", on(2016, 6, 5)), nullptr);
}

TEST(CodeLists, NamesTheBenefitsOfTheInpsTable) {
  const BenefitCode* benefit = find_benefit_code("A1.04", on(2026, 6, 30));

  ASSERT_NE(benefit, nullptr);
  EXPECT_EQ(benefit->label, "Contributi economici a integrazione del reddito familiare");
  EXPECT_TRUE(find_benefit_code("A2.16", on(2026, 6, 30))->only_in_charge);
}

TEST(CodeLists, NamesTheAreasOfUsersAsTheInpsFlowDoes) {
  const auto label = [](const char* code) {
    return find_code(CodeList::user_area, code, on(2026, 6, 30))->label;
  };

  EXPECT_EQ(label("1"), "Famiglia e minori");
  EXPECT_EQ(label("2"), "Disabilità e non autosufficienza");
  EXPECT_EQ(label("3"), "Povertà ed esclusione sociale");
}

TEST(CodeLists, HoldsEveryListInOrderWithoutOverlaps) {
  EXPECT_GT(comuni().size(), 9800u);
  const Comune* previous = nullptr;
  for (const Comune& comune : comuni()) {
    EXPECT_LT(comune.validity.from, comune.validity.to) << comune.belfiore;
    if (previous != nullptr && previous->belfiore == comune.belfiore) {
      EXPECT_LE(previous->validity.to, comune.validity.from) << comune.belfiore;
    }
    previous = &comune;
  }
  for (int list = 0; list <= static_cast<int>(CodeList::user_area); ++list)
    EXPECT_FALSE(codes(static_cast<CodeList>(list)).empty()) << list;
  EXPECT_EQ(find_code(CodeList::citizenship, "380", on(2026, 1, 1))->label, "Italia");
}

}  // namespace
}  // namespace cartella::schema
