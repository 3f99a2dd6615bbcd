#include <gtest/gtest.h>

#include "cases/bootstrap.h"
#include "cases/visibility.h"
#include "crypto/command_id.h"
#include "tests/unit/cases/world.h"

namespace cartella::cases {
namespace {

using Erasure = OrganisationState::Erasure;

class DecideErasureTest : public ::testing::Test {
 protected:
  World world;
  const StreamId person = world.must(person_with("PRVFTZ59A41D653B"));
  const SubjectId subject = world.state<PersonState>(person).subject;

  CommandContext by(const OperatorId& actor) {
    CommandContext context = world.context();
    context.actor = actor;
    return context;
  }
  ProposeErasure of_person() const { return {"person", person, "termine trascorso", {}, {}}; }
  EventId must_by(const OperatorId& actor, const Command& command) {
    const CommandContext context = by(actor);
    const auto outcome = world.run(command, context);
    EXPECT_TRUE(outcome) << outcome.error().detail;
    return crypto::event_id_of(context.command_id, 0);
  }
  EventId proposed() { return must_by(kWorker, of_person()); }
  Erasure::Standing standing(const EventId& proposal) const {
    return world.organisation().erasures.at(proposal).standing;
  }
  bool is_erasing(const StreamId& stream) const {
    return world.organisation().is_erasing(controller_of(kEnte), subject, stream);
  }
};

TEST_F(DecideErasureTest, TwoPeopleEraseAPersonAndNothingOfThemIsWrittenAnyMore) {
  const EventId proposal = proposed();
  EXPECT_FALSE(is_erasing(person));
  EXPECT_EQ(world.refusal(of_person()), "erasure_proposed");
  EXPECT_EQ(world.refusal(DecideErasure{proposal, "erase", "", {}, {}}, by(kWorker)),
            "same_person");
  CommandContext through = by(kColleague);
  through.on_behalf_of = kWorker;
  EXPECT_EQ(world.refusal(DecideErasure{proposal, "erase", "", {}, {}}, through), "same_person");

  must_by(kColleague, DecideErasure{proposal, "erase", "", {}, {}});

  EXPECT_EQ(standing(proposal), Erasure::Standing::erasing);
  EXPECT_TRUE(is_erasing(person));
  EXPECT_FALSE(world.organisation().is_erasing(controller_of(kOtherEnte), subject, person))
      << "another controller's";
  RecordDeath late;
  late.person = person;
  EXPECT_EQ(world.run(late).error().code, Errc::not_found);
  EXPECT_EQ(world.refusal(DecideErasure{proposal, "refuse", "no", {}, {}}, by(kColleague)),
            "erasure_decided");
}

TEST_F(DecideErasureTest, AnotherControllerNeitherProposesNorDecides) {
  EXPECT_EQ(world.run(of_person(), world.context(kOtherEnte)).error().code, Errc::not_found);
  const EventId proposal = proposed();
  CommandContext other = world.context(kOtherEnte);
  other.actor = kColleague;
  EXPECT_EQ(world.refusal(DecideErasure{proposal, "erase", "", {}, {}}, other), "unknown_erasure");
  other.controller = installation_controller();
  EXPECT_EQ(world.refusal(DecideErasure{proposal, "erase", "", {}, {}}, other), "")
      << "who acts for the ambito acts for each";
}

TEST_F(DecideErasureTest, EveryTextThatMentionsThePersonAsksForADecision) {
  ProposeErasure command = of_person();
  CommandContext context = by(kWorker);
  command.mentions = {7};
  EXPECT_EQ(world.run(command, context).error().code, Errc::invalid_argument) << "not in the log";
  Erasure erasure;
  erasure.controller = controller_of(kEnte);
  KeptTexts held;
  const auto refusal = [&](std::vector<std::uint64_t> kept, std::vector<std::uint64_t> erased) {
    OrganisationState organisation = world.organisation();
    erasure.subject = subject;
    erasure.proposed_by = kWorker;
    erasure.mentions = {3, 5};
    const EventId proposal = id_of<EventId>(777);
    organisation.erasures[proposal] = erasure;
    State state;
    state.organisation = std::make_shared<OrganisationState>(organisation);
    Environment environment;
    environment.today = kToday;
    environment.kept_texts = held;
    const auto decision =
        decide(state, DecideErasure{proposal, "erase", "", std::move(kept), std::move(erased)},
               by(kColleague), environment);
    return decision ? std::string() : std::string(refusal_code(decision.error()));
  };
  EXPECT_EQ(refusal({}, {}), "mentions_open");
  EXPECT_EQ(refusal({3}, {}), "mentions_open");
  EXPECT_EQ(refusal({3, 5}, {5}), "mentions_open");
  EXPECT_EQ(refusal({3}, {5, 6}), "mentions_open");
  EXPECT_EQ(refusal({3}, {5}), "");
  held[5] = "vincolo legale";
  EXPECT_EQ(refusal({3}, {5}), "mention_held");
}

TEST_F(DecideErasureTest, ALegalHoldTurnsTheErasureIntoARestrictionUntilItIsLifted) {
  const EventId hold = must_by(kWorker, PlaceLegalHold{person, {}, "decreto", "tribunale", {}});
  const EventId first = proposed();
  must_by(kColleague, DecideErasure{first, "erase", "", {}, {}});
  EXPECT_EQ(standing(first), Erasure::Standing::restricted);
  EXPECT_FALSE(is_erasing(person));
  EXPECT_TRUE(world.organisation().is_restricted(controller_of(kEnte), subject, person));

  must_by(kColleague, LiftLegalHold{hold, "decreto 2"});
  EXPECT_EQ(world.refusal(LiftLegalHold{hold, "ancora"}), "unknown_hold");
  const EventId second = proposed();
  must_by(kColleague, DecideErasure{second, "erase", "", {}, {}});
  EXPECT_EQ(standing(second), Erasure::Standing::erasing);
}

TEST_F(DecideErasureTest, AHoldOnAPersonHoldsTheirItemsAndOneOnAnItemThePersonToo) {
  const StreamId first = world.must(OpenCase{person, {}, 0, "", {}, kSector, kWorker});
  const StreamId second = world.must(OpenCase{person, {}, 0, "", {}, kSector, kWorker});
  const auto erased = [&](const std::string& scope, const StreamId& target) {
    const EventId proposal = must_by(kWorker, ProposeErasure{scope, target, "termine", {}, {}});
    must_by(kColleague, DecideErasure{proposal, "erase", "", {}, {}});
    return standing(proposal) == Erasure::Standing::erasing;
  };
  const EventId on_item = must_by(kWorker, PlaceLegalHold{person, {first}, "atto", "giudice", {}});
  EXPECT_FALSE(erased("item", first));
  EXPECT_FALSE(erased("person", person));
  must_by(kColleague, LiftLegalHold{on_item, "atto 2"});
  must_by(kWorker, PlaceLegalHold{person, {}, "atto 3", "giudice", {}});
  EXPECT_FALSE(erased("item", second));
}

TEST_F(DecideErasureTest, AHoldPastItsLastDayHoldsNothing) {
  must_by(kWorker, PlaceLegalHold{person, {}, "decreto", "tribunale", kToday});
  const EventId proposal = proposed();
  CommandContext later = by(kColleague);
  later.today = Date{kToday.days + 1};
  ASSERT_TRUE(world.run(DecideErasure{proposal, "erase", "", {}, {}}, later));
  EXPECT_EQ(standing(proposal), Erasure::Standing::erasing);
}

TEST_F(DecideErasureTest, ADutyToKeepNeedsItsGroundAndRestricts) {
  const EventId proposal = proposed();
  EXPECT_EQ(world.refusal(DecideErasure{proposal, "restrict", "", {}, {}}, by(kColleague)),
            "ground_missing");
  EXPECT_EQ(world.refusal(DecideErasure{proposal, "forse", "x", {}, {}}, by(kColleague)),
            "outcome");
  must_by(kColleague, DecideErasure{proposal, "restrict", "obbligo contabile", {}, {}});
  EXPECT_EQ(standing(proposal), Erasure::Standing::restricted);

  ASSERT_EQ(world.organisation().restrictions.size(), 1u);
  const EventId restriction = world.organisation().restrictions.begin()->first;
  EXPECT_EQ(world.refusal(LiftRestriction{restriction, "", "verificato"}), "notice_missing");
  must_by(kWorker, LiftRestriction{restriction, "lettera del 1 giugno", "verificato"});
  EXPECT_FALSE(world.organisation().is_restricted(controller_of(kEnte), subject, person));
}

TEST_F(DecideErasureTest, AnotherPersonsGroundKeepsAndRefusalsChangeNothing) {
  for (const auto& [outcome, standing_after] :
       {std::pair{"keep_for_other", Erasure::Standing::kept},
        std::pair{"refuse", Erasure::Standing::refused}}) {
    const EventId proposal = proposed();
    must_by(kColleague, DecideErasure{proposal, outcome, "diritto di un familiare", {}, {}});
    EXPECT_EQ(standing(proposal), standing_after);
    EXPECT_FALSE(is_erasing(person));
  }
  EXPECT_TRUE(world.organisation().restrictions.empty());
}

TEST_F(DecideErasureTest, CR04_AControllerThatLeavesIsReadOnlyFromTheProposalOnAndTakesItsExport) {
  const ProposeErasure leaving{"controller", {}, "recesso", {}, {}};
  const std::string ground = export_ground(Hash32{});
  const DecideErasure early{id_of<EventId>(1), "erase", ground, {}, {}};
  EXPECT_EQ(world.refusal(early, by(kColleague)), "unknown_erasure");
  CommandContext ambito = by(kWorker);
  ambito.controller = installation_controller();
  EXPECT_EQ(world.refusal(leaving, ambito), "not_an_ente");
  const EventId earlier = proposed();
  const EventId proposal = must_by(kWorker, leaving);
  RecordDeath late;
  late.person = person;
  EXPECT_EQ(world.refusal(late), "controller_leaving");
  EXPECT_EQ(world.refusal(leaving), "controller_leaving");
  EXPECT_FALSE(is_erasing(person)) << "it is read until it is decided";
  CommandContext dpo = by(kColleague);
  dpo.controller = installation_controller();
  EXPECT_EQ(world.refusal(DecideErasure{earlier, "refuse", "no", {}, {}}, dpo),
            "controller_leaving");
  EXPECT_TRUE(world.run(person_with("PRVFTZ59A41D653B"), world.context(kOtherEnte)));
  EXPECT_EQ(world.refusal(DecideErasure{proposal, "erase", ground, {}, {}}, by(kWorker)),
            "same_person");
  for (const char* missing : {"", "esportazione sha256 abc", "fatto"})
    EXPECT_EQ(world.refusal(DecideErasure{proposal, "erase", missing, {}, {}}, by(kColleague)),
              "export_missing");
  EXPECT_FALSE(world.organisation().has_left(controller_of(kEnte)));

  must_by(kColleague, DecideErasure{proposal, "erase", ground, {}, {}});

  EXPECT_TRUE(is_erasing(person));
  EXPECT_TRUE(world.organisation().has_left(controller_of(kEnte)));
  EXPECT_FALSE(world.organisation().has_left(controller_of(kOtherEnte)));
  EXPECT_EQ(world.organisation().erasures.at(proposal).ground, ground);
  EXPECT_EQ(world.refusal(person_with("")), "controller_leaving");
}

TEST_F(DecideErasureTest, AControllerWhoseLeavingIsRefusedWritesAgainAndAHoldRestrictsIt) {
  const ProposeErasure leaving{"controller", {}, "recesso", {}, {}};
  const EventId refused = must_by(kWorker, leaving);
  must_by(kColleague, DecideErasure{refused, "refuse", "manca l'atto", {}, {}});
  EXPECT_EQ(standing(refused), Erasure::Standing::refused);
  must_by(kWorker, PlaceLegalHold{person, {}, "decreto", "tribunale", {}});
  const EventId proposal = must_by(kWorker, leaving);
  must_by(kColleague, DecideErasure{proposal, "erase", export_ground(Hash32{}), {}, {}});
  EXPECT_EQ(standing(proposal), Erasure::Standing::restricted);
  EXPECT_TRUE(world.organisation().is_restricted(controller_of(kEnte), subject, person));
  EXPECT_FALSE(world.organisation().is_restricted(controller_of(kOtherEnte), subject, person));
  RecordDeath later;
  later.person = person;
  later.death_date = kToday;
  EXPECT_TRUE(world.run(later)) << "it stays, and writes again";
}

TEST_F(DecideErasureTest, DS06_ARetentionRuleNamesACategoryThatEndsAndItsAct) {
  EXPECT_EQ(world.refusal(SetRetentionRule{"case_file", 120, "delibera 3"}), "");
  EXPECT_EQ(world.organisation().retention_rules.at("case_file").months, 120u);
  for (const char* category : {"organisation", "access_log", "altro", ""})
    EXPECT_EQ(world.refusal(SetRetentionRule{category, 120, "delibera 3"}), "category");
  EXPECT_EQ(world.refusal(SetRetentionRule{"case_file", -1, "delibera 3"}), "months");
  EXPECT_EQ(world.refusal(SetRetentionRule{"case_file", 2401, "delibera 3"}), "months");
  EXPECT_EQ(world.refusal(SetRetentionRule{"case_file", 12, ""}), "act_missing");
}

TEST_F(DecideErasureTest, CR05_WhatStaysInClearForEverIsAFewWords) {
  ProposeErasure command = of_person();
  command.basis.clear();
  EXPECT_EQ(world.refusal(command), "basis_missing");
  command.basis.assign(201, 'x');
  EXPECT_EQ(world.refusal(command), "basis_too_long");
}

}  // namespace
}  // namespace cartella::cases
