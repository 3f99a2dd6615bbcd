#include "store/tree_edge.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "store/recent_heads.h"

namespace cartella::store {
namespace {

Hash32 leaf(std::uint64_t number) {
  std::array<std::uint8_t, 8> bytes{};
  store_be64(bytes.data(), number);
  return crypto::sha256(bytes);
}

// By the definition of RFC 6962, level by level.
Hash32 subtree(std::uint32_t level, std::uint64_t index) {
  if (level == 0) return leaf(index);
  return crypto::node_hash(subtree(level - 1, 2 * index), subtree(level - 1, 2 * index + 1));
}

TEST(TreeEdge, KnowsEveryNodeOfTheTilesBeingFilledAndTheRoot) {
  TreeEdge edge;
  crypto::Frontier frontier;
  for (std::uint64_t size = 1; size <= 1100; ++size) {
    edge.append(leaf(size - 1), {});
    frontier.append(leaf(size - 1));
    ASSERT_EQ(edge.root(), frontier.root()) << size;
  }
  for (std::uint32_t level = 0; level <= 10; ++level) {
    for (std::uint64_t index = 0; index < (std::uint64_t{1100} >> level); ++index) {
      // 1024 leaves fill four tiles, whose roots stand in the one above.
      const bool is_at_the_edge = level >= kTileHeight || ((index + 1) << level) > 1024;
      const auto hash = edge.subtree(level, index);
      ASSERT_EQ(hash.has_value(), is_at_the_edge) << level << "/" << index;
      if (hash) {
        EXPECT_EQ(*hash, subtree(level, index)) << level << "/" << index;
      }
    }
  }
  EXPECT_FALSE(edge.subtree(0, 1100));
  EXPECT_FALSE(edge.subtree(1, 550));
}

// Over steps that stay in a tile, fill it, and skip several.
TEST(TreeEdge, FollowsALaterOneOfTheSameTree) {
  TreeEdge newest;
  TreeEdge follower;
  std::uint64_t size = 0;
  for (const std::uint64_t step : {1u, 3u, 252u, 1u, 256u, 900u, 0u, 70'000u}) {
    for (std::uint64_t i = 0; i < step; ++i) newest.append(leaf(size++), {});

    follower.follow(newest);

    ASSERT_EQ(follower.size(), size);
    EXPECT_EQ(follower.root(), newest.root());
    for (std::uint32_t level = 0; level < 17; ++level)
      for (std::uint64_t index = size >> level; index-- > 0 && newest.subtree(level, index);)
        ASSERT_EQ(follower.subtree(level, index), newest.subtree(level, index));
  }
}

TEST(TreeEdge, IsTheSameWhenItIsRebuilt) {
  TreeEdge edge;
  for (std::uint64_t i = 0; i < 700; ++i) edge.append(leaf(i), {});

  const auto rebuilt =
      TreeEdge::rebuild(700, [](std::uint32_t level, std::uint64_t index) -> Result<Hash32> {
        return subtree(level * kTileHeight, index);
      });

  ASSERT_TRUE(rebuilt);
  EXPECT_EQ(rebuilt.value().root(), edge.root());
  for (std::uint32_t level = 0; level < 9; ++level)
    for (std::uint64_t index = 0; index < (std::uint64_t{700} >> level); ++index)
      EXPECT_EQ(rebuilt.value().subtree(level, index), edge.subtree(level, index));
}

StreamId stream(std::uint64_t number) { return StreamId::from_view(leaf(number)); }
StreamHead head(std::uint64_t revision) {
  StreamHead made;
  made.revision = revision;
  return made;
}

TEST(RecentHeads, KeepsTheNewestHeadWhateverAReaderOffersLate) {
  RecentHeads heads;
  const auto look = heads.find(stream(1));
  EXPECT_FALSE(look.head);
  heads.put(stream(1), head(6));

  heads.offer(stream(1), head(5), look);

  EXPECT_EQ(heads.find(stream(1)).head->revision, 6u);
}

TEST(RecentHeads, TakesNoOfferFromBeforeWhatItForgot) {
  RecentHeads heads;
  const auto look = heads.find(stream(1));
  heads.put(stream(1), head(6));
  for (std::uint64_t i = 2; i < 200'000; ++i) heads.put(stream(i), head(0));
  EXPECT_FALSE(heads.find(stream(1)).head);

  heads.offer(stream(1), head(5), look);

  EXPECT_FALSE(heads.find(stream(1)).head);
  heads.offer(stream(1), head(6), heads.find(stream(1)));
  EXPECT_EQ(heads.find(stream(1)).head->revision, 6u);
}

}  // namespace
}  // namespace cartella::store
