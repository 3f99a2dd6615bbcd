#include "api/log_files.h"

#include "crypto/leaf.h"
#include "tests/unit/store/store_fixture.h"

namespace cartella::api {
namespace {

using store::stream_number;
using store::Wanted;
using Kind = LogPath::Kind;

class LogFilesTest : public store::StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    create();
  }
  void grow(std::uint64_t size) {
    while (store->size() < size) {
      const auto count = std::min<std::uint64_t>(store::kCallEventsMax, size - store->size());
      const std::vector<Wanted> events(count, {stream_number(store->size())});
      ASSERT_TRUE(store->append(maker.call(store->size() + 1, events)));
    }
  }
  Result<LogFile> file(std::string_view path) {
    CARTELLA_TRY(const auto parsed, parse_log_path(path));
    return read_log_file(*store, parsed);
  }
  Errc refusal(std::string_view path) {
    const auto found = file(path);
    return found ? Errc::io : found.error().code;
  }
  Hash32 leaf_at(std::uint64_t position) { return store->subtree_hash(0, position).value(); }
};

TEST(LogPath, HasOneSpelling) {
  for (const char* path :
       {"/checkpoint", "/tile/0/000", "/tile/5/999.p/255", "/tile/0/x001/x234/067",
        "/tile/entries/x001/000.p/1", "/tile/entries/000",
        "/tile/0/x018/x446/x744/x073/x709/x551/615", "/proof/0190163d8694739b9307b1e1a2a1b2c3"}) {
    const auto parsed = parse_log_path(path);
    ASSERT_TRUE(parsed) << path;
    EXPECT_EQ(format_log_path(parsed.value()), path);
  }
  const LogPath tile = parse_log_path("/tile/2/x001/x234/067.p/8").value();
  EXPECT_EQ(tile.kind, Kind::tile);
  EXPECT_EQ(tile.level, 2u);
  EXPECT_EQ(tile.index, 1'234'067u);
  EXPECT_EQ(tile.width, 8u);
}

