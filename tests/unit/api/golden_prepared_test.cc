// Frozen preview of a call that its author signs: tests/golden/prepared.json and prepared.txt.
#include <gtest/gtest.h>

#include "api/prepared_json.h"
#include "crypto/signer.h"
#include "schema/body.h"
#include "schema/codec.h"
#include "tests/support/golden.h"

namespace cartella::api {
namespace {

using schema::EventType;
using schema::KeyClass;
using tests::golden_hash;

template <class Id>
Id id_of(std::string_view name) {
  return Id::from_view(golden_hash(name));
}

// As the vault derives them from an owner key and a stream secret.
class FixedKeys final : public crypto::SegmentKeys {
 public:
  Result<crypto::Secret32> segment_key(const KeyId& owner, const StreamId& stream) override {
    return crypto::derive(crypto::Secret32(crypto::sha256(owner.view())), "segment", stream.view());
  }
};

EventId golden_command() {
  EventId id = id_of<EventId>("golden prepared command");
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | (id.bytes[6] & 0x0f));
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id;
}

crypto::SegmentPlan segment(KeyClass key_class, std::string_view owner, std::uint64_t schema_id,
                            std::uint32_t revision, Bytes message) {
  return {id_of<KeyId>(owner), key_class, {schema_id, revision, std::move(message)}};
}

crypto::EventPlan plan_of(std::uint32_t index, EventType type, KeyClass key_class, Bytes message) {
  const schema::TypeInfo* info = schema::find_type(type);
  schema::HeaderView header;
  header.type = type;
  header.controller = id_of<ControllerId>("golden controller");
  header.occurred_at = TimeUs{1'704'103'200'000'000};
  header.actor = id_of<OperatorId>("golden operator");
  header.role = "assistente_sociale";
  header.legal_basis_confirmed = true;
  header.batch_id = crypto::batch_id_of(
      std::vector<EventId>{golden_command(), crypto::event_id_of(golden_command(), 1)});
  header.subject = id_of<SubjectId>("golden subject");
  header.app_version = "0.1.0";
  crypto::EventPlan plan;
  plan.event_id = crypto::event_id_of(golden_command(), index);
  plan.stream_id = id_of<StreamId>("golden prepared stream");
  plan.expected_revision = static_cast<std::int64_t>(index) - 1;
  plan.segments = {segment(KeyClass::base, "golden controller key", schema::kHeaderSchemaId,
                           schema::kHeaderRevision, schema::encode_header(header)),
                   segment(key_class, "golden subject key", info->schema_id, info->revision,
                           std::move(message))};
  return plan;
}

std::vector<crypto::EventPlan> golden_plans() {
  return {plan_of(0, EventType::card_opened, KeyClass::base,
                  schema::encode_body<schema::CardOpened>([](schema::CardOpened::Builder to) {
                    to.setNumber(1025);
                    to.setAccessDate(19723);
                    to.setMode("sportello");
                    to.setMotiveText(
                        "Chiede un aiuto per l'affitto, perch\xC3\xA9 ha perso il "
                        "lavoro.");
                  })),
          plan_of(1, EventType::card_reporter_recorded, KeyClass::reserved,
                  schema::encode_body<schema::CardReporterRecorded>(
                      [](schema::CardReporterRecorded::Builder to) {
                        to.setRelation("vicina di casa");
                        to.setName("Ortensia Fiordalisi");
                        to.setProtected(true);
                      }))};
}

TEST(GoldenPrepared, CompareWithFrozenGolden) {
  const LogId log{golden_hash("golden log")};
  const crypto::Signer author{crypto::Secret32(golden_hash("golden author key"))};
  FixedKeys keys;
  cases::Prepared prepared;
  prepared.log = log;
  prepared.signer = author.id();
  prepared.token = Bytes(48, 7);
  prepared.expires_at = TimeUs{1'704'103'260'000'000};
  tests::GoldenLines lines;
  lines.add("log_id", log.bytes);
  lines.add("command_id", golden_command().view());
  lines.add("author_public_key", author.public_key());
  for (const crypto::EventPlan& plan : golden_plans()) {
    auto event = crypto::seal_event(log, keys, nullptr, plan).value();
    event.leaf.flags = crypto::kAuthorSigned;
    event.leaf.signer_id = author.id();
    const auto message = crypto::signed_message(log, event.leaf);
    const std::string name = "event." + std::to_string(prepared.events.size());
    lines.add(name + ".signed_message", message);
    lines.add(name + ".signature", author.sign(message));
    prepared.events.push_back(cases::preview_of(log, keys, event).value());
  }
  tests::compare_with_frozen("prepared.txt", lines.text());
  tests::compare_with_frozen("prepared.json", prepared_json(prepared) + "\n");
}

std::string commit_of(const std::string& token, const std::string& signatures) {
  return R"({"token":")" + token + R"(","signatures":[)" + signatures + "]}";
}

TEST(CommitRequest, IsATokenAndOneSignatureForEachEvent) {
  const std::string signature = '"' + std::string(128, 'a') + '"';
  const auto read = read_commit(commit_of("AQ-_", signature + "," + signature));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read.value().token, (Bytes{1, 0x0f, 0xbf}));
  EXPECT_EQ(read.value().signatures.size(), 2u);
  EXPECT_EQ(read.value().signatures[1][63], 0xaa);
}

TEST(CommitRequest, RefusesAnythingElse) {
  const std::string signature = '"' + std::string(128, 'a') + '"';
  for (const std::string& body :
       {std::string("[]"), std::string("{}"), std::string("1"), commit_of("AQ==", signature),
        commit_of("AQ-_", ""), commit_of("AQ-_", "1"), commit_of("AQ-_", "\"aa\""),
        commit_of("AQ-_", '"' + std::string(128, 'g') + '"'),
        std::string(R"({"token":1,"signatures":[)") + signature + "]}",
        std::string(R"({"token":"AQ","signatures":"")") + "}",
        std::string(R"({"token":"AQ","more":1,"signatures":[)") + signature + "]}"})
    EXPECT_EQ(read_commit(body).error().code, Errc::invalid_input) << body;
  std::string many = signature;
  for (int i = 0; i < 256; ++i) many += "," + signature;
  EXPECT_EQ(read_commit(commit_of("AQ", many)).error().code, Errc::invalid_input);
}

}  // namespace
}  // namespace cartella::api
