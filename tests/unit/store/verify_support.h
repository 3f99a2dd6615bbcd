// tests/unit/store/verify_support.h: a log with a genesis and signers, and ways to tamper with it.
// Threads: one test each.
#pragma once

#include <fstream>

#include "schema/body.h"
#include "store/file_io.h"
#include "store/log_db.h"
#include "store/open_log.h"
#include "store/tree_edge.h"
#include "store/verify.h"
#include "tests/unit/store/store_fixture.h"

namespace cartella::store {

// What CallMaker signs with.
inline crypto::Secret32 server_seed() { return crypto::Secret32(hash_number(5)); }

class VerifyTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    ASSERT_NO_FATAL_FAILURE(create());
    ASSERT_NO_FATAL_FAILURE(begin_log());
  }

  static crypto::SegmentPlan clear_body(schema::EventType type, Bytes message) {
    const schema::TypeInfo* info = schema::find_type(type);
    return {KeyId{}, schema::KeyClass::base, {info->schema_id, info->revision, std::move(message)}};
  }
  crypto::StoredEvent clear_event(std::uint64_t command, std::uint32_t index, schema::LeafKind kind,
                                  crypto::SegmentPlan body, const crypto::Signer& signer) {
    crypto::EventPlan plan;
    plan.kind = kind;
    plan.event_id = crypto::event_id_of(event_number(command), index);
    plan.stream_id = stream_number(1000 + command * 10 + index);
    plan.segments.push_back(std::move(body));
    return crypto::seal_event(test_log(), keys_, &signer, plan).value();
  }
  crypto::SegmentPlan genesis_body() {
    return clear_body(schema::EventType::genesis,
                      schema::encode_body<schema::Genesis>([&](schema::Genesis::Builder to) {
                        const LogId log = test_log();
                        to.setLogId(schema::data_of(log.bytes));
                        to.setFormat(crypto::kFormat);
                        to.setOrigin("cartella/test/1");
                        to.setLogKey(schema::data_of(log_key.public_key()));
                      }));
  }
  crypto::SegmentPlan enrolled_body(const crypto::Signer& signer,
                                    const std::vector<std::string>& named = {"server", "enrol"}) {
    return clear_body(
        schema::EventType::signer_enrolled,
        schema::encode_body<schema::SignerEnrolled>([&](schema::SignerEnrolled::Builder to) {
          auto rights = to.initRights(static_cast<unsigned>(named.size()));
          for (unsigned i = 0; i < named.size(); ++i) rights.set(i, named[i]);
          const auto owner = numbered<OperatorId>(1, 9);
          const auto message = crypto::possession_message(test_log(), signer.public_key(), owner);
          const crypto::Signature proof = signer.sign(message);
          to.setSigner(schema::id_data(signer.id()));
          to.setPublicKey(schema::data_of(signer.public_key()));
          to.setOwner(schema::id_data(owner));
          to.setAlgorithm(crypto::kSignerAlgorithm);
          to.setProofOfPossession(schema::data_of(proof));
        }));
  }
  crypto::SegmentPlan revoked_body(const crypto::Signer& signer, std::uint64_t from) {
    return clear_body(
        schema::EventType::signer_revoked,
        schema::encode_body<schema::SignerRevoked>([&](schema::SignerRevoked::Builder to) {
          to.setSigner(schema::id_data(signer.id()));
          to.setFromPosition(from);
        }));
  }
  // Positions 0 and 1: the genesis and the server's key.
  void begin_log() {
    Call call;
    call.events.push_back(clear_event(9000, 0, schema::LeafKind::schema, genesis_body(), log_key));
    call.events.push_back(
        clear_event(9000, 1, schema::LeafKind::key, enrolled_body(server_), log_key));
    append(std::move(call));
  }
  void append(Call call) {
    auto receipt = store->append(std::move(call));
    ASSERT_TRUE(receipt) << receipt.error().detail;
  }
  // Calls of three events, over few streams so that chains are long. Ends at `size` or just past.
  void fill_to(std::uint64_t size) {
    while (store->size() < size) {
      const std::uint64_t command = store->size();
      clock.advance_us(1000);
      append(
          maker.call(command, {{stream_number(command % 7)},
                               {stream_number(command % 5 + 10)},
                               {stream_number(20), crypto::kExpectAny, schema::LeafKind::access}}));
    }
  }
  // Everything in rows, nothing but the list of segments in the journal.
  void close_flushed() {
    size_ = store->size();
    ASSERT_TRUE(store->flush());
    store.reset();
  }

  // ---- tampering, with RocksDB's own checksums right
  void tamper(const std::function<void(LogDb&, LogBatch&)>& change) {
    auto db = LogDb::open(log_path(dir()), LogDb::Use::inspect);
    ASSERT_TRUE(db) << db.error().detail;
    LogBatch batch(*db.value());
    change(*db.value(), batch);
    ASSERT_TRUE(db.value()->write(batch));
    ASSERT_TRUE(db.value()->flush_all());
  }
  static Bytes row(const LogDb& db, Family family, ByteView key) {
    Bytes value;
    EXPECT_TRUE(db.get(family, key, value).value());
    return value;
  }
  void edit(Family family, std::uint64_t position, std::size_t offset) {
    tamper([&](LogDb& db, LogBatch& batch) {
      Bytes value = row(db, family, position_key(position));
      value.at(offset) ^= 1;
      batch.put(family, position_key(position), value);
    });
  }
  // Makes tiles and end rows agree with whatever leaves are there, as a clever insider would.
  void rebuild_tree(std::uint64_t size) {
    tamper([&](LogDb& db, LogBatch& batch) {
      TreeEdge edge;
      for (std::uint64_t position = 0; position < size; ++position) {
        edge.append(crypto::leaf_hash(row(db, Family::leaves, position_key(position))),
                    [&](std::uint32_t level, std::uint64_t index, std::span<const Hash32> tile) {
                      batch.put(Family::tiles, tile_key(level, index),
                                {tile.front().data(), tile.size_bytes()});
                    });
      }
      put_end_rows(batch, size, edge.root(), kEventFamilies);
    });
  }

  // Signs an event anew with another key, which the writer would have refused.
  void sign_again(std::uint64_t position, const crypto::Signer& signer) {
    tamper([&](LogDb& db, LogBatch& batch) {
      crypto::Leaf leaf =
          crypto::decode_leaf(row(db, Family::leaves, position_key(position))).value();
      leaf.signer_id = signer.id();
      leaf.signature = signer.sign(crypto::signed_message(test_log(), leaf));
      batch.put(Family::leaves, position_key(position), crypto::encode_leaf(leaf));
    });
  }

  VerifyReport verify() {
    verify_options.store = options;
    auto report = verify_log(dir(), verify_options);
    EXPECT_TRUE(report) << report.error().detail;
    return report ? std::move(report).value() : VerifyReport{};
  }
  static std::string describe(const VerifyReport& report) {
    std::string text;
    for (const VerifyFinding& finding : report.findings) {
      text += std::string(verify_check_name(finding.check)) + " at " +
              (finding.position ? std::to_string(*finding.position) : "?") + ": " + finding.detail +
              "\n";
    }
    return text;
  }
  // This check failed, at this position first, and nothing is said to be bad before it.
  static void expect_first(const VerifyReport& report, VerifyCheck check, std::uint64_t position) {
    ASSERT_FALSE(report.is_sound());
    EXPECT_EQ(report.findings.front().position, position) << describe(report);
    const bool is_named =
        std::any_of(report.findings.begin(), report.findings.end(), [&](const auto& finding) {
          return finding.check == check && finding.position == position;
        });
    EXPECT_TRUE(is_named) << describe(report);
  }

  FixedKeys keys_;
  crypto::Signer server_{server_seed()};
  VerifyOptions verify_options;
  std::uint64_t size_ = 0;
};

}  // namespace cartella::store
