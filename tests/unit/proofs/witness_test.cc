#include "proofs/witness.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "proofs/witness_client.h"
#include "store/file_io.h"
#include "tests/unit/proofs/test_log.h"

namespace cartella::proofs {
namespace {

namespace fs = std::filesystem;

class Witnesses : public ::testing::Test {
 protected:
  Witnesses() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    dir = fs::path(::testing::TempDir()) / (std::string("witness-") + test->name());
    fs::remove_all(dir);
    EXPECT_TRUE(Witness::create(dir, "vicino.example/testimone").has_value());
    EXPECT_TRUE(Witness::follow(dir, log.vkey()).has_value());
    open();
  }
  ~Witnesses() override { fs::remove_all(dir); }
  void open() {
    witness.reset();  // which gives the lock back
    witness = Witness::open(dir, {}, clock).value();
  }
  WitnessAnswer ask(const std::string& body) { return witness->add_checkpoint(body); }
  FollowedStatus status() const { return Witness::read_statuses(dir, {}).value().at(0); }
  std::uint64_t seen() const { return status().size; }

  ManualClock clock{TimeUs{1'700'000'000'000'000}};
  TestLog log;
  fs::path dir;
  std::unique_ptr<Witness> witness;
};

TEST_F(Witnesses, CosignWhatGrowsFromWhatTheySaw) {
  log.grow_to(300);
  std::uint64_t last = 0;
  for (const std::uint64_t size : std::vector<std::uint64_t>{1, 2, 7, 7, 256, 300}) {
    const auto answer = ask(log.request(last, size));
    ASSERT_EQ(answer.status, 200u) << size << answer.body;
    EXPECT_EQ(answer.verdict, WitnessVerdict::cosigned);
    const auto found = crypto::valid_cosignatures(log.note(size) + answer.body,
                                                  std::span(&witness->cosigner(), 1));
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found.value().size(), 1u);
    EXPECT_EQ(found.value()[0].time_s, 1'700'000'000u);
    last = size;
    EXPECT_EQ(seen(), size);
  }
  EXPECT_FALSE(status().fork || status().unproved);
}

TEST_F(Witnesses, AnswerAsTheSpecificationNumbersWhatTheyRefuse) {
  log.grow_to(20);
  ASSERT_EQ(ask(log.request(0, 10)).status, 200u);
  EXPECT_EQ(ask("").status, 400u);
  EXPECT_EQ(ask("rubbish\n").status, 400u);
  EXPECT_EQ(ask(log.request(0, 10).substr(2)).status, 400u);
  EXPECT_EQ(ask(crypto::encode_consistency({15, {}, log.note(12)})).status, 400u);
  TestLog other("cartella/altro/0011223344556677");
  other.grow_to(3);
  EXPECT_EQ(ask(other.request(0, 3)).status, 404u);
  TestLog forger(log.origin());
  forger.grow_to(20);
  EXPECT_EQ(ask(forger.request(10, 20)).status, 403u);
  const auto conflict = ask(log.request(5, 20));
  EXPECT_EQ(conflict.status, 409u);
  EXPECT_EQ(conflict.content_type, "text/x.tlog.size");
  EXPECT_EQ(conflict.body, "10\n");
  EXPECT_EQ(ask(crypto::encode_consistency({10, {}, log.note(20)})).status, 422u);
  EXPECT_EQ(seen(), 10u);
  EXPECT_FALSE(status().fork);
}

TEST_F(Witnesses, F22_RefuseAForkAndKeepWhatProvesIt) {
  log.grow_to(30);
  TestLog other = log.fork(10);
  other.grow_to(40, 2);
  ASSERT_EQ(ask(log.request(0, 30)).status, 200u);
  const auto same_size = ask(other.request(30, 30));
  EXPECT_EQ(same_size.status, 409u);
  EXPECT_EQ(same_size.verdict, WitnessVerdict::fork);
  const auto longer = ask(other.request(30, 40));
  EXPECT_EQ(longer.status, 422u);
  ASSERT_TRUE(status().fork && status().unproved);
  EXPECT_NE(status().fork->find(log.note(30)), std::string::npos);
  EXPECT_NE(status().fork->find(other.note(30)), std::string::npos);
  EXPECT_EQ(seen(), 30u);
}

TEST_F(Witnesses, F21_KnowTheNewestCheckpointAfterARestartAndRefuseAnOlderOne) {
  log.grow_to(30);
  ASSERT_EQ(ask(log.request(0, 30)).status, 200u);
  open();
  EXPECT_EQ(ask(log.request(0, 20)).body, "30\n");
  EXPECT_EQ(ask(log.request(20, 20)).status, 409u);
  EXPECT_EQ(ask(log.request(30, 30)).status, 200u);
}

TEST_F(Witnesses, DoNotCosignWhatTheyCannotKeep) {
  log.grow_to(30);
  ASSERT_EQ(ask(log.request(0, 10)).status, 200u);
  fs::rename(dir / "state", dir / "gone");
  const auto answer = ask(log.request(10, 30));
  EXPECT_EQ(answer.status, 500u);
  EXPECT_EQ(answer.body.find("\xE2\x80\x94"), std::string::npos);
  fs::rename(dir / "gone", dir / "state");
  EXPECT_EQ(ask(log.request(10, 30)).status, 200u);
}

// The text of a state is vouched for twice, by the log's signature and by ours: damage to one of
// them changes nothing, any other damage stops this log.
TEST_F(Witnesses, AreStoppedByADamagedStateForItsLogAloneAndForgetNothing) {
  log.grow_to(20);
  ASSERT_EQ(ask(log.request(0, 10)).status, 200u);
  const fs::path file = fs::directory_iterator(dir / "state")->path();
  TestLog other("cartella/altro/0011223344556677");
  other.grow_to(3);
  ASSERT_TRUE(Witness::follow(dir, other.vkey()).has_value());
  open();
  ASSERT_EQ(ask(other.request(0, 3)).status, 200u);
  const Bytes whole = store::read_file(file, 4096).value();
  const std::size_t text = as_text(whole).rfind("\n\n");
  std::size_t stopped = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    Bytes changed = whole;
    changed[at] ^= 1;
    ASSERT_TRUE(store::replace_file(file, changed).has_value());
    open();
    EXPECT_EQ(ask(other.request(3, 3)).status, 200u) << at;
    const auto answer = ask(log.request(0, 20));
    const bool is_unusable = answer.verdict == WitnessVerdict::unusable;
    EXPECT_EQ(answer.status, is_unusable ? 500u : 409u) << at;
    EXPECT_TRUE(is_unusable || answer.body == "10\n") << at << answer.body;
    EXPECT_TRUE(is_unusable || at >= text) << at;
    EXPECT_EQ(witness->newest_checkpoint(log.origin()).status, is_unusable ? 500u : 200u) << at;
    EXPECT_EQ(witness->unusable_logs(), std::vector<std::size_t>(is_unusable ? 1 : 0)) << at;
    EXPECT_EQ(status().is_unusable, is_unusable) << at;
    stopped += is_unusable ? 1 : 0;
  }
  EXPECT_GE(stopped, text);
  ASSERT_TRUE(store::replace_file(file, Bytes{}).has_value());
  open();
  EXPECT_EQ(ask(log.request(0, 10)).status, 500u);
}

TEST_F(Witnesses, GoOnUnderTheNextKeyOfALogFromWhatTheyCosigned) {
  log.grow_to(20);
  ASSERT_EQ(ask(log.request(0, 10)).status, 200u);
  const TestLog next = log.rotated();
  EXPECT_EQ(ask(next.request(10, 20)).status, 403u);
  EXPECT_EQ(Witness::follow(dir, next.vkey()).value(), 2u);
  open();
  EXPECT_EQ(witness->log_count(), 1u);
  EXPECT_EQ(status().keys, (std::vector<crypto::PublicKey>{log.key(), next.key()}));
  TestLog told_otherwise = next.fork(5);
  told_otherwise.grow_to(10, 2);
  EXPECT_EQ(ask(told_otherwise.request(10, 10)).verdict, WitnessVerdict::fork);
  ASSERT_TRUE(status().fork.has_value());
  EXPECT_NE(status().fork->find(log.note(10)), std::string::npos);
  EXPECT_NE(status().fork->find(told_otherwise.note(10)), std::string::npos);
  EXPECT_EQ(ask(next.request(0, 20)).body, "10\n");
  EXPECT_EQ(ask(next.request(10, 20)).status, 200u);
  EXPECT_EQ(ask(log.request(10, 20)).body, "20\n");
  EXPECT_EQ(ask(log.request(20, 20)).status, 200u);
  TestLog by_the_old_key = log.fork(15);
  by_the_old_key.grow_to(25, 2);
  EXPECT_EQ(ask(by_the_old_key.request(20, 25)).status, 422u);
  EXPECT_EQ(seen(), 20u);
}

TEST_F(Witnesses, KnowWhatTheyCosignedWithoutTheKeyThatSignedIt) {
  log.grow_to(20);
  ASSERT_EQ(ask(log.request(0, 10)).status, 200u);
  const TestLog next = log.rotated();
  ASSERT_TRUE(store::replace_file(dir / "logs", as_bytes("log " + next.vkey() + "\n")).has_value());
  open();
  EXPECT_EQ(ask(log.request(10, 20)).status, 403u);
  EXPECT_EQ(ask(next.request(0, 20)).body, "10\n");
  EXPECT_TRUE(witness->newest_checkpoint(log.origin()).body.starts_with(log.note(10)));
  EXPECT_EQ(ask(next.request(10, 20)).status, 200u);
}

TEST_F(Witnesses, KeepBothSignaturesOfTheCheckpointAtARotation) {
  log.grow_to(10);
  const TestLog next = log.rotated();
  ASSERT_TRUE(Witness::follow(dir, next.vkey()).has_value());
  open();
  const std::string next_note = next.note();
  const std::string both = log.note() + next_note.substr(next_note.rfind("\n\n") + 2);
  ASSERT_EQ(ask(crypto::encode_consistency({0, {}, both})).status, 200u);
  const std::string kept = witness->newest_checkpoint(log.origin()).body;
  EXPECT_TRUE(crypto::open_checkpoint(kept, log.origin(), log.key()).has_value());
  EXPECT_TRUE(crypto::open_checkpoint(kept, log.origin(), next.key()).has_value());
}

TEST_F(Witnesses, AreOneProcessWithOneKeyThatOthersCannotRead) {
  EXPECT_EQ(Witness::open(dir, {}, clock).error().code, Errc::in_use);
  EXPECT_EQ(Witness::create(dir, "altro.example/w").error().code, Errc::invalid_argument);
  EXPECT_EQ(Witness::create(dir / "x", "due parole").error().code, Errc::invalid_argument);
  struct stat found {};
  ASSERT_EQ(stat((dir / "witness.key").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 077, 0u);
}

TEST_F(Witnesses, FollowTheNeighboursOfAPolicyToo) {
  TestLog neighbour("cartella/vicino/0011223344556677");
  neighbour.grow_to(3);
  EXPECT_EQ(ask(neighbour.request(0, 3)).status, 404u);
  witness.reset();
  witness =
      Witness::open(dir, {{neighbour.origin(), neighbour.key()}, {log.origin(), log.key()}}, clock)
          .value();
  EXPECT_EQ(witness->log_count(), 2u);
  EXPECT_EQ(ask(neighbour.request(0, 3)).status, 200u);
  witness.reset();
  log.grow_to(10);
  const TestLog next = log.rotated();
  witness = Witness::open(dir, {{log.origin(), next.key()}}, clock).value();
  EXPECT_EQ(witness->log_count(), 1u);
  EXPECT_EQ(ask(log.request(0, 10)).status, 200u);
  EXPECT_EQ(ask(next.request(10, 10)).status, 200u);
  EXPECT_EQ(ask(log.rotated().request(10, 10)).status, 403u);
}

TEST_F(Witnesses, FollowALogOnceAndReadOnlyKeys) {
  ASSERT_TRUE(Witness::follow(dir, log.vkey()).has_value());
  open();
  EXPECT_EQ(witness->log_count(), 1u);
  EXPECT_EQ(Witness::follow(dir, "no key").error().code, Errc::invalid_input);
  EXPECT_EQ(parse_followed_logs("log " + log.vkey() + "\nlog " + log.vkey() + "\n").error().code,
            Errc::invalid_input);
  EXPECT_NE(parse_followed_logs("# x\nrubbish\n").error().detail.find("riga 2"), std::string::npos);
}

// The client against the witness itself.
class WitnessClients : public Witnesses {
 protected:
  WitnessReply ask_about(const TestLog& of, std::uint64_t size, std::uint64_t known_size) {
    const std::string note = of.note(size);
    tries = 0;
    return ask_witness({cosigner, note, size, known_size,
                        [&](std::uint64_t old) -> Result<std::vector<Hash32>> {
                          return of.growth(old, size);
                        },
                        [&](const std::string& body) -> Result<OutboundAnswer> {
                          ++tries;
                          if (answer) return *answer;
                          const auto given = witness->add_checkpoint(body);
                          return OutboundAnswer{given.status, given.content_type, given.body};
                        }})
        .value();
  }
  const crypto::Cosigner cosigner = witness->cosigner();
  std::optional<Result<OutboundAnswer>> answer;
  int tries = 0;
};

TEST_F(WitnessClients, StartFromWhatTheWitnessSaw) {
  log.grow_to(20);
  const auto first = ask_about(log, 10, 0);
  EXPECT_EQ(first.outcome, WitnessOutcome::cosigned);
  EXPECT_EQ(first.known_size, 10u);
  EXPECT_EQ(tries, 1);
  EXPECT_EQ(ask_about(log, 20, 5).outcome, WitnessOutcome::cosigned);
  EXPECT_EQ(tries, 2);
}

TEST_F(WitnessClients, F21_TellARollbackFromAWitnessThatIsAway) {
  log.grow_to(20);
  ASSERT_EQ(ask_about(log, 20, 0).outcome, WitnessOutcome::cosigned);
  const auto reply = ask_about(log, 12, 12);
  EXPECT_EQ(reply.outcome, WitnessOutcome::ahead);
  EXPECT_EQ(reply.known_size, 20u);
  EXPECT_TRUE(is_alarm(reply.outcome));
}

TEST_F(WitnessClients, F22_TellAnotherHistory) {
  log.grow_to(20);
  TestLog other = log.fork(10);
  other.grow_to(30, 2);
  ASSERT_EQ(ask_about(log, 20, 0).outcome, WitnessOutcome::cosigned);
  EXPECT_EQ(ask_about(other, 20, 0).outcome, WitnessOutcome::inconsistent);
  EXPECT_EQ(ask_about(other, 30, 20).outcome, WitnessOutcome::inconsistent);
}

TEST_F(WitnessClients, F26_TakeNoOtherAnswerForACosignature) {
  log.grow_to(20);
  const auto outcome = [&](Result<OutboundAnswer> given) {
    answer = std::move(given);
    const auto reply = ask_about(log, 20, 0);
    EXPECT_TRUE(reply.line.empty());
    return reply.outcome;
  };
  EXPECT_EQ(outcome(fail(Errc::unavailable, "away")), WitnessOutcome::away);
  EXPECT_EQ(outcome(fail(Errc::invalid_input, "rubbish")), WitnessOutcome::refused);
  EXPECT_EQ(outcome(OutboundAnswer{500, "", ""}), WitnessOutcome::away);
  EXPECT_EQ(outcome(OutboundAnswer{404, "", ""}), WitnessOutcome::refused);
  EXPECT_EQ(outcome(OutboundAnswer{302, "", ""}), WitnessOutcome::refused);
  EXPECT_EQ(outcome(OutboundAnswer{200, "", ""}), WitnessOutcome::refused);
  EXPECT_EQ(outcome(OutboundAnswer{200, "", "rubbish\n"}), WitnessOutcome::refused);
  EXPECT_EQ(outcome(OutboundAnswer{409, "text/plain", "7\n"}), WitnessOutcome::refused);
  EXPECT_EQ(outcome(OutboundAnswer{409, "text/x.tlog.size", "07\n"}), WitnessOutcome::refused);
  EXPECT_EQ(outcome(OutboundAnswer{200, "", log.request(0, 20)}), WitnessOutcome::refused);
  const std::string of_another =
      crypto::cosign(log.note(), cosigner.name, crypto::Signer(crypto::Secret32::random()), 1)
          .value();
  EXPECT_EQ(outcome(OutboundAnswer{200, "", of_another}), WitnessOutcome::refused);
}

TEST_F(WitnessClients, F26_KeepOfAnAnswerTheNewestLineOfTheWitnessAlone) {
  const crypto::Signer key(crypto::Secret32::random());
  const crypto::Signer other(crypto::Secret32::random());
  const crypto::Cosigner known{"w.example/w", key.public_key()};
  log.grow_to(20);
  const std::string note = log.note();
  const std::string own = crypto::cosign(note, known.name, key, 200).value();
  std::string body = crypto::cosign(note, known.name, key, 100).value() + own;
  for (std::uint64_t i = 0; i < 97; ++i)
    body += crypto::cosign(note, "altro.example/w", other, i).value();
  const auto reply = ask_witness({known,
                                  note,
                                  20,
                                  0,
                                  {},
                                  [&](const std::string&) -> Result<OutboundAnswer> {
                                    return OutboundAnswer{200, "", body};
                                  }})
                         .value();
  EXPECT_EQ(reply.outcome, WitnessOutcome::cosigned);
  EXPECT_EQ(reply.line, own);
}

TEST_F(WitnessClients, F26_GiveUpOnAWitnessThatTellsEverOtherSizes) {
  log.grow_to(20);
  answer = OutboundAnswer{409, "text/x.tlog.size", "7\n"};
  EXPECT_EQ(ask_about(log, 20, 0).outcome, WitnessOutcome::inconsistent);
  EXPECT_LE(tries, 3);
}

}  // namespace
}  // namespace cartella::proofs
