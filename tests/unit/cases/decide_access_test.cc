#include <gtest/gtest.h>

#include "cases/bootstrap.h"
#include "cases/viewer.h"
#include "tests/unit/cases/world.h"

namespace cartella::cases {
namespace {

const UnitId kAmbito;
const OperatorId kThird = id_of<OperatorId>(12);
const Date kYesterday{kToday.days - 1};
const Date kTomorrow{kToday.days + 1};

class DecideAccess : public ::testing::Test {
 protected:
  World world;

  DecideAccess() { world.must(DefineOperator{kThird, "operatore003", true}); }

  GrantRole grant(std::string role, const UnitId& unit, const OperatorId& worker = kColleague) {
    GrantRole command;
    command.worker = worker;
    command.role = std::move(role);
    command.unit = unit;
    return command;
  }
  CommandContext by(const OperatorId& actor, const UnitId& ente = kEnte) {
    CommandContext context = world.context(ente);
    context.actor = actor;
    return context;
  }
  const std::vector<OrganisationState::RoleGrant>& held(const OperatorId& worker = kColleague) {
    return world.organisation().roles.at(worker);
  }
};

// ---- roles --------------------------------------------------------------------------------------
TEST_F(DecideAccess, GrantsEachRoleForTheUnitsThatItIsFor) {
  const std::pair<const char*, std::vector<UnitId>> fitting[] = {
      {"operatore", {kSector}},
      {"coordinatore", {kSector, kEnte}},
      {"segretariato", {kOffice, kEnte}},
      {"addetto_diritti", {kEnte}},
      {"auditor", {kEnte, kAmbito}},
      {"dpo", {kEnte, kAmbito}},
      {"referente_applicativo", {kEnte, kAmbito}},
      {"amministratore_sistema", {kAmbito}}};
  for (const auto& [role, units] : fitting)
    for (const UnitId& unit : {kSector, kOffice, kEnte, kAmbito}) {
      World fresh;
      const bool fits = std::find(units.begin(), units.end(), unit) != units.end();
      EXPECT_EQ(fresh.refusal(grant(role, unit)), fits ? "" : "role_unit")
          << role << ' ' << unit.hex();
    }
}

TEST_F(DecideAccess, KeepsWhatWasGrantedUntilItIsRevoked) {
  GrantRole command = grant("coordinatore", kSector);
  command.from = kToday;
  command.to = kTomorrow;
  world.must(command);
  world.must(grant("segretariato", kOffice));
  ASSERT_EQ(held().size(), 2u);
  EXPECT_EQ(held()[0].role, "coordinatore");
  EXPECT_EQ(held()[0].unit, kSector);
  EXPECT_TRUE(held()[0].in_force(kToday));
  EXPECT_TRUE(held()[0].in_force(kTomorrow));
  EXPECT_FALSE(held()[0].in_force(kYesterday));
  EXPECT_FALSE(held()[0].in_force(Date{kTomorrow.days + 1}));

  world.must(RevokeRole{kColleague, "coordinatore", kSector, "fine incarico"});

  ASSERT_EQ(held().size(), 1u);
  EXPECT_EQ(held()[0].role, "segretariato");
}

TEST_F(DecideAccess, AT23_RefusesToGrantARoleToOneself) {
  EXPECT_EQ(world.refusal(grant("coordinatore", kEnte, kWorker)), "self_grant");
  CommandContext through = by(kThird);
  through.on_behalf_of = kColleague;
  EXPECT_EQ(world.refusal(grant("coordinatore", kEnte), through), "self_grant");
  EXPECT_EQ(world.refusal(grant("coordinatore", kEnte), by(installation_actor())), "");
  EXPECT_FALSE(world.organisation().roles.contains(kWorker));
}

TEST_F(DecideAccess, RefusesARoleThatIsHeldAndTakesOneThatHasExpiredAgain) {
  GrantRole command = grant("auditor", kEnte);
  command.to = kToday;
  world.must(command);
  EXPECT_EQ(world.refusal(command), "role_held");
  EXPECT_EQ(world.refusal(grant("auditor", kOtherEnte)), "") << "another unit is another role";

  CommandContext later = by(kWorker);
  later.today = kTomorrow;
  EXPECT_EQ(world.refusal(RevokeRole{kColleague, "auditor", kEnte, "scaduto"}, later),
            "role_not_held");
  EXPECT_EQ(world.refusal(grant("auditor", kEnte), later), "");
  EXPECT_EQ(held().size(), 2u);
}

TEST_F(DecideAccess, RefusesGrantsThatNameNothingKnown) {
  EXPECT_EQ(world.refusal(grant("coordinatore", kEnte, id_of<OperatorId>(50))), "unknown_operator");
  EXPECT_EQ(world.refusal(grant("amministratore", kAmbito)), "unknown_role");
  EXPECT_EQ(world.refusal(grant("", kEnte)), "unknown_role");
  EXPECT_EQ(world.refusal(grant("coordinatore", id_of<UnitId>(50))), "unknown_unit");
  EXPECT_EQ(world.refusal(grant("coordinatore", kZone)), "unknown_unit");
  EXPECT_EQ(world.run(grant("coordinatore", kEnte, {})).error().code, Errc::invalid_argument);
  world.must(DefineOperator{kColleague, "operatore002", false});
  EXPECT_EQ(world.refusal(grant("coordinatore", kEnte)), "disabled_operator");
}

TEST_F(DecideAccess, RefusesGrantsWithoutATermThatCanBe) {
  GrantRole command = grant("coordinatore", kEnte);
  command.from = kTomorrow;
  command.to = kToday;
  EXPECT_EQ(world.refusal(command), "validity_reversed");
  command.from = {};
  command.to = kYesterday;
  EXPECT_EQ(world.refusal(command), "validity_past");
  command.to = kToday;
  command.act = std::string(201, 'a');
  EXPECT_EQ(world.refusal(command), "act_too_long");
  command.act.pop_back();
  EXPECT_EQ(world.refusal(command), "");
}

TEST_F(DecideAccess, RefusesToTakeAwayWhatNobodyHas) {
  RevokeRole command{kColleague, "coordinatore", kEnte, "fine"};
  EXPECT_EQ(world.refusal(command), "role_not_held");
  world.must(grant("coordinatore", kSector));
  EXPECT_EQ(world.refusal(command), "role_not_held");
  command.unit = kSector;
  command.role = "auditor";
  EXPECT_EQ(world.refusal(command), "role_unit");
  command.role = "coordinatore";
  command.reason.clear();
  EXPECT_EQ(world.refusal(command), "reason_missing");
  command.reason = std::string(201, 'a');
  EXPECT_EQ(world.refusal(command), "reason_too_long");
  command.worker = id_of<OperatorId>(50);
  EXPECT_EQ(world.refusal(command), "unknown_operator");
}

TEST_F(DecideAccess, AT08_KeepsSystemAdministrationApartFromAuditAndDpo) {
  world.must(grant("amministratore_sistema", kAmbito));
  EXPECT_EQ(world.refusal(grant("auditor", kEnte)), "incompatible_role");
  EXPECT_EQ(world.refusal(grant("dpo", kAmbito)), "incompatible_role");
  world.must(grant("dpo", kAmbito, kThird));
  EXPECT_EQ(world.refusal(grant("amministratore_sistema", kAmbito, kThird)), "incompatible_role");
  world.must(RevokeRole{kThird, "dpo", kAmbito, "fine"});
  EXPECT_EQ(world.refusal(grant("amministratore_sistema", kAmbito, kThird)), "");
}

// ---- what an operator may act as ----------------------------------------------------------------
TEST_F(DecideAccess, AnOperatorActsAsWhatIsAssignedOrGrantedAndInForce) {
  GrantRole later = grant("coordinatore", kEnte);
  later.from = kTomorrow;
  world.must(later);
  world.must(grant("dpo", kAmbito));
  world.must(DefineOperatorAssignment{kColleague, kSector, "", false});
  const auto choices = [&](Date on) {
    return acting_choices(world.organisation(), kColleague, on);
  };
  const ActingAs dpo{{}, {}, Role::dpo};
  const ActingAs coordinator{kEnte, kEnte, Role::coordinator};
  const ActingAs caseworker{kEnte, kSector, Role::caseworker};

  EXPECT_EQ(choices(kToday), (std::vector{dpo, caseworker}));
  EXPECT_EQ(choices(kTomorrow), (std::vector{dpo, coordinator, caseworker}));
  world.must(grant("operatore", kSector));
  EXPECT_EQ(choices(kToday), (std::vector{dpo, caseworker})) << "the same thing is told once";
  for (const ActingAs& choice : {dpo, coordinator, caseworker}) {
    EXPECT_EQ(may_act(world.organisation(), kColleague, choice, kToday), choice != coordinator);
    EXPECT_TRUE(may_act(world.organisation(), kColleague, choice, kTomorrow));
  }
}

TEST_F(DecideAccess, NobodyActsForWhatIsDisabledOrNotTheirs) {
  world.must(grant("coordinatore", kEnte));
  const auto acts = [&](const ActingAs& acting_as) {
    return may_act(world.organisation(), kColleague, acting_as, kToday);
  };
  EXPECT_TRUE(acts({kEnte, kEnte, Role::coordinator}));
  EXPECT_FALSE(acts({kEnte, kSector, Role::coordinator}));
  EXPECT_FALSE(acts({kOtherEnte, kOtherEnte, Role::coordinator}));
  EXPECT_FALSE(acts({kOtherEnte, kEnte, Role::coordinator})) << "the ente of the unit is another";
  EXPECT_FALSE(acts({{}, {}, Role::coordinator}));
  EXPECT_FALSE(acts({kEnte, kEnte, Role::dpo}));
  EXPECT_FALSE(acts({kEnte, kEnte, Role::none}));
  EXPECT_FALSE(acts({kEnte, kSector, Role::caseworker}));

  world.must(DefineEnte{kEnte, "Comune di Prova", "A001", kZone, true, "", "", false});
  EXPECT_FALSE(acts({kEnte, kEnte, Role::coordinator}));
  EXPECT_TRUE(acting_choices(world.organisation(), kColleague, kToday).empty());
  EXPECT_TRUE(acting_choices(world.organisation(), kWorker, kToday).empty())
      << "the sector's ente is disabled";
  world.must(DefineEnte{kEnte, "Comune di Prova", "A001", kZone, true, "", "", true});
  EXPECT_TRUE(acts({kEnte, kEnte, Role::coordinator}));
  world.must(DefineOperator{kColleague, "operatore002", false});
  EXPECT_FALSE(acts({kEnte, kEnte, Role::coordinator}));
  EXPECT_TRUE(acting_choices(world.organisation(), kColleague, kToday).empty());
}

TEST_F(DecideAccess, AViewerHasTheControllerAndTheSecondLevelOfTheUnit) {
  const UnitId minors = id_of<UnitId>(52);
  world.must(DefineSector{minors, "Minori", kEnte, "EM", true});
  world.must(DefineOperatorAssignment{kColleague, minors, "", false});
  world.must(grant("dpo", kAmbito));
  const auto& organisation = world.organisation();

  const auto worker =
      make_viewer(organisation, kColleague, {kEnte, minors, Role::caseworker}, kToday).value();
  const auto dpo = make_viewer(organisation, kColleague, {{}, {}, Role::dpo}, kToday).value();

  EXPECT_EQ(worker.operator_id, kColleague);
  EXPECT_EQ(worker.controller, controller_of(kEnte));
  EXPECT_EQ(worker.second_level, "EM");
  EXPECT_EQ(dpo.controller, installation_controller());
  EXPECT_EQ(dpo.second_level, "");
  EXPECT_EQ(make_viewer(organisation, kColleague, {kEnte, kSector, Role::caseworker}, kToday)
                .error()
                .code,
            Errc::permission_denied);
}

TEST(RoleWords, AreReadBackAndNoOtherIs) {
  for (int i = 1; i <= static_cast<int>(Role::system_administrator); ++i) {
    const Role role = static_cast<Role>(i);
    EXPECT_FALSE(role_word(role).empty());
    EXPECT_EQ(role_of(role_word(role)), role);
  }
  EXPECT_EQ(role_of(""), Role::none);
  EXPECT_EQ(role_of("amministratore"), Role::none);
  EXPECT_EQ(role_word(Role::none), "");
}

// ---- audit mandates -----------------------------------------------------------------------------
class DecideMandate : public DecideAccess {
 protected:
  ProposeAuditMandate proposal;

