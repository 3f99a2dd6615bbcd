// api/change_facts.h: an event of the log as the facts that live changes are told by.
//
// The case that a stream belongs to stands in the body of its first event, or of the link of a
// card; it is remembered for the streams that were met last and read again for others.
// Threads: a ChangeReader belongs to one thread.
#pragma once

#include <optional>
#include <unordered_map>

#include "api/changes.h"
#include "projections/decoded_event.h"

namespace cartella::api {

class ChangeReader {
 public:
  ChangeReader(const store::Store& store, crypto::SegmentKeys& keys)
      : x_store(store), x_keys(keys) {}
  // Empty: nothing to tell (its header's key is gone). corrupt, io, and what the keys return.
  Result<std::optional<ChangeFacts>> read(std::uint64_t position);

 private:
  Result<StreamId> case_of(const projections::DecodedEvent& event);
  Result<StreamId> case_in_log(const StreamId& stream, std::uint64_t revision);

  const store::Store& x_store;
  crypto::SegmentKeys& x_keys;
  std::unordered_map<StreamId, StreamId> x_cases;
};

// The case that one event names as its stream's. Empty: it says nothing of it. invalid_input.
Result<std::optional<StreamId>> case_named_by(const projections::DecodedEvent& event);

}  // namespace cartella::api
