// benchmarks/events.h: the events that are appended: one header, one body of a given size.
//
// A slot is one case worker's stream: the revision that each event expects is known. What an author
// would have signed at home is signed in `sign_ahead`, outside of what is measured; sealing is
// deterministic, so the server's own sealing gives the commitments that were signed.
// Threads: one slot belongs to one thread at a time.
#pragma once

#include <vector>

#include "base/clock.h"
#include "benchmarks/bench.h"
#include "crypto/record.h"
#include "crypto/signer.h"

namespace cartella::bench {

struct Slot {
  StreamId stream;
  KeyId subject_key;
  KeyId header_key;
  std::uint64_t next_revision = 0;
  struct Signed {
    EventId id;
    crypto::Signature signature;
  };
  std::vector<Signed> signed_ahead;  // by revision, from `signed_from`
  std::uint64_t signed_from = 0;
};

// Of the key that every author signs with.
crypto::Secret32 author_seed();

class EventMaker {
 public:
  EventMaker(const LogId& log, crypto::SegmentKeys& keys, Signing signing, std::size_t event_bytes,
             const crypto::Secret32& server_seed);

  // Seals, and signs as the server or checks the author's signature, unless whoever takes it does.
  enum class Check { here, by_taker };
  crypto::StoredEvent make(Slot& slot, Check check = Check::here);
  void sign_ahead(Slot& slot, std::size_t count);
  // From now on an event is one segment: its header, with the text in it.
  void leave_body_out() { x_has_body = false; }
  // What make() seals.
  crypto::EventPlan plan(const Slot& slot, const EventId& id, std::uint64_t revision) const;

 private:
  LogId x_log;
  crypto::SegmentKeys& x_keys;
  Signing x_signing;
  std::size_t x_event_bytes;
  bool x_has_body = true;
  SystemClock x_clock;
  crypto::Signer x_server;
  crypto::Signer x_author;
};

}  // namespace cartella::bench
