#include "proofs/anchoring.h"

#include "proofs/time_stamp.h"
#include "tests/unit/proofs/anchoring_fixture.h"
#include "tests/unit/proofs/authority.h"
#include "tests/unit/proofs/tls_peer.h"

namespace cartella::proofs {
namespace {

TEST_F(Anchorings, HaveTheNewestCheckpointCosignedAndKeepIt) {
  start();
  add(1, 1);
  until([](const AnchoringStatus& status) { return status.quorum_size == 1; });
  add(2, 1);
  until([](const AnchoringStatus& status) { return status.quorum_size == 2; });
  const std::string note = anchoring->checkpoint().value();
  EXPECT_TRUE(judge_support(policy, note).value().is_enough);
  EXPECT_EQ(folder().find(2).value()->note, note);
  EXPECT_FALSE(anchoring->status().is_alarmed);
  anchoring.reset();
  start();  // and know it after a restart
  EXPECT_EQ(anchoring->status().quorum_size, 2u);
  EXPECT_EQ(anchoring->checkpoint().value(), note);
}

TEST_F(Anchorings, F26_GoOnWithoutAWitnessAndAskAgain) {
  is_away = true;
  start();
  add(1, 1);
  until([](const AnchoringStatus& status) { return status.witnesses[0].failures > 2; });
  EXPECT_EQ(anchoring->status().witnesses[0].outcome, WitnessOutcome::away);
  EXPECT_EQ(anchoring->checkpoint().value(), store->signed_checkpoint().value());
  is_away = false;
  until([](const AnchoringStatus& status) { return status.quorum_size == 1; });
}

TEST_F(Anchorings, F26_PublishNothingBeforeTheQuorumWhereThePolicySaysSo) {
  policy.when_away = WhenAway::refuse_publishing;
  is_away = true;
  start();
  add(1, 1);
  until([](const AnchoringStatus& status) { return status.witnesses[0].failures > 0; });
  EXPECT_EQ(anchoring->checkpoint().error().code, Errc::unavailable);
  is_away = false;
  until([](const AnchoringStatus& status) { return status.quorum_size == 1; });
  EXPECT_TRUE(judge_support(policy, anchoring->checkpoint().value()).value().is_enough);
  is_away = true;
  add(2, 1);
  until([](const AnchoringStatus& status) {
    return status.witnesses[0].outcome == WitnessOutcome::away;
  });
  EXPECT_EQ(crypto::read_checkpoint(anchoring->checkpoint().value()).value().size, 1u);
}

TEST_F(Anchorings, F21_RaiseAnAlarmWhereTheWitnessSawMore) {
  start();
  add(1, 1);
  until([](const AnchoringStatus& status) { return status.quorum_size == 1; });
  const auto kept = root / "kept";
  std::filesystem::copy(dir() / "anchors", kept);
  add(2, 1);
  until([](const AnchoringStatus& status) { return status.quorum_size == 2; });
  anchoring.reset();
  store.reset();
  // An older log with what was kept beside it then.
  std::filesystem::remove_all(dir());
  create();
  add(1, 1);
  std::filesystem::rename(kept, dir() / "anchors");
  start();
  until([](const AnchoringStatus& status) { return status.is_alarmed; });
  EXPECT_EQ(anchoring->status().witnesses[0].outcome, WitnessOutcome::ahead);
}

TEST_F(Anchorings, F21_TellOfARollbackBeforeTheStartIsOver) {
  start();
  add(1, 1);
  add(2, 1);
  until([](const AnchoringStatus& status) { return status.quorum_size == 2; });
  anchoring.reset();
  store.reset();
  std::filesystem::remove_all(dir());
  create();
  add(1, 1);
  std::vector<WitnessAlarm> alarms;
  ask_first = true;
  on_alarm = [&](const WitnessAlarm& alarm) {
    alarms.push_back(alarm);
    store->declare_rollback(alarm.witness);
  };

  start();

  EXPECT_EQ(store->rollback().error().code, Errc::rollback);
  anchoring.reset();  // nobody tells any more
  ASSERT_FALSE(alarms.empty());
  EXPECT_EQ(alarms[0].witness, "vicino.example/testimone");
  EXPECT_EQ(alarms[0].size, 2u);
  EXPECT_TRUE(alarms[0].is_ahead);
}

// Says that it saw more, and shows nothing that the log signed.
std::string lie_to(const Received& asked) {
  if (asked.path.ends_with("/add-checkpoint"))
    return answer_text(409, "text/x.tlog.size", "1000000\n");
  return answer_text(200, "text/plain", asked.body + "\n1000000\nAAAA\n\n— nobody AAAA\n");
}
void lie(int to) { send_text(to, lie_to(receive_post(to))); }

TEST_F(Anchorings, F26_AWitnessThatLiesIsAnAlarmAndStopsNothing) {
  const Peer liar(lie);
  add_others({liar.url().port});
  std::mutex mutex;
  std::vector<WitnessAlarm> alarms;
  on_alarm = [&](const WitnessAlarm& alarm) {
    const std::lock_guard lock(mutex);
    alarms.push_back(alarm);
  };
  start();
  add(1, 1);
  until([](const AnchoringStatus& status) { return status.quorum_size == 1 && status.is_alarmed; });
  anchoring.reset();
  ASSERT_FALSE(alarms.empty());
  for (const WitnessAlarm& each : alarms) {
    EXPECT_EQ(each.witness, "altro0.example/testimone");
    EXPECT_FALSE(each.is_proved);
    EXPECT_FALSE(each.is_believed);
  }
}

TEST_F(Anchorings, F21_MoreThanHalfOfTheWitnessesAreBelievedWithoutAProof) {
  const TestCertificate certificate(root);
  const TlsPeer first(certificate, lie_to);
  const TlsPeer second(certificate, lie_to);
  witness_ca_file = certificate.certificate();
  add_others({first.port(), second.port()}, "https");
  std::atomic<int> believed{0};
  on_alarm = [&](const WitnessAlarm& alarm) { believed += alarm.is_believed ? 1 : 0; };
  start();
  add(1, 1);
  until([&](const AnchoringStatus&) { return believed > 0; });
  anchoring.reset();
}

// Who is on the way answers in the name of both.
TEST_F(Anchorings, F26_MoreThanHalfOverPlainHttpAreNotBelievedWithoutAProof) {
  const Peer first(lie);
  const Peer second(lie);
  add_others({first.url().port, second.url().port});
  std::atomic<int> told{0};
  std::atomic<int> believed{0};
  on_alarm = [&](const WitnessAlarm& alarm) {
    believed += alarm.is_believed ? 1 : 0;
    ++told;
  };
  start();
  add(1, 1);
  until([&](const AnchoringStatus& status) {
    return told >= 4 && status.witnesses[0].is_alarmed && status.witnesses[1].is_alarmed;
  });
  anchoring.reset();
  EXPECT_EQ(believed, 0);
}

TEST_F(Anchorings, F21_OneWitnessOfThreeIsBelievedThatShowsWhatTheLogSigned) {
  const Peer nobody([](int) {});
  const Peer neither([](int) {});
  add_others({nobody.url().port, neither.url().port});
  start();
  add(1, 1);
  add(2, 1);
  until([](const AnchoringStatus& status) { return status.witnesses[2].size == 2; });
  anchoring.reset();
  store.reset();
  std::filesystem::remove_all(dir());
  create();
  add(1, 1);
  std::atomic<int> believed{0};
  on_alarm = [&](const WitnessAlarm& alarm) {
    believed += alarm.is_believed && alarm.is_proved && alarm.size == 2 ? 1 : 0;
  };
  start();
  until([&](const AnchoringStatus&) { return believed > 0; });
  anchoring.reset();
}

// Of a log that lost an event and then had its key replaced: what the earlier key signed proves it.
class RotatedAnchorings : public Anchorings {
 protected:
  void lose_an_event() {
    start();
    add(1, 1);
    add(2, 1);
    until([](const AnchoringStatus& status) { return status.witnesses.back().size == 2; });
    anchoring.reset();
    store.reset();
    std::filesystem::remove_all(dir());
    create();
    add(1, 1);
    on_alarm = [&](const WitnessAlarm& alarm) {
      proved += alarm.is_proved ? 1 : 0;
      ++told;
    };
  }
  void replace_key() {
    ASSERT_TRUE(Witness::follow(root / "witness",
                                crypto::verifier_key(store->origin(), next.public_key())));
    witness.reset();  // its directory has one user at a time
    witness = Witness::open(root / "witness", {}, system).value();
    ASSERT_TRUE(store->rotate_log_key(next));
  }
  const crypto::Signer next{crypto::Secret32(store::hash_number(77))};
  std::atomic<int> told{0};
  std::atomic<int> proved{0};
};

TEST_F(RotatedAnchorings, F21_WhatAnEarlierKeyOfTheLogSignedIsAProof) {
  lose_an_event();
  past_keys = {{store->log_id(), store->origin(), log_key.public_key(), store::kNothingGivenUp}};
  replace_key();
  start();
  until([&](const AnchoringStatus&) { return told > 0; });
  anchoring.reset();
  EXPECT_GT(proved, 0);
}

TEST_F(RotatedAnchorings, F21_AKeyThatIsReplacedWhileTheyRunIsKnownToo) {
  lose_an_event();
  past_keys = {{store->log_id(), store->origin(), log_key.public_key(), store::kNothingGivenUp}};
  knows_past = false;
  replace_key();
  start();
  until([&](const AnchoringStatus&) { return told > 0; });
  EXPECT_EQ(proved, 0);
  knows_past = true;
  until([&](const AnchoringStatus&) { return proved > 0; });
  anchoring.reset();
}

TEST_F(RotatedAnchorings, F26_WhatAKeySignedThatTheLogNeverHadIsNone) {
  lose_an_event();
  replace_key();
  start();  // no key but the next one is known
  until([&](const AnchoringStatus&) { return told > 0; });
  anchoring.reset();
  EXPECT_EQ(proved, 0);
}

// Its monotonic time moves only where it is moved.
class StandingClock final : public Clock {
 public:
  TimeUs wall() const override { return SystemClock().wall(); }
  std::int64_t monotonic_us() const override { return x_monotonic_us; }
  void advance_us(std::int64_t us) { x_monotonic_us += us; }

