#include <gtest/gtest.h>

#include "tests/unit/cases/world.h"

namespace cartella::cases {
namespace {

class DecideBenefit : public ::testing::Test {
 protected:
  World world;
  StreamId person = world.must(person_with("PRVFTZ59A41D653B"));
  StreamId other = world.must(person_with("SMPMRA04B29G478M"));

  GrantBenefit grant(std::string protocol = "2026/000001") const {
    GrantBenefit benefit;
    benefit.person = person;
    benefit.paying_ente = kOtherEnte;  // may differ from the controller
    benefit.protocol = std::move(protocol);
    benefit.protocol_date = Date{kToday.days - 30};
    benefit.inps_code = "A1.04";
    benefit.periodic = true;
    benefit.means_test = 1;
    benefit.in_charge = InCharge::yes;
    benefit.user_area = 1;
    return benefit;
  }
  RecordDelivery delivery(const StreamId& benefit) const {
    RecordDelivery one;
    one.benefit = benefit;
    one.delivered_on = kToday;
    one.amount_cents = 10'000;
    one.ente_cents = 7'000;
    one.user_cents = 2'000;
    one.health_cents = 900;
    one.other_cents = 100;
    return one;
  }
  template <class Change>
  std::string refused(Change change) {
    GrantBenefit benefit = grant();
    change(benefit);
    return world.refusal(benefit);
  }
};

TEST_F(DecideBenefit, GrantsOnceForAProtocolOfAnEnte) {
  const StreamId first = world.must(grant());
  EXPECT_EQ(world.refusal(grant()), "protocol_taken");
  auto elsewhere = grant();
  elsewhere.paying_ente = kEnte;
  EXPECT_EQ(world.refusal(elsewhere), "");
  auto of_other = grant();
  of_other.person = other;
  EXPECT_EQ(world.run(of_other).error().code, Errc::claim_taken);
  EXPECT_EQ(world.state<BenefitState>(first).paying_ente, kOtherEnte);
}

TEST_F(DecideBenefit, LetsASupersedingBenefitRepeatTheProtocol) {
  const StreamId first = world.must(grant());
  world.must(grant("2026/000002"));
  auto corrected = grant();
  corrected.supersedes = first;
  corrected.protocol = "2026/000002";
  EXPECT_EQ(world.refusal(corrected), "protocol_taken");
  corrected = grant("2026/000009");
  corrected.person = other;
  corrected.supersedes = first;
  EXPECT_EQ(world.refusal(corrected), "other_person");
  corrected = grant();
  corrected.supersedes = first;
  EXPECT_EQ(world.refusal(corrected), "");
}

TEST_F(DecideBenefit, TellsTheOldStreamWhatTookItsPlace) {
  const StreamId first = world.must(grant());
  auto corrected = grant();
  corrected.supersedes = first;

  const auto decision = world.decide_only(corrected, world.context()).value();
  const StreamId second = world.must(corrected);

  ASSERT_EQ(decision.events.size(), 2u);
  EXPECT_EQ(decision.events[1].stream, first);
  EXPECT_EQ(decision.events[1].expected_revision, 0);
  EXPECT_EQ(world.state<BenefitState>(first).superseded_by, second);
  EXPECT_TRUE(world.state<BenefitState>(second).superseded_by.is_zero());
}

TEST_F(DecideBenefit, TakesNothingMoreOnASupersededBenefit) {
  const StreamId first = world.must(grant());
  auto corrected = grant();
  corrected.supersedes = first;
  const StreamId second = world.must(corrected);

  EXPECT_EQ(world.refusal(delivery(first)), "superseded_benefit");
  EXPECT_EQ(world.refusal(CloseBenefit{first, kToday, ""}), "superseded_benefit");
  EXPECT_EQ(world.refusal(corrected), "superseded_benefit");
  EXPECT_EQ(world.refusal(delivery(second)), "");
  corrected.supersedes = second;
  EXPECT_EQ(world.refusal(corrected), "");
}

TEST_F(DecideBenefit, SupersedesABenefitOnce) {
  const StreamId first = world.must(grant());
  auto corrected = grant();
  corrected.supersedes = first;
  const StreamId second = world.must(corrected);
  EXPECT_EQ(world.refusal(corrected), "superseded_benefit");
  corrected.protocol = "2026/000002";
  EXPECT_EQ(world.refusal(corrected), "superseded_benefit");
  // The correction may be wrong, too.
  corrected.supersedes = second;
  EXPECT_EQ(world.refusal(corrected), "");
}

TEST_F(DecideBenefit, LimitsTheProtocolTo32Characters) {
  EXPECT_EQ(refused([](auto& b) { b.protocol.clear(); }), "protocol_missing");
  EXPECT_EQ(refused([](auto& b) { b.protocol = std::string(33, '1'); }), "protocol_too_long");
  std::string accents;
  for (int i = 0; i < 32; ++i) accents += "à";
  EXPECT_EQ(refused([&](auto& b) { b.protocol = accents; }), "");
  EXPECT_EQ(refused([](auto& b) { b.protocol_date = Date{kToday.days + 1}; }),
            "future_protocol_date");
}

TEST_F(DecideBenefit, WantsACodeOfThatDate) {
  EXPECT_EQ(refused([](auto& b) { b.inps_code = "A9.99"; }), "unknown_benefit_code");
  EXPECT_EQ(refused([](auto& b) { b.inps_code = "A1.03"; }), "unknown_benefit_code");
  EXPECT_EQ(refused([](auto& b) {
              b.inps_code = "A1.03";
              b.period_from = make_date(2024, 1, 1);
            }),
            "");
}

TEST_F(DecideBenefit, WantsTheEventDateOfA10501) {
  EXPECT_EQ(refused([](auto& b) { b.inps_code = "A1.05.01"; }), "event_date_missing");
  EXPECT_EQ(refused([](auto& b) {
              b.inps_code = "A1.05.01";
              b.event_date = kToday;
            }),
            "");
}

TEST_F(DecideBenefit, TakesTheDsuWholeOrNotAtAll) {
  EXPECT_EQ(refused([](auto& b) { b.dsu_number = "INPS-1"; }), "dsu_incomplete");
  EXPECT_EQ(refused([](auto& b) { b.dsu_year = 2026; }), "dsu_incomplete");
  EXPECT_EQ(refused([](auto& b) { b.dsu_date = kToday; }), "dsu_incomplete");
  EXPECT_EQ(refused([](auto& b) {
              b.dsu_number = "INPS-1";
              b.dsu_year = 26;
              b.dsu_date = kToday;
            }),
            "dsu_year");
  EXPECT_EQ(refused([](auto& b) {
              b.dsu_number = std::string(31, '1');
              b.dsu_year = 2026;
              b.dsu_date = kToday;
            }),
            "dsu_number_too_long");
  EXPECT_EQ(refused([](auto& b) {
              b.dsu_number = "INPS-1";
              b.dsu_year = 2026;
              b.dsu_date = kToday;
            }),
            "");
}

TEST_F(DecideBenefit, KeepsThePeriodWithinOneCalendarYear) {
  const auto period = [&](std::optional<Date> from, std::optional<Date> to) {
    return refused([&](auto& b) {
      b.period_from = from;
      b.period_to = to;
    });
  };
  EXPECT_EQ(period(std::nullopt, kToday), "period_without_start");
  EXPECT_EQ(period(make_date(2026, 2, 1), make_date(2026, 1, 31)), "period_reversed");
  EXPECT_EQ(period(make_date(2025, 12, 31), make_date(2026, 1, 1)), "period_over_years");
  EXPECT_EQ(period(make_date(2026, 1, 1), make_date(2026, 12, 31)), "");
}

TEST_F(DecideBenefit, RefusesWrongClassifications) {
  EXPECT_EQ(refused([](auto& b) { b.means_test = 0; }), "means_test");
  EXPECT_EQ(refused([](auto& b) { b.means_test = 5; }), "means_test");
  EXPECT_EQ(refused([](auto& b) { b.user_area = 4; }), "user_area");
  EXPECT_EQ(refused([](auto& b) { b.user_area = 0; }), "user_area_missing");
  EXPECT_EQ(refused([](auto& b) { b.beneficiary_kind = "ALTRO"; }), "beneficiary_kind");
  EXPECT_EQ(refused([](auto& b) { b.paying_ente = {}; }), "paying_ente_missing");
  EXPECT_EQ(refused([](auto& b) { b.paying_ente = id_of<UnitId>(50); }), "unknown_ente");
  EXPECT_EQ(refused([](auto& b) { b.sector = id_of<UnitId>(50); }), "unknown_sector");
  EXPECT_EQ(refused([](auto& b) { b.worker = id_of<OperatorId>(50); }), "unknown_operator");
}

TEST_F(DecideBenefit, StandsOnThePersonAndTheCaseOfThatPerson) {
  const StreamId opened = world.must(OpenCase{other, {}, 1, "", kEnte, kSector, kWorker});
  const StreamId nobody = world.must(anonymous_person("persona 1"));
  EXPECT_EQ(refused([&](auto& b) { b.case_stream = opened; }), "other_person");
  EXPECT_EQ(refused([&](auto& b) { b.person = nobody; }), "anonymous_person");
  GrantBenefit benefit = grant();
  benefit.case_stream = person;
  EXPECT_EQ(world.run(benefit).error().code, Errc::not_found);
}

TEST_F(DecideBenefit, AcceptsAServiceWithoutCostOrMinutesOnlyFromThePast) {
  const StreamId benefit = world.must(grant());
  const RecordDelivery service{benefit, kToday, 0, 0, 0, 0, 0, 0, {}, {}, "", {}};
  auto context = world.context();
  EXPECT_EQ(world.refusal(service, context), "empty_delivery");
  context = world.context();
  context.historical = true;
  EXPECT_EQ(world.refusal(service, context), "");
}

TEST_F(DecideBenefit, AcceptsAnIncompleteDsuOnlyFromThePast) {
  GrantBenefit past = grant("2026/000003");
  past.dsu_number = "INPS-1";
  auto context = world.context();
  EXPECT_EQ(world.refusal(past, context), "dsu_incomplete");
  context = world.context();
  context.historical = true;
  EXPECT_EQ(world.refusal(past, context), "");
}

TEST_F(DecideBenefit, RefusesADeliveryThatEndsBeforeItBegins) {
  const StreamId benefit = world.must(grant());
  RecordDelivery one = delivery(benefit);
  one.delivered_to = Date{kToday.days - 1};
  EXPECT_EQ(world.refusal(one), "period_reversed");
  one.delivered_to = kToday;
  EXPECT_EQ(world.refusal(one), "");
}

TEST_F(DecideBenefit, DeliversInCentsThatSum) {
  const StreamId benefit = world.must(grant());
  EXPECT_EQ(world.refusal(delivery(benefit)), "");
  auto wrong = delivery(benefit);
  wrong.ente_cents += 1;
  EXPECT_EQ(world.refusal(wrong), "shares_do_not_sum");
  wrong = delivery(benefit);
  wrong.user_cents = -2'000;
  EXPECT_EQ(world.refusal(wrong), "negative_amount");
  wrong.user_cents = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(world.refusal(wrong), "amount_too_large");
  wrong = RecordDelivery{benefit, kToday, 0, 0, 0, 0, 0, 0, {}, {}, "", {}};
  EXPECT_EQ(world.refusal(wrong), "empty_delivery");
  wrong.minutes = 90;
  EXPECT_EQ(world.refusal(wrong), "");
  wrong.amount_cents = -1;
  EXPECT_EQ(world.refusal(wrong), "negative_amount");
  wrong = delivery(benefit);
  wrong.delivered_on = Date{kToday.days + 1};
  EXPECT_EQ(world.refusal(wrong), "future_delivery");
}

TEST_F(DecideBenefit, SupersedesADeliveryOnce) {
  const StreamId benefit = world.must(grant());
  const auto context = world.context();
  ASSERT_TRUE(world.run(delivery(benefit), context));
  auto corrected = delivery(benefit);
  corrected.supersedes = context.command_id;

  EXPECT_EQ(world.refusal(corrected), "");
  EXPECT_EQ(world.refusal(corrected), "superseded_delivery");
  corrected.supersedes = id_of<EventId>(50);
  EXPECT_EQ(world.refusal(corrected), "unknown_delivery");
}

TEST_F(DecideBenefit, ClosesOnceAndThenDeliversOnlyWhatCameBefore) {
  const StreamId benefit = world.must(grant());
  EXPECT_EQ(world.refusal(CloseBenefit{benefit, Date{kToday.days + 1}, ""}), "future_closing");
  world.must(CloseBenefit{benefit, Date{kToday.days - 5}, "fine progetto"});
  EXPECT_EQ(world.refusal(CloseBenefit{benefit, kToday, ""}), "closed_benefit");
  EXPECT_EQ(world.refusal(delivery(benefit)), "closed_benefit");
  auto late = delivery(benefit);
  late.delivered_on = Date{kToday.days - 6};
  EXPECT_EQ(world.refusal(late), "");
}

}  // namespace
}  // namespace cartella::cases
