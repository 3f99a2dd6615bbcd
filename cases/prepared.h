// cases/prepared.h: a decided call as its author sees it before signing it (ledger.md 3).
//
// A page decodes the messages, shows them, computes every commitment and the signed message from
// them and signs that, never what it was told: a server that shows one thing and appends another is
// found out by the page or by the signature check. The salts in here let their holder test guesses
// of a text; they are made again at each prepare, leave in this answer only, are kept nowhere and
// die with the segment key. An answer that holds a Prepared is as confidential as its texts. A
// preview that nobody commits costs a stream secret, which the next start destroys.
// Threads: values and free functions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cases/executor.h"
#include "crypto/leaf.h"
#include "crypto/segment.h"

namespace cartella::cases {

// How long a person may look at the text; the page prepares again afterwards.
inline constexpr std::int64_t kPreparedSeconds = 60;

struct PreparedEvent {
  schema::LeafKind kind = schema::LeafKind::event;
  std::uint16_t flags = crypto::kAuthorSigned;
  EventId event_id;
  StreamId stream;
  std::int64_t expected_revision = crypto::kExpectAny;
  std::vector<crypto::SegmentPreview> segments;  // [0] is the header
  Hash32 body_commitment{};
  crypto::SignedMessage message{};  // what the server holds it to be; the page makes its own
};

struct Prepared {
  // There is nothing to sign: committed before under this id, or a person who is known already.
  std::optional<Outcome> done;
  LogId log;
  SignerId signer;
  std::vector<PreparedEvent> events;
  Bytes token;        // for Executor::commit; says nothing to its holder
  TimeUs expires_at;  // by the server's clock
};

// corrupt: it does not open. erased: a key is gone.
Result<PreparedEvent> preview_of(const LogId& log, crypto::SegmentKeys& keys,
                                 const crypto::StoredEvent& event);

}  // namespace cartella::cases
