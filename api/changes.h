// api/changes.h: tells who is connected that something changed, never what it says.
//
// One thread follows the log, opens each event once and offers its facts to every subscriber's
// filter; whoever may know gets a server-sent event with position, type and ids. Access events are
// never told (ledger.md 7), and content is fetched by a look that is recorded. The newest facts
// stay in memory, so that a client that comes back with Last-Event-ID misses nothing; one that was
// away for longer is told to load anew (`reset`). Where nobody was there for a minute nothing is
// opened, and whoever comes next has the newest events read again. A heartbeat moves the place of a
// client for whom nothing matched, without telling how much was withheld from it.
// Ownership: store and keys outlive the hub; the hub owns its thread and the sinks, and lets go of
// a sink when its client is gone or too slow. Threads: any; filters run on the hub's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "api/http.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/record.h"
#include "schema/event_types.h"
#include "store/store.h"

namespace cartella::api {

// What a filter decides on. An event whose header cannot be opened any more is told to nobody.
struct ChangeFacts {
  std::uint64_t position = 0;
  schema::EventType type{};
  StreamId stream;
  ControllerId controller;
  SubjectId subject;     // zero: about nobody
  StreamId case_stream;  // that the stream is, or belongs to; zero: none, or not told by the log
  OperatorId actor;
};
// What this viewer may know of it besides position and type; a zero id is left out.
struct ChangeIds {
  StreamId stream;
  StreamId case_stream;
};
// Empty: not told at all. Pure and quick: it runs for every event and subscriber, and must neither
// block nor call the hub.
using ChangeFilter = std::function<std::optional<ChangeIds>(const ChangeFacts&)>;

struct ChangeHubOptions {
  std::size_t subscribers_max = 4096;
  std::size_t kept_max = 8192;  // facts of 112 bytes for those who come back
  std::chrono::milliseconds heartbeat{15'000};
  // What comes meanwhile is told at once: a thousand clients cost one write each, not one an event.
  std::chrono::milliseconds gather{25};
  std::chrono::milliseconds wait{100};  // until a new subscriber or a stop is noticed
};

struct ChangeHubStats {
  std::size_t subscribers = 0;
  std::uint64_t position = 0;  // everything before it was told
  std::uint64_t told = 0;      // events sent, over all subscribers
  std::uint64_t dropped = 0;   // clients that were gone or too slow
  std::uint64_t resets = 0;
};

// Sends while `may_go_on` says so, asked at every piece, a heartbeat among them: then whoever sends
// lets go of it, and the stream ends. `may_go_on` runs on the thread of whoever sends.
std::shared_ptr<PushSink> sink_while(std::function<bool()> may_go_on, std::shared_ptr<PushSink> to);

class ChangeHub {
 public:
  // Begins a thread. `clock` gives the heartbeat.
  ChangeHub(const store::Store& store, crypto::SegmentKeys& keys, const Clock& clock,
            const ChangeHubOptions& options);
  // stop()
  ~ChangeHub();
  ChangeHub(const ChangeHub&) = delete;
  ChangeHub& operator=(const ChangeHub&) = delete;

  // From the position after `last_seen`; empty: from now. unavailable: too many subscribers, or the
  // log cannot be followed any more (health()).
  Status subscribe(std::shared_ptr<PushSink> sink, ChangeFilter filter,
                   std::optional<std::uint64_t> last_seen);

  // Waits for the thread, which lets go of all sinks: from then on no filter and no sink is asked,
  // and subscribe() answers unavailable. For the owner, once what filters and sinks use is about to
  // go; more than once does no harm.
  void stop();

  ChangeHubStats stats() const;
  // The failure that ended the following of the log: what opening an event or the store returned.
  Status health() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> x_impl;
};

// The value of a Last-Event-ID header; empty where there is none. invalid_input: not a position.
Result<std::optional<std::uint64_t>> parse_last_event_id(std::string_view header);

}  // namespace cartella::api
