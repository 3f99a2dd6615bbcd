// A person whom several controllers register: one subject, and a silent note to who knew first.
#include "cases/duplicates.h"

#include "schema/body.h"
#include "tests/unit/cases/executor_fixture.h"

namespace cartella::cases {
namespace {

constexpr const char* kCodice = "PRVFTZ59A41D653B";

class DuplicateTest : public ExecutorTest {
 protected:
  RegisterPerson person() {
    RegisterPerson command = person_with(kCodice);
    command.reuse_known = true;
    return command;
  }
  Outcome registered(const CommandContext& asked) {
    auto outcome = executor->execute(asked, person());
    if (!outcome) check_failed(outcome.error().detail.c_str(), __FILE__, __LINE__, __func__);
    return outcome.value();
  }
  Outcome registered(const UnitId& ente) { return registered(context(ente)); }
  std::size_t noted(const StreamId& stream) {
    const auto written = note_duplicates(*log, *vault, *executor, stream);
    if (!written) check_failed(written.error().detail.c_str(), __FILE__, __LINE__, __func__);
    return written.value();
  }
  std::vector<crypto::OpenedEvent> events_of(const StreamId& stream) {
    std::vector<crypto::OpenedEvent> events;
    const auto read = log->read_stream(stream, 0, 100).value();
    for (const auto& stored : read)
      events.push_back(crypto::open_event(log->eras(), *vault, stored).value());
    return events;
  }
  static schema::HeaderView header_of(const crypto::OpenedEvent& event) {
    return schema::decode_header(event.segments.at(0).plaintext.message).value();
  }
};

TEST_F(DuplicateTest, ASecondComuneRegistersAKnownPersonAndLearnsNothing) {
  const Outcome alone = [&] {
    auto outcome = executor->execute(context(kOtherEnte), person_with("SMPMRA04B29G478M"));
    return outcome.value();
  }();
  const Outcome first = registered(kEnte);

  const Outcome second = registered(kOtherEnte);

  EXPECT_EQ(second.subject, first.subject);
  EXPECT_NE(second.stream, first.stream);
  // The same answer as for a person whom nobody knows.
  EXPECT_EQ(second.existing, alone.existing);
  EXPECT_EQ(second.duplicate, alone.duplicate);
  EXPECT_EQ(second.receipt.event_count, alone.receipt.event_count);
  EXPECT_EQ(events_of(second.stream).size(), 1u);
}

TEST_F(DuplicateTest, TheFirstComuneFindsOneNoteThatNamesTheEnteAndNothingMore) {
  const Outcome first = registered(kEnte);
  const Outcome second = registered(kOtherEnte);

  EXPECT_EQ(noted(second.stream), 1u);

  const auto events = events_of(first.stream);
  ASSERT_EQ(events.size(), 2u);
  const auto header = header_of(events[1]);
  EXPECT_EQ(header.type, schema::EventType::possible_duplicate_noted);
  EXPECT_EQ(header.controller, controller_of(kEnte));
  EXPECT_EQ(header.subject, first.subject);
  EXPECT_EQ(header.actor, installation_actor());
  EXPECT_TRUE(header.unit.is_zero());
  const Status told = schema::with_body<schema::PossibleDuplicateNoted>(
      events[1].segments.at(1).plaintext.message, [&](auto body) -> Status {
        EXPECT_EQ(schema::id_from<StreamId>(body.getPersonStream()).value(), first.stream);
        EXPECT_EQ(schema::id_from<UnitId>(body.getNoticedByUnit()).value(), kOtherEnte);
        EXPECT_EQ(body.getIdentifierKind(), schema::IdentifierKind::CF);
        EXPECT_FALSE(body.getSameController());
        return ok();
      });
  EXPECT_TRUE(told);
  EXPECT_EQ(events_of(second.stream).size(), 1u) << "the second comune's own stream says nothing";
}

TEST_F(DuplicateTest, OneNoteStandsHoweverOftenTheRegistrationIsRepeated) {
  const Outcome first = registered(kEnte);
  const auto asked = context(kOtherEnte);
  const Outcome second = registered(asked);
  EXPECT_EQ(noted(second.stream), 1u);
  clock.set_wall(TimeUs{clock.wall().us + 1'000'000});

  const Outcome repeated = registered(asked);
  EXPECT_TRUE(repeated.duplicate);
  EXPECT_EQ(noted(repeated.stream), 0u);
  const Outcome again = registered(kOtherEnte);  // with an id of its own
  EXPECT_TRUE(again.existing);
  EXPECT_EQ(again.stream, second.stream);
  EXPECT_EQ(noted(again.stream), 0u);
  open_executor();
  EXPECT_EQ(noted(second.stream), 0u);

  EXPECT_EQ(events_of(first.stream).size(), 2u);
}

TEST_F(DuplicateTest, WhoKnewThePersonFirstIsToldAndNobodyElse) {
  const UnitId third = id_of<UnitId>(33);
  must(DefineEnte{third, "Terzo comune", "A003", kZone, false, "", "", true});
  const Outcome first = registered(kEnte);
  const Outcome second = registered(kOtherEnte);
  EXPECT_EQ(noted(second.stream), 1u);
  const Outcome last = registered(third);
  EXPECT_EQ(noted(last.stream), 2u);

  EXPECT_EQ(noted(first.stream), 0u) << "it noticed nobody";
  EXPECT_EQ(events_of(first.stream).size(), 3u);
  EXPECT_EQ(events_of(second.stream).size(), 2u);
  EXPECT_EQ(events_of(last.stream).size(), 1u);
}

TEST_F(DuplicateTest, NothingIsNotedOfWhomNobodyElseKnows) {
  const Outcome alone = registered(kEnte);
  EXPECT_EQ(noted(alone.stream), 0u);
  const Outcome anonymous = must(anonymous_person("persona"));
  EXPECT_EQ(noted(anonymous.stream), 0u);
  EXPECT_EQ(note_duplicates(*log, *vault, *executor, id_of<StreamId>(5)).error().code,
            Errc::not_found);
  const StreamId opened = must(OpenCase{alone.stream, {}, 7, "", {}, kSector, kWorker}).stream;
  EXPECT_EQ(note_duplicates(*log, *vault, *executor, opened).error().code, Errc::not_found);
}

TEST_F(DuplicateTest, AnErasedPersonIsToldOfNoMore) {
  const Outcome first = registered(kEnte);
  const Outcome second = registered(kOtherEnte);
  const auto keys =
      vault->owner_keys_of(schema::KeyDomain::subject, first.subject.bytes, controller_of(kEnte));
  ASSERT_FALSE(keys.empty());
  ASSERT_TRUE(vault->destroy_keys(keys, {}));

  EXPECT_EQ(noted(second.stream), 0u);

  EXPECT_EQ(log->read_stream(first.stream, 0, 100).value().size(), 1u);
}

// The ids of events are public: without the vault nobody tells from them whose streams are alike.
TEST_F(DuplicateTest, TheNotesIdFollowsFromASecret) {
  const Outcome first = registered(kEnte);
  const Outcome second = registered(kOtherEnte);
  noted(second.stream);
  const EventId note = log->read_stream(first.stream, 1, 1).value().at(0).leaf.event_id;
  const EventId cause = log->read_stream(second.stream, 0, 1).value().at(0).leaf.event_id;

  const auto secret = vault->named_secret("duplicates").value();

  EXPECT_EQ(note,
            crypto::import_event_id(secret, "possible-duplicate", cause.hex(), first.stream.hex()));
  EXPECT_NE(note, crypto::import_event_id(seed(3), "possible-duplicate", cause.hex(),
                                          first.stream.hex()));
}

}  // namespace
}  // namespace cartella::cases
