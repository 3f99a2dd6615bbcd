#include "crypto/record.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>

#include "schema/codec.h"
#include "tests/unit/crypto/support.h"

namespace cartella::crypto {
namespace {

const LogId kLog = testing::log_of("log");

// Of a type that no build knows, which fits every kind and body.
Plaintext header_of(schema::EventType type) {
  schema::HeaderView header;
  header.type = type;
  header.purpose = "prova";
  return {schema::kHeaderSchemaId, schema::kHeaderRevision, schema::encode_header(header)};
}
constexpr auto kUnknownType = static_cast<schema::EventType>(60000);

EventPlan plan() {
  EventPlan plan;
  plan.event_id = testing::id_of<EventId>("event");
  plan.stream_id = testing::id_of<StreamId>("stream");
  plan.expected_revision = kExpectNone;
  plan.segments.push_back(
      {testing::id_of<KeyId>("controller"), schema::KeyClass::base, header_of(kUnknownType)});
  plan.segments.push_back(
      {testing::id_of<KeyId>("subject"), schema::KeyClass::health, {2, 1, testing::bytes_of(500)}});
  return plan;
}
EventPlan clear_plan(schema::LeafKind kind) {
  EventPlan clear = plan();
  clear.kind = kind;
  for (SegmentPlan& segment : clear.segments)
    segment = {KeyId{}, schema::KeyClass::base, segment.plaintext};
  return clear;
}
StoredEvent sealed(testing::FakeKeys& keys, const EventPlan& from) {
  const Signer signer(testing::secret_of("server"));
  return seal_event(kLog, keys, &signer, from).value();
}

TEST(Record, OpensWhatWasSealed) {
  testing::FakeKeys keys;
  const auto opened = open_event(LogEras(kLog), keys, sealed(keys, plan()));
  ASSERT_TRUE(opened.has_value());
  ASSERT_EQ(opened.value().segments.size(), 2U);
  EXPECT_TRUE(opened.value().segments[1].available);
  EXPECT_EQ(opened.value().segments[1].key_class, schema::KeyClass::health);
  EXPECT_EQ(opened.value().segments[1].plaintext.message, testing::bytes_of(500));
}

TEST(Record, IsSignedByTheServerOverTheLeaf) {
  testing::FakeKeys keys;
  const Signer signer(testing::secret_of("server"));
  const StoredEvent event = sealed(keys, plan());
  EXPECT_EQ(event.leaf.flags, kServerSigned);
  EXPECT_EQ(event.leaf.signer_id, signer.id());
  EXPECT_TRUE(verify(signer.public_key(), signed_message(kLog, event.leaf), event.leaf.signature));
}

TEST(Record, OfKindAccessCarriesNoSignature) {
  testing::FakeKeys keys;
  EventPlan access = plan();
  access.kind = schema::LeafKind::access;
  const StoredEvent event = sealed(keys, access);
  EXPECT_EQ(event.leaf.flags, 0);
  EXPECT_TRUE(event.leaf.signer_id.is_zero());
  EXPECT_TRUE(decode_leaf(encode_leaf(event.leaf)).has_value());
}

TEST(Record, SurvivesEncoding) {
  testing::FakeKeys keys;
  StoredEvent event = sealed(keys, plan());
  Bytes bytes;
  encode_body(event.body, bytes);
  event.body = decode_body(bytes).value();
  EXPECT_TRUE(open_event(LogEras(kLog), keys, event).has_value());
}

TEST(Record, WithoutOneKeyStillOpensTheRest) {
  testing::FakeKeys keys;
  const StoredEvent event = sealed(keys, plan());
  keys.gone.insert(testing::id_of<KeyId>("subject"));
  const auto opened = open_event(LogEras(kLog), keys, event).value();
  EXPECT_TRUE(opened.segments[0].available);
  EXPECT_FALSE(opened.segments[1].available);
  EXPECT_EQ(opened.segments[1].owner_key, testing::id_of<KeyId>("subject"));
  EXPECT_TRUE(opened.segments[1].plaintext.message.empty());
}

TEST(Record, WithErasedBytesStillVerifies) {
  testing::FakeKeys keys;
  StoredEvent event = sealed(keys, plan());
  event.body.segments[1].clear();
  EXPECT_TRUE(check_body(event).has_value());
  Bytes bytes;
  encode_body(event.body, bytes);
  event.body = decode_body(bytes).value();
  EXPECT_FALSE(open_event(LogEras(kLog), keys, event).value().segments[1].available);
}

TEST(Record, ReturnsOtherFailuresOfTheVault) {
  testing::FakeKeys keys;
  const StoredEvent event = sealed(keys, plan());
  keys.broken = true;
  EXPECT_EQ(open_event(LogEras(kLog), keys, event).error().code, Errc::io);
  EXPECT_EQ(seal_event(kLog, keys, nullptr, plan()).error().code, Errc::io);
}

TEST(Record, RefusesAnyChangeOfStubSegmentOrLeaf) {
  testing::FakeKeys keys;
  const StoredEvent event = sealed(keys, plan());
  std::vector<StoredEvent> changed(6, event);
  changed[0].body.stubs[1].commitment[0] ^= 1;
  changed[1].body.stubs[0].stored_hash[0] ^= 1;
  changed[2].body.segments[0][60] ^= 1;
  changed[3].leaf.body_commitment[0] ^= 1;
  changed[4].leaf.stored_hash[0] ^= 1;
  changed[5].body.segments.pop_back();
  for (std::size_t i = 0; i < changed.size(); ++i) {
    EXPECT_EQ(check_body(changed[i]).error().code, Errc::corrupt) << i;
    EXPECT_EQ(open_event(LogEras(kLog), keys, changed[i]).error().code, Errc::corrupt) << i;
  }
}

// Whoever can write the store can make every public hash fit, but not the tag or the commitment.
TEST(Record, RefusesSegmentsMovedFromAnotherEventWithMatchingHashes) {
  testing::FakeKeys keys;
  EventPlan other_plan = plan();
  other_plan.event_id = testing::id_of<EventId>("other");
  StoredEvent moved = sealed(keys, other_plan);
  moved.leaf.event_id = testing::id_of<EventId>("event");
  EXPECT_TRUE(check_body(moved).has_value());
  EXPECT_EQ(open_event(LogEras(kLog), keys, moved).error().code, Errc::corrupt);
}

TEST(Record, RefusesACommitmentThatDoesNotFitThePlaintext) {
  testing::FakeKeys keys;
  StoredEvent event = sealed(keys, plan());
  event.body.stubs[0].commitment[0] ^= 1;
  const std::vector<Hash32> commitments = {event.body.stubs[0].commitment,
                                           event.body.stubs[1].commitment};
  event.leaf.body_commitment = body_commitment(commitments);
  EXPECT_TRUE(check_body(event).has_value());
  EXPECT_EQ(open_event(LogEras(kLog), keys, event).error().code, Errc::corrupt);
}

TEST(Record, IsOfTheTypeThatItsHeaderItsKindAndItsBodySay) {
  testing::FakeKeys keys;
  using schema::EventType;
  const auto code_of = [&](const Plaintext& header, EventType body, schema::LeafKind kind) {
    EventPlan plan = clear_plan(kind);
    plan.segments[0].plaintext = header;
    plan.segments[1].plaintext = {schema::find_type(body)->schema_id, 1, testing::bytes_of(8)};
    const auto opened = open_event(LogEras(kLog), keys, sealed(keys, plan));
    return opened ? std::optional<Errc>() : std::optional(opened.error().code);
  };
  const auto configuration = schema::LeafKind::configuration;
  const Plaintext granted = header_of(EventType::role_granted);

  EXPECT_EQ(code_of(granted, EventType::role_granted, configuration), std::nullopt);
  EXPECT_EQ(code_of(granted, EventType::role_revoked, configuration), Errc::corrupt);
  EXPECT_EQ(code_of(granted, EventType::role_granted, schema::LeafKind::key), Errc::corrupt);
  EventPlan erased = clear_plan(schema::LeafKind::key);
  erased.segments[0].plaintext = granted;
  StoredEvent event = sealed(keys, erased);
  event.body.segments[1].clear();
  EXPECT_EQ(open_event(LogEras(kLog), keys, event).error().code, Errc::corrupt) << "its body gone";
  EXPECT_EQ(code_of({1, 1, granted.message}, EventType::role_granted, configuration),
            Errc::corrupt);
  EXPECT_EQ(
      code_of({granted.schema_id, 1, testing::bytes_of(9)}, EventType::role_granted, configuration),
      Errc::corrupt);
}

TEST(ClearRecord, NeedsNoKeyForTheKindsWithoutPersonalData) {
  testing::FakeKeys keys;
  keys.broken = true;
  using schema::LeafKind;
  for (const LeafKind kind : {LeafKind::key, LeafKind::schema, LeafKind::configuration,
                              LeafKind::erasure, LeafKind::attestation}) {
    const auto opened = open_event(LogEras(kLog), keys, sealed(keys, clear_plan(kind)));
    ASSERT_TRUE(opened.has_value());
    EXPECT_TRUE(opened.value().segments[1].available);
  }
}

// Else a revocation whose body somebody emptied on the disk would pass for one that was erased.
TEST(ClearRecord, IsCorruptOnceASegmentOfItIsGone) {
  testing::FakeKeys keys;
  using schema::LeafKind;
  for (const LeafKind kind : {LeafKind::key, LeafKind::schema, LeafKind::configuration,
                              LeafKind::erasure, LeafKind::attestation})
    for (const std::size_t at : {0u, 1u}) {
      StoredEvent event = sealed(keys, clear_plan(kind));
      event.body.segments[at].clear();
      EXPECT_EQ(open_event(LogEras(kLog), keys, event).error().code, Errc::corrupt);
    }
}

TEST(ClearRecord, IsRefusedForEventsAndAccess) {
  testing::FakeKeys keys;
  using schema::LeafKind;
  for (const LeafKind kind : {LeafKind::event, LeafKind::access}) {
    EXPECT_EQ(seal_event(kLog, keys, nullptr, clear_plan(kind)).error().code,
              Errc::invalid_argument);
    StoredEvent forged = sealed(keys, clear_plan(LeafKind::configuration));
    forged.leaf.kind = kind;
    EXPECT_EQ(open_event(LogEras(kLog), keys, forged).error().code, Errc::corrupt);
  }
}

TEST(Record, RefusesPlansOverALimit) {
  testing::FakeKeys keys;
  EventPlan none = plan();
  none.segments.clear();
  EXPECT_EQ(seal_event(kLog, keys, nullptr, none).error().code, Errc::invalid_argument);
  EventPlan many = plan();
  many.segments.resize(kSegmentsMax + 1, many.segments[0]);
  EXPECT_EQ(seal_event(kLog, keys, nullptr, many).error().code, Errc::invalid_argument);
  EventPlan large = plan();
  for (SegmentPlan& segment : large.segments)
    segment.plaintext.message = testing::bytes_of(100'000);
  EXPECT_EQ(seal_event(kLog, keys, nullptr, large).error().code, Errc::invalid_argument);
}

RC_GTEST_PROP(Record, RefusesEveryTruncationAndAnyTrailingByte, ()) {
  testing::FakeKeys keys;
  Bytes bytes;
  encode_body(sealed(keys, plan()).body, bytes);
  const auto keep = *rc::gen::inRange<std::size_t>(0, bytes.size());
  RC_ASSERT(decode_body(ByteView(bytes).first(keep)).error().code == Errc::invalid_input);
  bytes.push_back(0);
  RC_ASSERT(decode_body(bytes).error().code == Errc::invalid_input);
}

RC_GTEST_PROP(Record, DecodesArbitraryBytesWithoutHarm, (const Bytes& bytes)) {
  const auto body = decode_body(bytes);
  if (body.has_value()) {
    Bytes again;
    encode_body(body.value(), again);
    RC_ASSERT(again == bytes);
  }
}

TEST(Record, RefusesABodyOverTheLimit) {
  EXPECT_EQ(decode_body(Bytes(kEventBytesMax + 1)).error().code, Errc::invalid_input);
  const Bytes none = {0, 0};
  EXPECT_EQ(decode_body(none).error().code, Errc::invalid_input);
}

}  // namespace
}  // namespace cartella::crypto
