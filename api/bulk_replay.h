// api/bulk_replay.h: a range of the log as machines replay it, sealed bytes exactly as stored.
//
// A stream of standard Cap'n Proto messages, one SealedEvent (schema/replay.capnp) each, in order
// of position; whoever has keys opens them, everybody can check them against the tree. Events of
// the organisation stand in clear, whosever they are: the caller has seen that an auditor of the
// whole ambito asks, and records the replay before the first byte (ledger.md 7). Threads: a body
// belongs to one worker at a time; free functions any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "api/http.h"
#include "crypto/record.h"
#include "store/store.h"

namespace cartella::api {

inline constexpr std::string_view kReplayContentType = "application/vnd.capnproto";
inline constexpr std::size_t kReplayPieceBytes = 256 * 1024;

// [from, to). invalid_argument: from > to. not_found: beyond the log. The body's next() returns
// pieces of at most kReplayPieceBytes, then an empty one; corrupt, io. `store` outlives the body.
Result<std::unique_ptr<PullBody>> open_bulk_replay(const store::Store& store, std::uint64_t from,
                                                   std::uint64_t to);

// One event as one message at the end of `to`.
void append_replay(const crypto::StoredEvent& event, std::string& to);

// Calls `each` for every event of a whole replay, in order; stops at its first error.
// invalid_input: a message, a leaf or a body is malformed or over a limit. What is read is not
// checked: check_body holds the segments to the leaf, a proof holds the leaf to the tree.
Status read_replay(ByteView replay, const std::function<Status(crypto::StoredEvent)>& each);

}  // namespace cartella::api
