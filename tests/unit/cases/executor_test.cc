// The executor over a real store and a real vault.
#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <thread>

#include "cases/claim_codec.h"
#include "cases/seal_call.h"
#include "schema/body.h"
#include "tests/unit/cases/executor_fixture.h"

namespace cartella::cases {
namespace {

TEST_F(ExecutorTest, BeginsALogWithGenesisKeyAndEverySchema) {
  std::size_t schemas = 0;
  bool has_text = true;
  const Status scanned =
      log->scan(0, log->size(), [&](const crypto::StoredEvent& stored) -> Status {
        CARTELLA_TRY(const auto event, crypto::open_event(log->eras(), *vault, stored));
        CARTELLA_TRY(const auto header,
                     schema::decode_header(event.segments.at(0).plaintext.message));
        if (stored.leaf.position == 0) {
          EXPECT_EQ(header.type, schema::EventType::genesis);
        }
        if (stored.leaf.position == 1) {
          EXPECT_EQ(header.type, schema::EventType::signer_enrolled);
        }
        if (header.type != schema::EventType::schema_registered) return ok();
        ++schemas;
        return schema::with_body<schema::SchemaRegistered>(
            event.segments.at(1).plaintext.message, [&](auto body) -> Status {
              has_text = has_text && schema::text_of(body.getText()).starts_with("struct ");
              return ok();
            });
      });
  ASSERT_TRUE(scanned) << scanned.error().detail;
  EXPECT_EQ(schemas, schema::event_types().size() + 2) << "the header and the reason of an access";
  EXPECT_TRUE(has_text);
  EXPECT_TRUE(executor->organisation()->ambito_defined);
  EXPECT_EQ(initialise(*log, *vault, log_key, server, clock, ambito).error().code,
            Errc::invalid_argument);
  AmbitoParameters wrong = ambito;
  wrong.slug = "Con Spazi";
  EXPECT_EQ(new_log_identity(wrong).error().code, Errc::refused);
}

// Three events of one stream.
OpenCard closed_card(const StreamId& person) {
  OpenCard card;
  card.person = person;
  card.access_date = kToday;
  card.office = kOffice;
  card.needs = NeedsValue{{kNeed}, ""};
  card.closing = ClosingValue{"1", false, false, true};
  return card;
}

TEST_F(ExecutorTest, AnswersARepeatedCommandWithItsFirstOutcome) {
  const StreamId person = must(person_with("PRVFTZ59A41D653B")).stream;
  const OpenCard card = closed_card(person);
  const auto asked = context();
  const auto first = executor->execute(asked, card).value();
  must(RecordDeath{person, kToday});
  const std::uint64_t size = log->size();

  const auto again = executor->execute(asked, card);

  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_TRUE(again.value().duplicate);
  EXPECT_TRUE(again.value().receipt.duplicate);
  EXPECT_EQ(again.value().stream, first.stream);
  EXPECT_EQ(again.value().subject, first.subject);
  EXPECT_EQ(again.value().receipt.first_position, first.receipt.first_position);
  EXPECT_EQ(again.value().receipt.event_count, 3u);
  EXPECT_EQ(log->size(), size);
}

TEST_F(ExecutorTest, BindsTheEventsOfACallToEachOtherAndOneEventToNothing) {
  const StreamId person = must(person_with("PRVFTZ59A41D653B")).stream;
  const auto opened = must(closed_card(person));
  ASSERT_EQ(opened.receipt.event_count, 3u);
  std::vector<EventId> ids;
  for (std::uint64_t i = 0; i < 3; ++i)
    ids.push_back(log->read(opened.receipt.first_position + i).value().leaf.event_id);
  for (std::uint64_t i = 0; i < 3; ++i)
    EXPECT_EQ(header_at(opened.receipt.first_position + i).batch_id, crypto::batch_id_of(ids));
  const auto alone = must(RecordDeath{person, kToday});
  ASSERT_EQ(alone.receipt.event_count, 1u);
  EXPECT_TRUE(header_at(alone.receipt.first_position).batch_id.is_zero());
}

TEST_F(ExecutorTest, RefusesAnotherCommandUnderTheSameId) {
  const auto asked = context();
  ASSERT_TRUE(executor->execute(asked, person_with("PRVFTZ59A41D653B")));
  EXPECT_EQ(executor->execute(asked, person_with("SMPMRA04B29G478M")).error().code,
            Errc::idempotency_conflict);
  auto other_actor = asked;
  other_actor.actor = kColleague;
  EXPECT_EQ(executor->execute(other_actor, person_with("PRVFTZ59A41D653B")).error().code,
            Errc::idempotency_conflict);
}

TEST_F(ExecutorTest, AnswersErasedWhenAKeyOfTheCommandIsGone) {
  const auto asked = context();
  const auto person = executor->execute(asked, person_with("PRVFTZ59A41D653B")).value();
  const auto keys =
      vault->owner_keys_of(schema::KeyDomain::subject, person.subject.bytes, asked.controller);
  ASSERT_FALSE(keys.empty());
  ASSERT_TRUE(vault->destroy_keys(keys, {}));
  EXPECT_EQ(executor->execute(asked, person_with("PRVFTZ59A41D653B")).error().code, Errc::erased);
}

TEST_F(ExecutorTest, FindsTheOrganisationAndStatesAgainAfterAReopen) {
  const StreamId person = must(person_with("PRVFTZ59A41D653B")).stream;
  const StreamId opened = must(OpenCase{person, {}, 7, "", {}, kSector, kWorker}).stream;
  ChangeCaseState change;
  change.case_stream = opened;
  change.state = CaseStatus::preso_in_carico;
  change.worker = kWorker;
  change.sector = kSector;
  must(change);
  const auto before = executor->organisation();

  open_executor();

  const auto after = executor->organisation();
  EXPECT_EQ(after->offices.size(), before->offices.size());
  EXPECT_EQ(after->operators.at(kWorker).stream, before->operators.at(kWorker).stream);
  EXPECT_EQ(after->operators.at(kWorker).sectors, before->operators.at(kWorker).sectors);
  const auto twice = executor->execute(context(), change);
  EXPECT_EQ(twice.error().code, Errc::illegal_transition);
  change.state = CaseStatus::chiuso;
  EXPECT_TRUE(executor->execute(context(), change));
}

TEST_F(ExecutorTest, FindsAPersonForEachController) {
  const auto person = must(person_with("PRVFTZ59A41D653B"));
  const auto own =
      executor->find_person(controller_of(kEnte), IdentifierKind::cf, "prvftz59a41d653b").value();
  const auto others =
      executor->find_person(controller_of(kOtherEnte), IdentifierKind::cf, "PRVFTZ59A41D653B")
          .value();
  const auto nobody =
      executor->find_person(controller_of(kEnte), IdentifierKind::cf, "SMPMRA04B29G478M").value();
  ASSERT_TRUE(own && others);
  EXPECT_EQ(own->stream, person.stream);
  EXPECT_EQ(others->subject, person.subject);
  EXPECT_TRUE(others->stream.is_zero());
  EXPECT_FALSE(nobody);
  EXPECT_EQ(executor->find_person(controller_of(kEnte), IdentifierKind::cf, "X").error().code,
            Errc::invalid_input);
  EXPECT_FALSE(executor->find_person(controller_of(kEnte), IdentifierKind::alias, "X").value());
}

TEST_F(ExecutorTest, MakesOnePersonWhenManyClerksRegisterAtOnce) {
  std::vector<std::thread> clerks;
  std::vector<Result<Outcome>> outcomes(8, Result<Outcome>(fail(Errc::unavailable, "")));
  std::vector<CommandContext> contexts;
  for (std::size_t i = 0; i < outcomes.size(); ++i) contexts.push_back(context());
  auto person = person_with("PRVFTZ59A41D653B");
  person.reuse_known = true;
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    clerks.emplace_back([&, i] { outcomes[i] = executor->execute(contexts[i], person); });
  for (std::thread& clerk : clerks) clerk.join();

  std::set<SubjectId> subjects;
  int written = 0;
  for (const auto& outcome : outcomes) {
    ASSERT_TRUE(outcome) << outcome.error().detail;
    subjects.insert(outcome.value().subject);
    if (!outcome.value().existing) ++written;
  }
  EXPECT_EQ(subjects.size(), 1u);
  EXPECT_EQ(written, 1);
}

TEST_F(ExecutorTest, CommitsOneCommandOnceWhenItIsSentManyTimesAtOnce) {
  const StreamId person = must(person_with("PRVFTZ59A41D653B")).stream;
  const std::uint64_t size = log->size();
  const auto asked = context();
  std::vector<std::thread> senders;
  std::vector<Result<Outcome>> outcomes(8, Result<Outcome>(fail(Errc::unavailable, "")));
  for (auto& outcome : outcomes)
    senders.emplace_back([&] {
      outcome = executor->execute(asked, RecordContact{person, "1", "", "", ""});
    });
  for (std::thread& sender : senders) sender.join();

  int first = 0;
  for (const auto& outcome : outcomes) {
    ASSERT_TRUE(outcome) << outcome.error().detail;
    if (!outcome.value().duplicate) ++first;
  }
  EXPECT_EQ(first, 1);
  EXPECT_EQ(log->size(), size + 1);
}

// The one that comes second may find the first neither in the log nor in what it decides on.
TEST_F(ExecutorTest, GoesOnFromOneCommandThatWasSentTwiceWhileWritersHadToWait) {
  const StreamId person = must(person_with("PRVFTZ59A41D653B")).stream;
  for (int i = 0; i < 100; ++i) {
    const auto asked = context();
    const auto send = [&] {
      EXPECT_TRUE(executor->execute(asked, RecordContact{person, "1", "", "", ""}));
    };
    std::thread first(send);
    std::thread waiting([&] { executor->drain(); });
    std::thread second(send);
    for (std::thread* each : {&first, &waiting, &second}) each->join();
  }
  const auto after = executor->execute(context(), RecordContact{person, "1", "", "", ""});
  EXPECT_TRUE(after) << after.error().detail;
  EXPECT_EQ(log->stream_head(person).value()->revision, 101u);
}

TEST_F(ExecutorTest, RefusesNoCommandForWhatItDidItself) {
  for (int i = 0; i < 50; ++i) {
    const StreamId person = must(person_with("")).stream;
    const auto asked = context();
    std::vector<Result<Outcome>> outcomes(4, Result<Outcome>(fail(Errc::unavailable, "")));
    std::vector<std::thread> senders;
    for (auto& outcome : outcomes)
      senders.emplace_back([&] {
        outcome = executor->execute(asked, RecordDeath{person, kToday});
      });
    for (std::thread& sender : senders) sender.join();
    for (const auto& outcome : outcomes) ASSERT_TRUE(outcome) << outcome.error().detail;
  }
}

// Starts one command and waits for what is told.
Result<Outcome> told_of(Executor& executor, const CommandContext& asked, const Command& command) {
  const auto told = std::make_shared<std::promise<Result<Outcome>>>();
  executor.start(asked, command, [told](Result<Outcome> outcome) { told->set_value(outcome); });
  return told->get_future().get();
}

TEST_F(ExecutorTest, TellsWhoDoesNotWaitTheOutcomeAndFoldsTheStateThatFollows) {
  const auto registered = context();
  const auto first = told_of(*executor, registered, person_with("PRVFTZ59A41D653B"));
  ASSERT_TRUE(first) << first.error().detail;
  const StreamId person = first.value().stream;
  EXPECT_GT(log->size(), first.value().receipt.first_position);

  const auto again = told_of(*executor, registered, person_with("PRVFTZ59A41D653B"));
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_TRUE(again.value().duplicate);
  EXPECT_EQ(again.value().stream, person);
  EXPECT_TRUE(told_of(*executor, context(), RecordDeath{person, kToday}));
  EXPECT_EQ(told_of(*executor, context(), RecordDeath{StreamId{}, kToday}).error().code,
            executor->execute(context(), RecordDeath{StreamId{}, kToday}).error().code);
  auto stale = context();
  stale.expected_revision = 0;
  EXPECT_EQ(told_of(*executor, stale, RecordContact{person, "1", "", "", ""}).error().code,
            Errc::conflict);
}

TEST_F(ExecutorTest, DrainsWhatWasStartedTogetherWithWhatWaits) {
  const StreamId person = must(person_with("")).stream;
  constexpr int kStarted = 200;
  std::atomic<int> told{0};
  std::atomic<int> recorded{0};
  for (int i = 0; i < kStarted; ++i)
    executor->start(context(), RecordContact{person, "1", "", "", ""},
                    [&](const Result<Outcome>& outcome) {
                      // Another of them may have been first.
                      EXPECT_TRUE(outcome || outcome.error().code == Errc::conflict);
                      if (outcome) ++recorded;
                      ++told;
                    });
  executor->drain();
  while (told < kStarted) std::this_thread::yield();
  EXPECT_GT(recorded, 0);
  must(RecordContact{person, "1", "", "", ""});  // nobody is alone any more
}

// With readers that overlap a plain read-write lock lets its writer wait for as long as they come.
TEST_F(ExecutorTest, DrainsAgainAndAgainWhileCommandsOverlapWithoutEnd) {
  std::atomic<bool> ended{false};
  std::atomic<int> failures{0};
  std::vector<std::thread> clerks;
  std::atomic<int> written{0};
  for (int i = 0; i < 4; ++i)
    clerks.emplace_back([&] {
      const StreamId person = must(person_with("")).stream;
      while (!ended) {
        if (!executor->execute(context(), RecordContact{person, "1", "", "", ""})) ++failures;
        ++written;
      }
    });
  while (written < 8) std::this_thread::yield();
  for (int i = 0; i < 50; ++i) executor->drain();
  ended = true;
  for (std::thread& clerk : clerks) clerk.join();

  EXPECT_EQ(failures, 0);
}

TEST_F(ExecutorTest, KeepsTheOrderOfALaneAndFinishesWhatWasSubmitted) {
  std::vector<std::future<Result<Outcome>>> pending;
  {
    BatchExecutor batch(*executor, 4, 2);
    for (std::uint64_t i = 0; i < 20; ++i)
      batch.run(i, [this, i](Executor& running) {
        auto person = person_with("");
        person.identifiers.push_back(
            {IdentifierKind::internal, "M-" + std::to_string(i), "Prova", {}, {}, true});
        const auto outcome = running.execute(context(), person);
        ASSERT_TRUE(outcome) << outcome.error().detail;
        ASSERT_TRUE(running.execute(context(), RecordHousehold{outcome.value().stream, "1", ""}));
      });
    batch.drain();
    const auto found = [&](const char* issuer) {
      return executor->find_person(controller_of(kEnte), IdentifierKind::internal, "M-19", issuer)
          .value()
          .has_value();
    };
    EXPECT_TRUE(found("Prova"));
    EXPECT_FALSE(found("Altro"));
    for (std::uint64_t i = 0; i < 5; ++i)
      pending.push_back(batch.submit(i, context(), anonymous_person("persona")));
  }
  for (auto& one : pending) EXPECT_TRUE(one.get());
}

// Holds the first two decisions until both have loaded what they decide on.
class RacingCodes final : public BenefitCodes {
 public:
  std::optional<std::string> denomination(std::string_view code, Date on) const override {
    if (x_arrived.fetch_add(1) < 2) x_both.arrive_and_wait();
    return x_codes.denomination(code, on);
  }

