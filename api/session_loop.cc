#include "api/session_loop.h"

#include <unistd.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "api/session.h"

namespace cartella::api {

namespace asio = boost::asio;

struct SessionLoop::Impl {
  explicit Impl(const Surroundings& given) : surroundings(given) {}

  void arm() {
    tick.expires_after(std::chrono::milliseconds(surroundings.options.deadlines.tick_ms));
    tick.async_wait([this](const boost::system::error_code& error) {
      if (error || !guard) return;  // one that had run out already cannot be cancelled
      const std::int64_t now_ms = surroundings.options.clock->monotonic_us() / 1000;
      // A session may take itself off the list, and the last one then takes its place.
      for (std::size_t i = sessions.size(); i-- > 0;)
        if (i < sessions.size()) sessions[i]->look_at_deadline(now_ms);
      surroundings.workers.relieve();
      arm();
    });
  }
  void for_each(void (Session::*what)()) {
    const auto now = sessions;
    for (Session* session : now) (session->*what)();
  }

  const Surroundings& surroundings;
  std::vector<Session*> sessions;  // each owns itself through what it waits for
  std::atomic<bool> draining{false};
  std::thread thread;
  asio::io_context context{1};  // destroyed first: with it go the sessions
  asio::steady_timer tick{context};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard{
      context.get_executor()};
};

SessionLoop::SessionLoop(const Surroundings& surroundings)
    : x_impl(std::make_unique<Impl>(surroundings)) {}

SessionLoop::~SessionLoop() { stop(); }

void SessionLoop::start() {
  x_impl->arm();
  x_impl->thread = std::thread([impl = x_impl.get()] { impl->context.run(); });
}

void SessionLoop::adopt(Arrival arrival) {
  asio::post(x_impl->context, [this, given = std::move(arrival)]() mutable {
    if (is_draining()) {
      close(given.file);
      x_impl->surroundings.connections.shaken(given.peer);
      x_impl->surroundings.connections.release(given.peer);
      return;
    }
    open_session(*this, std::move(given));
  });
}

void SessionLoop::drain() {
  x_impl->draining = true;
  asio::post(x_impl->context, [impl = x_impl.get()] { impl->for_each(&Session::finish); });
}

void SessionLoop::cut() {
  asio::post(x_impl->context, [impl = x_impl.get()] { impl->for_each(&Session::cut); });
}

bool SessionLoop::is_draining() const { return x_impl->draining; }

void SessionLoop::stop() {
  if (!x_impl->thread.joinable()) return;
  x_impl->draining = true;
  asio::post(x_impl->context, [impl = x_impl.get()] {
    impl->for_each(&Session::cut);
    impl->tick.cancel();
    impl->guard.reset();
  });
  x_impl->thread.join();
}

const Surroundings& SessionLoop::surroundings() const { return x_impl->surroundings; }

asio::io_context& SessionLoop::context() { return x_impl->context; }

void SessionLoop::add(Session& session) {
  session.slot = x_impl->sessions.size();
  x_impl->sessions.push_back(&session);
}

void SessionLoop::remove(Session& session) {
  auto& sessions = x_impl->sessions;
  sessions[session.slot] = sessions.back();
  sessions[session.slot]->slot = session.slot;
  sessions.pop_back();
}

}  // namespace cartella::api
