// cases/command_digests.h: whether the index knows each command by the digest that its event holds.
//
// The digest decides whether a repeated command id is the same command (ledger-amendments.md 4). It
// stands in the index, where the log's own checks cannot judge it, and in the header of the call's
// first event, which is sealed. Threads: free functions, any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "crypto/record.h"
#include "store/store.h"

namespace cartella::cases {

// The first event whose header says otherwise; opens headers and nothing else. A header whose key
// or bytes are erased tells nothing: its command is then `erased` to whoever repeats it. corrupt:
// a header does not open, names the position. What scan and the vault return.
Result<std::optional<std::uint64_t>> find_wrong_digest(const store::Store& store,
                                                       crypto::SegmentKeys& keys);

}  // namespace cartella::cases
