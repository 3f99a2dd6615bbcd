#include "proofs/bundle_tree.h"

#include <gtest/gtest.h>

#include "crypto/merkle.h"
#include "tests/unit/crypto/support.h"

namespace cartella::proofs {
namespace {

class BundleTrees : public ::testing::Test {
 protected:
  BundleTrees() {
    for (std::uint64_t i = 0; i < kLeaves; ++i) {
      std::array<std::uint8_t, 8> number{};
      store_be64(number.data(), i);
      hashes.push_back(crypto::sha256(number));
      leaves.append(hashes.back());
    }
  }
  static constexpr std::uint64_t kLeaves = 70;
  std::vector<Hash32> hashes;
  crypto::testing::LeafList leaves;
};

TEST_F(BundleTrees, FromAnySubtreesHaveTheRootThatTheLogHas) {
  EXPECT_EQ(BundleTree().root(), crypto::empty_root());
  for (std::uint64_t from = 0; from <= kLeaves; ++from)
    for (std::uint64_t to = from; to <= kLeaves; ++to) {
      BundleTree tree;
      for (const Subtree& part : cover(0, from))
        tree.append(part.level, leaves.reader()(part.level, part.index).value());
      for (std::uint64_t i = from; i < to; ++i) tree.append(0, hashes[i]);
      for (const Subtree& part : cover(to, kLeaves))
        tree.append(part.level, leaves.reader()(part.level, part.index).value());
      ASSERT_EQ(tree.size(), kLeaves);
      ASSERT_EQ(tree.root(), crypto::root_at(kLeaves, leaves.reader()).value()) << from << to;
    }
}

TEST_F(BundleTrees, AgreeWithTheLogsOwnCodeAboutInclusion) {
  for (std::uint64_t size = 1; size <= kLeaves; ++size) {
    const Hash32 root = crypto::root_at(size, leaves.reader()).value();
    for (std::uint64_t i = 0; i < size; ++i) {
      auto proof = crypto::inclusion_proof(i, size, leaves.reader()).value();
      ASSERT_TRUE(proves_inclusion(i, size, hashes[i], root, proof));
      ASSERT_FALSE(proves_inclusion(i, size, hashes[(i + 1) % kLeaves], root, proof));
      ASSERT_FALSE(proves_inclusion(size, size, hashes[i], root, proof));
      proof.push_back(root);
      ASSERT_FALSE(proves_inclusion(i, size, hashes[i], root, proof));
      proof.pop_back();
      if (proof.empty()) continue;
      proof.back()[5] ^= 1;
      ASSERT_FALSE(proves_inclusion(i, size, hashes[i], root, proof));
      proof.pop_back();
      ASSERT_FALSE(proves_inclusion(i, size, hashes[i], root, proof));
    }
  }
}

}  // namespace
}  // namespace cartella::proofs
