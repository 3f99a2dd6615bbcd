#include "cases/permission.h"

#include <gtest/gtest.h>

#include "cases/command_json.h"
#include "tests/unit/cases/world.h"

namespace cartella::cases {
namespace {

constexpr Role kRoles[] = {
    Role::caseworker, Role::coordinator, Role::intake_desk,         Role::rights_officer,
    Role::auditor,    Role::dpo,         Role::application_manager, Role::system_administrator};

// Every command, as nothing but its alternative.
template <std::size_t... Index>
std::vector<Command> all_commands(std::index_sequence<Index...>) {
  return {Command(std::in_place_index<Index>)...};
}
std::vector<Command> all_commands() {
  return all_commands(std::make_index_sequence<std::variant_size_v<Command>>());
}

// W caseworker, K coordinator, D intake desk, R rights officer, A auditor, P DPO, M application
// manager, Z system administrator.
std::string who_may(const Command& command) {
  constexpr std::string_view kLetters = "WKDRAPMZ";
  std::string roles;
  for (std::size_t i = 0; i < kLetters.size(); ++i)
    if (may_command(kRoles[i], command)) roles += kLetters[i];
  return roles;
}

// Letters of the roles that may give each command.
const std::map<std::string_view, std::string> kWhoMay = {{"register_person", "KD"},
                                                         {"add_identifier", "WKD"},
                                                         {"record_identity", "WKD"},
                                                         {"record_residence", "WKD"},
                                                         {"record_household", "WKD"},
                                                         {"record_kinship", "WKD"},
                                                         {"record_contact", "WKD"},
                                                         {"record_death", "WKD"},
                                                         {"open_card", "KD"},
                                                         {"record_reporter", "KD"},
                                                         {"record_needs", "KD"},
                                                         {"request_services", "KD"},
                                                         {"close_card", "KD"},
                                                         {"link_card_to_case", "WKD"},
                                                         {"open_case", "WK"},
                                                         {"change_case_state", "WK"},
                                                         {"set_category", "WK"},
                                                         {"assign_operator", "K"},
                                                         {"share_case", "K"},
                                                         {"record_interview", "WK"},
                                                         {"record_note", "WK"},
                                                         {"grant_benefit", "WK"},
                                                         {"record_delivery", "WK"},
                                                         {"close_benefit", "WK"},
                                                         {"define_ambito", "M"},
                                                         {"define_zone", "M"},
                                                         {"define_ente", "M"},
                                                         {"define_office", "M"},
                                                         {"define_sector", "M"},
                                                         {"define_operator", "M"},
                                                         {"define_operator_assignment", "M"},
                                                         {"define_need", "M"},
                                                         {"define_service", "M"},
                                                         {"define_category", "M"},
                                                         {"set_configuration", "M"},
                                                         {"enable_registry", "M"},
                                                         {"record_registry_import", ""},
                                                         {"record_registry_variation", ""},
                                                         {"open_import", ""},
                                                         {"close_import", ""},
                                                         {"enrol_signer", "WKDRPM"},
                                                         {"revoke_signer", "M"},
                                                         {"attest_views", ""},
                                                         {"confirm_clock", ""},
                                                         {"publish_report", ""},
                                                         {"grant_role", "M"},
                                                         {"revoke_role", "M"},
                                                         {"propose_audit_mandate", "KP"},
                                                         {"decide_audit_mandate", "KP"},
                                                         {"record_disclosure", "R"},
                                                         {"record_release", "R"},
                                                         {"note_possible_duplicate", ""},
                                                         {"open_rights_request", "R"},
                                                         {"erase_access_month", ""},
                                                         {"complete_erasure", ""},
                                                         {"propose_erasure", "RP"},
                                                         {"decide_erasure", "P"},
                                                         {"set_retention_rule", "M"},
                                                         {"place_legal_hold", "RP"},
                                                         {"lift_legal_hold", "P"},
                                                         {"restrict_processing", "RP"},
                                                         {"lift_restriction", "RP"}};

TEST(Permission, AC01_TheMatrixOfRolesAndCommands) {
  EXPECT_EQ(kWhoMay.size(), std::variant_size_v<Command>);
  for (const Command& command : all_commands()) {
    const CommandForm& form = command_forms().at(command.index());
    ASSERT_TRUE(kWhoMay.contains(form.name)) << form.name;
    EXPECT_EQ(who_may(command), kWhoMay.at(form.name)) << form.name;
    EXPECT_FALSE(may_command(Role::none, command)) << form.name;
    if (!form.is_for_people) {
      EXPECT_EQ(who_may(command), "") << form.name;
    }
  }
}

TEST(Permission, TheDeskOpensACaseFromACardAlone) {
  OpenCase command;
  EXPECT_FALSE(may_command(Role::intake_desk, command));
  command.card = id_of<StreamId>(1);
  EXPECT_TRUE(may_command(Role::intake_desk, command));
}

// ---- where --------------------------------------------------------------------------------------
class PermissionOfUnits : public ::testing::Test {
 protected:
  World world;
  const UnitId far_sector = id_of<UnitId>(53);
  const UnitId far_office = id_of<UnitId>(54);
  const OperatorId far_worker = id_of<OperatorId>(55);

