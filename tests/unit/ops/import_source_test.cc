#include "ops/import_source.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "tests/unit/ops/predecessor_tables.h"

namespace cartella::ops {
namespace {

namespace json = boost::json;
using Counts = std::map<std::string, std::int64_t>;

Counts counts_of(const json::value& object) {
  Counts counts;
  for (const auto& [key, value] : object.as_object())
    counts[std::string(key)] = value.to_number<std::int64_t>();
  return counts;
}

class SourceSamples : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto sample = std::filesystem::path(CARTELLA_SHARED_DIR) / "samples" / GetParam();
    if (!std::filesystem::exists(sample)) {
      const char* ci = std::getenv("CI");
      ASSERT_FALSE(ci != nullptr && std::string_view(ci) == "true") << "samples are missing";
      GTEST_SKIP() << "shared/samples is not here";
    }
    std::ostringstream text;
    text << std::ifstream(sample / "expected.json").rdbuf();
    x_expected = json::parse(text.str());
    auto source = read_source(sample / "predecessor", x_rejects);
    ASSERT_TRUE(source.has_value()) << source.error().detail;
    x_source = std::move(source).value();
  }

  Counts expected(const char* name) const { return counts_of(x_expected.at(name)); }
  std::string comune(Index ente) const { return x_source.entes[ente].belfiore; }

  json::value x_expected;
  Rejects x_rejects;
  Source x_source;
};

TEST_P(SourceSamples, RefuseExactlyTheExpectedRows) {
  std::set<std::string> wanted;
  for (const json::value& row : x_expected.at("rejected").as_array())
    wanted.insert(std::string(row.at("table").as_string()) + ' ' +
                  std::to_string(row.at("id").to_number<std::int64_t>()) + ' ' +
                  std::string(row.at("why").as_string()));
  EXPECT_EQ(refused(x_rejects), wanted);
}

TEST_P(SourceSamples, CountCardsNeedsAndServicesAsExpected) {
  Counts by_comune, by_mode, needs, needs_by_comune, services, services_by_comune, kinds;
  std::set<Index> known;
  std::int64_t anonymous = 0;
  for (const SourceCard& card : x_source.cards) {
    ++by_comune[comune(card.ente)];
    ++by_mode[card.mode];
    for (const Index need : card.needs) {
      ++needs[x_source.needs[need].label];
      ++needs_by_comune[comune(card.ente) + ' ' + x_source.needs[need].label];
    }
    for (const Index service : card.services) {
      ++services[x_source.services[service].label];
      ++services_by_comune[comune(card.ente) + ' ' + x_source.services[service].label];
    }
    const SourcePerson& person = x_source.persons[card.person];
    if (person.anonymous) ++anonymous;
    if (known.insert(card.person).second && person.identifier)
      ++kinds[std::string(cases::identifier_kind_name(person.identifier->kind))];
  }
  EXPECT_EQ(by_comune, expected("accesses_by_comune"));
  EXPECT_EQ(by_mode, expected("accesses_by_mode"));
  EXPECT_EQ(needs, expected("needs"));
  EXPECT_EQ(needs_by_comune, expected("needs_by_comune"));
  EXPECT_EQ(services, expected("services_requested"));
  EXPECT_EQ(services_by_comune, expected("services_by_comune"));
  EXPECT_EQ(kinds, expected("people_known_by_identifier"));
  EXPECT_EQ(anonymous, expected("cards_anonymous")["all"]);
}

TEST_P(SourceSamples, CountCasesInterviewsAndSpendAsExpected) {
  Counts by_comune, spend, deliveries;
  std::int64_t steps = 0;
  std::int64_t reserved = 0;
  std::int64_t normal = 0;
  for (const SourceCase& one : x_source.cases) {
    ++by_comune[comune(one.ente)];
    steps += static_cast<std::int64_t>(one.steps.size());
    for (const SourceInterview& interview : one.interviews)
      ++(interview.reserved ? reserved : normal);
  }
  for (const SourceBenefit& benefit : x_source.benefits)
    for (const SourceDelivery& delivery : benefit.deliveries) {
      spend[benefit.inps_code] += delivery.amount;
      ++deliveries[benefit.inps_code];
    }
  EXPECT_EQ(by_comune, expected("cases_by_comune"));
  EXPECT_EQ(steps, expected("state_changes")["all"]);
  EXPECT_EQ(normal, expected("interviews")["normale"]);
  EXPECT_EQ(reserved, expected("interviews")["riservato"]);
  EXPECT_EQ(spend, expected("spend_cents_by_prestazione"));
  EXPECT_EQ(deliveries, expected("deliveries_by_prestazione"));
}

INSTANTIATE_TEST_SUITE_P(Samples, SourceSamples, ::testing::Values("zona7", "ambito28"));

// ---- a small export of our own, one table at a time spoiled ------------------------------------
TEST(ImportSource, AcceptsEveryRowOfACleanExport) {
  Rejects rejects;
  auto source = read_source(directory_with(good_tables()), rejects);

  ASSERT_TRUE(source.has_value()) << source.error().detail;
  EXPECT_TRUE(refused(rejects).empty());
  const Source& s = source.value();
  ASSERT_EQ(s.persons.size(), 2u);  // the codice fiscale joins both tables
  EXPECT_TRUE(s.persons[1].anonymous);
  ASSERT_EQ(s.cards.size(), 2u);
  EXPECT_EQ(s.cards[0].number, 101);
  EXPECT_EQ(s.cases[0].person, s.cards[0].person);
  ASSERT_EQ(s.benefits[0].deliveries.size(), 1u);
  EXPECT_EQ(s.benefits[0].deliveries[0].amount, 1005);
}