  DecideMandate() {
    proposal.act = "Determina di prova";
    proposal.auditor = kThird;
    proposal.cases = {id_of<StreamId>(40)};
    proposal.sections = {"interventi"};
    proposal.from = kToday;
    proposal.to = kTomorrow;
  }
  EventId propose(const OperatorId& actor = kWorker, const UnitId& ente = kEnte) {
    const CommandContext context = by(actor, ente);
    const auto outcome = world.run(proposal, context);
    if (!outcome) check_failed(outcome.error().detail.c_str(), __FILE__, __LINE__, __func__);
    return context.command_id;
  }
  const OrganisationState::Mandate& mandate(const EventId& id) {
    return world.organisation().mandates.at(id);
  }
};

TEST_F(DecideMandate, AreInForceOnlyWhenSomebodyElseGrantedThem) {
  const EventId id = propose();
  EXPECT_FALSE(mandate(id).in_force(kToday));

  EXPECT_EQ(world.refusal(DecideAuditMandate{id, true}, by(kColleague)), "");

  EXPECT_TRUE(mandate(id).in_force(kToday));
  EXPECT_TRUE(mandate(id).in_force(kTomorrow));
  EXPECT_FALSE(mandate(id).in_force(kYesterday));
  EXPECT_FALSE(mandate(id).in_force(Date{kTomorrow.days + 1}));
  EXPECT_EQ(mandate(id).auditor, kThird);
  EXPECT_EQ(mandate(id).proposed_by, kWorker);
  EXPECT_EQ(mandate(id).controller, controller_of(kEnte));
  EXPECT_EQ(mandate(id).cases, std::set{id_of<StreamId>(40)});
  EXPECT_TRUE(mandate(id).subjects.empty());
  EXPECT_TRUE(mandate(id).sections.contains("interventi"));
  EXPECT_EQ(world.refusal(DecideAuditMandate{id, false}, by(kColleague)), "mandate_decided");
}

TEST_F(DecideMandate, AreNotInForceWhenTheyWereRefused) {
  const EventId id = propose();
  EXPECT_EQ(world.refusal(DecideAuditMandate{id, false}, by(kColleague)), "");
  EXPECT_FALSE(mandate(id).in_force(kToday));
  EXPECT_EQ(world.refusal(DecideAuditMandate{id, true}, by(kColleague)), "mandate_decided");
}

TEST_F(DecideMandate, AT08_NeedTwoPeopleAndNeitherIsTheAuditor) {
  EXPECT_EQ(world.refusal(proposal, by(kThird)), "own_mandate");
  const EventId id = propose();
  EXPECT_EQ(world.refusal(DecideAuditMandate{id, true}, by(kWorker)), "same_person");
  EXPECT_EQ(world.refusal(DecideAuditMandate{id, true}, by(kThird)), "own_mandate");
  CommandContext through = by(kColleague);
  through.on_behalf_of = kWorker;
  EXPECT_EQ(world.refusal(DecideAuditMandate{id, true}, through), "same_person");
  EXPECT_EQ(world.refusal(proposal, by(installation_actor())), "unknown_operator");
  EXPECT_EQ(world.refusal(DecideAuditMandate{id, true}, by(installation_actor())),
            "unknown_operator");
  EXPECT_FALSE(mandate(id).in_force(kToday));
}

TEST_F(DecideMandate, AreDecidedForTheControllerThatProposedThem) {
  const EventId id = propose();
  EXPECT_EQ(world.refusal(DecideAuditMandate{id, true}, by(kColleague, kOtherEnte)),
            "unknown_mandate");
  EXPECT_EQ(world.refusal(DecideAuditMandate{id_of<EventId>(50), true}, by(kColleague)),
            "unknown_mandate");
}

TEST_F(DecideMandate, AreNotGrantedOnceTheyHaveExpired) {
  const EventId id = propose();
  CommandContext late = by(kColleague);
  late.today = Date{kTomorrow.days + 1};
  EXPECT_EQ(world.refusal(DecideAuditMandate{id, true}, late), "mandate_expired");
  EXPECT_EQ(world.refusal(DecideAuditMandate{id, false}, late), "");
}

TEST_F(DecideMandate, NameAnActAThingASectionAndDays) {
  const auto refused = [&](auto change) {
    ProposeAuditMandate wrong = proposal;
    change(wrong);
    return world.refusal(wrong);
  };
  using M = ProposeAuditMandate;
  EXPECT_EQ(refused([](M& m) { m.act.clear(); }), "act_missing");
  EXPECT_EQ(refused([](M& m) { m.act = std::string(201, 'a'); }), "act_too_long");
  EXPECT_EQ(refused([](M& m) { m.cases.clear(); }), "mandate_scope_missing");
  EXPECT_EQ(refused([](M& m) { m.subjects.resize(1'000, id_of<SubjectId>(1)); }),
            "mandate_too_wide");
  EXPECT_EQ(refused([](M& m) { m.sections.clear(); }), "sections_missing");
  EXPECT_EQ(refused([](M& m) { m.sections = {std::string(201, 'a')}; }), "section_too_long");
  EXPECT_EQ(refused([](M& m) { m.to = kYesterday; }), "validity_reversed");
  EXPECT_EQ(refused([](M& m) { m.from = m.to = kYesterday; }), "validity_past");
  EXPECT_EQ(refused([](M& m) { m.auditor = id_of<OperatorId>(50); }), "unknown_operator");
  proposal.auditor = {};
  EXPECT_EQ(world.run(proposal).error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace cartella::cases
