#include <cstdlib>

#include "crypto/leaf.h"
#include "store/stored_checkpoints.h"
#include "tests/support/sanitizer.h"
#include "tests/unit/store/store_fixture.h"

namespace cartella::store {
namespace {

class StoreProof : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    options.journal_segment_bytes = 8 << 20;
    create();
  }
  // Appends until the tree has `size` leaves, in calls of many events.
  void grow(std::uint64_t size) {
    while (store->size() < size) {
      const auto count = std::min<std::uint64_t>(kCallEventsMax, size - store->size());
      const std::vector<Wanted> events(count, {stream_number(store->size())});
      ASSERT_TRUE(store->append(maker.call(store->size() + 1, events)));
    }
    ASSERT_TRUE(store->scan(leaves.size(), size, [&](const crypto::StoredEvent& event) -> Status {
      leaves.push_back(crypto::leaf_hash(crypto::encode_leaf(event.leaf)));
      return ok();
    }));
    ASSERT_EQ(leaves.size(), size);
  }
  // RFC 6962 by its definition, without any of our tree code.
  Hash32 naive_root(std::uint64_t from, std::uint64_t to) const {
    if (from == to) return crypto::empty_root();
    if (to - from == 1) return leaves[from];
    std::uint64_t split = 1;
    while (split * 2 < to - from) split *= 2;
    return crypto::node_hash(naive_root(from, from + split), naive_root(from + split, to));
  }
  void check_tree(std::uint64_t size) {
    grow(size);
    check_proofs(size);
    reopen();
    check_proofs(size);
    check_tiles(size);
  }
  void check_proofs(std::uint64_t size) {
    const auto checkpoint = store->checkpoint().value();
    ASSERT_EQ(checkpoint.size, size);
    ASSERT_EQ(checkpoint.root, naive_root(0, size));
    const auto note = store->signed_checkpoint().value();
    const auto opened = crypto::open_checkpoint(note, store->origin(), log_key.public_key());
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened.value().root, checkpoint.root);
    EXPECT_EQ(store->prove(size).error().code, Errc::not_found);
    for (const std::uint64_t index : {std::uint64_t{0}, size / 3, size / 2, size - 1}) {
      if (index >= size) continue;
      const auto proof = store->prove(index).value();
      EXPECT_EQ(proof.checkpoint, note);
      EXPECT_TRUE(
          crypto::verify_inclusion(index, size, leaves[index], checkpoint.root, proof.hashes));
      EXPECT_FALSE(
          crypto::verify_inclusion(index, size, hash_number(1), checkpoint.root, proof.hashes));
    }
    for (const std::uint64_t first : {std::uint64_t{1}, size / 2, size - 1, size}) {
      if (first == 0 || first > size) continue;
      const auto proof = store->consistency(first, size).value();
      EXPECT_TRUE(
          crypto::verify_consistency(first, size, naive_root(0, first), checkpoint.root, proof));
    }
    EXPECT_EQ(store->consistency(0, size + 1).error().code, Errc::not_found);
  }
  void check_tiles(std::uint64_t size) {
    for (std::uint64_t index = 0; index <= size / 256; ++index) {
      const std::uint64_t width = std::min<std::uint64_t>(256, size - index * 256);
      if (width == 0) break;
      const auto tile = store->tile(0, index, static_cast<std::uint32_t>(width)).value();
      ASSERT_EQ(tile.size(), width * 32);
      EXPECT_EQ(std::memcmp(tile.data(), leaves[index * 256].data(), tile.size()), 0);
      if (width < 256) {
        EXPECT_EQ(store->tile(0, index, static_cast<std::uint32_t>(width) + 1).error().code,
                  Errc::not_found);
        continue;
      }
      const auto above = store->tile(1, index / 256, static_cast<std::uint32_t>(index % 256) + 1);
      const Hash32 full = naive_root(index * 256, index * 256 + 256);
      EXPECT_EQ(std::memcmp(above.value().data() + 32 * (index % 256), full.data(), 32), 0);
      EXPECT_EQ(store->subtree_hash(8, index).value(), full);
    }
  }

  std::vector<Hash32> leaves;
};

TEST_F(StoreProof, ProvesEveryEventAtTheBordersOfTiles) {
  for (const std::uint64_t size : {0u, 1u, 2u, 3u, 255u, 256u, 257u, 511u, 512u, 1000u}) {
    SCOPED_TRACE(size);
    check_tree(size);
  }
}