TEST(LogPath, RefusesEveryOtherPath) {
  for (const char* path : {"",
                           "/",
                           "checkpoint",
                           "/checkpoint/",
                           "/checkpoint?x",
                           "/Checkpoint",
                           "//checkpoint",
                           "/tile",
                           "/tile/",
                           "/tile/0",
                           "/tile/0/",
                           "/tile/0/0",
                           "/tile/0/00",
                           "/tile/0/0000",
                           "/tile/00/000",
                           "/tile/6/000",
                           "/tile/63/000",
                           "/tile/-1/000",
                           "/tile/+1/000",
                           "/tile/0/-01",
                           "/tile/0/x000/001",
                           "/tile/0/x000/x000/001",
                           "/tile/0/001/002",
                           "/tile/0/x001/x002",
                           "/tile/0/x01/002",
                           "/tile/0/x0001/002",
                           "/tile/0/X001/002",
                           "/tile/0/x001//002",
                           "/tile/0/000/",
                           "/tile/0/000.p",
                           "/tile/0/000.p/",
                           "/tile/0/000.p/0",
                           "/tile/0/000.p/00",
                           "/tile/0/000.p/01",
                           "/tile/0/000.p/256",
                           "/tile/0/000.p/1/",
                           "/tile/0/000.p/-1",
                           "/tile/0/000.p/4294967297",
                           "/tile/0/000.p/1.p/1",
                           "/tile/0/../000",
                           "/tile/0/..",
                           "/tile/../../etc/passwd",
                           "/tile/0/%30%30%30",
                           "/tile/0/x999/x999/x999/x999/x999/x999/x999/999",
                           "/tile/0/x018/x446/x744/x073/x709/x551/616",
                           "/tile/entries",
                           "/tile/entries/",
                           "/tile/entries/0",
                           "/tile/data/000",
                           "/proof/",
                           "/proof/0190163d8694739b9307b1e1a2a1b2c",
                           "/proof/0190163D8694739B9307B1E1A2A1B2C3",
                           "/proof/0190163d-8694-739b-9307-b1e1a2a1b2c3",
                           "/proof/../checkpoint",
                           "/proof/zz90163d8694739b9307b1e1a2a1b2c3",
                           "/consistency/1"})
    EXPECT_EQ(parse_log_path(path).error().code, Errc::not_found) << path;
  EXPECT_FALSE(parse_log_path(std::string_view("/checkpoint\0", 12)));
  EXPECT_FALSE(parse_log_path(std::string(1 << 20, 'x')));
  EXPECT_FALSE(parse_log_path("/tile/0/" + std::string(100'000, '0')));
}

TEST_F(LogFilesTest, ServesEveryWidthOfATileThatIsBeingFilled) {
  grow(254);
  std::string so_far;
  for (std::uint64_t width = 1; width <= 254; ++width) {
    const auto tile = file("/tile/0/000.p/" + std::to_string(width));
    ASSERT_TRUE(tile) << width;
    so_far += as_text(leaf_at(width - 1));
    EXPECT_EQ(tile.value().bytes, so_far);
    EXPECT_EQ(tile.value().content_type, "application/octet-stream");
    EXPECT_TRUE(tile.value().is_immutable);
    const auto entries = file("/tile/entries/000.p/" + std::to_string(width));
    ASSERT_TRUE(entries) << width;
    EXPECT_EQ(entries.value().bytes.size(), width * 258);
  }
  EXPECT_EQ(refusal("/tile/0/000.p/255"), Errc::not_found);
  EXPECT_EQ(refusal("/tile/0/000"), Errc::not_found);
  EXPECT_EQ(refusal("/tile/0/001.p/1"), Errc::not_found);
  EXPECT_EQ(refusal("/tile/1/000.p/1"), Errc::not_found);
  EXPECT_EQ(refusal("/tile/entries/000.p/255"), Errc::not_found);
  EXPECT_EQ(refusal("/tile/entries/000"), Errc::not_found);
  EXPECT_EQ(refusal("/tile/entries/x018/x446/x744/x073/x709/x551/615"), Errc::not_found);
  EXPECT_EQ(refusal("/tile/0/x018/x446/x744/x073/x709/x551/615"), Errc::not_found);
}

TEST_F(LogFilesTest, CutsAFullTileToTheWidthThatIsAskedFor) {
  grow(2 * 256 + 3);
  const std::string full = file("/tile/0/001").value().bytes;
  ASSERT_EQ(full.size(), 8192u);
  for (std::size_t width = 1; width < 256; ++width)
    EXPECT_EQ(file("/tile/0/001.p/" + std::to_string(width)).value().bytes,
              full.substr(0, 32 * width));
  EXPECT_EQ(file("/tile/1/000.p/2").value().bytes.substr(32),
            as_text(store->subtree_hash(8, 1).value()));
}

// A client that knows C2SP and nothing of ours: entries hash to the tile below them.
TEST_F(LogFilesTest, ServesLeavesThatHashToTheirTile) {
  grow(256 + 9);
  for (const std::string name : {"000", "001.p/9"}) {
    const std::string entries = file("/tile/entries/" + name).value().bytes;
    const std::string tile = file("/tile/0/" + name).value().bytes;
    std::string hashes;
    for (std::size_t at = 0; at < entries.size(); at += 2 + 256) {
      ASSERT_EQ(load_be16(as_bytes(entries).data() + at), 256u);
      hashes += as_text(crypto::leaf_hash(as_bytes(entries).subspan(at + 2, 256)));
    }
    EXPECT_EQ(hashes, tile) << name;
  }
}

TEST_F(LogFilesTest, ServesACheckpointAndProofsUnderIt) {
  grow(300);
  const std::string note = file("/checkpoint").value().bytes;
  const auto checkpoint =
      crypto::open_checkpoint(note, store->origin(), log_key.public_key()).value();
  EXPECT_EQ(checkpoint.size, 300u);
  const EventId event = store->read(271).value().leaf.event_id;
  const LogFile found = file("/proof/" + event.hex()).value();
  EXPECT_EQ(found.content_type, "text/plain; charset=utf-8");
  EXPECT_FALSE(found.is_immutable);
  const auto proof = crypto::decode_proof(found.bytes).value();
  EXPECT_EQ(proof.checkpoint, note);
  EXPECT_TRUE(
      crypto::verify_inclusion(proof.index, 300, leaf_at(271), checkpoint.root, proof.hashes));
  EXPECT_EQ(refusal("/proof/" + std::string(32, 'a')), Errc::not_found);
}

TEST_F(LogFilesTest, ProvesThatATreeContainsAnOlderOne) {
  grow(70);
  const Hash32 older = root_now();
  grow(300);
  const auto found = read_consistency(*store, 70, {}).value();
  EXPECT_EQ(found.tree_size, 300u);
  std::vector<Hash32> hashes;
  for (std::size_t at = 0; at < found.file.bytes.size(); at += 45) {
    ASSERT_EQ(found.file.bytes.at(at + 44), '\n');
    const auto hash = from_base64(found.file.bytes.substr(at, 44)).value();
    std::copy(hash.begin(), hash.end(), hashes.emplace_back().begin());
  }
  EXPECT_TRUE(crypto::verify_consistency(70, 300, older, root_now(), hashes));
  EXPECT_EQ(read_consistency(*store, 70, 200).value().tree_size, 200u);
  EXPECT_EQ(read_consistency(*store, 70, 70).value().file.bytes, "");
  EXPECT_EQ(read_consistency(*store, 0, 10).error().code, Errc::invalid_argument);
  EXPECT_EQ(read_consistency(*store, 70, 69).error().code, Errc::invalid_argument);
  EXPECT_EQ(read_consistency(*store, 70, 301).error().code, Errc::not_found);
  EXPECT_EQ(read_consistency(*store, 301, {}).error().code, Errc::invalid_argument);
}

TEST_F(LogFilesTest, HasNothingButACheckpointBeforeTheFirstEvent) {
  EXPECT_TRUE(file("/checkpoint"));
  EXPECT_EQ(refusal("/tile/0/000.p/1"), Errc::not_found);
  EXPECT_EQ(refusal("/tile/entries/000.p/1"), Errc::not_found);
  EXPECT_EQ(refusal("/tile/0/000"), Errc::not_found);
}

}  // namespace
}  // namespace cartella::api
