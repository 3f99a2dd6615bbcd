// Random sequences of commands never reach a state that the rules exclude.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "cases/canonical.h"
#include "tests/unit/cases/world.h"

namespace cartella::cases {
namespace {

// A step is drawn blindly: most are refused, and that is the point.
Command random_case_command(const StreamId& stream) {
  const auto worker = *rc::gen::element(kWorker, kColleague, OperatorId{}, id_of<OperatorId>(50));
  switch (*rc::gen::inRange(0, 4)) {
    case 0: {
      ChangeCaseState change;
      change.case_stream = stream;
      change.state = static_cast<CaseStatus>(*rc::gen::inRange(0, 13));
      change.worker = worker;
      change.sector = *rc::gen::element(kSector, UnitId{});
      change.to_sector = *rc::gen::element(kSector, UnitId{});
      change.to_operator = *rc::gen::element(kColleague, OperatorId{});
      return change;
    }
    case 1:
      return SetCategory{stream, *rc::gen::element<std::string>("1", "2", "3", "9"),
                         *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()};
    case 2:
      return AssignOperator{stream, worker, kSector, *rc::gen::arbitrary<bool>(),
                            *rc::gen::arbitrary<bool>()};
    default:
      return ShareCase{stream,
                       *rc::gen::element(kSector, kEnte, id_of<UnitId>(50)),
                       {},
                       "motivo",
                       *rc::gen::arbitrary<bool>()};
  }
}

RC_GTEST_PROP(DecideProperty, CasesStayWithinTheirRules, ()) {
  World world;
  const StreamId person = world.must(person_with("PRVFTZ59A41D653B"));
  const StreamId stream = world.must(OpenCase{person, {}, 1, "", {}, kSector, kWorker});
  const int steps = *rc::gen::inRange(1, 60);
  CaseStatus before = CaseStatus::aperto;
  for (int i = 0; i < steps; ++i) {
    const Command command = random_case_command(stream);
    const auto outcome = world.run(command);
    const auto& state = world.state<CaseState>(stream);
    if (!outcome) {
      RC_ASSERT(state.status == before);
      RC_ASSERT(!refusal_code(outcome.error()).empty());
      continue;
    }
    RC_ASSERT(state.status != CaseStatus::none);
    if (state.status == CaseStatus::preso_in_carico) RC_ASSERT(!state.responsible.is_zero());
    if (state.status == CaseStatus::preso_in_carico && before != state.status)
      RC_ASSERT(world.organisation().operators.at(state.responsible).sectors.contains(kSector));
    if (!state.prevalent.empty()) RC_ASSERT(state.categories.contains(state.prevalent));
    if (state.status == CaseStatus::riaperto && before != CaseStatus::riaperto)
      RC_ASSERT(before == CaseStatus::chiuso);
    before = state.status;
  }
}

RC_GTEST_PROP(DecideProperty, AcceptedDeliveriesAlwaysSum, ()) {
  World world;
  GrantBenefit grant;
  grant.person = world.must(person_with("PRVFTZ59A41D653B"));
  grant.paying_ente = kEnte;
  grant.protocol = "P1";
  grant.inps_code = "A2.07";
  RecordDelivery delivery;
  delivery.benefit = world.must(grant);
  delivery.delivered_on = kToday;
  const auto cents =
      rc::gen::oneOf(rc::gen::inRange<std::int64_t>(-2, 1'000), rc::gen::arbitrary<std::int64_t>());
  delivery.ente_cents = *cents;
  delivery.user_cents = *cents;
  delivery.health_cents = *cents;
  delivery.other_cents = *rc::gen::inRange<std::int64_t>(0, 10);
  // Wraps as unsigned; an accepted delivery has shares far too small for that.
  const std::array shares = {delivery.ente_cents, delivery.user_cents, delivery.health_cents,
                             delivery.other_cents};
  std::uint64_t sum = 0;
  for (const std::int64_t share : shares) sum += static_cast<std::uint64_t>(share);
  delivery.amount_cents = static_cast<std::int64_t>(sum + *rc::gen::inRange<std::uint64_t>(0, 2));

  const auto outcome = world.run(delivery);

  if (!outcome) return;
  RC_ASSERT(static_cast<std::int64_t>(sum) == delivery.amount_cents);
  for (const std::int64_t share : shares) RC_ASSERT(share >= 0 && share < (std::int64_t{1} << 61));
}

RC_GTEST_PROP(DecideProperty, OnePersonPerIdentifierWhateverTheOrder, ()) {
  World world;
  const std::vector<std::string> codici = {"PRVFTZ59A41D653B", "SMPMRA04B29G478M",
                                           "FOXLAX11T31L117E"};
  std::map<std::string, SubjectId> subjects;
  const int steps = *rc::gen::inRange(1, 20);
  for (int i = 0; i < steps; ++i) {
    const std::string codice = *rc::gen::elementOf(codici);
    const UnitId ente = *rc::gen::element(kEnte, kOtherEnte);
    auto person = person_with(codice);
    person.reuse_known = *rc::gen::arbitrary<bool>();
    const auto outcome = world.run(person, world.context(ente));
    if (!outcome) continue;
    const auto at = subjects.emplace(codice, outcome.value().subject).first;
    RC_ASSERT(at->second == outcome.value().subject);
  }
  std::set<SubjectId> distinct;
  for (const auto& [codice, subject] : subjects) distinct.insert(subject);
  RC_ASSERT(distinct.size() == subjects.size());
}

TEST(Canonical, TellsCommandsApartByEveryField) {
  World world;
  const auto context = world.context();
  const RecordDelivery base{id_of<StreamId>(1), kToday, 5, 5, 0, 0, 0, 0, {}, {}, "s", {}};
  auto other_amount = base;
  other_amount.amount_cents = 6;
  auto other_text = base;
  other_text.status = "t";
  auto other_end = base;
  other_end.delivered_to = kToday;
  auto other_actor = context;
  other_actor.actor = kColleague;
  auto traced = context;
  traced.correlation = id_of<EventId>(5);
  traced.today = kToday;

  const Bytes bytes = canonical_bytes(context, base);
  EXPECT_EQ(bytes, canonical_bytes(traced, base));
  EXPECT_NE(bytes, canonical_bytes(context, other_amount));
  EXPECT_NE(bytes, canonical_bytes(context, other_text));
  EXPECT_NE(bytes, canonical_bytes(context, other_end));
  EXPECT_NE(bytes, canonical_bytes(other_actor, base));
  EXPECT_NE(canonical_bytes(context, RecordNeeds{id_of<StreamId>(1), {}}),
            canonical_bytes(context, RequestServices{id_of<StreamId>(1), {}}));
}

}  // namespace
}  // namespace cartella::cases
