// proofs/bundle_chains.h: what leaves say about each other: streams, times, ids, calls.
//
// Memory: 16 bytes an event and about 100 a stream; the bundle's limit bounds both.
// Errors are `corrupt` and name the position. Threads: one.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "crypto/leaf.h"

namespace cartella::proofs {

class BundleChains {
 public:
  explicit BundleChains(std::uint64_t from) : x_from(from) {}
  // Where an event stands, of the range.
  enum class Place : std::uint8_t { before, within, behind };
  // A key event or genesis outside the range, which is not `within`: the events of a stream of keys
  // are there from its first on.
  Status take_outside(const crypto::Leaf& leaf, const Hash32& hash, Place place);
  // The next event of the range. `batch`: what its clear header says; empty: it is sealed.
  Status take(const crypto::Leaf& leaf, const Hash32& hash, const std::optional<BatchId>& batch);
  // A checkpoint stands behind the last event that was taken: no call goes on past it.
  void cut() { x_is_cut = true; }
  // After the last event: every id stood once.
  Status finish();

  // Streams whose beginning lies before the range, so that their first link is not proved.
  std::uint64_t open_streams() const { return x_open; }
  std::uint64_t streams() const { return x_streams.size(); }
  std::uint64_t calls() const { return x_calls; }
  // The stream of keys goes on within the range or behind it: no earlier key event is left out.
  bool are_earlier_keys_closed() const { return x_are_keys_closed; }

 private:
  struct Head {
    std::uint64_t revision = 0;
    Hash32 hash{};
    Place place = Place::within;
  };
  Status link(const crypto::Leaf& leaf, const Hash32& hash, Place place);
  Status check_time(const crypto::Leaf& leaf);
  Status check_call(const crypto::Leaf& leaf, const std::optional<BatchId>& batch);
  Status check_batch(std::uint64_t next) const;

  std::uint64_t x_from;
  std::unordered_map<StreamId, Head> x_streams;
  std::vector<EventId> x_ids;
  std::int64_t x_time_us = INT64_MIN;
  std::optional<EventId> x_command;  // of the call that the last event belongs to
  std::uint32_t x_index = 0;         // of the last event in it
  std::int64_t x_call_time_us = 0;
  std::optional<BatchId> x_batch;
  bool x_is_cut = false;
  bool x_are_keys_closed = false;
  std::uint64_t x_open = 0;
  std::uint64_t x_calls = 0;
};

}  // namespace cartella::proofs
