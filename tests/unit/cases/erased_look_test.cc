// A look that was built while a person was visible, recorded after their erasure was decided.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/unit/cases/access_log_support.h"

namespace cartella::cases {
namespace {

class ErasedLookTest : public AccessLogFixture {
 protected:
  void SetUp() override {
    AccessLogFixture::SetUp();
    x_person = execute(person_with("PRVFTZ59A41D653B"));
  }
  Look look_at_person() {
    Look given = look();
    given.subjects = {x_person.subject};
    return given;
  }
  std::vector<KeyId> keys() const {
    return x_vault->owner_keys_of(schema::KeyDomain::subject, x_person.subject.bytes,
                                  controller_of(kEnte));
  }
  // Answers the proposal, whose event names the decision.
  EventId decide_erasure() {
    const EventId proposal =
        execute(ProposeErasure{"person", x_person.stream, "termine trascorso", {}, {}})
            .receipt.command_id;
    CommandContext by = context();
    by.actor = kColleague;
    EXPECT_TRUE(x_executor->execute(by, DecideErasure{proposal, "erase", "", {}, {}}));
    return proposal;
  }
  void complete(const EventId& proposal) {
    ASSERT_TRUE(x_vault->destroy_keys(keys(), std::vector<StreamId>{x_person.stream}));
    CommandContext installing = context();
    installing.actor = installation_actor();
    installing.controller = installation_controller();
    CompleteErasure completed;
    completed.decision = x_executor->organisation()->erasures.at(proposal).decision;
    completed.final_at = x_clock.wall();
    const auto done = x_executor->execute(installing, completed);
    ASSERT_TRUE(done) << done.error().detail;
    ASSERT_TRUE(x_executor->organisation()->erasing.empty());
  }
  void expect_no_reason(const Look& given) {
    const SeenLook entry = recorded(given);
    EXPECT_TRUE(entry.available);
    EXPECT_EQ(entry.subjects, given.subjects) << "who was looked at stays told";
    EXPECT_TRUE(entry.reasons.empty());
    EXPECT_EQ(closed_segments(), 0u);
  }

  Outcome x_person;
};

TEST_F(ErasedLookTest, FromTheDecisionOnNoReasonIsKeptAndNoKeyIsMade) {
  const auto before = keys();
  ASSERT_EQ(before.size(), 1u) << "nobody has looked yet";
  decide_erasure();

  expect_no_reason(look_at_person());

  EXPECT_EQ(keys(), before);
  Look with_others = look(2);
  with_others.subjects.push_back(x_person.subject);
  EXPECT_EQ(recorded(with_others).reasons.size(), 2u) << "others' are kept";
  EXPECT_EQ(keys(), before);
}

TEST_F(ErasedLookTest, AfterTheErasureALookThatComesLateMakesNoKey) {
  ASSERT_EQ(recorded(look_at_person()).reasons.size(), 1u);
  const EventId proposal = decide_erasure();
  complete(proposal);
  ASSERT_TRUE(keys().empty());

  const auto receipt = x_access->record(viewer(), look_at_person());

  ASSERT_TRUE(receipt);
  EXPECT_TRUE(seen(receipt.value().first_position).reasons.empty());
  EXPECT_TRUE(keys().empty());
  // As what is written about somebody who is known there again.
  const auto again = x_vault->owner_key({schema::KeyDomain::subject, x_person.subject.bytes,
                                         controller_of(kEnte), schema::KeyClass::base});
  ASSERT_TRUE(again);
  EXPECT_EQ(recorded(look_at_person()).reasons.size(), 1u);
}

TEST_F(ErasedLookTest, ADrainWaitsForEveryLookThatHasBegun) {
  constexpr int kLooks = 300;
  record(look());  // the month has begun
  const std::uint64_t before = x_log->size();
  std::atomic<int> told{0};
  for (int i = 0; i < kLooks; ++i)
    x_access->record(viewer(), look(), [&](const Result<store::Receipt>& receipt) {
      EXPECT_TRUE(receipt);
      ++told;
    });

  x_executor->drain();

  EXPECT_EQ(x_log->size(), before + kLooks);
  while (told < kLooks) std::this_thread::yield();
  record(look());  // nobody is alone any more
}

}  // namespace
}  // namespace cartella::cases