TEST(ImportSource, RefusesACardWithItsReason) {
  using Set = std::set<std::string>;
  EXPECT_EQ(refused_with("SS_SCHEDA_ACCESSO", "1;2025-01-10", "1;2099-01-01"),
            Set{"SS_SCHEDA 1 future_access_date"});
  EXPECT_EQ(refused_with("SS_SCHEDA_ACCESSO", "1;2025-01-10", "1;2025-02-30"),
            Set{"SS_SCHEDA 1 impossible_access_date"});
  EXPECT_EQ(refused_with("SS_SCHEDA_ACCESSO", "operatore001;1;1\n2", "operatore001;9999;1\n2"),
            Set{"SS_SCHEDA 1 unknown_office"});
  EXPECT_EQ(refused_with("SS_MOTIVAZIONI_SCHEDE", "1;1;1", "1;9999;1"),
            Set{"SS_SCHEDA 1 unknown_need"});
  EXPECT_EQ(refused_with("SS_MOTIVAZIONI_SCHEDE", "1;1;1", "1;1;77"),
            Set{"SS_MOTIVAZIONI_SCHEDE 1 orphan"});
  EXPECT_EQ(refused_with("SS_SCHEDA", "1;101;1;1", "1;101;8;1"), Set{"SS_SCHEDA 1 missing_access"});
  EXPECT_EQ(refused_with("SS_ANAGRAFICA", "A475B", "A475C"),
            (Set{"SS_ANAGRAFICA 1 bad_cf_check", "SS_SCHEDA 1 missing_person"}));
  EXPECT_EQ(refused_with("SS_ANAGRAFICA", "1908-07-04", "1908-07-34"),
            (Set{"SS_ANAGRAFICA 1 impossible_birth_date", "SS_SCHEDA 1 missing_person"}));
}

TEST(ImportSource, RefusesRowsOfACaseAndOnlyThose) {
  using Set = std::set<std::string>;
  EXPECT_EQ(refused_with("CS_D_COLLOQUIO", "2;Testo", "5;Testo"),
            Set{"CS_D_COLLOQUIO 5 missing_diary"});
  EXPECT_EQ(refused_with("CS_IT_STEP", "1;1;1;1;1;1;1", "1;1;7;1;1;1;1"),
            (Set{"CS_IT_STEP 1 unknown_state", "CS_A_CASO 1 missing_state",
                 "CS_D_COLLOQUIO 2 missing_case", "CS_I_INTERVENTO_ESEG_MAST 1 missing_case",
                 "CS_I_INTERVENTO_ESEG 1 missing_benefit"}));
  EXPECT_EQ(refused_with("CS_I_INTERVENTO_ESEG", "10.05", "10.055"),
            Set{"CS_I_INTERVENTO_ESEG 1 bad_amount"});
  EXPECT_EQ(refused_with("CS_I_PS", "1;1;A1.04", "1;3;A1.04"),
            (Set{"CS_I_PS 1 orphan", "CS_I_INTERVENTO_ESEG_MAST 1 missing_benefit_code",
                 "CS_I_INTERVENTO_ESEG 1 missing_benefit"}));
}

TEST(ImportSource, KeepsATakingInChargeByAnOutsiderAndWarnsOfIt) {
  Tables tables = good_tables();
  tables["CS_O_SETTORE"] += "2;Altro servizio;1\n";
  tables["CS_IT_STEP"] += "2;1;3;1;1;2;1\n3;1;2;1;1;2;1\n4;1;6;1;1;1;1\n5;1;3;1;1;1;1\n";
  Rejects rejects;

  const auto source = read_source(directory_with(tables), rejects);

  ASSERT_TRUE(source.has_value()) << source.error().detail;
  EXPECT_EQ(source.value().cases[0].steps.size(), 5u);
  std::vector<Reject> told = rejects.sorted();
  std::erase_if(told, [](const Reject& each) { return each.reason != "operator_outside_sector"; });
  ASSERT_EQ(told.size(), 1u) << "the second taking in charge was by an insider";
  EXPECT_EQ(told[0].severity, Severity::warning);
  EXPECT_EQ(told[0].id, "2");
}

TEST(ImportSource, RefusesADirectoryThatLacksATableOrAColumn) {
  Rejects rejects;
  Tables tables = good_tables();
  tables.erase("SS_SCHEDA");
  EXPECT_EQ(read_source(directory_with(tables), rejects).error().code, Errc::not_found);
  tables = good_tables();
  tables["SS_UFFICIO"] = "ID;DENOMINAZIONE\n1;x\n";
  EXPECT_EQ(read_source(directory_with(tables), rejects).error().code, Errc::invalid_input);
}

TEST(ImportSource, ReadsMoneyToTheCentOrNotAtAll) {
  EXPECT_EQ(parse_cents("306.05").value, 30605);
  EXPECT_EQ(parse_cents("7.5").value, 750);
  EXPECT_EQ(parse_cents("12").value, 1200);
  EXPECT_EQ(parse_cents("-0.10").value, -10);
  EXPECT_EQ(parse_cents("1.2300").value, 123);
  for (const char* bad : {"1,5", "1.005", "1e3", "--1", ".", "99999999999999", "1.", "+1"})
    EXPECT_TRUE(parse_cents(bad).bad) << bad;
}

}  // namespace
}  // namespace cartella::ops
