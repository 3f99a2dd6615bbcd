// Who looked: what an entry holds, where it stands, and that nothing is answered without it.
#include "cases/access_log.h"

#include <capnp/schema.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "crypto/hash.h"
#include "store/verify.h"
#include "tests/support/canary.h"
#include "tests/unit/cases/access_log_support.h"

namespace cartella::cases {
namespace {

namespace fs = std::filesystem;

using AccessLogTest = AccessLogFixture;

constexpr std::int64_t kHourUs = 3'600'000'000;

bool any_file_holds(const fs::path& dir, const std::string& text) {
  return tests::files_with(dir, {text}) > 0;
}

// ---- what an entry holds ------------------------------------------------------------------------
TEST_F(AccessLogTest, AT02_AnEntryHoldsWhoWhenWhereWhomWhatAndWhy) {
  Look given = look();
  given.released_to = "Tribunale; art. 213 c.p.c.";
  given.severity = Severity::notice;

  const SeenLook entry = recorded(given);

  EXPECT_EQ(entry.leaf.kind, schema::LeafKind::access);
  EXPECT_EQ(entry.leaf.flags, 0);
  EXPECT_EQ(entry.header.type, schema::EventType::access_recorded);
  EXPECT_EQ(entry.header.controller, controller_of(kEnte));
  EXPECT_EQ(entry.header.occurred_at, x_clock.wall());
  EXPECT_EQ(entry.header.actor, kWorker);
  EXPECT_EQ(entry.header.role, "operatore");
  EXPECT_EQ(entry.header.unit, kSector);
  EXPECT_EQ(entry.header.purpose, "presa in carico");
  EXPECT_EQ(entry.request_id, given.request_id);
  EXPECT_EQ(entry.operation, "VIEW");
  EXPECT_EQ(entry.outcome, "ok");
  EXPECT_EQ(entry.actor, kWorker);
  EXPECT_EQ(entry.actor_role, "operatore");
  EXPECT_EQ(entry.actor_unit, kSector);
  EXPECT_EQ(entry.client_id, "postazione-7");
  EXPECT_EQ(entry.ip, "192.0.2.7");
  EXPECT_EQ(entry.auth_context, "password+totp");
  EXPECT_EQ(entry.subjects, given.subjects);
  EXPECT_EQ(entry.case_stream, given.case_stream);
  EXPECT_EQ(entry.target, given.target);
  EXPECT_EQ(entry.section, "interventi");
  EXPECT_EQ(entry.relation, "in_charge");
  EXPECT_EQ(entry.purpose, "presa in carico");
  EXPECT_EQ(entry.result_count, 1u);
  EXPECT_EQ(entry.as_of, 42u);
  EXPECT_EQ(entry.released_to, "Tribunale; art. 213 c.p.c.");
  EXPECT_EQ(entry.severity, "notice");
  EXPECT_EQ(entry.policy_version, kPolicyVersion);
  EXPECT_EQ(entry.repeated, 1u);
  ASSERT_EQ(entry.reasons.size(), 1u);
  EXPECT_EQ(entry.reasons[0].subject, given.subjects[0]);
  EXPECT_EQ(entry.reasons[0].reason, "Colloquio fissato per oggi");
  EXPECT_EQ(entry.reasons[0].result_digest.size(), 32u);
}

// The entry that is written most: what it costs is what a look costs.
TEST_F(AccessLogTest, AnEntryTakesTheSmallestStepsOfPadding) {
  const auto entry = x_log->read(record(look()).first_position).value();

  std::vector<std::size_t> steps;
  for (const Bytes& segment : entry.body.segments)
    steps.push_back(segment.size() - crypto::kSegmentOverhead);

  EXPECT_EQ(steps, (std::vector<std::size_t>{256, 512, 256}));
}

TEST_F(AccessLogTest, AT02_EachKindOfOperationGivesOneEntryWithItsCompulsoryFields) {
  std::set<std::string> words;
  for (int kind = 0; kind <= static_cast<int>(Operation::report); ++kind) {
    Look given = look();
    given.operation = static_cast<Operation>(kind);
    const store::Receipt receipt = record(given);

    EXPECT_EQ(receipt.event_count, 1u);
    const SeenLook entry = seen(receipt.first_position);
    words.insert(entry.operation);
    for (const std::string& field :
         {entry.operation, entry.outcome, entry.actor_role, entry.client_id, entry.auth_context,
          entry.target, entry.relation, entry.purpose, entry.severity})
      EXPECT_FALSE(field.empty()) << entry.operation;
    EXPECT_FALSE(entry.request_id.is_zero() || entry.actor.is_zero() || entry.actor_unit.is_zero());
    EXPECT_GT(entry.policy_version, 0u);
    EXPECT_GT(entry.leaf.recorded_at.us, 0);
  }
  EXPECT_EQ(words.size(), 23u);
}

TEST_F(AccessLogTest, AT02_RefusesAnEntryWithoutACompulsoryFieldAndWritesNothing) {
  const std::uint64_t size = x_log->size();
  const auto refused = [&](const Viewer& viewer, const Look& look) {
    const auto receipt = x_access->record(viewer, look);
    return !receipt && receipt.error().code == Errc::invalid_argument;
  };
  Look given = look();
  given.request_id = {};
  EXPECT_TRUE(refused(viewer(), given));
  given = look();
  given.controller = {};
  EXPECT_TRUE(refused(viewer(), given));
  given = look();
  given.target.clear();
  EXPECT_TRUE(refused(viewer(), given));
  given = look();
  given.purpose.clear();
  EXPECT_TRUE(refused(viewer(), given));
  Viewer somebody = viewer();
  somebody.client_id.clear();
  EXPECT_TRUE(refused(somebody, look()));
  somebody = viewer();
  somebody.auth_context.clear();
  EXPECT_TRUE(refused(somebody, look()));
  EXPECT_EQ(x_log->size(), size);
}

TEST_F(AccessLogTest, AT17_KeepsWhoActedForWhomAndFromWhichClient) {
  Look given = look();
  given.on_behalf_of = kColleague;

  const SeenLook entry = recorded(given);

  EXPECT_EQ(entry.actor, kWorker);
  EXPECT_EQ(entry.on_behalf_of, kColleague);
  EXPECT_EQ(entry.header.on_behalf_of, kColleague);
  EXPECT_EQ(entry.client_id, "postazione-7");
}

TEST_F(AccessLogTest, AT10_ASearchIsOneEntryOfThoseShownWithTheCountAndNoClearTerm) {
  Look search = look(20);
  search.operation = Operation::search;
  search.target = "people";
  search.result_count = 87;
  search.search_terms = "Trattasegreta Fiordaliso 1950";
  search.result = {};

  const store::Receipt receipt = record(search);

  ASSERT_EQ(receipt.event_count, 1u);
  const SeenLook entry = seen(receipt.first_position);
  EXPECT_EQ(entry.operation, "SEARCH");
  EXPECT_EQ(entry.subjects, search.subjects);
  EXPECT_EQ(entry.result_count, 87u);
  EXPECT_EQ(entry.terms.size(), 32u);
  EXPECT_EQ(recorded(search).terms, entry.terms);
  search.search_terms = "Trattasegreta Fiordaliso 1951";
  EXPECT_NE(recorded(search).terms, entry.terms);
  ASSERT_TRUE(x_log->flush());
  EXPECT_FALSE(any_file_holds(x_dir, "Trattasegreta"));
  EXPECT_FALSE(any_file_holds(x_dir, "postazione-7"));
}

TEST_F(AccessLogTest, AT19_AnEntryHoldsNoContentButADigestUnderTheMonthsKey) {
  Look given = look();
  std::string shown = "contenuto-riservato";
  given.result = as_bytes(shown);
  const SeenLook entry = recorded(given);

  EXPECT_EQ(recorded(given).reasons.at(0).result_digest, entry.reasons.at(0).result_digest);
  shown.back() = 'a';
  EXPECT_NE(recorded(given).reasons.at(0).result_digest, entry.reasons.at(0).result_digest);
  // Another month's key gives another digest of the same answer.
  shown.back() = 'o';
  given.administrative = true;
  EXPECT_NE(recorded(given).reasons.at(0).result_digest, entry.reasons.at(0).result_digest);
  const Hash32 plain = crypto::sha256(given.result);
  EXPECT_NE(entry.reasons.at(0).result_digest, Bytes(plain.begin(), plain.end()));
}

TEST_F(AccessLogTest, AT19_TheSchemaHasOnlyIdsCodesCountsAndDigests) {
  const auto listed = [](const capnp::StructSchema& schema) {
    std::string text;
    for (const auto field : schema.getFields()) {
      std::string type;
      switch (field.getType().which()) {
        case capnp::schema::Type::DATA: type = "Data"; break;
        case capnp::schema::Type::TEXT: type = "Text"; break;
        case capnp::schema::Type::UINT32: type = "UInt32"; break;
        case capnp::schema::Type::UINT64: type = "UInt64"; break;
        case capnp::schema::Type::LIST: type = "List"; break;
        default: type = "?";
      }
      text += std::string(field.getProto().getName().cStr()) + ":" + type + " ";
    }
    return text;
  };
  EXPECT_EQ(listed(capnp::Schema::from<schema::AccessRecorded>()),
            "requestId:Data operation:Text outcome:Text actor:Data actorRole:Text actorUnit:Data "
            "onBehalfOf:Data clientId:Text ip:Text authContext:Text subjects:List caseId:Data "
            "target:Text relation:Text purpose:Text resultCount:UInt32 asOf:UInt64 "
            "releasedTo:Text evidence:Data severity:Text policyVersion:UInt32 terms:Data "
            "section:Text repeated:UInt32 registryPerson:Data ");
  EXPECT_EQ(listed(capnp::Schema::from<schema::AccessReason>()),
            "subject:Data reason:Text resultDigest:Data ");
}

TEST_F(AccessLogTest, AT19_WithThePersonsKeysTheReasonGoesAndTheEntryStillVerifies) {
  const Look given = look(2);
  const std::uint64_t position = record(given).first_position;
  ASSERT_EQ(seen(position).reasons.size(), 2u);

  const auto keys = x_vault->owner_keys_of(schema::KeyDomain::subject, given.subjects[0].bytes,
                                           controller_of(kEnte));
  ASSERT_TRUE(x_vault->destroy_keys(keys, {}));

  const SeenLook entry = seen(position);
  ASSERT_EQ(entry.reasons.size(), 1u);
  EXPECT_EQ(entry.reasons[0].subject, given.subjects[1]);
  EXPECT_EQ(entry.operation, "VIEW");
  EXPECT_TRUE(store::verify_log(*x_log, {}).value().is_sound());
}

TEST_F(AccessLogTest, WithTheMonthsKeyNothingOfTheEntryIsLeftButThatItWasMade) {
  const std::uint64_t position = record(look()).first_position;
  const StreamId month = x_log->read(position).value().leaf.stream_id;
  const auto keys =
      x_vault->owner_keys_of(schema::KeyDomain::access_month, month.bytes, controller_of(kEnte));
  ASSERT_EQ(keys.size(), 1u);

  ASSERT_TRUE(x_vault->destroy_keys(keys, std::array{month}));

  const SeenLook entry = seen(position);
  EXPECT_FALSE(entry.available);
  EXPECT_TRUE(entry.reasons.empty());
  EXPECT_TRUE(entry.actor.is_zero());
  EXPECT_TRUE(store::verify_log(*x_log, {}).value().is_sound());
}

// ---- limits -------------------------------------------------------------------------------------
TEST_F(AccessLogTest, SpreadsManyPeopleOverSeveralEntriesOfOneCall) {
  const Look given = look(150);

  const store::Receipt receipt = record(given);

  ASSERT_EQ(receipt.event_count, 3u);
  std::vector<SubjectId> subjects;
  std::set<BatchId> batches;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const SeenLook entry = seen(receipt.first_position + i);
    subjects.insert(subjects.end(), entry.subjects.begin(), entry.subjects.end());
    batches.insert(entry.header.batch_id);
    EXPECT_EQ(entry.request_id, given.request_id);
    EXPECT_EQ(entry.reasons.size(), entry.subjects.size());
    EXPECT_EQ(entry.leaf.event_id,
              crypto::event_id_of(receipt.command_id, static_cast<std::uint32_t>(i)));
  }
  EXPECT_EQ(subjects, given.subjects);
  EXPECT_EQ(batches.size(), 1u);
  EXPECT_FALSE(batches.begin()->is_zero());
}

TEST_F(AccessLogTest, TakesALookThatFillsEveryLimitAndRefusesOneBeyond) {
  Look full = look(kLookPeopleMax);
  full.reason = std::string(kLookReasonBytesMax, 'm');
  for (std::string* text : {&full.target, &full.section, &full.purpose, &full.released_to})
    *text = std::string(kLookTextBytesMax, 't');
  Viewer somebody = viewer();
  somebody.client_id = std::string(kLookTextBytesMax, 'c');
  EXPECT_TRUE(x_access->record(somebody, full));

  const auto refused = [&](const Look& look) {
    return x_access->record(viewer(), look).error().code == Errc::invalid_argument;
  };
  EXPECT_TRUE(refused(look(kLookPeopleMax + 1)));
  Look longer = look();
  longer.reason = std::string(kLookReasonBytesMax + 1, 'm');
  EXPECT_TRUE(refused(longer));
  longer = look();
  longer.section = std::string(kLookTextBytesMax + 1, 't');
  EXPECT_TRUE(refused(longer));
}

// ---- where it stands ----------------------------------------------------------------------------
TEST_F(AccessLogTest, EachControllerAndTheAdministratorsHaveAStreamOfTheirOwn) {
  const StreamId first = recorded(look()).leaf.stream_id;
  Look other = look();
  other.controller = controller_of(kOtherEnte);
  const StreamId second = recorded(other).leaf.stream_id;
  Look login = look(0);
  login.controller = installation_controller();
  login.operation = Operation::login;
  login.administrative = true;
  const StreamId third = recorded(login).leaf.stream_id;

  EXPECT_EQ((std::set<StreamId>{first, second, third}.size()), 3u);
  EXPECT_EQ(recorded(look()).leaf.stream_id, first);
  EXPECT_EQ(recorded(look()).leaf.revision, 2u);
  EXPECT_EQ(month_count(), 3u);
  const auto organisation = x_executor->organisation();
  const AccessMonthName name{installation_controller(), true, {2026 * 12 + 5}};
  EXPECT_EQ(organisation->access_months.at(name), third);
}

TEST_F(AccessLogTest, ANewMonthInItalyGivesANewStreamWithAKeyOfItsOwn) {
  x_clock.advance_us(21 * kHourUs);  // 30 June, 23:00 in Italy
  const StreamId june = recorded(look()).leaf.stream_id;
  x_clock.advance_us(kHourUs);  // 1 July, 00:00 in Italy; still June in UTC

  const StreamId july = recorded(look()).leaf.stream_id;

  EXPECT_NE(july, june);
  const auto organisation = x_executor->organisation();
  EXPECT_EQ(organisation->access_months.at({controller_of(kEnte), false, {2026 * 12 + 5}}), june);
  EXPECT_EQ(organisation->access_months.at({controller_of(kEnte), false, {2026 * 12 + 6}}), july);
  const auto key_of = [&](const StreamId& month) {
    return x_vault->owner_keys_of(schema::KeyDomain::access_month, month.bytes,
                                  controller_of(kEnte));
  };
  EXPECT_NE(key_of(june), key_of(july));
}

TEST_F(AccessLogTest, ARestartFindsTheMonthsStreamAndKeyAgain) {
  const SeenLook before = recorded(look());
  start_again();

  const SeenLook after = recorded(look());

  EXPECT_EQ(after.leaf.stream_id, before.leaf.stream_id);
  EXPECT_EQ(after.leaf.revision, before.leaf.revision + 1);
  EXPECT_EQ(x_log->read(after.leaf.position).value().leaf.previous_leaf_hash,
            crypto::leaf_hash(crypto::encode_leaf(before.leaf)));
  EXPECT_EQ(month_count(), 1u);
}

TEST_F(AccessLogTest, AMonthThatWasBegunJustBeforeAKillKeepsItsStream) {
  const StreamId stream = x_vault->new_stream().value();
  CommandContext installing = context();
  installing.actor = installation_actor();
  installing.controller = installation_controller();
  const AccessMonthName name{controller_of(kEnte), false, {2026 * 12 + 5}};
  ASSERT_TRUE(
      x_executor->execute(installing, SetConfiguration{access_month_key(name), stream.hex()}));
  start_again();

  EXPECT_EQ(recorded(look()).leaf.stream_id, stream);
}

TEST_F(AccessLogTest, NobodyElseMaySayWhereLooksAreRecorded) {
  const AccessMonthName name{controller_of(kEnte), false, {2026 * 12 + 5}};
  const SetConfiguration setting{access_month_key(name), id_of<StreamId>(9).hex()};
  EXPECT_EQ(x_executor->execute(context(), setting).error().code, Errc::invalid_argument);
  record(look());
  CommandContext installing = context();
  installing.actor = installation_actor();
  EXPECT_EQ(x_executor->execute(installing, setting).error().code, Errc::refused);
}

// ---- when it cannot be written ------------------------------------------------------------------
TEST_F(AccessLogTest, AT01_WhatCannotBeAppendedIsAnErrorAndLeavesNoEntry) {
  record(look());
  store::StoreOptions full = store_options();
  full.space_critical_bytes = UINT64_MAX;
  start_again(full);
  const std::uint64_t size = x_log->size();

  const auto receipt = x_access->record(viewer(), look());

  EXPECT_EQ(receipt.error().code, Errc::unavailable);
  EXPECT_EQ(x_log->size(), size);
}

TEST_F(AccessLogTest, GoesOnWhereTheDiskReserveStopsCommandsAlsoIntoTheNextMonth) {
  const StreamId june = recorded(look()).leaf.stream_id;
  store::StoreOptions low = store_options();
  low.space_low_bytes = UINT64_MAX;
  start_again(low);
  ASSERT_EQ(x_executor->execute(context(), SetConfiguration{"prova", "1"}).error().code,
            Errc::out_of_space);

  EXPECT_EQ(recorded(look()).leaf.stream_id, june);
  x_clock.advance_us(23 * kHourUs);
  EXPECT_EQ(recorded(look()).leaf.stream_id, june);
  // With no stream at all there is none to go on in.
  Look other = look();
  other.controller = controller_of(kOtherEnte);
  EXPECT_EQ(x_access->record(viewer(), other).error().code, Errc::out_of_space);
}

TEST_F(AccessLogTest, AT16_WithTheClockMovedBackPositionsGrowAndTheSkewShows) {
  const SeenLook before = recorded(look());
  x_clock.set_wall({x_clock.wall().us - kHourUs});
  ASSERT_EQ(x_executor->execute(context(), SetConfiguration{"prova", "1"}).error().code,
            Errc::clock_suspect);

  const SeenLook after = recorded(look());

  EXPECT_GT(after.leaf.position, before.leaf.position);
  EXPECT_EQ(after.leaf.revision, before.leaf.revision + 1);
  EXPECT_GE(after.leaf.recorded_at, before.leaf.recorded_at);
  EXPECT_EQ(after.leaf.recorded_at.us - after.header.occurred_at->us, kHourUs);
}

TEST_F(AccessLogTest, AClockThatJumpsToAnotherMonthDoesNotChooseTheStream) {
  const StreamId june = recorded(look()).leaf.stream_id;
  x_clock.set_wall({x_clock.wall().us - 40 * 24 * kHourUs});
  EXPECT_EQ(recorded(look()).leaf.stream_id, june);
  x_clock.set_wall({x_clock.wall().us + 400 * 24 * kHourUs});
  EXPECT_EQ(recorded(look()).leaf.stream_id, june);
  EXPECT_EQ(month_count(), 1u);
}

// ---- many at once -------------------------------------------------------------------------------
TEST_F(AccessLogTest, EightThreadsRecordAtOnceAndEveryLookStandsOnce) {
  constexpr std::size_t kThreads = 8;
  constexpr std::size_t kLooks = 40;
  const std::array<ControllerId, 3> controllers{controller_of(kEnte), controller_of(kOtherEnte),
                                                installation_controller()};
  const std::uint64_t first = x_log->size();
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (std::size_t t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < kLooks; ++i) {
        Look given = look(1 + (t + i) % 3);
        given.request_id = id_of<RequestId>(t * 1000 + i);
        given.controller = controllers[(t + i) % controllers.size()];
        if (!x_access->record(viewer(), given)) ++failures;
      }
    });
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(failures, 0);
  EXPECT_EQ(month_count(), 3u);
  std::set<RequestId> requests;
  std::map<StreamId, std::uint64_t> next;
  for (std::uint64_t at = first; at < x_log->size(); ++at) {
    if (x_log->read(at).value().leaf.kind != schema::LeafKind::access) continue;
    const SeenLook entry = seen(at);
    EXPECT_TRUE(requests.insert(entry.request_id).second);
    EXPECT_EQ(entry.leaf.revision, next[entry.leaf.stream_id]++);
  }
  EXPECT_EQ(requests.size(), kThreads * kLooks);
  EXPECT_EQ(next.size(), 3u);
  EXPECT_TRUE(store::verify_log(*x_log, {}).value().is_sound());
}

}  // namespace
}  // namespace cartella::cases