 private:
  std::atomic<std::int64_t> x_monotonic_us{0};
};

TEST_F(Anchorings, F26_GiveAWitnessOneDeadlineForAllThatItIsAsked) {
  StandingClock standing;
  time = &standing;
  std::atomic<int> asked{0};
  // It takes its time, and then wants to be asked again from another size.
  const Peer slow([&](int to) {
    receive_post(to);
    ++asked;
    standing.advance_us(5'000'000);
    answer(to, 409, "text/x.tlog.size", "1\n");
  });
  add_others({slow.url().port});
  add(1, 1);
  add(2, 1);
  start();
  until([](const AnchoringStatus& status) { return status.witnesses[0].failures == 1; });
  EXPECT_EQ(anchoring->status().witnesses[0].outcome, WitnessOutcome::away);
  EXPECT_EQ(asked, 1);
  anchoring.reset();
}

TEST_F(Anchorings, F26_AskASlowWitnessAndAnotherAtTheSameTime) {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_over = false;
  const Peer slow([&](int) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return is_over; });
  });
  policy.cosigners.insert(policy.cosigners.begin(), policy.cosigners[0]);
  policy.cosigners[0].name = "lento.example/testimone";
  others = {{"http://127.0.0.1:" + std::to_string(slow.url().port), "Lenti", true}};
  start();
  add(1, 1);
  until([&](const AnchoringStatus&) { return was_asked.load(); });
  // The first one's exchange is not over yet.
  EXPECT_EQ(anchoring->status().witnesses[0].outcome, WitnessOutcome::none);
  {
    const std::lock_guard lock(mutex);
    is_over = true;
  }
  changed.notify_all();
  until([](const AnchoringStatus& status) { return status.quorum_size == 1; });
  anchoring.reset();  // before the slow one goes
}

