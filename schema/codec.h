// schema/codec.h: reads and writes the messages that are sealed inside segments.
//
// Bytes come from the disk or the network, so every reader has a traversal limit and returns
// invalid_input instead of throwing. Writing gives the canonical single-segment form, so that equal
// values are equal bytes. Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "schema/event_types.h"

namespace cartella::schema {

struct ExternalRefView {
  std::string system;
  std::string table;
  std::string key;
  bool operator==(const ExternalRefView&) const = default;
};

// EventHeader as a value (schema/events.capnp).
struct HeaderView {
  EventType type{};
  BatchId batch_id;
  ControllerId controller;
  std::optional<TimeUs> occurred_at;
  std::optional<Date> valid_from;
  std::optional<Date> valid_to;
  OperatorId actor;
  OperatorId on_behalf_of;
  std::string role;
  UnitId unit;
  std::string purpose;
  std::string legal_basis;
  bool legal_basis_confirmed = false;
  std::string source;
  EventId correlation;
  EventId causation;
  std::optional<Hash32> command_digest;
  std::vector<ExternalRefView> external_refs;
  SubjectId subject;
  std::string app_version;
  bool operator==(const HeaderView&) const = default;
};

// Cap'n Proto type id of EventHeader; what Plaintext.schema_id of segment 0 holds.
extern const std::uint64_t kHeaderSchemaId;
inline constexpr std::uint32_t kHeaderRevision = 1;

// The type alone. As decode_header.
Result<EventType> header_type(ByteView message);
// invalid_input: not a message, over a limit, or an id of a wrong length.
Result<HeaderView> decode_header(ByteView message);
Bytes encode_header(const HeaderView& header);

}  // namespace cartella::schema