// The second level of tiles fills at 65536 and is read in the tree above; sealing so many events
// takes some seconds. A sanitizer, which takes tenfold, leaves out only the tree before it fills.
TEST_F(StoreProof, ProvesEveryEventWhereTheSecondLevelFills) {
  for (const std::uint64_t size : {65535u, 65536u, 65537u}) {
    if (tests::kSanitized && size == 65535u) continue;
    SCOPED_TRACE(size);
    check_tree(size);
  }
}

TEST_F(StoreProof, ServesEveryWidthOfAPartialTile) {
  grow(300);
  for (std::uint32_t width = 1; width <= 44; ++width)
    EXPECT_EQ(store->tile(0, 1, width).value().size(), width * 32u);
  EXPECT_EQ(store->tile(0, 1, 45).error().code, Errc::not_found);
  EXPECT_EQ(store->tile(1, 0, 1).value().size(), 32u);
  EXPECT_EQ(store->tile(1, 0, 2).error().code, Errc::not_found);
  EXPECT_EQ(store->tile(2, 0, 1).error().code, Errc::not_found);
  EXPECT_EQ(store->tile(0, 0, 0).error().code, Errc::invalid_argument);
  EXPECT_EQ(store->tile(0, 0, 257).error().code, Errc::invalid_argument);
  EXPECT_EQ(store->subtree_hash(3, 37).error().code, Errc::not_found);
  EXPECT_EQ(store->subtree_hash(64, 0).error().code, Errc::not_found);
  EXPECT_EQ(store->consistency(2, 1).error().code, Errc::invalid_argument);
}

TEST_F(StoreProof, ProvesThatTheNewestCheckpointContainsAnOlderTree) {
  grow(9);
  const auto newest = store->checkpoint().value();
  for (const std::uint64_t old_size : {1u, 4u, 8u, 9u}) {
    const auto proof = store->prove_growth(old_size).value();
    EXPECT_EQ(proof.checkpoint, store->signed_checkpoint().value());
    EXPECT_TRUE(crypto::verify_consistency(old_size, newest.size, naive_root(0, old_size),
                                           newest.root, proof.hashes));
    EXPECT_EQ(proof.hashes.empty(), old_size == 9u);
  }
  EXPECT_EQ(store->prove_growth(0).error().code, Errc::invalid_argument);
  EXPECT_EQ(store->prove_growth(10).error().code, Errc::not_found);
}

TEST_F(StoreProof, StoresAndPublishesTheNewestCheckpoint) {
  grow(3);
  ASSERT_TRUE(store->publish());
  ASSERT_TRUE(store->publish());
  grow(5);
  ASSERT_TRUE(store->publish());
  const auto stored = stored_checkpoints(*store, 0, 9).value();
  ASSERT_EQ(stored.size(), 2u);
  EXPECT_EQ(
      crypto::open_checkpoint(stored[0].note, store->origin(), log_key.public_key()).value().size,
      3u);
  EXPECT_EQ(stored[1].note, store->signed_checkpoint().value());
  reopen();
  EXPECT_EQ(stored_checkpoints(*store, 0, 9).value(), stored);
}

TEST_F(StoreProof, GivesTheStoredCheckpointsOfThoseSizesAlone) {
  for (const std::uint64_t size : {3u, 5u, 6u, 9u}) {
    grow(size);
    ASSERT_TRUE(store->publish());
  }
  const auto sizes = [&](std::uint64_t from, std::uint64_t to) {
    std::vector<std::uint64_t> found;
    const auto stored = stored_checkpoints(*store, from, to).value();
    for (const auto& each : stored) {
      const auto opened = crypto::open_checkpoint(each.note, store->origin(), log_key.public_key());
      EXPECT_EQ(opened.value().size, each.size);
      found.push_back(each.size);
    }
    return found;
  };
  EXPECT_EQ(sizes(5, 6), (std::vector<std::uint64_t>{5, 6}));
  EXPECT_EQ(sizes(4, 8), (std::vector<std::uint64_t>{5, 6}));
  EXPECT_EQ(sizes(7, 8), (std::vector<std::uint64_t>{}));
  EXPECT_EQ(sizes(0, UINT64_MAX), (std::vector<std::uint64_t>{3, 5, 6, 9}));
}

}  // namespace
}  // namespace cartella::store
