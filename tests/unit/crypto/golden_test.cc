// Frozen bytes of leaves, segments, records, ids, notes and proofs: tests/golden/.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "crypto/note.h"
#include "schema/codec.h"
#include "tests/support/golden.h"
#include "tests/unit/crypto/golden_events.h"
#include "tests/unit/crypto/support.h"

namespace cartella::crypto {
namespace {

using tests::compare_with_frozen;
using tests::read_text;
using Lines = tests::GoldenLines;

const std::filesystem::path kGolden = tests::golden_dir();

Bytes padded(const Plaintext& plaintext, std::size_t bytes) {
  Bytes to;
  ByteWriter writer(to);
  writer.u64(plaintext.schema_id);
  writer.u32(plaintext.revision);
  writer.framed(plaintext.message);
  to.resize(bytes);
  return to;
}

// Spelled out here a second time, so that a slip in segment.cc does not freeze itself.
Bytes associated_data(const EventPlan& plan, std::uint16_t index) {
  Bytes to;
  ByteWriter writer(to);
  writer.u8(1);
  writer.raw(testing::golden_log().bytes);
  writer.raw(plan.event_id.view());
  writer.raw(plan.stream_id.view());
  writer.u16(index);
  writer.raw(plan.segments[index].owner_key.view());
  writer.u8(static_cast<std::uint8_t>(plan.segments[index].key_class));
  return to;
}

void add_segment(Lines& lines, const EventPlan& plan, const StoredEvent& event, std::size_t i) {
  const SegmentPlan& segment = plan.segments[i];
  const std::string name = "segment." + std::to_string(i) + ".";
  const Bytes& stored = event.body.segments[i];
  const Bytes clear = padded(segment.plaintext, stored.size() - kSegmentOverhead);
  Hash32 salt{};
  if (!segment.owner_key.is_zero()) {
    const Secret32 key =
        testing::GoldenKeys().segment_key(segment.owner_key, plan.stream_id).value();
    const Bytes associated = associated_data(plan, static_cast<std::uint16_t>(i));
    salt = hmac_sha256(derive(key, "salt", {}).view(), {associated, clear});
    lines.add(name + "key", key.view());
    lines.add(name + "associated_data", associated);
  }
  const auto key_class = static_cast<std::uint8_t>(segment.key_class);
  lines.add(name + "owner_key_id", segment.owner_key.view());
  lines.add(name + "class", ByteView(&key_class, 1));
  lines.add(name + "salt", salt);
  lines.add(name + "padded", clear);
  lines.add(name + "message", segment.plaintext.message);
  lines.add(name + "commitment", event.body.stubs[i].commitment);
  lines.add(name + "stored_hash", event.body.stubs[i].stored_hash);
  EXPECT_EQ(event.body.stubs[i].commitment,
            sha256({as_bytes({"cartella/seg/1\0", 15}), salt, segment.owner_key.view(),
                    ByteView(&key_class, 1), clear}));
}

struct GoldenLog {
  std::vector<StoredEvent> events;
  testing::LeafList tree;
};

// Seals the events and plays the writer: position, revision, time; every stream has one event.
GoldenLog build() {
  GoldenLog log;
  testing::GoldenKeys keys;
  const Signer server = testing::golden_server_signer();
  for (const testing::GoldenEvent& golden : testing::golden_events()) {
    StoredEvent event = seal_event(testing::golden_log(), keys, &server, golden.plan).value();
    event.leaf.position = log.events.size();
    event.leaf.recorded_at =
        TimeUs{1'704'103'201'000'000 + static_cast<std::int64_t>(log.events.size())};
    log.tree.append(leaf_hash(encode_leaf(event.leaf)));
    log.events.push_back(std::move(event));
  }
  return log;
}

TEST(Golden, CompareEventsWithFrozenGolden) {
  const GoldenLog log = build();
  const auto plans = testing::golden_events();
  for (std::size_t at = 0; at < plans.size(); ++at) {
    const StoredEvent& event = log.events[at];
    const LeafBytes leaf = encode_leaf(event.leaf);
    Bytes record;
    encode_body(event.body, record);
    Lines lines;
    lines.add("log_id", testing::golden_log().bytes);
    lines.add("server_public_key", testing::golden_server_signer().public_key());
    lines.add("leaf", leaf);
    lines.add("leaf_hash", leaf_hash(leaf));
    lines.add("signed_message", signed_message(testing::golden_log(), event.leaf));
    lines.add("body_record", record);
    for (std::size_t i = 0; i < plans[at].plan.segments.size(); ++i)
      add_segment(lines, plans[at].plan, event, i);
    compare_with_frozen(plans[at].name + ".txt", lines.text());
  }
}

// An erased segment keeps its stub; leaf and hashes stand as before.
TEST(Golden, CompareAnErasedRecordWithFrozenGolden) {
  StoredEvent event = build().events[3];
  event.body.segments[1].clear();
  event.body.segments[2].clear();
  Bytes record;
  encode_body(event.body, record);
  Lines lines;
  lines.add("leaf", encode_leaf(event.leaf));
  lines.add("body_record", record);
  lines.add("stubs", ByteView(record).subspan(2, 3 * 64));
  lines.add("erased_segments", ByteView(record).last(8));
  compare_with_frozen("erased.txt", lines.text());
  const StoredEvent read{event.leaf, decode_body(record).value()};
  EXPECT_TRUE(check_body(read).has_value());
  EXPECT_FALSE(read.body.segments[0].empty());
  EXPECT_TRUE(read.body.segments[1].empty());
  EXPECT_TRUE(read.body.segments[2].empty());
}

TEST(Golden, CompareCheckpointAndProofsWithFrozenGolden) {
  const GoldenLog log = build();
  const Signer signer = testing::golden_log_signer();
  const std::string origin = testing::golden_origin();
  const HashReader read = log.tree.reader();
  const std::string checkpoint = sign_checkpoint({origin, 7, root_at(7, read).value()}, signer);
  const TlogProof proof{3, inclusion_proof(3, 7, read).value(), checkpoint};
  const std::vector<Hash32> hashes = consistency_proof(3, 7, read).value();
  std::string consistency;
  for (const Hash32& hash : hashes) consistency += to_base64(hash) + "\n";
  compare_with_frozen("log.vkey", verifier_key(origin, signer.public_key()) + "\n");
  compare_with_frozen("checkpoint", checkpoint);
  compare_with_frozen("checkpoint.3",
                      sign_checkpoint({origin, 3, root_at(3, read).value()}, signer));
  compare_with_frozen("event.tlog-proof", encode_proof(proof));
  compare_with_frozen("consistency.3-7", consistency);
  compare_with_frozen("growth.3-7", encode_consistency({3, hashes, checkpoint}));
}

TEST(Golden, CompareDerivedIdsWithFrozenGolden) {
  const EventId command = testing::id_of<EventId>("golden command");
  const std::vector<EventId> events = {command, event_id_of(command, 1)};
  Lines lines;
  lines.add("command_id", command.view());
  lines.add("event_1", events[1].view());
  lines.add("batch_of_both", batch_id_of(events).view());
  lines.add("import_key", testing::secret_of("golden import").view());
  lines.add("import_zona7_CASI_12",
            import_event_id(testing::secret_of("golden import"), "zona7", "CASI", "12").view());
  compare_with_frozen("ids.txt", lines.text());
}

// Numbers and schema ids stand in what was signed: a struct that is renamed has another id.
TEST(Golden, CompareTypesOfEventsWithFrozenGolden) {
  std::string text = "EventHeader " + std::to_string(schema::kHeaderSchemaId) + "\n";
  for (const schema::TypeInfo& info : schema::event_types())
    text += std::to_string(static_cast<int>(info.type)) + " " + std::string(info.name) + " " +
            std::to_string(static_cast<int>(info.kind)) + " " + std::to_string(info.schema_id) +
            "\n";
  compare_with_frozen("types.txt", text);
}

// Hexadecimal of eight bytes or more in the document is quoted from a golden file.
TEST(Golden, DocumentQuotesNothingElse) {
  std::string golden;
  for (const auto& entry : std::filesystem::directory_iterator(kGolden))
    golden += read_text(entry.path());
  const std::string document =
      read_text(kGolden.parent_path().parent_path() / "docs" / "data_formats.md");
  const std::regex hexadecimal("\\b[0-9a-f]{16,}\\b");
  std::size_t quotes = 0;
  for (std::sregex_iterator at(document.begin(), document.end(), hexadecimal), end; at != end;
       ++at) {
    EXPECT_NE(golden.find(at->str()), std::string::npos) << at->str();
    ++quotes;
  }
  EXPECT_GT(quotes, 50U);
  for (const char* whole : {"event.tlog-proof", "growth.3-7"})
    EXPECT_NE(document.find(read_text(kGolden / whole)), std::string::npos) << whole;
  EXPECT_NE(document.find(read_text(kGolden / "log.vkey")), std::string::npos);
}

TEST(Golden, OpensAndVerifies) {
  const GoldenLog log = build();
  testing::GoldenKeys keys;
  for (const StoredEvent& event : log.events) {
    ASSERT_TRUE(open_event(LogEras(testing::golden_log()), keys, event).has_value());
    if (event.leaf.flags == 0) continue;
    EXPECT_TRUE(verify(testing::golden_server_signer().public_key(),
                       signed_message(testing::golden_log(), event.leaf), event.leaf.signature));
  }
}

}  // namespace
}  // namespace cartella::crypto
