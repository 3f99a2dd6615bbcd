#include "api/bulk_replay.h"

#include "crypto/hash.h"
#include "tests/support/golden.h"
#include "tests/unit/store/store_fixture.h"

namespace cartella::api {
namespace {

using store::stream_number;
using store::Wanted;

class BulkReplayTest : public store::StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create();
  }
  std::string pull(std::uint64_t from, std::uint64_t to, std::vector<std::size_t>* pieces = {}) {
    auto body = open_bulk_replay(*store, from, to).value();
    std::string all;
    for (;;) {
      const auto piece = body->next();
      EXPECT_TRUE(piece) << piece.error().detail;
      if (!piece || piece.value().empty()) return all;
      EXPECT_LE(piece.value().size(), kReplayPieceBytes);
      if (pieces != nullptr) pieces->push_back(piece.value().size());
      all += piece.value();
    }
  }
  static std::vector<crypto::StoredEvent> read(ByteView replay) {
    std::vector<crypto::StoredEvent> events;
    const Status done = read_replay(replay, [&](crypto::StoredEvent event) -> Status {
      events.push_back(std::move(event));
      return ok();
    });
    EXPECT_TRUE(done) << done.error().detail;
    return events;
  }
};

TEST_F(BulkReplayTest, GivesEveryByteAsItIsStoredAndTheTreeCommitsToIt) {
  for (std::uint64_t i = 1; i <= 30; ++i)
    ASSERT_TRUE(store->append(maker.call(
        i, {{stream_number(i)}, {stream_number(99), -2, schema::LeafKind::access}}, i * 700)));
  const auto events = read(as_bytes(pull(7, 55)));
  ASSERT_EQ(events.size(), 48u);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const std::uint64_t position = 7 + i;
    const crypto::StoredEvent stored = store->read(position).value();
    EXPECT_EQ(events[i].leaf, stored.leaf);
    EXPECT_EQ(events[i].body.segments, stored.body.segments);
    EXPECT_TRUE(crypto::check_body(events[i]));
    EXPECT_EQ(crypto::leaf_hash(crypto::encode_leaf(events[i].leaf)),
              store->subtree_hash(0, position).value());
  }
  EXPECT_EQ(pull(0, 20) + pull(20, 60), pull(0, 60));
  EXPECT_EQ(pull(5, 5), "");
}

TEST_F(BulkReplayTest, HandsOutPiecesOfABoundedSize) {
  // Of the largest size, so that a message does not end where a piece does.
  for (std::uint64_t i = 1; i <= 5; ++i)
    ASSERT_TRUE(store->append(maker.call(i, {{stream_number(i)}}, 196'592)));
  std::vector<std::size_t> pieces;
  const std::string all = pull(0, 5, &pieces);
  EXPECT_EQ(pieces.size(), (all.size() + kReplayPieceBytes - 1) / kReplayPieceBytes);
  EXPECT_EQ(pieces.front(), kReplayPieceBytes);
  EXPECT_EQ(read(as_bytes(all)).size(), 5u);
}

TEST_F(BulkReplayTest, RefusesARangeThatIsNotThere) {
  add(1, 1);
  EXPECT_EQ(open_bulk_replay(*store, 1, 0).error().code, Errc::invalid_argument);
  EXPECT_EQ(open_bulk_replay(*store, 0, 2).error().code, Errc::not_found);
}

TEST_F(BulkReplayTest, RefusesBytesThatAreNotAReplay) {
  add(1, 1);
  const std::string good = pull(0, 1);
  const auto code = [](const std::string& bytes) {
    const Status done =
        read_replay(as_bytes(bytes), [](const crypto::StoredEvent&) -> Status { return ok(); });
    return done ? Errc::io : done.error().code;
  };
  for (std::size_t length = 1; length < good.size(); ++length)
    ASSERT_EQ(code(good.substr(0, length)), Errc::invalid_input) << length;
  std::string two_segments = good;
  two_segments[0] = 1;
  EXPECT_EQ(code(two_segments), Errc::invalid_input);
  std::string huge = good;
  huge[7] = '\x7f';
  EXPECT_EQ(code(huge), Errc::invalid_input);
  // Any byte of the message may be wrong: it is refused or read as another event, never a crash.
  for (std::size_t at = 8; at < 300; ++at) {
    std::string changed = good;
    changed[at] = static_cast<char>(changed[at] ^ 0x81);
    const Errc refused = code(changed);
    EXPECT_TRUE(refused == Errc::invalid_input || refused == Errc::unsupported ||
                refused == Errc::io)
        << at;
  }
  EXPECT_EQ(read_replay(as_bytes(good),
                        [](const crypto::StoredEvent&) -> Status {
                          return fail(Errc::unavailable, "enough");
                        })
                .error()
                .code,
            Errc::unavailable);
}

TEST(GoldenReplay, CompareWithFrozenGolden) {
  tests::GoldenLines lines;
  for (const char* name : {"event", "erased"}) {
    const tests::GoldenValues frozen(name);
    crypto::StoredEvent event;
    event.leaf = crypto::decode_leaf(frozen["leaf"]).value();
    event.body = crypto::decode_body(frozen["body_record"]).value();
    std::string message;
    append_replay(event, message);
    lines.add(name, as_bytes(message));
    const Status read = read_replay(as_bytes(message), [&](crypto::StoredEvent back) -> Status {
      Bytes record;
      crypto::encode_body(back.body, record);
      EXPECT_EQ(to_hex(record), to_hex(frozen["body_record"]));
      EXPECT_EQ(back.leaf, event.leaf);
      return ok();
    });
    EXPECT_TRUE(read);
  }
  tests::compare_with_frozen("replay.txt", lines.text());
}

}  // namespace
}  // namespace cartella::api