  PermissionOfUnits() {
    world.must(DefineSector{far_sector, "Settore lontano", kOtherEnte, "", true});
    world.must(DefineOffice{far_office, "Ufficio lontano", kOtherEnte, false, false, "", true});
    world.must(DefineOperator{far_worker, "operatore055", true});
    world.must(DefineOperatorAssignment{far_worker, far_sector, "", false});
  }
  static Viewer viewer(Role role, const UnitId& ente, const UnitId& unit) {
    Viewer made;
    made.operator_id = kWorker;
    made.acting_as = {ente, unit, role};
    return made;
  }
  bool of_ente(const Command& command) const {
    return may_command(viewer(Role::application_manager, kEnte, kEnte), command,
                       world.organisation());
  }
  bool of_ambito(const Command& command) const {
    return may_command(viewer(Role::application_manager, {}, {}), command, world.organisation());
  }
  static GrantRole grant(const UnitId& unit) {
    GrantRole command;
    command.worker = kColleague;
    command.unit = unit;
    return command;
  }
  static RevokeRole revocation(const UnitId& unit) {
    return {kColleague, "coordinatore", unit, "fine"};
  }
};

TEST_F(PermissionOfUnits, AManagerOfAnEnteDefinesWhatIsItsOwn) {
  const UnitId fresh = id_of<UnitId>(90);
  const OperatorId newcomer = id_of<OperatorId>(91);
  const std::vector<Command> own = {DefineOffice{fresh, "U", kEnte, false, false, "", true},
                                    DefineOffice{kOffice, "U", kEnte, false, false, "", true},
                                    DefineSector{fresh, "S", kEnte, "", true},
                                    DefineSector{kSector, "S", kEnte, "", true},
                                    DefineOperator{newcomer, "nuovo", true},
                                    DefineOperator{kWorker, "operatore001", false},
                                    DefineOperatorAssignment{far_worker, kSector, "", false},
                                    EnableRegistry{"A001", "atto", {}},
                                    grant(kSector),
                                    grant(kOffice),
                                    grant(kEnte),
                                    revocation(kEnte)};
  const std::vector<Command> of_others = {
      DefineOffice{fresh, "U", kOtherEnte, false, false, "", true},
      DefineOffice{far_office, "U", kEnte, false, false, "", true},
      DefineSector{fresh, "S", kOtherEnte, "", true},
      DefineSector{far_sector, "S", kEnte, "", true},
      DefineOperator{far_worker, "operatore055", false},
      DefineOperatorAssignment{kColleague, far_sector, "", false},
      EnableRegistry{"A002", "atto", {}},
      grant(far_sector),
      grant(far_office),
      grant(kOtherEnte),
      grant({}),
      grant(id_of<UnitId>(99)),
      revocation(kOtherEnte),
      revocation({}),
      DefineAmbito{},
      DefineZone{},
      DefineEnte{kEnte, "E", "A001", kZone, true, "", "", true},
      DefineNeed{},
      DefineService{},
      DefineCategory{},
      SetConfiguration{},
      RevokeSigner{}};
  for (const Command& command : own) {
    EXPECT_TRUE(of_ente(command)) << command_forms().at(command.index()).name;
    EXPECT_TRUE(of_ambito(command)) << command_forms().at(command.index()).name;
  }
  for (const Command& command : of_others) {
    EXPECT_FALSE(of_ente(command)) << command_forms().at(command.index()).name;
    EXPECT_TRUE(of_ambito(command)) << command_forms().at(command.index()).name;
  }
}

TEST_F(PermissionOfUnits, AT23_NobodyAssignsThemselvesToASector) {
  for (const bool ended : {false, true}) {
    const DefineOperatorAssignment own{kWorker, kSector, "", ended};
    EXPECT_EQ(of_ente(own), ended);
    EXPECT_EQ(of_ambito(own), ended);
    EXPECT_TRUE(of_ente(DefineOperatorAssignment{kColleague, kSector, "", ended}));
  }
}

TEST_F(PermissionOfUnits, AT23_ToGiveOneselfIsARoleOrASectorAndNothingElse) {
  Viewer self;
  self.operator_id = kWorker;
  GrantRole role;
  role.worker = kWorker;
  EXPECT_TRUE(gives_oneself(self, role));
  EXPECT_TRUE(gives_oneself(self, DefineOperatorAssignment{kWorker, kSector, "", false}));
  EXPECT_FALSE(gives_oneself(self, DefineOperatorAssignment{kWorker, kSector, "", true}));
  EXPECT_FALSE(gives_oneself(self, DefineOperatorAssignment{kColleague, kSector, "", false}));
  role.worker = kColleague;
  EXPECT_FALSE(gives_oneself(self, role));
  RevokeRole revoked;
  revoked.worker = kWorker;
  EXPECT_FALSE(gives_oneself(self, revoked));
}

TEST_F(PermissionOfUnits, ACardIsOpenedForTheOwnEnteAlone) {
  OpenCard command;
  command.office = kOffice;
  const auto may = [&] {
    return may_command(viewer(Role::intake_desk, kEnte, kOffice), command, world.organisation());
  };
  EXPECT_TRUE(may());
  command.ente = kEnte;
  EXPECT_TRUE(may());
  command.ente = kOtherEnte;
  EXPECT_FALSE(may());
}

TEST_F(PermissionOfUnits, AnOperatorWithARoleElsewhereIsNotTheEntesOwn) {
  const DefineOperator disabling{kColleague, "operatore002", false};
  EXPECT_TRUE(of_ente(disabling));
  GrantRole dpo = grant({});
  dpo.role = "dpo";
  world.must(dpo);
  EXPECT_FALSE(of_ente(disabling));
  EXPECT_TRUE(of_ambito(disabling));
}

TEST_F(PermissionOfUnits, EverybodyEnrolsTheirOwnKeyAndAManagerThoseOfTheEnte) {
  const auto enrols = [&](Role role, const OperatorId& owner) {
    EnrolSigner command;
    command.owner = owner;
    return may_command(viewer(role, kEnte, kEnte), command, world.organisation());
  };
  for (const Role role : kRoles) {
    const bool gives_none = role == Role::auditor || role == Role::system_administrator;
    EXPECT_EQ(enrols(role, kWorker), !gives_none) << role_word(role);
    EXPECT_EQ(enrols(role, kColleague), role == Role::application_manager) << role_word(role);
    EXPECT_FALSE(enrols(role, far_worker)) << role_word(role);
  }
}

TEST_F(PermissionOfUnits, NobodyWritesATextForAColleagueButWhoCoordinatesThem) {
  const auto writes = [&](Role role, const OperatorId& author) {
    RecordInterview interview;
    interview.worker = author;
    RecordNote note;
    note.worker = author;
    const Viewer by = viewer(role, kEnte, kEnte);
    const bool one = may_command(by, interview, world.organisation());
    EXPECT_EQ(one, may_command(by, note, world.organisation()));
    return one;
  };
  EXPECT_TRUE(writes(Role::caseworker, {}));
  EXPECT_TRUE(writes(Role::caseworker, kWorker));
  EXPECT_FALSE(writes(Role::caseworker, kColleague));
  EXPECT_TRUE(writes(Role::coordinator, kColleague));
}

TEST_F(PermissionOfUnits, ADeskOpensCardsOfItsOfficeOrOfItsEnte) {
  const auto opens = [&](Role role, const UnitId& unit, const UnitId& office) {
    OpenCard command;
    command.office = office;
    return may_command(viewer(role, kEnte, unit), command, world.organisation());
  };
  EXPECT_TRUE(opens(Role::intake_desk, kOffice, kOffice));
  EXPECT_FALSE(opens(Role::intake_desk, kOffice, kClosedOffice));
  EXPECT_TRUE(opens(Role::intake_desk, kEnte, kClosedOffice));
  EXPECT_TRUE(opens(Role::coordinator, kSector, kOffice));
  EXPECT_FALSE(opens(Role::intake_desk, kEnte, far_office));
  EXPECT_FALSE(opens(Role::intake_desk, kEnte, {}));
  EXPECT_FALSE(opens(Role::caseworker, kSector, kOffice));
}

}  // namespace
}  // namespace cartella::cases
