// AT-12: refusals are recorded, and a flood of them fills neither the log nor anybody's time.
#include "cases/denials.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/unit/cases/access_log_support.h"

namespace cartella::cases {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

class DenialsTest : public AccessLogFixture {
 protected:
  void SetUp() override {
    AccessLogFixture::SetUp();
    ASSERT_TRUE(x_access->record(viewer(), look()));  // the month has its stream
    x_first = x_log->size();
  }
  static Viewer worker(std::uint64_t number) {
    Viewer worker = viewer();
    worker.operator_id = id_of<OperatorId>(number);
    return worker;
  }
  static Look refused(std::uint64_t subject = 1) {
    Look look = AccessLogFixture::look(0);
    look.relation = Relation::none;
    look.subjects = {id_of<SubjectId>(subject)};
    return look;
  }
  std::vector<SeenLook> entries() {
    std::vector<SeenLook> all;
    for (std::uint64_t at = x_first; at < x_log->size(); ++at)
      if (x_log->read(at).value().leaf.kind == schema::LeafKind::access) all.push_back(seen(at));
    return all;
  }
  std::uint64_t total() {
    std::uint64_t count = 0;
    for (const SeenLook& entry : entries()) count += entry.repeated;
    return count;
  }

  std::uint64_t x_first = 0;
};

TEST_F(DenialsTest, AT12_ASingleRefusalIsRecordedAtOnceAsItWas) {
  Denials denials(*x_access, x_clock, {});

  ASSERT_TRUE(denials.refuse(viewer(), refused()));

  ASSERT_EQ(entries().size(), 1u);
  const SeenLook entry = entries()[0];
  EXPECT_EQ(entry.operation, "DENY");
  EXPECT_EQ(entry.outcome, "denied");
  EXPECT_EQ(entry.relation, "");
  EXPECT_EQ(entry.actor, kWorker);
  EXPECT_EQ(entry.subjects, std::vector<SubjectId>{id_of<SubjectId>(1)});
  EXPECT_EQ(entry.repeated, 1u);
}

TEST_F(DenialsTest, AT12_AThousandRefusalsInTenSecondsAreFewEntriesWithTheRightTotal) {
  Denials denials(*x_access, x_clock, {});

  for (std::uint64_t i = 0; i < 1000; ++i) {
    ASSERT_TRUE(denials.refuse(viewer(), refused(i)));
    x_clock.advance_us(10 * kSecondUs / 1000);
  }
  ASSERT_TRUE(denials.flush());

  EXPECT_EQ(total(), 1000u);
  const auto all = entries();
  EXPECT_LE(all.size(), 5u);
  const SeenLook& counted = all.back();
  EXPECT_EQ(counted.repeated, 997u);
  EXPECT_EQ(counted.target, "case");
  EXPECT_EQ(counted.subjects.size(), kLookSubjectsMax);
  EXPECT_TRUE(counted.case_stream.is_zero());
}

TEST_F(DenialsTest, AT12_EveryWindowIsWrittenWhenItEnds) {
  Denials denials(*x_access, x_clock, {});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(denials.refuse(viewer(), refused()));
  ASSERT_TRUE(denials.write_ended());
  EXPECT_EQ(entries().size(), 3u);
  x_clock.advance_us(10 * kSecondUs);
  ASSERT_TRUE(denials.write_ended());
  EXPECT_EQ(entries().size(), 4u);
  EXPECT_EQ(total(), 5u);

  for (int i = 0; i < 5; ++i) ASSERT_TRUE(denials.refuse(viewer(), refused()));
  x_clock.advance_us(10 * kSecondUs);
  // The next refusal writes what the window before counted, without the timer.
  ASSERT_TRUE(denials.refuse(viewer(), refused()));
  EXPECT_EQ(total(), 11u);
  ASSERT_TRUE(denials.flush());
  EXPECT_EQ(total(), 11u);
}

TEST_F(DenialsTest, AT23_ACountIsAsGraveAsTheGravestRefusalInIt) {
  Denials denials(*x_access, x_clock, {.singles_max = 0});
  Look grave = refused();
  grave.severity = Severity::high;
  for (const Look& look : {refused(), grave, refused()})
    ASSERT_TRUE(denials.refuse(viewer(), look));
  ASSERT_TRUE(denials.flush());
  ASSERT_EQ(entries().size(), 1u);
  EXPECT_EQ(entries()[0].repeated, 3u);
  EXPECT_EQ(entries()[0].severity, "high");
}

TEST_F(DenialsTest, CountsEachOperatorClientAndKindOfTargetApart) {
  Denials denials(*x_access, x_clock, {.singles_max = 1});
  Look other = refused();
  other.target = "person/1";
  Viewer nobody = viewer();
  nobody.operator_id = {};
  Viewer nobody_else = nobody;
  nobody_else.client_id = "altra-postazione";
  Look failed = refused();
  failed.operation = Operation::failed;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(denials.refuse(viewer(), refused()));
    ASSERT_TRUE(denials.refuse(worker(99), refused()));
    ASSERT_TRUE(denials.refuse(viewer(), other));
    ASSERT_TRUE(denials.refuse(nobody, failed));
    ASSERT_TRUE(denials.refuse(nobody_else, failed));
  }
  ASSERT_TRUE(denials.flush());

