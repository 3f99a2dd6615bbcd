#include "crypto/merkle.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>

#include "tests/unit/crypto/support.h"

namespace cartella::crypto {
namespace {

constexpr std::uint64_t kSizes = 300;

// The definitions of RFC 6962, 2.1, word for word and with a memo: slow, and obviously right.
class Naive {
 public:
  explicit Naive(const std::vector<Hash32>& leaves) : x_leaves(leaves) {}

  Hash32 root(std::uint64_t from, std::uint64_t to) {
    if (from == to) return empty_root();
    if (to - from == 1) return x_leaves[from];
    auto& known = x_known[{from, to}];
    if (!known) {
      const std::uint64_t k = split(to - from);
      known = node_hash(root(from, from + k), root(from + k, to));
    }
    return *known;
  }
  std::vector<Hash32> path(std::uint64_t m, std::uint64_t from, std::uint64_t to) {
    if (to - from == 1) return {};
    const std::uint64_t k = split(to - from);
    auto proof = m < k ? path(m, from, from + k) : path(m - k, from + k, to);
    proof.push_back(m < k ? root(from + k, to) : root(from, from + k));
    return proof;
  }
  std::vector<Hash32> subproof(std::uint64_t m, std::uint64_t from, std::uint64_t to, bool whole) {
    if (m == to - from) {
      if (whole) return {};
      return {root(from, to)};
    }
    const std::uint64_t k = split(to - from);
    auto proof = m <= k ? subproof(m, from, from + k, whole) : subproof(m - k, from + k, to, false);
    proof.push_back(m <= k ? root(from + k, to) : root(from, from + k));
    return proof;
  }

