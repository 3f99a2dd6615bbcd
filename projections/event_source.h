// projections/event_source.h: where the feeder reads the log from.
//
// The store behind the narrow interface that projections need, so that a projection is a function
// of the log alone and tests can play a log from memory.
// Threads: every method from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "crypto/record.h"

namespace cartella::store {
class Store;
}

namespace cartella::projections {

class EventSource {
 public:
  virtual ~EventSource() = default;
  virtual const crypto::LogEras& eras() const = 0;
  virtual std::uint64_t size() const = 0;
  // Calls `each` in order for [from, to); stops at the first error and returns it. io, corrupt.
  virtual Status scan(std::uint64_t from, std::uint64_t to,
                      const std::function<Status(const crypto::StoredEvent&)>& each) const = 0;
  virtual Result<crypto::StoredEvent> read(std::uint64_t position) const = 0;
  virtual Result<std::vector<crypto::StoredEvent>> read_stream(const StreamId& stream,
                                                               std::uint64_t from_revision,
                                                               std::size_t count_max) const = 0;
  // Hash of the full subtree of 2^level leaves that starts at leaf index << level.
  virtual Result<Hash32> subtree_hash(std::uint32_t level, std::uint64_t index) const = 0;
  // Blocks until size() > position or the deadline; answers size().
  virtual std::uint64_t wait_past(std::uint64_t position,
                                  std::chrono::milliseconds timeout) const = 0;
};

// The store as a source; it outlives the source.
class StoreSource final : public EventSource {
 public:
  explicit StoreSource(const store::Store& store) : x_store(store) {}
  const crypto::LogEras& eras() const override;
  std::uint64_t size() const override;
  Status scan(std::uint64_t from, std::uint64_t to,
              const std::function<Status(const crypto::StoredEvent&)>& each) const override;
  Result<crypto::StoredEvent> read(std::uint64_t position) const override;
  Result<std::vector<crypto::StoredEvent>> read_stream(const StreamId& stream,
                                                       std::uint64_t from_revision,
                                                       std::size_t count_max) const override;
  Result<Hash32> subtree_hash(std::uint32_t level, std::uint64_t index) const override;
  std::uint64_t wait_past(std::uint64_t position, std::chrono::milliseconds timeout) const override;

 private:
  const store::Store& x_store;
};

}  // namespace cartella::projections
