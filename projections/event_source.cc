#include "projections/event_source.h"

#include "store/store.h"

namespace cartella::projections {

const crypto::LogEras& StoreSource::eras() const { return x_store.eras(); }
std::uint64_t StoreSource::size() const { return x_store.size(); }
Status StoreSource::scan(std::uint64_t from, std::uint64_t to,
                         const std::function<Status(const crypto::StoredEvent&)>& each) const {
  return x_store.scan(from, to, each);
}
Result<crypto::StoredEvent> StoreSource::read(std::uint64_t position) const {
  return x_store.read(position);
}
Result<std::vector<crypto::StoredEvent>> StoreSource::read_stream(const StreamId& stream,
                                                                  std::uint64_t from_revision,
                                                                  std::size_t count_max) const {
  return x_store.read_stream(stream, from_revision, count_max);
}
Result<Hash32> StoreSource::subtree_hash(std::uint32_t level, std::uint64_t index) const {
  return x_store.subtree_hash(level, index);
}
std::uint64_t StoreSource::wait_past(std::uint64_t position,
                                     std::chrono::milliseconds timeout) const {
  return x_store.wait_past(position, timeout);
}

}  // namespace cartella::projections
