#include <gtest/gtest.h>

#include <set>

#include "tests/unit/cases/world.h"

namespace cartella::cases {
namespace {

using S = CaseStatus;

constexpr std::array kStatuses = {
    S::aperto,   S::chiuso,         S::preso_in_carico,    S::segnalato,
    S::riaperto, S::segnalato_ente, S::segnalato_operatore};

ChangeCaseState change_to(const StreamId& stream, S status) {
  ChangeCaseState change;
  change.case_stream = stream;
  change.state = status;
  change.worker = kWorker;
  change.sector = kSector;
  change.to_sector = kSector;
  change.to_operator = kColleague;
  change.to_ente = kOtherEnte;
  return change;
}

class DecideCase : public ::testing::Test {
 protected:
  World world;
  StreamId person = world.must(person_with("PRVFTZ59A41D653B"));
  OpenCase opening{person, {}, 1, "", {}, kSector, kWorker};
  StreamId opened = world.must(opening);

  S status() const { return world.state<CaseState>(opened).status; }
};

TEST(Transition, AllowsExactlyTheTableOfTheLifeCycle) {
  const std::set<std::pair<S, S>> allowed = {{S::aperto, S::segnalato},
                                             {S::preso_in_carico, S::segnalato},
                                             {S::riaperto, S::segnalato},
                                             {S::aperto, S::segnalato_operatore},
                                             {S::preso_in_carico, S::segnalato_operatore},
                                             {S::riaperto, S::segnalato_operatore},
                                             {S::aperto, S::segnalato_ente},
                                             {S::preso_in_carico, S::segnalato_ente},
                                             {S::riaperto, S::segnalato_ente},
                                             {S::aperto, S::preso_in_carico},
                                             {S::segnalato, S::preso_in_carico},
                                             {S::riaperto, S::preso_in_carico},
                                             {S::segnalato_ente, S::preso_in_carico},
                                             {S::segnalato_operatore, S::preso_in_carico},
                                             {S::aperto, S::chiuso},
                                             {S::preso_in_carico, S::chiuso},
                                             {S::segnalato, S::chiuso},
                                             {S::riaperto, S::chiuso},
                                             {S::segnalato_ente, S::chiuso},
                                             {S::segnalato_operatore, S::chiuso},
                                             {S::chiuso, S::riaperto}};
  for (int from = 0; from < 16; ++from)
    for (int to = 0; to < 16; ++to) {
      const auto a = static_cast<S>(from);
      const auto b = static_cast<S>(to);
      const Status status = check_transition(a, change_to({}, b));
      EXPECT_EQ(status.has_value(), allowed.contains({a, b})) << from << " -> " << to;
      if (!status) {
        EXPECT_EQ(status.error().code, Errc::illegal_transition);
        EXPECT_EQ(refusal_code(status.error()), "illegal_transition");
        EXPECT_GT(status.error().detail.size(), 40u);
      }
    }
}

TEST(Transition, NamesARecipientOrAResponsibleThatIsMissing) {
  const auto code = [](S status) {
    ChangeCaseState change;
    change.state = status;
    return std::string(refusal_code(check_transition(S::aperto, change).error()));
  };
  EXPECT_EQ(code(S::segnalato), "recipient_missing");
  EXPECT_EQ(code(S::segnalato_operatore), "recipient_missing");
  EXPECT_EQ(code(S::segnalato_ente), "recipient_missing");
  EXPECT_EQ(code(S::preso_in_carico), "responsible_missing");
}

TEST(Transition, HasAnItalianNameForEveryState) {
  for (const S status : kStatuses) EXPECT_NE(case_status_name(status), "Sconosciuto");
  EXPECT_EQ(case_status_name(static_cast<S>(5)), "Sconosciuto");
}

TEST_F(DecideCase, OpensFollowsAndReopensACase) {
  EXPECT_EQ(status(), S::aperto);
  for (const S next : {S::segnalato, S::preso_in_carico, S::chiuso, S::riaperto, S::segnalato_ente,
                       S::preso_in_carico, S::segnalato_operatore, S::chiuso}) {
    EXPECT_EQ(world.refusal(change_to(opened, next)), "");
    EXPECT_EQ(status(), next);
  }
  EXPECT_EQ(world.run(change_to(opened, S::preso_in_carico)).error().code,
            Errc::illegal_transition);
}

TEST_F(DecideCase, MakesWhoTakesChargeResponsibleAndEndsWhoWas) {
  world.must(DefineOperatorAssignment{kColleague, kSector, "CSOCIALE_OPERATORE", false});
  world.must(change_to(opened, S::preso_in_carico));
  EXPECT_EQ(world.state<CaseState>(opened).responsible, kWorker);
  world.must(change_to(opened, S::segnalato));
  auto taken = change_to(opened, S::preso_in_carico);
  taken.worker = kColleague;

  const auto decision = world.decide_only(taken, world.context()).value();
  world.must(taken);

  EXPECT_EQ(decision.events.size(), 3u);
  EXPECT_EQ(world.state<CaseState>(opened).responsible, kColleague);
  EXPECT_FALSE(world.state<CaseState>(opened).operators.contains(kWorker));
}

TEST_F(DecideCase, IsTakenInChargeOnlyByAnOperatorOfTheSector) {
  auto change = change_to(opened, S::preso_in_carico);
  change.worker = kColleague;
  EXPECT_EQ(world.refusal(change), "operator_outside_sector");
  change.worker = kWorker;
  change.sector = {};
  EXPECT_EQ(world.refusal(change), "sector_missing");
  world.must(DefineOperatorAssignment{kWorker, kSector, "", true});
  EXPECT_EQ(world.refusal(change_to(opened, S::preso_in_carico)), "operator_outside_sector");
  EXPECT_EQ(status(), S::aperto);
}

TEST_F(DecideCase, IsTakenInChargeOnlyWhereTheSectorManagesEveryCategory) {
  world.must(SetCategory{opened, "1", true, false});
  world.must(SetCategory{opened, "2", false, false});
  world.must(DefineSector{kSector, "Settore", kEnte, "", true, {"1"}});
  EXPECT_EQ(world.refusal(change_to(opened, S::preso_in_carico)), "category_outside_sector");
  world.must(DefineSector{kSector, "Settore", kEnte, "", true, {"1", "2", "3"}});
  EXPECT_EQ(world.refusal(change_to(opened, S::preso_in_carico)), "");
}

TEST_F(DecideCase, AnImportIsNotAskedWhoTookCharge) {
  auto context = world.context();
  context.historical = true;
  auto change = change_to(opened, S::preso_in_carico);
  change.worker = kColleague;
  change.sector = {};
  EXPECT_EQ(world.refusal(change, context), "");
  EXPECT_EQ(world.state<CaseState>(opened).responsible, kColleague);
}

TEST_F(DecideCase, TakesTheEnteOfTheSectorThatACaseIsReportedTo) {
  ChangeCaseState change;
  change.case_stream = opened;
  change.state = S::segnalato_ente;
  change.to_sector = kSector;
  EXPECT_EQ(world.refusal(change), "");
}

TEST_F(DecideCase, RefusesUnknownUnitsAndOperators) {
  auto change = change_to(opened, S::preso_in_carico);
  change.worker = id_of<OperatorId>(50);
  EXPECT_EQ(world.refusal(change), "unknown_operator");
  change = change_to(opened, S::segnalato);
  change.to_sector = id_of<UnitId>(50);
  EXPECT_EQ(world.refusal(change), "unknown_sector");
  change = change_to(opened, S::segnalato_ente);
  change.to_ente = id_of<UnitId>(50);
  EXPECT_EQ(world.refusal(change), "unknown_ente");
  auto second = opening;
  second.sector = id_of<UnitId>(50);
  EXPECT_EQ(world.refusal(second), "unknown_sector");
  EXPECT_EQ(world.run(change_to(person, S::chiuso)).error().code, Errc::not_found);
}

TEST_F(DecideCase, RefusesDisabledOperatorsAndSectorsUnlessHistorical) {
  world.must(DefineOperator{kColleague, "operatore002", false});
  world.must(DefineSector{kSector, "Settore", kEnte, "", false});
  auto change = change_to(opened, S::segnalato_operatore);
  EXPECT_EQ(world.refusal(change), "disabled_operator");
  change.to_operator = kWorker;
  EXPECT_EQ(world.refusal(change), "disabled_sector");
  auto context = world.context();
  context.historical = true;
  EXPECT_EQ(world.refusal(change_to(opened, S::segnalato_operatore), context), "");
}

TEST_F(DecideCase, IsInConflictWhereItMovedOnSinceItWasRead) {
  auto context = world.context();
  context.expected_revision = 1;
  EXPECT_EQ(world.run(change_to(opened, S::segnalato), context).error().code, Errc::conflict);
  context.expected_revision = 0;
  EXPECT_TRUE(world.run(change_to(opened, S::segnalato), context));
  context.command_id = id_of<EventId>(77);
  EXPECT_EQ(world.run(change_to(opened, S::preso_in_carico), context).error().code, Errc::conflict);
  EXPECT_EQ(world.run(opening, context).error().code, Errc::invalid_argument);
  context.controller = controller_of(kOtherEnte);
  EXPECT_EQ(world.run(change_to(opened, S::preso_in_carico), context).error().code, Errc::not_found)
      << "another controller learns nothing of the revision";
}

TEST_F(DecideCase, KeepsOnePrevalentCategory) {
  world.must(SetCategory{opened, "1", true, false});
  world.must(SetCategory{opened, "2", true, false});

  const auto& state = world.state<CaseState>(opened);
  EXPECT_EQ(state.prevalent, "2");
  EXPECT_EQ(state.categories.size(), 2u);
  EXPECT_EQ(world.refusal(SetCategory{opened, "2", true, false}), "category_set");
  EXPECT_EQ(world.refusal(SetCategory{opened, "9", true, false}), "unknown_category");
  EXPECT_EQ(world.refusal(SetCategory{opened, "3", false, true}), "category_not_set");
  EXPECT_EQ(world.refusal(SetCategory{opened, "1", true, true}), "prevalent_ended");
  world.must(SetCategory{opened, "2", false, true});
  EXPECT_EQ(world.state<CaseState>(opened).prevalent, "");
  world.must(DefineCategory{"3", "Adulti", false});
  EXPECT_EQ(world.refusal(SetCategory{opened, "3", true, false}), "disabled_category");
}

TEST_F(DecideCase, NeverLeavesACaseInChargeWithoutAResponsible) {
  world.must(change_to(opened, S::preso_in_carico));

  EXPECT_EQ(world.refusal(AssignOperator{opened, kWorker, kSector, true, true}),
            "responsible_required");
  EXPECT_EQ(world.refusal(AssignOperator{opened, kWorker, kSector, false, false}),
            "responsible_required");
  EXPECT_EQ(world.refusal(AssignOperator{opened, kColleague, kSector, false, true}),
            "operator_not_assigned");
  EXPECT_EQ(world.refusal(AssignOperator{opened, {}, kSector, true, false}), "operator_missing");
  world.must(AssignOperator{opened, kColleague, kSector, true, false});
  EXPECT_EQ(world.state<CaseState>(opened).responsible, kColleague);
  world.must(change_to(opened, S::chiuso));
  EXPECT_EQ(world.refusal(AssignOperator{opened, kWorker, kSector, true, false}), "closed_case");
}

TEST_F(DecideCase, SharesWithKnownUnitsForAReason) {
  EXPECT_EQ(world.refusal(ShareCase{opened, id_of<UnitId>(50), {}, "perché", false}),
            "unknown_unit");
  EXPECT_EQ(world.refusal(ShareCase{opened, kSector, {}, "", false}), "reason_missing");
  EXPECT_EQ(world.refusal(ShareCase{opened, kSector, {}, "", true}), "not_shared");
  EXPECT_EQ(world.refusal(ShareCase{opened, kSector, {"colloqui"}, "equipe", false}), "");
  EXPECT_EQ(world.refusal(ShareCase{opened, kSector, {}, "", true}), "");
}

TEST_F(DecideCase, SealsReservedInterviewsAndPrivateNotesUnderTheReservedClass) {
  RecordInterview interview;
  interview.case_stream = opened;
  interview.text = "Testo";
  interview.worker = kWorker;
  interview.held_at = start_of(kToday);
  const auto normal = world.decide_only(interview, world.context()).value();
  interview.reserved = true;
  const auto reserved = world.decide_only(interview, world.context()).value();
  const auto note =
      world.decide_only(RecordNote{opened, "Testo", true, kWorker, {}}, world.context()).value();

  EXPECT_EQ(normal.events[0].bodies[0].key_class, schema::KeyClass::base);
  EXPECT_EQ(reserved.events[0].bodies[0].key_class, schema::KeyClass::reserved);
  EXPECT_EQ(note.events[0].bodies[0].key_class, schema::KeyClass::reserved);
  EXPECT_NE(normal.events[0].stream, opened);
  EXPECT_EQ(normal.checks[0].stream, opened);

  interview.held_at.us += 86'400'000'000;
  EXPECT_EQ(world.refusal(interview), "future_interview");
  EXPECT_EQ(world.refusal(RecordNote{opened, "", false, kWorker, {}}), "text_missing");
  interview.case_stream = person;
  interview.held_at = start_of(kToday);
  EXPECT_EQ(world.run(interview).error().code, Errc::not_found);
}

}  // namespace
}  // namespace cartella::cases
