// projections/rights_requests.h: a request of a person for their rights, read from its stream.
//
// Threads: free functions.
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"
#include "projections/engine.h"

namespace cartella::projections {

struct RightsRequest {
  SubjectId subject;
  StreamId person_stream;
  ControllerId controller;
  std::string kind;  // gdpr15, l241, giudice, difensore
  std::int32_t received_on = INT32_MIN;
  std::string requester;
  std::string title;
  std::string note;
  std::int64_t recorded_at_us = 0;
  std::uint64_t position = 0;
  EventId event_id;
};

// not_found: no such stream, or it is no request. erased: its key is gone. corrupt, io.
Result<RightsRequest> read_rights_request(const Engine& engine, const StreamId& request);

}  // namespace cartella::projections
