// api/tokens.h: texts that a client carries and cannot read or make: ETags and cursors.
//
// An ETag is a keyed digest of (viewer, stream, revision): two viewers get different ones, and none
// tells a number (architecture.md 3). A cursor is a place in a list with a keyed digest over
// (viewer, list, place), so that it is of no use elsewhere (IN-07). Threads: const methods, any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace cartella::api {

class OpaqueTokens {
 public:
  explicit OpaqueTokens(const crypto::Secret32& key);
  // With its quotes, as the header has it.
  std::string etag(const OperatorId& viewer, const StreamId& stream, std::int64_t revision) const;
  // `list` names the list and its filters.
  std::string cursor(const OperatorId& viewer, std::string_view list, std::uint64_t place) const;
  // invalid_argument: forged, of another viewer or of another list.
  Result<std::uint64_t> place(const OperatorId& viewer, std::string_view list,
                              std::string_view cursor) const;

 private:
  crypto::Secret32 x_etags;
  crypto::Secret32 x_cursors;
};

}  // namespace cartella::api
