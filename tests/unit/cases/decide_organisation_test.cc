#include <gtest/gtest.h>

#include "tests/unit/cases/world.h"

namespace cartella::cases {
namespace {

TEST(DecideOrganisation, KeepsTheLastDefinitionOfAnId) {
  World world;
  world.must(DefineOffice{kOffice, "Ufficio", kEnte, false, false, "", false});
  EXPECT_FALSE(world.organisation().offices.at(kOffice).enabled);
  EXPECT_FALSE(world.organisation().offices.at(kOffice).needs_required);
}

TEST(DecideOrganisation, KnowsTheSecondLevelOfASector) {
  World world;
  EXPECT_EQ(world.organisation().sectors.at(kSector).second_level, "");
  world.must(DefineSector{kSector, "Settore", kEnte, "EM", true});
  EXPECT_EQ(world.organisation().sectors.at(kSector).second_level, "EM");
}

TEST(DecideOrganisation, SealsTheUserNameAndShowsOnlyThatAnOperatorExists) {
  World world;
  const OperatorId worker = id_of<OperatorId>(60);
  const auto decision =
      world.decide_only(DefineOperator{worker, "operatore060", true}, world.context()).value();

  ASSERT_EQ(decision.events.size(), 2u);
  EXPECT_EQ(decision.events[0].bodies[0].domain, schema::KeyDomain::staff);
  EXPECT_EQ(decision.events[0].bodies[0].owner, worker.bytes);
  EXPECT_EQ(decision.events[1].bodies[0].domain, schema::KeyDomain::none);
  const auto& shown = decision.events[1].bodies[0].plaintext.message;
  EXPECT_EQ(as_text(shown).find("operatore060"), std::string_view::npos);
}

TEST(DecideOrganisation, KeepsAnOperatorsStreamWhenRedefined) {
  World world;
  const StreamId first = world.organisation().operators.at(kWorker).stream;
  const StreamId again = world.must(DefineOperator{kWorker, "operatore001", false});
  EXPECT_EQ(first, again);
  EXPECT_FALSE(world.organisation().operators.at(kWorker).enabled);
  EXPECT_TRUE(world.organisation().operators.at(kWorker).sectors.contains(kSector));
}

TEST(DecideOrganisation, RefusesDefinitionsWithoutTheirParent) {
  World world;
  const UnitId unknown = id_of<UnitId>(50);
  const UnitId fresh = id_of<UnitId>(51);
  EXPECT_EQ(world.refusal(DefineEnte{fresh, "E", "", unknown, false, "", "", true}),
            "unknown_zone");
  EXPECT_EQ(world.refusal(DefineOffice{fresh, "U", unknown, false, false, "", true}),
            "unknown_ente");
  EXPECT_EQ(world.refusal(DefineSector{fresh, "S", unknown, "", true}), "unknown_ente");
  EXPECT_EQ(world.refusal(DefineSector{fresh, "S", kEnte, "", true, {"9"}}), "unknown_category");
  EXPECT_EQ(world.refusal(DefineOperatorAssignment{id_of<OperatorId>(50), kSector, "", false}),
            "unknown_operator");
  EXPECT_EQ(world.refusal(DefineOperatorAssignment{kWorker, unknown, "", false}), "unknown_sector");
  EXPECT_EQ(world.refusal(DefineOperatorAssignment{kColleague, kSector, "", true}),
            "operator_not_assigned");
  EXPECT_EQ(world.refusal(DefineOperatorAssignment{kWorker, kSector, "", true}), "");
}

TEST(DecideOrganisation, WantsIdsAndLabels) {
  World world;
  EXPECT_EQ(world.run(DefineZone{{}, "Z", ""}).error().code, Errc::invalid_argument);
  EXPECT_EQ(world.run(DefineNeed{{}, "N", "", false, true}).error().code, Errc::invalid_argument);
  EXPECT_EQ(world.run(DefineCategory{"", "C", true}).error().code, Errc::invalid_argument);
  EXPECT_EQ(world.run(SetConfiguration{"", "x"}).error().code, Errc::invalid_argument);
  EXPECT_EQ(world.run(SetConfiguration{"operator/1", "x"}).error().code, Errc::invalid_argument);
  EXPECT_EQ(world.refusal(DefineZone{kZone, "", ""}), "label_missing");
  EXPECT_EQ(world.refusal(DefineService{kService, "", false, true}), "label_missing");
  EXPECT_EQ(world.refusal(DefineOperator{kWorker, "", true}), "username_missing");
  EXPECT_EQ(world.refusal(DefineAmbito{"A", "Maiuscole", "", "test"}), "slug");
  EXPECT_EQ(world.refusal(DefineAmbito{"A", "a", "", "altro"}), "mode");
}

TEST(DecideOrganisation, ImportsARegistryOnlyUnderAnActThatStands) {
  World world;
  RecordRegistryImport imported;
  imported.comune = "A001";
  imported.file_kind = "ANA_PER";
  imported.file_date = kToday;
  imported.records = 10;
  imported.accepted = 9;
  imported.faults = 1;
  EXPECT_EQ(world.refusal(imported), "registry_not_enabled");
  EXPECT_EQ(world.refusal(EnableRegistry{"A001", "", {}}), "act_missing");
  EXPECT_EQ(world.refusal(EnableRegistry{"", "DGC 1", {}}), "comune_missing");
  world.must(EnableRegistry{"A001", "DGC 1", Date{kToday.days - 1}});
  EXPECT_EQ(world.refusal(imported), "registry_act_expired");
  world.must(EnableRegistry{"A001", "DGC 2", kToday});
  EXPECT_EQ(world.refusal(imported), "");
  imported.faults = 2;
  EXPECT_EQ(world.refusal(imported), "counts");
}

TEST(DecideOrganisation, OpensAndClosesAnImportOnce) {
  World world;
  const ImportId import = id_of<ImportId>(70);
  EXPECT_EQ(world.refusal(CloseImport{import, 1, 1, 0, 0}), "unknown_import");
  world.must(OpenImport{import, "SISO", {}});
  EXPECT_EQ(world.refusal(OpenImport{import, "SISO", {}}), "known_import");
  world.must(CloseImport{import, 1, 1, 0, 0});
  EXPECT_EQ(world.refusal(CloseImport{import, 1, 1, 0, 0}), "closed_import");
}

}  // namespace
}  // namespace cartella::cases
