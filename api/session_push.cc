// Outbox: see api/session.h.
#include "api/session.h"

namespace cartella::api {

bool Outbox::send(std::string_view piece) {
  return x_state.with([&](State& state) {
    if (!state.open || state.ended) return false;
    if (piece.empty()) return true;
    if (state.waiting.size() + state.in_flight_bytes + piece.size() > x_bytes_max) {
      state.open = false;
      state.peer->fall_behind();
      return false;
    }
    state.waiting.append(piece);
    if (!state.told) {
      state.told = true;
      state.peer->wake();
    }
    return true;
  });
}

bool Outbox::is_open() const {
  return x_state.with([](const State& state) { return state.open && !state.ended; });
}

void Outbox::end() {
  x_state.with([](State& state) {
    if (!state.open || state.ended) return;
    state.ended = true;
    state.peer->wake();
  });
}

void Outbox::close() {
  // The peer goes after the lock: it may be the last to know of the session.
  const auto peer = x_state.with([](State& state) {
    state.open = false;
    return std::move(state.peer);
  });
}

Outbox::Taken Outbox::take(std::string& to) {
  return x_state.with([&](State& state) {
    state.told = false;
    to.clear();
    to.swap(state.waiting);
    state.in_flight_bytes = to.size();
    if (!to.empty()) return Taken::bytes;
    return state.ended ? Taken::end : Taken::nothing;
  });
}

}  // namespace cartella::api
