// api/session.h: one connection: handshake, requests one after the other, answers, pushes, the end.
//
// A session owns itself: it lives as long as it waits for something, and ends on its loop's thread.
// Threads: open_session() on the loop's thread; an Outbox from any.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "api/http.h"
#include "api/session_loop.h"
#include "base/mutex.h"

namespace cartella::api {

void open_session(SessionLoop& loop, Arrival arrival);

// The session that an Outbox belongs to. Both are told to its loop, from any thread.
class PushPeer {
 public:
  virtual ~PushPeer() = default;
  virtual void wake() = 0;         // there is something to take
  virtual void fall_behind() = 0;  // the queue is full
};

// What waits to be pushed to one peer.
class Outbox {
 public:
  enum class Taken { nothing, bytes, end };

  Outbox(std::shared_ptr<PushPeer> peer, std::size_t bytes_max)
      : x_state(State{std::move(peer), {}, 0, true, false, false}), x_bytes_max(bytes_max) {}

  bool send(std::string_view piece);
  bool is_open() const;
  void end();    // after what waits
  void close();  // by the session: the peer is gone
  // Moves all that waits to `to` and counts it as in flight until the next call.
  Taken take(std::string& to);

 private:
  struct State {
    std::shared_ptr<PushPeer> peer;  // until close()
    std::string waiting;
    std::size_t in_flight_bytes;
    bool open;
    bool ended;
    bool told;  // the peer was woken and has not taken yet
  };
  Mutex<State> x_state;
  const std::size_t x_bytes_max;
};

// The owner's end; when it is dropped, the stream ends.
class PushHandle final : public PushSink {
 public:
  explicit PushHandle(std::shared_ptr<Outbox> outbox) : x_outbox(std::move(outbox)) {}
  ~PushHandle() override { x_outbox->end(); }
  PushHandle(const PushHandle&) = delete;
  PushHandle& operator=(const PushHandle&) = delete;
  bool send(std::string piece) override { return x_outbox->send(piece); }
  bool is_open() const override { return x_outbox->is_open(); }

 private:
  std::shared_ptr<Outbox> x_outbox;
};

}  // namespace cartella::api