  EXPECT_EQ(total(), 20u);
  const auto all = entries();
  ASSERT_EQ(all.size(), 10u);
  for (std::size_t i = 5; i < 10; ++i) EXPECT_EQ(all[i].repeated, 3u);
  EXPECT_TRUE(std::ranges::any_of(all, [](const SeenLook& entry) {
    return entry.operation == "FAILED" && entry.client_id == "altra-postazione" &&
           entry.repeated == 3;
  }));
}

TEST_F(DenialsTest, AT12_ManyFloodersTakeBoundedRoomAndNoRefusalIsLost) {
  Denials denials(*x_access, x_clock, {.singles_max = 0, .flooders_max = 10});

  for (std::uint64_t i = 0; i < 200; ++i)
    ASSERT_TRUE(denials.refuse(worker(1000 + i % 50), refused()));
  ASSERT_TRUE(denials.flush());

  EXPECT_EQ(total(), 200u);
  const auto all = entries();
  EXPECT_EQ(all.size(), 11u);
  const auto shared = std::ranges::find(all, "vari", &SeenLook::target);
  ASSERT_NE(shared, all.end());
  EXPECT_TRUE(shared->actor.is_zero());
  EXPECT_EQ(shared->repeated, 160u);
}

TEST_F(DenialsTest, WhatCannotBeWrittenIsCountedAndWrittenLater) {
  Denials denials(*x_access, x_clock, {});
  // A controller without a stream can be given none while commands are stopped.
  x_clock.set_wall({x_clock.wall().us + 3600 * kSecondUs});
  Look other = refused();
  other.controller = controller_of(kOtherEnte);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(denials.refuse(viewer(), other).error().code, Errc::clock_suspect);
  EXPECT_TRUE(denials.refuse(viewer(), other));
  EXPECT_EQ(denials.flush().error().code, Errc::clock_suspect);
  EXPECT_EQ(total(), 0u);

  const auto doubt = x_log->clock_doubt().value();
  ASSERT_TRUE(doubt);
  execute(ConfirmClock{doubt->wall, doubt->head});
  ASSERT_TRUE(denials.flush());

  EXPECT_EQ(total(), 4u);
  EXPECT_EQ(entries().size(), 1u);
}

TEST_F(DenialsTest, EightThreadsLoseNoRefusal) {
  Denials denials(*x_access, x_clock, {});
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i)
        if (!denials.refuse(worker(1000 + t % 3), refused())) std::abort();
    });
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(denials.flush());

  EXPECT_EQ(total(), 1600u);
  EXPECT_EQ(entries().size(), 12u);
}

}  // namespace
}  // namespace cartella::cases
