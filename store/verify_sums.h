// store/verify_sums.h: whether the indexes are those of the leaves, by sums instead of look-ups.
//
// To the log the indexes are in random order: following each row to its leaf is two reads at random
// places for every event. Instead the rows are walked in their order, then the leaves in theirs,
// and both add up what they say of ids, calls and streams, and the leaves what they say of each
// other (crypto/set_sum.h). Where the sums are equal the indexes are right; where they are not,
// verify_streams and verify_ids find the place. 100 million events need 25 MB.
// Threads: a Leaves belongs to one; the rest as said.
#pragma once

#include "base/mutex.h"
#include "crypto/leaf.h"
#include "crypto/set_sum.h"
#include "store/index_walk.h"
#include "store/verify_work.h"

namespace cartella::store {

// A set of positions. Threads: any, but what one adds another has for sure only after a join.
class PositionSet {
 public:
  explicit PositionSet(std::uint64_t size) : x_words(size / 64 + 1) {}
  void add(std::uint64_t position) {
    x_words[position / 64].fetch_or(bit(position), std::memory_order_relaxed);
  }
  bool has(std::uint64_t position) const {
    return (x_words[position / 64].load(std::memory_order_relaxed) & bit(position)) != 0;
  }

 private:
  static std::uint64_t bit(std::uint64_t position) { return std::uint64_t{1} << (position % 64); }
  std::vector<std::atomic<std::uint64_t>> x_words;
};

class VerifySums {
 public:
  explicit VerifySums(VerifyWork& work);

  // Walks both indexes on all threads; first of all. Rows that are malformed are findings. io.
  Status add_indexes();
  // What one thread adds of the leaves.
  class Leaves;
  // Once every leaf was added.
  bool agree() const;

 private:
  struct Sums {
    crypto::SetSum ids;       // event id || position
    crypto::SetSum calls;     // position || time, of the first event of each call
    crypto::SetSum streams;   // stream || revision || position
    crypto::SetSum followed;  // stream || revision || leaf hash, of events that have a successor
    crypto::SetSum
        followers;  // stream || revision before || previous leaf hash, of those after one
    void add(const Sums& other);
  };
  struct StreamsPart;

  Status add_streams(std::uint64_t part);
  Status add_ids(std::uint64_t part);
  void add_stream_row(StreamsPart& part, const IndexRow& row);

  VerifyWork& x_work;
  const crypto::SetSumKey x_key = crypto::SetSumKey::random();
  PositionSet x_heads;        // last events of their streams
  PositionSet x_call_starts;  // first events of their calls
  Mutex<Sums> x_rows;
  Mutex<Sums> x_leaves;
  std::atomic<std::uint64_t> x_stream_rows{0};
  std::atomic<std::uint64_t> x_id_rows{0};
  std::atomic<std::uint64_t> x_in_calls{0};
  std::atomic<bool> x_is_irregular{false};  // whatever the sums say
};

class VerifySums::Leaves {
 public:
  explicit Leaves(VerifySums& sums) : x_sums(sums) {}
  // Each leaf once, after add_indexes.
  void add(const crypto::Leaf& leaf, const Hash32& hash);
  // Hands over what was added since.
  void finish();

 private:
  VerifySums& x_sums;
  Sums x_mine;
};

}  // namespace cartella::store
