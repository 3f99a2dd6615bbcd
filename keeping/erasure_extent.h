// keeping/erasure_extent.h: which streams and keys an erasure takes.
//
// Threads: free functions.
#pragma once

#include <set>

#include "keeping/erasure.h"

namespace cartella::keeping {

// Streams of the person at the controller, by the timeline; the views are at the head of the log.
// unavailable, io, corrupt.
Result<std::set<StreamId>> streams_of_person(const projections::Engine& engine,
                                             const SubjectId& subject,
                                             const ControllerId& controller);
std::vector<KeyId> keys_of_person(const crypto::Vault& vault, const SubjectId& subject,
                                  const ControllerId& controller);
// Every key that the controller has, and every stream whose first event is sealed under one of its
// keys. Opens nothing. io, corrupt.
struct ControllerExtent {
  std::vector<KeyId> owner_keys;
  std::vector<StreamId> streams;
};
Result<ControllerExtent> extent_of_controller(const store::Store& store, const crypto::Vault& vault,
                                              const ControllerId& controller);
// The stream of a text of that controller; none where the position holds anything else: a decision
// names positions, and only a text of its own stream may go with them. io, corrupt.
Result<std::optional<StreamId>> text_stream_at(const ErasureParts& parts, std::uint64_t position,
                                               const ControllerId& controller);

}  // namespace cartella::keeping
