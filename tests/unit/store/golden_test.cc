// Frozen bytes of the journal, of the log's rows and files and of tiles: tests/golden/journal.txt,
// log.txt, eras.txt and tile.txt. What they hold are the events of the other examples.
#include <gtest/gtest.h>

#include "crypto/signer.h"
#include "store/group_batch.h"
#include "store/journal_record.h"
#include "store/log_meta.h"
#include "tests/support/golden.h"

namespace cartella::store {
namespace {

using namespace std::string_view_literals;
using tests::golden_hash;
using tests::GoldenFolder;
using tests::GoldenLines;
using tests::GoldenValues;

constexpr std::array kEvents = {"schema", "key",     "configuration", "event",
                                "access", "erasure", "attestation"};
constexpr std::uint64_t kPosition = 2;  // of the configuration event, which the record commits

const LogId& log_id() {
  static const LogId id{golden_hash("golden log")};
  return id;
}

crypto::PublicKey log_key() {
  return crypto::Signer(crypto::Secret32(golden_hash("golden log seed"))).public_key();
}

TreeEdge tree_of(std::size_t size) {
  TreeEdge edge;
  for (std::size_t i = 0; i < size; ++i)
    edge.append(crypto::leaf_hash(GoldenValues(kEvents.at(i))["leaf"]), {});
  return edge;
}

// One call of one event and one claim, spelled out.
Bytes payload() {
  const GoldenValues event("configuration");
  const GoldenValues claim("claims");
  Bytes bytes;
  ByteWriter writer(bytes);
  writer.u8(1);   // version
  writer.u32(1);  // calls
  writer.u32(1);  // events
  writer.u32(1);  // claims
  writer.raw(golden_hash("golden command digest"));
  writer.raw(event["leaf"]);
  writer.framed(event["body_record"]);
  writer.u8(1);  // claim
  writer.raw(claim["identifier.key"]);
  writer.framed(claim["identifier.sealed"]);
  return bytes;
}

JournalRecord record(ByteView payload_bytes) {
  JournalRecord to;
  to.generation = 1;
  to.seq = 3;
  to.first_position = kPosition;
  to.event_count = 1;
  to.old_size = kPosition;
  to.new_size = kPosition + 1;
  to.new_root = tree_of(kPosition + 1).root();
  to.previous = golden_hash("golden previous record");
  to.payload = payload_bytes;
  return to;
}

Bytes record_bytes(const JournalRecord& of) {
  const RecordHeader header = encode_record_header(log_id(), of);
  Bytes bytes(header.begin(), header.end());
  bytes.insert(bytes.end(), of.payload.begin(), of.payload.end());
  const Hash32 hash = crypto::sha256(ByteView(bytes));
  bytes.insert(bytes.end(), hash.begin(), hash.end());
  return bytes;
}

SegmentList segment_list() {
  SegmentList list;
  list.epoch = 5;
  list.generation_max = 2;
  SegmentEntry live;
  live.number = 1;
  live.live = true;
  live.generation = 1;
  live.bytes = 1u << 20;
  live.base = {2, kPosition, tree_of(kPosition).root(), golden_hash("golden previous record")};
  SegmentEntry spare;
  spare.number = 2;
  spare.generation = 2;
  spare.bytes = 1u << 20;
  list.entries = {live, spare};
  return list;
}

TEST(GoldenJournal, CompareRecordAndListWithFrozenGolden) {
  const Bytes content = payload();
  const Bytes whole = record_bytes(record(content));
  GoldenLines lines;
  lines.add("header", ByteView(whole).first(kRecordHeaderBytes));
  lines.add("payload", content);
  lines.add("hash", ByteView(whole).last(kRecordHashBytes));
  lines.add("record", whole);
  lines.add("segments", encode_segment_list(log_id(), segment_list()));
  tests::compare_with_frozen("journal.txt", lines.text());
}

// Found by tests/fuzz/journal.cc: such a list was read, and lost what it held when written again.
TEST(GoldenJournal, B12_RefusesAListWhoseReservedFieldHoldsSomething) {
  for (const std::size_t reserved : {std::size_t{60}, std::size_t{64 + 104}, std::size_t{64 + 4}}) {
    Bytes list = encode_segment_list(log_id(), segment_list());
    list[reserved] = 2;
    const std::size_t hashed = list.size() - kRecordHashBytes;
    const Hash32 hash = crypto::sha256(ByteView(list).first(hashed));
    std::copy(hash.begin(), hash.end(), list.begin() + static_cast<std::ptrdiff_t>(hashed));

    const auto read = decode_segment_list(log_id(), list);

    ASSERT_FALSE(read.has_value()) << reserved;
    EXPECT_EQ(read.error().code, Errc::corrupt);
  }
}

TEST(GoldenJournal, TheFrozenRecordIsReadOnItsPage) {
  const GoldenValues frozen("journal");
  Bytes page = frozen["record"];
  page.resize(record_bytes_padded(frozen["payload"].size()));
  ASSERT_EQ(page.size() % kJournalPageBytes, 0u);
  const auto read = decode_record(log_id(), page);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->seq, 3u);
  EXPECT_EQ(read->first_position, kPosition);
  EXPECT_EQ(read->new_root, tree_of(kPosition + 1).root());
  EXPECT_EQ(to_hex(read->payload), to_hex(frozen["payload"]));
  GroupView group;
  ASSERT_TRUE(decode_payload(read->payload, group).has_value());
  ASSERT_EQ(group.events.size(), 1u);
  EXPECT_EQ(to_hex(group.events[0].leaf), to_hex(GoldenValues("configuration")["leaf"]));
  EXPECT_EQ(to_hex(group.claims[0].key), to_hex(GoldenValues("claims")["identifier.key"]));
  for (const std::size_t at : {std::size_t{0}, std::size_t{20}, std::size_t{60}, page.size() / 8,
                               frozen["record"].size() - 1}) {
    Bytes changed = page;
    changed[at] ^= 1;
    EXPECT_FALSE(decode_record(log_id(), changed).has_value()) << at;
  }
}

TEST(GoldenJournal, TheFrozenListIsRead) {
  const auto list = decode_segment_list(log_id(), GoldenValues("journal")["segments"]).value();
  EXPECT_EQ(list.epoch, 5u);
  ASSERT_EQ(list.entries.size(), 2u);
  EXPECT_TRUE(list.entries[0].live);
  EXPECT_EQ(list.entries[0].base.seq, 2u);
  EXPECT_FALSE(list.entries[1].live);
}

// Adds the rows of one family as they stand in RocksDB.
void add_rows(const LogDb& db, Family family, GoldenLines& lines) {
  const std::string name = kFamilyNames.at(static_cast<std::size_t>(family));
  std::size_t count = 0;
  LogCursor cursor = db.cursor(family, LogDb::Walk::bulk);
  for (cursor.seek({}); cursor.valid(); cursor.next(), ++count) {
    lines.add(name + "." + std::to_string(count) + ".key", cursor.key());
    lines.add(name + "." + std::to_string(count) + ".value", cursor.value());
  }
  EXPECT_TRUE(cursor.status().has_value());
}

// The rows that a record becomes, written by the one function that derives them.
void add_log_rows(GoldenLines& lines) {
  const GoldenFolder dir;
  const auto db = LogDb::open(dir.path() / "log", LogDb::Use::serve).value();
  LogBatch batch(*db);
  const Bytes content = payload();
  TreeEdge edge = tree_of(kPosition);
  GroupView group;
  const GroupRecord of{kPosition, 1, kPosition + 1, content};
  const Hash32 root = derive_rows(of, {}, edge, group, batch, [&batch](const ClaimView& claim) {
                        put_claim(batch, claim);
                      }).value();
  put_end_rows(batch, kPosition + 1, root, kEventFamilies);
  const std::string note = tests::read_text(tests::golden_dir() / "checkpoint.3");
  batch.put(Family::checkpoints, position_key(3), as_bytes(note));
  ASSERT_TRUE(db->write(batch).has_value());
  for (const Family family : {Family::leaves, Family::ids, Family::streams, Family::claims,
                              Family::tiles, Family::keys, Family::checkpoints})
    add_rows(*db, family, lines);
}

TEST(GoldenLog, CompareFilesAndRowsWithFrozenGolden) {
  const GoldenFolder dir;
  const LogMeta meta{
      log_id(), "cartella/golden/" + to_hex(ByteView(log_id().bytes).first(8)), log_key(), {}};
  ASSERT_TRUE(write_meta(dir.path(), meta).has_value());
  GoldenLines lines;
  lines.add("log_meta", as_bytes(tests::read_text(dir.path() / "log.meta")));
  add_log_rows(lines);
  tests::compare_with_frozen("log.txt", lines.text());
}

TEST(GoldenLog, TheMetaOfALaterEraComparesWithFrozenGolden) {
  const GoldenFolder dir;
  LogMeta meta{log_id(), "cartella/golden/149a35b3d3e0c928", log_key(), {}};
  ASSERT_TRUE(end_key(meta, kNothingGivenUp));
  meta.key = crypto::Signer(crypto::Secret32(golden_hash("golden log seed 2"))).public_key();
  ASSERT_TRUE(end_key(meta, 7));
  meta.log = LogId{golden_hash("golden log 2")};
  meta.origin = "cartella/golden/" + to_hex(ByteView(meta.log.bytes).first(8));
  meta.key = crypto::Signer(crypto::Secret32(golden_hash("golden log seed 3"))).public_key();
  ASSERT_TRUE(write_meta(dir.path(), meta).has_value());
  GoldenLines lines;
  lines.add("log_meta", as_bytes(tests::read_text(dir.path() / "log.meta")));
  tests::compare_with_frozen("eras.txt", lines.text());
}

TEST(GoldenLog, TheFrozenMetaIsReadAndARefusedByteNamesIt) {
  const GoldenFolder dir;
  const Bytes frozen = GoldenValues("log")["log_meta"];
  dir.write("log.meta", frozen);
  const LogMeta read = read_meta(dir.path()).value();
  EXPECT_EQ(read.log.bytes, log_id().bytes);
  EXPECT_EQ(read.key, log_key());
  EXPECT_EQ(read.origin, "cartella/golden/149a35b3d3e0c928");
  for (std::size_t at = 0; at < frozen.size(); ++at) {
    Bytes changed = frozen;
    changed[at] ^= 1;
    dir.write("log.meta", changed);
    EXPECT_EQ(read_meta(dir.path()).error().code, Errc::corrupt) << at;
  }
}

TEST(GoldenLog, TheMetaOfALogBeforeTheFormatWasFrozenIsRefusedForThat) {
  const GoldenFolder dir;
  Bytes bytes = GoldenValues("log")["log_meta"];
  for (const auto& [version, words] :
       {std::pair{1, "CRT0"}, {2, "CRT0"}, {3, "CRT0"}, {5, "unknown version"}}) {
    bytes[4] = static_cast<std::uint8_t>(version);
    const ByteView content = ByteView(bytes).first(bytes.size() - sizeof(Hash32));
    const Hash32 hash = crypto::sha256(content);
    std::copy(hash.begin(), hash.end(), bytes.end() - sizeof(Hash32));
    dir.write("log.meta", bytes);

    const Error refused = read_meta(dir.path()).error();

    EXPECT_EQ(refused.code, Errc::unsupported) << version;
    EXPECT_NE(refused.detail.find(words), std::string::npos) << refused.detail;
  }
}

TEST(GoldenLog, TheHeadCopyIsTheCheckpoint) {
  const GoldenFolder dir;
  const std::string note = tests::read_text(tests::golden_dir() / "checkpoint");
  ASSERT_TRUE(write_head_copy(dir.path(), note).has_value());
  EXPECT_EQ(tests::read_text(dir.path() / "head"), note);
  const LogMeta meta{log_id(), "cartella/golden/149a35b3d3e0c928", log_key(), {}};
  EXPECT_EQ(read_head_copy(dir.path(), meta).value()->size, kEvents.size());
}

// A tile that is being filled is a full one cut short; the second level starts with a full tile.
TEST(GoldenTile, CompareWithFrozenGolden) {
  const TreeEdge edge = tree_of(kEvents.size());
  const auto partial = edge.partial(0, 0);
  ASSERT_TRUE(partial.has_value());
  TreeEdge full;
  Hash32 root{};
  for (std::uint32_t i = 0; i < kTileWidth; ++i) {
    full.append(golden_hash("golden tile " + std::to_string(i)),
                [&root](std::uint32_t, std::uint64_t, std::span<const Hash32> tile) {
                  root = subtree_root(tile);
                });
  }
  const auto above = full.partial(1, 0);
  ASSERT_TRUE(above.has_value());
  GoldenLines lines;
  lines.add("key_of_tile_0_0", tile_key(0, 0));
  lines.add("key_of_tile_1_258", tile_key(1, 258));
  lines.add("tile_0_0_width_7",
            {reinterpret_cast<const std::uint8_t*>(partial->data()), partial->size_bytes()});
  lines.add("root_of_256", root);
  lines.add("tile_1_0_width_1",
            {reinterpret_cast<const std::uint8_t*>(above->data()), above->size_bytes()});
  tests::compare_with_frozen("tile.txt", lines.text());
}

}  // namespace
}  // namespace cartella::store
