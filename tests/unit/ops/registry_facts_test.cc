#include "ops/registry_facts.h"

#include <gtest/gtest.h>

#include <set>

namespace cartella::ops {
namespace {

using Kind = RegistryVariationKind;

// An invented person as the ledger last took her from the registry, and the record that says so.
RegistryFacts facts() {
  RegistryFacts known;
  known.registered = true;
  known.identity = {"PROVETTA", "FITTIZIA", "F", make_date(1959, 1, 1), {}, "D653", "380", "2"};
  known.codice_fiscale = "PRVFTZ59A41D653B";
  known.residence = cases::AddressValue{"E256", "VIA ROMA", "12", "", false, "00001"};
  known.resident_from = make_date(2010, 5, 1);
  known.household = "0000000007";
  known.kinship = "1";
  return known;
}
store::Resident record() {
  store::Resident resident;
  resident.comune = "E256";
  resident.matricola = "0000000001";
  resident.household = "0000000007";
  resident.kinship = "1";
  resident.surname = "PROVETTA";
  resident.name = "FITTIZIA";
  resident.codice_fiscale = "PRVFTZ59A41D653B";
  resident.birth_date = make_date(1959, 1, 1);
  resident.sex = "F";
  resident.birth_place = "D653";
  resident.civil_status = "2";
  resident.street_code = "00001";
  resident.number = "12";
  resident.resident_from = make_date(2010, 5, 1);
  return resident;
}
std::set<Kind> kinds(const RegistryFacts& known, const store::Resident& resident) {
  std::set<Kind> result;
  for (const auto& variation : variations_of(StreamId{{1}}, known, resident, "VIA ROMA"))
    result.insert(variation.kind);
  return result;
}

TEST(RegistryFacts, SeesNoVariationWhereNothingChanged) {
  EXPECT_TRUE(kinds(facts(), record()).empty());
}

TEST(RegistryFacts, SaysNothingOfSomebodyWhomTheRegistryNeverTold) {
  RegistryFacts known = facts();
  known.registered = false;
  store::Resident resident = record();
  resident.surname = "ALTRA";

  EXPECT_TRUE(kinds(known, resident).empty());
}

TEST(RegistryFacts, NamesEachVariationByItsKind) {
  store::Resident moved = record();
  moved.number = "14";
  store::Resident dead = record();
  dead.death_date = make_date(2026, 7, 15);
  store::Resident household = record();
  household.household = "0000000008";
  store::Resident renamed = record();
  renamed.surname = "PROVETTI";
  store::Resident recoded = record();
  recoded.codice_fiscale = "PRVFTZ59A41D65PX";
  store::Resident widowed = record();
  widowed.civil_status = "3";

  EXPECT_EQ(kinds(facts(), moved), std::set{Kind::moved});
  EXPECT_EQ(kinds(facts(), dead), std::set{Kind::died});
  EXPECT_EQ(kinds(facts(), household), std::set{Kind::household});
  EXPECT_EQ(kinds(facts(), renamed), std::set{Kind::name});
  EXPECT_EQ(kinds(facts(), recoded), std::set{Kind::codice_fiscale});
  EXPECT_EQ(kinds(facts(), widowed), std::set{Kind::civil_status});
}

TEST(RegistryFacts, TakesTheNewerOfTwoRegistersForTheHome) {
  store::Resident elsewhere = record();
  elsewhere.comune = "D108";
  elsewhere.resident_from = make_date(2026, 7, 1);
  store::Resident stale = elsewhere;
  stale.resident_from = make_date(2001, 1, 1);
  stale.household = "0000000099";

  EXPECT_TRUE(kinds(facts(), elsewhere).contains(Kind::moved));
  EXPECT_TRUE(kinds(facts(), stale).empty());
}

TEST(RegistryFacts, BelievesOnlyTheOwnComuneThatSomebodyLeft) {
  store::Resident left = record();
  left.emigrated_on = make_date(2026, 7, 1);
  store::Resident left_elsewhere = left;
  left_elsewhere.comune = "D108";

  const auto variations = variations_of(StreamId{{1}}, facts(), left, "VIA ROMA");

  ASSERT_EQ(variations.size(), 1u);
  EXPECT_TRUE(std::get<cases::RecordResidence>(variations[0].command).left);
  EXPECT_EQ(variations[0].valid_from, make_date(2026, 7, 1));
  EXPECT_TRUE(kinds(facts(), left_elsewhere).empty());
}

// ---- somebody whom the service knew before the registry
std::vector<Kind> first(const RegistryFacts& known, const store::Resident& resident) {
  std::vector<Kind> result;
  for (const auto& fact : first_facts_of(StreamId{{1}}, known, resident, "VIA ROMA"))
    result.push_back(fact.kind);
  return result;
}
RegistryFacts known_only() {
  RegistryFacts known;
  known.known = {"PROVETA", "FITTIZIA", "F", make_date(1959, 1, 1), {}, "D653", "008", "1"};
  known.known_codice_fiscale = "PRVFTZ59A41D653B";
  return known;
}

TEST(RegistryFacts, TellsEverythingAtFirstOfSomebodyKnownBeforeAndTheIdentityLast) {
  const auto facts = first_facts_of(StreamId{{1}}, known_only(), record(), "VIA ROMA");

  ASSERT_EQ(facts.size(), 3u);
  const auto& residence = std::get<cases::RecordResidence>(facts[0].command);
  EXPECT_EQ(residence.address.street, "VIA ROMA");
  EXPECT_EQ(facts[0].valid_from, make_date(2010, 5, 1));
  EXPECT_EQ(std::get<cases::RecordHousehold>(facts[1].command).household_number, "0000000007");
  const auto& identity = std::get<cases::RecordIdentity>(facts[2].command).identity;
  EXPECT_EQ(identity.surname, "PROVETTA");
  EXPECT_EQ(identity.civil_status, "2");
  EXPECT_EQ(identity.citizenship, "008");  // the registry has no code for it
}

TEST(RegistryFacts, TellsFirstFactsOnlyOnce) { EXPECT_TRUE(first(facts(), record()).empty()); }

TEST(RegistryFacts, TellsTheDeathAndTheNewCodiceOfSomebodyKnownBefore) {
  store::Resident resident = record();
  resident.codice_fiscale = "PRVFTZ59A41D65PX";
  resident.death_date = make_date(2026, 7, 15);

  EXPECT_EQ(first(known_only(), resident), (std::vector{Kind::codice_fiscale, Kind::died,
                                                        Kind::moved, Kind::household, Kind::name}));
  RegistryFacts known = known_only();
  known.known.death_date = resident.death_date;
  EXPECT_EQ(first(known, resident).size(), 4u);
}

TEST(RegistryFacts, SeesTheMoveOfWhoLeftOnTheDayOfTheArrival) {
  RegistryFacts known = facts();
  known.left = true;
  known.resident_from = make_date(2026, 7, 1);
  store::Resident arrived = record();
  arrived.comune = "D108";
  arrived.resident_from = make_date(2026, 7, 1);
  arrived.household = "0000000011";

  EXPECT_EQ(kinds(known, arrived), (std::set{Kind::moved, Kind::household}));
  arrived.household.clear();
  EXPECT_EQ(kinds(known, arrived), std::set{Kind::moved});
}

}  // namespace
}  // namespace cartella::ops