 private:
  static std::uint64_t split(std::uint64_t n) {
    std::uint64_t k = 1;
    while (k * 2 < n) k *= 2;
    return k;
  }
  const std::vector<Hash32>& x_leaves;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::optional<Hash32>> x_known;
};

const testing::LeafList& small_tree() {
  static const testing::LeafList kTree = [] {
    testing::LeafList list;
    for (std::uint64_t i = 0; i < kSizes; ++i) list.append(testing::numbered_leaf(i));
    return list;
  }();
  return kTree;
}

TEST(Merkle, RootsAgreeWithTheDefinitionForEverySize) {
  Naive naive(small_tree().leaves());
  Frontier frontier;
  for (std::uint64_t size = 0; size <= kSizes; ++size) {
    const Hash32 expected = naive.root(0, size);
    ASSERT_EQ(frontier.root(), expected) << size;
    ASSERT_EQ(root_at(size, small_tree().reader()).value(), expected) << size;
    ASSERT_EQ(Frontier(size, frontier.hashes()).root(), expected) << size;
    if (size < kSizes) frontier.append(testing::numbered_leaf(size));
  }
}

TEST(Merkle, InclusionProofsAgreeWithTheDefinitionForEveryPair) {
  Naive naive(small_tree().leaves());
  for (std::uint64_t size = 1; size <= kSizes; ++size) {
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto proof = inclusion_proof(index, size, small_tree().reader());
      ASSERT_TRUE(proof.has_value());
      ASSERT_EQ(proof.value(), naive.path(index, 0, size)) << index << " of " << size;
      ASSERT_TRUE(verify_inclusion(index, size, small_tree().leaves()[index], naive.root(0, size),
                                   proof.value()));
    }
  }
}

TEST(Merkle, ConsistencyProofsAgreeWithTheDefinitionForEveryPair) {
  Naive naive(small_tree().leaves());
  for (std::uint64_t second = 0; second <= kSizes; ++second) {
    for (std::uint64_t first = 0; first <= second; ++first) {
      const auto proof = consistency_proof(first, second, small_tree().reader());
      ASSERT_TRUE(proof.has_value());
      if (first > 0) {
        ASSERT_EQ(proof.value(), naive.subproof(first, 0, second, true)) << first << " " << second;
      }
      ASSERT_TRUE(verify_consistency(first, second, naive.root(0, first), naive.root(0, second),
                                     proof.value()));
    }
  }
}

RC_GTEST_PROP(Merkle, RefusesAnInclusionProofThatIsChangedInAnyWay, ()) {
  const auto size = *rc::gen::inRange<std::uint64_t>(2, kSizes + 1);
  const auto index = *rc::gen::inRange<std::uint64_t>(0, size);
  const Hash32 root = root_at(size, small_tree().reader()).value();
  const Hash32 leaf = small_tree().leaves()[index];
  const auto proof = inclusion_proof(index, size, small_tree().reader()).value();
  auto changed = proof;
  changed[*rc::gen::inRange<std::size_t>(0, proof.size())][*rc::gen::inRange<std::size_t>(0, 32)] ^=
      1;
  RC_ASSERT(!verify_inclusion(index, size, leaf, root, changed));
  auto longer = proof;
  longer.push_back(leaf);
  RC_ASSERT(!verify_inclusion(index, size, leaf, root, longer));
  RC_ASSERT(!verify_inclusion(index, size, leaf, root, std::span(proof).first(proof.size() - 1)));
  RC_ASSERT(!verify_inclusion((index + 1) % size, size, leaf, root, proof));
  RC_ASSERT(!verify_inclusion(size, size, leaf, root, proof));
}

RC_GTEST_PROP(Merkle, RefusesAConsistencyProofThatIsChangedInAnyWay, ()) {
  const auto second = *rc::gen::inRange<std::uint64_t>(2, kSizes + 1);
  const auto first = *rc::gen::inRange<std::uint64_t>(1, second);
  const Hash32 old_root = root_at(first, small_tree().reader()).value();
  const Hash32 new_root = root_at(second, small_tree().reader()).value();
  const auto proof = consistency_proof(first, second, small_tree().reader()).value();
  auto changed = proof;
  changed[*rc::gen::inRange<std::size_t>(0, proof.size())][*rc::gen::inRange<std::size_t>(0, 32)] ^=
      1;
  RC_ASSERT(!verify_consistency(first, second, old_root, new_root, changed));
  RC_ASSERT(!verify_consistency(first, second, new_root, new_root, proof));
  RC_ASSERT(!verify_consistency(first, second, old_root, old_root, proof));
  RC_ASSERT(!verify_consistency(first, second, old_root, new_root,
                                std::span(proof).first(proof.size() - 1)));
  auto longer = proof;
  longer.push_back(old_root);
  RC_ASSERT(!verify_consistency(first, second, old_root, new_root, longer));
}

RC_GTEST_PROP(Merkle, ProofsOfLargeTreesVerify, ()) {
  static const testing::LeafList kLarge = [] {
    testing::LeafList list;
    for (std::uint64_t i = 0; i < 70'000; ++i) list.append(testing::numbered_leaf(i));
    return list;
  }();
  const auto second = *rc::gen::inRange<std::uint64_t>(1, 70'001);
  const auto first = *rc::gen::inRange<std::uint64_t>(0, second);
  const HashReader read = kLarge.reader();
  const Hash32 root = root_at(second, read).value();
  RC_ASSERT(verify_inclusion(first, second, kLarge.leaves()[first], root,
                             inclusion_proof(first, second, read).value()));
  RC_ASSERT(verify_consistency(first, second, root_at(first, read).value(), root,
                               consistency_proof(first, second, read).value()));
}

// Level by level, an odd one going up as it is: RFC 6962's tree, told another way.
Hash32 root_by_levels(std::vector<Hash32> level) {
  for (; level.size() > 1; level.resize((level.size() + 1) / 2)) {
    for (std::size_t i = 0; i + 1 < level.size(); i += 2)
      level[i / 2] = node_hash(level[i], level[i + 1]);
    if (level.size() % 2 == 1) level[level.size() / 2] = level.back();
  }
  return level.at(0);
}

// Around full tiles of the first and of the second level (ledger.md 5).
TEST(Merkle, RootsAndProofsHoldWhereTilesFillUp) {
  constexpr std::uint64_t kMillion = std::uint64_t{1} << 20;
  constexpr std::uint64_t kAround[] = {1,     2,     255,          256,      257,         65535,
                                       65536, 65537, kMillion - 1, kMillion, kMillion + 1};
  testing::LeafList list;
  for (std::uint64_t i = 0; i <= kMillion; ++i) list.append(testing::numbered_leaf(i));
  const HashReader read = list.reader();
  std::map<std::uint64_t, Hash32> roots;
  for (const std::uint64_t size : kAround) {
    const Hash32 root = root_at(size, read).value();
    EXPECT_EQ(root, root_by_levels({list.leaves().begin(),
                                    list.leaves().begin() + static_cast<std::ptrdiff_t>(size)}))
        << size;
    for (const std::uint64_t index : {std::uint64_t{0}, size / 2, size - 1})
      EXPECT_TRUE(verify_inclusion(index, size, list.leaves()[index], root,
                                   inclusion_proof(index, size, read).value()))
          << index << " in " << size;
    roots[size] = root;
    for (const auto& [first, old_root] : roots)
      EXPECT_TRUE(verify_consistency(first, size, old_root, root,
                                     consistency_proof(first, size, read).value()))
          << first << " in " << size;
  }
}

TEST(Merkle, RefusesProofsThatCannotExist) {
  const HashReader read = small_tree().reader();
  EXPECT_EQ(inclusion_proof(5, 5, read).error().code, Errc::invalid_argument);
  EXPECT_EQ(consistency_proof(6, 5, read).error().code, Errc::invalid_argument);
  EXPECT_FALSE(verify_consistency(6, 5, empty_root(), empty_root(), {}));
}

TEST(Merkle, PassesOnAFailureOfTheReader) {
  const HashReader broken = [](std::uint32_t, std::uint64_t) -> Result<Hash32> {
    return fail(Errc::io, "tile cannot be read");
  };
  EXPECT_EQ(root_at(3, broken).error().code, Errc::io);
  EXPECT_EQ(inclusion_proof(1, 3, broken).error().code, Errc::io);
  EXPECT_EQ(consistency_proof(1, 3, broken).error().code, Errc::io);
}

}  // namespace
}  // namespace cartella::crypto