 private:
  TestCodes x_codes;
  mutable std::atomic<int> x_arrived{0};
  mutable std::latch x_both{2};
};

TEST_F(ExecutorTest, LetsOneOfTwoRacingBenefitsSupersedeAnother) {
  GrantBenefit grant;
  grant.person = must(person_with("PRVFTZ59A41D653B")).stream;
  grant.paying_ente = kEnte;
  grant.protocol = "2026/1";
  grant.inps_code = "A1.04";
  const StreamId first = must(grant).stream;
  grant.supersedes = first;
  RacingCodes racing;
  auto contended = Executor::open(*log, *vault, server, clock, racing, {}).value();
  const std::uint64_t before = log->size();

  const auto correct = [&](std::string protocol) {
    GrantBenefit correction = grant;
    correction.protocol = std::move(protocol);
    return contended->execute(context(), correction);
  };
  auto other = std::async(std::launch::async, [&] { return correct("2026/2"); });
  const auto mine = correct("2026/3");
  const auto theirs = other.get();

  ASSERT_NE(mine.has_value(), theirs.has_value());
  const Error& lost = mine ? theirs.error() : mine.error();
  const Outcome& won = mine ? mine.value() : theirs.value();
  EXPECT_EQ(refusal_code(lost), "superseded_benefit") << lost.detail;
  EXPECT_EQ(log->size(), before + won.receipt.event_count);
}

TEST_F(ExecutorTest, EnrolsAndRevokesTheKeyOfAnOperator) {
  const crypto::Signer key(seed(9));
  must(enrolment_of(log->log_id(), key, kWorker));
  ASSERT_TRUE(log->find_signer(key.id()));
  EXPECT_TRUE(log->find_signer(key.id())->may_append);
  EXPECT_FALSE(log->find_signer(key.id())->may_enrol);
  const auto again = executor->execute(context(), enrolment_of(log->log_id(), key, kWorker));
  EXPECT_EQ(again.error().code, Errc::refused);
  EXPECT_EQ(refusal_code(again.error()), "signer_enrolled");

  const std::uint64_t before = log->size();
  must(RevokeSigner{key.id(), std::nullopt, "smarrita"});
  EXPECT_EQ(log->find_signer(key.id())->revoked_from, before);
  const auto twice = executor->execute(context(), RevokeSigner{key.id(), 0, "smarrita"});
  EXPECT_EQ(refusal_code(twice.error()), "signer_revoked");
}

TEST_F(ExecutorTest, RefusesAKeyThatMayNotBeEnrolledOrRevoked) {
  const crypto::Signer key(seed(9));
  const auto code = [&](const Command& command) {
    const auto outcome = executor->execute(context(), command);
    return outcome ? Errc::io : outcome.error().code;
  };
  EnrolSigner other_owner = enrolment_of(log->log_id(), key, kWorker);
  other_owner.owner = kColleague;
  EXPECT_EQ(code(other_owner), Errc::bad_signature);
  EnrolSigner as_server = enrolment_of(log->log_id(), key, kWorker);
  as_server.rights = {"server"};
  EXPECT_EQ(code(as_server), Errc::refused);
  EXPECT_EQ(code(enrolment_of(log->log_id(), key, id_of<OperatorId>(99))), Errc::refused);
  EXPECT_EQ(code(enrolment_of(log->log_id(), key, {})), Errc::invalid_argument);
  EnrolSigner short_proof = enrolment_of(log->log_id(), key, kWorker);
  short_proof.proof.pop_back();
  EXPECT_EQ(code(short_proof), Errc::invalid_argument);
  EXPECT_EQ(code(RevokeSigner{server.id(), std::nullopt, "prova"}), Errc::refused);
  EXPECT_EQ(code(RevokeSigner{key.id(), std::nullopt, ""}), Errc::refused);
  EXPECT_EQ(code(RevokeSigner{key.id(), std::nullopt, "prova"}), Errc::not_found);
  EXPECT_EQ(code(AttestViews{}), Errc::invalid_argument);
}

TEST_F(ExecutorTest, RecordsWhoConfirmedWhichJumpOfTheClockAsTheFirstEventAfterIt) {
  const std::uint64_t before = log->size();
  const TimeUs head = log->read(before - 1).value().leaf.recorded_at;
  clock.set_wall(TimeUs{head.us + 3'600'000'000});
  const SetConfiguration later{"prova", "1"};
  EXPECT_EQ(executor->execute(context(), later).error().code, Errc::clock_suspect);

  const auto doubt = log->clock_doubt().value();
  ASSERT_TRUE(doubt);
  must(ConfirmClock{doubt->wall, doubt->head});
  must(later);

  const crypto::StoredEvent stored = log->read(before).value();
  EXPECT_EQ(stored.leaf.signer_id, server.id());
  EXPECT_EQ(stored.leaf.recorded_at, clock.wall());
  const auto event = crypto::open_event(log->eras(), *vault, stored).value();
  const auto header = schema::decode_header(event.segments.at(0).plaintext.message).value();
  EXPECT_EQ(header.type, schema::EventType::clock_confirmed);
  EXPECT_EQ(header.actor, kWorker);
  const Status told = schema::with_body<schema::ClockConfirmed>(
      event.segments.at(1).plaintext.message, [&](auto body) -> Status {
        EXPECT_EQ(body.getWallTime(), clock.wall().us);
        EXPECT_EQ(body.getHeadTime(), head.us);
        EXPECT_EQ(schema::id_from<OperatorId>(body.getOperator()).value(), kWorker);
        return ok();
      });
  EXPECT_TRUE(told);
}

TEST_F(ExecutorTest, LetsNobodyUnknownConfirmTheClock) {
  clock.set_wall(TimeUs{clock.wall().us + 3'600'000'000});
  const auto doubt = log->clock_doubt().value();
  ASSERT_TRUE(doubt);
  CommandContext stranger = context();
  stranger.actor = id_of<OperatorId>(99);
  const ConfirmClock command{doubt->wall, doubt->head};
  EXPECT_EQ(refusal_code(executor->execute(stranger, command).error()), "unknown_operator");
  EXPECT_TRUE(log->clock_doubt().value());
  CommandContext installation = context();
  installation.actor = installation_actor();
  EXPECT_TRUE(executor->execute(installation, command));
  EXPECT_FALSE(log->clock_doubt().value());
}

TEST_F(ExecutorTest, KeepsAPublishedReportWithItsRulesAndPosition) {
  PublishReport report{"accesses", "{\"name\":\"accesses\"}", 1, log->size(), "a\tb\t1\n"};
  const auto outcome = executor->execute(context(), report);
  ASSERT_TRUE(outcome) << outcome.error().detail;
  const auto events = log->read_stream(outcome.value().stream, 0, 2);
  ASSERT_TRUE(events);
  EXPECT_EQ(events.value().size(), 1u);
  // The place where it is found may not be written by hand.
  EXPECT_EQ(executor->execute(context(), SetConfiguration{"report/" + std::string(32, '0'), "x"})
                .error()
                .code,
            Errc::invalid_argument);
  report.figures.assign(kFiguresBytesMax + 1, 'x');
  EXPECT_EQ(refusal_code(executor->execute(context(), report).error()), "report_too_long");
  report.figures.clear();
  report.position = log->size() + 1;
  EXPECT_EQ(executor->execute(context(), report).error().code, Errc::invalid_argument);
}

TEST(ClaimCodec, SealsTheSameAndOpensOnlyUnderTheSameClaim) {
  const ClaimCodec codec(crypto::Secret32(Hash32{1}));
  const Hash32 key = codec.key_of(identifier_claim(IdentifierKind::cf, "PRVFTZ59A41D653B"));
  const Hash32 other = codec.key_of(identifier_claim(IdentifierKind::cf, "SMPMRA04B29G478M"));
  const Raw16 holder = id_of<SubjectId>(5).bytes;

  const Bytes sealed = codec.seal(key, holder);

  EXPECT_EQ(sealed, codec.seal(key, holder));
  EXPECT_EQ(codec.open(key, sealed).value(), holder);
  EXPECT_EQ(codec.open(other, sealed).error().code, Errc::corrupt);
  EXPECT_EQ(codec.open(key, Bytes(3)).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace cartella::cases