// The first log of this name went on as another: what was kept of it is no alarm, and gives way.
TEST_F(Anchorings, SetAsideWhatIsOfAnEraBefore) {
  ASSERT_TRUE(
      folder().put({1, crypto::sign_checkpoint({"cartella/before/1", 1, Hash32{}}, log_key), {}}));
  ASSERT_TRUE(
      folder().put({9, crypto::sign_checkpoint({"cartella/before/1", 9, Hash32{}}, log_key), {}}));
  start();
  EXPECT_FALSE(anchoring->status().is_alarmed);
  add(1, 1);
  until([](const AnchoringStatus& status) { return status.quorum_size == 1; });
  EXPECT_TRUE(folder().find(1).value()->note.starts_with(store->origin()));
  EXPECT_EQ(folder().sizes().value(), (std::vector<std::uint64_t>{1, 9}));
}

TEST_F(Anchorings, F21_RaiseAnAlarmWhereAKeptCheckpointIsBeyondTheLog) {
  start();
  add(1, 1);
  add(2, 1);
  until([](const AnchoringStatus& status) { return status.quorum_size == 2; });
  anchoring.reset();
  store.reset();
  const auto kept = root / "kept";
  std::filesystem::rename(dir() / "anchors", kept);
  std::filesystem::remove_all(dir());
  create();
  std::filesystem::rename(kept, dir() / "anchors");
  start();
  EXPECT_TRUE(anchoring->status().is_alarmed);
}

TEST_F(Anchorings, F26_KeepATimeStampOnceTheAuthorityAnswersWell) {
  TestAuthority tsa(root / "authority");
  std::atomic<bool> is_wrong{true};
  const Peer stamps([&](int to) {
    const std::string query = receive_post(to).body;
    const Hash32 other{9};
    const Bytes reply =
        tsa.answer(is_wrong ? ByteView(make_time_stamp_query(other).value()) : as_bytes(query));
    answer(to, 200, "application/timestamp-reply", std::string(as_text(reply)));
  });
  authority = TimeStampAuthority{"http://127.0.0.1:" + std::to_string(stamps.url().port),
                                 tsa.ca_file(), "", std::chrono::seconds(0)};
  start();
  add(1, 1);
  until([](const AnchoringStatus& status) { return status.time_stamp_failures > 1; });
  EXPECT_EQ(anchoring->status().time_stamp_size, 0u);
  is_wrong = false;
  until([](const AnchoringStatus& status) { return status.time_stamp_size == 1; });
  const auto anchor = folder().find(1).value();
  ASSERT_TRUE(anchor.has_value());
  EXPECT_EQ(anchor->time_stamps.size(), 1u);
  anchoring.reset();  // before the authority goes
}

}  // namespace
}  // namespace cartella::proofs
