// AT-03: access records are kept 24 months and a margin, then nobody can read them any more.
#include "cases/access_retention.h"

#include <gtest/gtest.h>

#include "base/local_time.h"
#include "cases/key_account.h"
#include "store/verify.h"
#include "tests/unit/cases/access_log_support.h"

namespace cartella::cases {
namespace {

class AccessRetentionTest : public AccessLogFixture {
 protected:
  // The first instant of a day in Italy; both clocks go on.
  void go_to(int year, int month, int day) {
    const TimeUs then = from_local(start_of(*make_date(year, month, day)));
    x_clock.advance_us(then.us - x_clock.wall().us);
    ASSERT_EQ(local_day(x_clock.wall()), *make_date(year, month, day));
  }
  void after_the_term() { go_to(2028, 7, 31); }  // June 2026, 24 months and 30 days
  std::size_t expire() {
    return expire_access_months(*x_log, *x_vault, *x_executor, x_clock).value();
  }
  CommandContext installing() {
    CommandContext made = context();
    made.actor = installation_actor();
    made.controller = installation_controller();
    return made;
  }
  StreamId month_at(std::uint64_t position) { return x_log->read(position).value().leaf.stream_id; }
  std::vector<KeyId> month_keys(const StreamId& month) {
    return x_vault->owner_keys_of(schema::KeyDomain::access_month, month.bytes,
                                  controller_of(kEnte));
  }
  bool is_shredded(std::uint64_t position) {
    const SeenLook entry = seen(position);
    return !entry.available && entry.reasons.empty() && entry.actor.is_zero();
  }
  // Clear events: the body of the event at a position.
  Bytes body_at(std::uint64_t position) {
    return crypto::open_clear_segment(x_log->read(position).value().body.segments.at(1))
        .value()
        .plaintext.message;
  }
  void expect_sound() {
    EXPECT_FALSE(find_lost_key(*x_log, *x_vault).value());
    EXPECT_TRUE(store::verify_log(*x_log, {}).value().is_sound());
  }
};

TEST_F(AccessRetentionTest, AT03_WithinTheTermEntriesAreReadAndNothingIsDestroyed) {
  const std::uint64_t position = record(look()).first_position;
  const std::uint64_t size = x_log->size();

  for (const auto& [year, month, day] :
       {std::array{2028, 6, 29}, std::array{2028, 7, 1}, std::array{2028, 7, 30}}) {
    go_to(year, month, day);
    EXPECT_EQ(expire(), 0u);
    EXPECT_TRUE(seen(position).available);
    EXPECT_EQ(seen(position).reasons.size(), 1u);
  }
  EXPECT_EQ(x_log->size(), size);
}

TEST_F(AccessRetentionTest, AT03_AfterTheTermAMonthIsShreddedAndItsLeavesAndProofsStay) {
  const std::uint64_t position = record(look(2)).first_position;
  record(look());
  const StreamId month = month_at(position);
  const auto leaf = crypto::encode_leaf(x_log->read(position).value().leaf);
  after_the_term();

  EXPECT_EQ(expire(), 1u);

  EXPECT_TRUE(is_shredded(position));
  EXPECT_TRUE(is_shredded(position + 1));
  EXPECT_TRUE(month_keys(month).empty());
  EXPECT_EQ(crypto::encode_leaf(x_log->read(position).value().leaf), leaf);
  EXPECT_TRUE(x_log->prove(position));
  expect_sound();
  const auto decision = erasure_decision_of(x_log->read(x_log->size() - 2).value()).value();
  EXPECT_EQ(decision.scope, ErasureScope::month);
  EXPECT_EQ(decision.stream, month);
  EXPECT_EQ(decision.controller, controller_of(kEnte));
  EXPECT_TRUE(schema::with_body<schema::ErasureCompleted>(
      body_at(x_log->size() - 1), [&](auto from) -> Status {
        EXPECT_EQ(schema::id_from<EventId>(from.getDecision()).value(),
                  x_log->read(x_log->size() - 2).value().leaf.event_id);
        EXPECT_EQ(from.getStreams(), 1u);
        EXPECT_EQ(from.getEvents(), 2u);
        EXPECT_EQ(from.getKeys(), 2u);
        EXPECT_EQ(from.getFinalAt(), x_clock.wall().us + 30 * 24 * 3'600'000'000);
        return ok();
      }));
}

TEST_F(AccessRetentionTest, AT03_OnceErasedAMonthIsLeftAloneAlsoAfterARestart) {
  const std::uint64_t position = record(look()).first_position;
  after_the_term();
  ASSERT_EQ(expire(), 1u);
  const std::uint64_t size = x_log->size();

  EXPECT_EQ(expire(), 0u);
  start_again();
  EXPECT_EQ(expire(), 0u);

  EXPECT_EQ(x_log->size(), size);
  EXPECT_TRUE(is_shredded(position));
  expect_sound();
}

TEST_F(AccessRetentionTest, AT03_ADecisionThatACrashLeftOpenIsCompletedAtTheNextRun) {
  const std::uint64_t position = record(look()).first_position;
  after_the_term();
  ASSERT_TRUE(x_executor->execute(installing(), EraseAccessMonth{month_at(position)}));
  start_again();
  ASSERT_TRUE(seen(position).available);

  EXPECT_EQ(expire(), 1u);

  EXPECT_TRUE(is_shredded(position));
  EXPECT_EQ(expire(), 0u);
  expect_sound();
}

TEST_F(AccessRetentionTest, AT03_KeysThatWereDestroyedBeforeACrashAreCompletedAtTheNextRun) {
  const std::uint64_t position = record(look()).first_position;
  const StreamId month = month_at(position);
  after_the_term();
  ASSERT_TRUE(x_executor->execute(installing(), EraseAccessMonth{month}));
  ASSERT_TRUE(x_vault->destroy_keys(month_keys(month), std::array{month}));
  start_again();
  expect_sound();

  EXPECT_EQ(expire(), 1u);

  EXPECT_TRUE(schema::with_body<schema::ErasureCompleted>(body_at(x_log->size() - 1),
                                                          [&](auto from) -> Status {
                                                            EXPECT_EQ(from.getEvents(), 1u);
                                                            EXPECT_EQ(from.getKeys(), 2u);
                                                            return ok();
                                                          }));
  EXPECT_EQ(expire(), 0u);
  expect_sound();
}

TEST_F(AccessRetentionTest, AT03_AMonthOfAnotherControllerWithinItsTermIsUntouched) {
  const std::uint64_t old = record(look()).first_position;
  Look login = look(0);
  login.operation = Operation::login;
  login.administrative = true;
  const std::uint64_t administrative = record(login).first_position;
  go_to(2026, 7, 1);
  Look other = look();
  other.controller = controller_of(kOtherEnte);
  const std::uint64_t kept = record(other).first_position;
  after_the_term();

  EXPECT_EQ(expire(), 2u);

  EXPECT_TRUE(is_shredded(old));
  EXPECT_TRUE(is_shredded(administrative));
  EXPECT_TRUE(seen(kept).available);
  EXPECT_EQ(seen(kept).reasons.size(), 1u);
  expect_sound();
}

TEST_F(AccessRetentionTest, AT03_LooksGoOnInANewMonthAfterTheNewestWasErased) {
  const std::uint64_t position = record(look()).first_position;
  after_the_term();
  ASSERT_EQ(expire(), 1u);

  const SeenLook next = recorded(look());

  EXPECT_TRUE(next.available);
  EXPECT_NE(next.leaf.stream_id, month_at(position));
  start_again();
  EXPECT_EQ(recorded(look()).leaf.stream_id, next.leaf.stream_id);
}

TEST_F(AccessRetentionTest, AT03_ARestartAfterTheNewestWasErasedMakesNoKeyForItAgain) {
  const std::uint64_t position = record(look()).first_position;
  after_the_term();
  ASSERT_EQ(expire(), 1u);

  start_again();

  EXPECT_TRUE(month_keys(month_at(position)).empty());
  EXPECT_TRUE(recorded(look()).available);
}

// ---- the term -----------------------------------------------------------------------------------
TEST_F(AccessRetentionTest, AT03_ALongerTermKeepsLongerAndAShorterOneIsRefused) {
  const std::uint64_t position = record(look()).first_position;
  const auto refused = [&](std::string_view key, const std::string& value) {
    const auto outcome = x_executor->execute(context(), SetConfiguration{std::string(key), value});
    return !outcome && refusal_code(outcome.error()) == "access_term";
  };
  for (const char* value : {"23", "0", "-24", "", "due anni", "24.5", " 24", "1201", "99999999999"})
    EXPECT_TRUE(refused(kAccessMonthsKey, value)) << value;
  for (const char* value : {"-1", "", "3651", "30d"})
    EXPECT_TRUE(refused(kAccessMarginKey, value)) << value;
  execute(SetConfiguration{std::string(kAccessMonthsKey), "25"});
  execute(SetConfiguration{std::string(kAccessMarginKey), "0"});
  start_again();

  go_to(2028, 7, 31);
  EXPECT_EQ(expire(), 0u);
  EXPECT_TRUE(seen(position).available);
  go_to(2028, 8, 1);
  EXPECT_EQ(expire(), 1u);
  EXPECT_TRUE(is_shredded(position));
}

TEST_F(AccessRetentionTest, AT03_NobodyErasesAMonthWithinItsTermNorButTheInstallation) {
  const std::uint64_t position = record(look()).first_position;
  const EraseAccessMonth command{month_at(position)};
  const auto early = x_executor->execute(installing(), command);
  EXPECT_EQ(refusal_code(early.error()), "month_in_term");
  after_the_term();
  EXPECT_EQ(x_executor->execute(context(), command).error().code, Errc::invalid_argument);
  EXPECT_EQ(x_executor->execute(installing(), EraseAccessMonth{id_of<StreamId>(9)}).error().code,
            Errc::not_found);
  EXPECT_EQ(x_executor->execute(context(), CompleteErasure{id_of<EventId>(9), 1, 1, 1, {}, {}, {}})
                .error()
                .code,
            Errc::invalid_argument);
  EXPECT_TRUE(seen(position).available);
}

TEST_F(AccessRetentionTest, AT03_AMonthStaysAsLongAsALegalHoldStandsOnAnybodyOfItsController) {
  const std::uint64_t position = record(look()).first_position;
  const Outcome person = execute(person_with("PRVFTZ59A41D653B"));
  const Outcome hold = execute(PlaceLegalHold{person.stream, {}, "decreto", "tribunale", {}});
  after_the_term();
  EXPECT_EQ(
      refusal_code(x_executor->execute(installing(), EraseAccessMonth{month_at(position)}).error()),
      "month_held");
  EXPECT_EQ(expire(), 0u);
  EXPECT_TRUE(seen(position).available);

  execute(LiftLegalHold{hold.receipt.command_id, "decreto di revoca"});
  EXPECT_GT(expire(), 0u);
  EXPECT_TRUE(is_shredded(position));
}

TEST_F(AccessRetentionTest, AT03_AClockThatNobodyBelievesErasesNothing) {
  const std::uint64_t position = record(look()).first_position;
  x_clock.set_wall(start_of(*make_date(2036, 1, 1)));

  const auto expired = expire_access_months(*x_log, *x_vault, *x_executor, x_clock);

  EXPECT_EQ(expired.error().code, Errc::clock_suspect);
  EXPECT_TRUE(seen(position).available);
}

TEST_F(AccessRetentionTest, AMonthsErasureAnswersForNoOtherStream) {
  const std::uint64_t position = record(look()).first_position;
  const Outcome person = execute(person_with("PRVFTZ59A41D653B"));
  after_the_term();
  ASSERT_TRUE(x_vault->destroy_keys({}, std::array{person.stream}));
  ASSERT_EQ(expire(), 1u);

  ASSERT_TRUE(is_shredded(position));
  EXPECT_EQ(find_lost_key(*x_log, *x_vault).value()->position, person.receipt.first_position);
}

}  // namespace
}  // namespace cartella::cases
