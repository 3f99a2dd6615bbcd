#include "api/session.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "api/answer.h"
#include "api/intake.h"
#include "api/problem.h"
#include "api/session_wire.h"
#include "crypto/command_id.h"
#include "crypto/root_key.h"

namespace cartella::api {

namespace {

namespace asio = boost::asio;

constexpr std::size_t kWriteBytes = std::size_t{64} * 1024;  // between two looks at the clock
constexpr std::size_t kKeptBytes = std::size_t{64} * 1024;   // of a buffer between two answers

class Connection final : public Session,
                         public Work,
                         public PushPeer,
                         public WireUser,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(SessionLoop& loop, Arrival arrival);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  void start();

  void look_at_deadline(std::int64_t now_ms) override;
  void finish() override;
  void cut() override { close(); }

  void run() override;
  void drop() override;

  void on_handshake(bool ok) override;
  void on_read(bool ok, std::size_t count) override;
  void on_written(bool ok, std::size_t count) override;
  void on_end() override { close(); }

  void wake() override {
    asio::post(x_loop.context(), [self = shared_from_this()] { self->flush(); });
  }
  void fall_behind() override {
    x_all.counters.pushes_dropped.fetch_add(1, std::memory_order_relaxed);
    asio::post(x_loop.context(), [self = shared_from_this()] { self->close(); });
  }

 private:
  enum class Phase : std::uint8_t {
    handshake,
    idle,       // waits for the first byte of a request
    head,       // reads the header
    body,       // reads the body
    working,    // a worker has the request, the response and the bytes to write
    writing,    // an answer or a piece of it
    pushing,    // a stream is open; the peer has nothing to say
    lingering,  // waits until the peer has read the last answer
    closed
  };
  enum class After : std::uint8_t { more_body, answer, piece, push_open, push, push_end };
  enum class Job : std::uint8_t { handle, complete, pull, discard };

  std::int64_t now_ms() const { return x_all.options.clock->monotonic_us() / 1000; }
  void end_handshake() {
    if (std::exchange(x_shaking, false)) x_all.connections.shaken(x_peer);
  }
  void wait(Phase phase, std::int64_t timeout_ms) {
    x_phase = phase;
    x_deadline_ms = timeout_ms == 0 ? 0 : now_ms() + timeout_ms;
  }
  void read() { x_wire.read(x_intake.room(), shared_from_this()); }
  void consume();
  void refuse(unsigned status, std::string_view type, std::string_view title,
              std::string_view detail);
  void refuse_intake();
  void refuse_late() {
    refuse(408, "request_timeout", "Richiesta troppo lenta",
           "La richiesta non è arrivata intera nel tempo concesso.");
  }
  void dispatch();
  void hand_over(Job job, std::shared_ptr<Connection> self);
  void answer();
  // The worker goes on with other work; until the wait is over, whoever tells of it has the
  // session.
  void start_wait(std::shared_ptr<Connection> self) {
    x_response.wait->start(x_response,
                           [self = std::move(self)]() mutable { self->end_wait(std::move(self)); });
  }
  void end_wait(std::shared_ptr<Connection> self) {
    // Whoever tells of it leads a group of the log: what reads more, or opens a stream, is not its
    // work.
    const bool is_whole = !x_response.pull && !x_response.push;
    if (x_response.wait->is_short() && is_whole) return complete(std::move(self));
    hand_over(Job::complete, std::move(self));
  }
  void complete(std::shared_ptr<Connection> self);
  // The session ends on its loop: the last reference goes there.
  void to_loop(std::shared_ptr<Connection> self) {
    asio::post(x_loop.context(), [self = std::move(self)] { self->answered(); });
  }
  void render();
  void pull_piece();
  void answered();
  void write(After after);
  void write_some() {
    x_wire.write(std::string_view(x_out).substr(x_written, kWriteBytes), shared_from_this());
  }
  void wrote();
  // Its body may hold a password, or what opens the vault.
  void forget_request() {
    crypto::wipe_text(x_request.body);
    x_request = {};
  }
  void next_request();
  void flush();
  void count_push_end() {
    if (std::exchange(x_pushed, false))
      x_all.counters.pushes_open.fetch_sub(1, std::memory_order_relaxed);
  }
  void shut_down();
  void close();

  SessionLoop& x_loop;
  const Surroundings& x_all;
  const std::string x_peer;
  const bool x_local;
  Wire x_wire;
  Intake x_intake;
  Phase x_phase = Phase::handshake;
  std::int64_t x_deadline_ms = 0;  // 0: none
  std::int64_t x_body_began_ms = 0;
  std::size_t x_requests = 0;
  bool x_shaking = true;     // its handshake counts
  bool x_timed_out = false;  // what is read was cancelled for its deadline
  bool x_finishing = false;  // what is read was cancelled for the end
  bool x_pushed = false;     // counted as an open push

  // In the phase `working` of the worker, or of whoever ends the wait; of the loop otherwise.
  std::shared_ptr<Connection> x_self;  // while a worker has it
  Job x_job = Job::handle;
  std::int64_t x_queued_ms = 0;
  Request x_request;
  Response x_response;
  bool x_close = false;   // after this answer
  bool x_broken = false;  // the answer cannot be ended properly
  bool x_last = false;    // x_out ends the answer
  std::shared_ptr<Outbox> x_outbox;

  std::string x_out;
  std::size_t x_written = 0;
  std::size_t x_write_mark = 0;  // where the deadline was set
  bool x_writing = false;
  After x_after = After::answer;
  std::string x_piece;  // taken from the outbox
};

Connection::Connection(SessionLoop& loop, Arrival arrival)
    : x_loop(loop),
      x_all(loop.surroundings()),
      x_peer(std::move(arrival.peer)),
      x_local(arrival.tls == nullptr),
      x_wire(loop.context(), arrival.file, std::move(arrival.tls)),
      x_intake(x_local ? x_all.local_rules : x_all.rules) {
  x_loop.add(*this);
  x_all.counters.connections_total.fetch_add(1, std::memory_order_relaxed);
  x_all.counters.connections_open.fetch_add(1, std::memory_order_relaxed);
}

Connection::~Connection() {
  x_loop.remove(*this);
  x_all.counters.connections_open.fetch_sub(1, std::memory_order_relaxed);
  x_wire.close();
  forget_request();
  end_handshake();
  x_all.connections.release(x_peer);
}

void Connection::start() {
  if (!x_wire.is_open()) return close();
  wait(Phase::handshake, x_all.options.deadlines.handshake_ms);
  x_wire.handshake(shared_from_this());
}

void Connection::on_handshake(bool ok) {
  end_handshake();
  if (x_phase == Phase::closed) return;
  if (ok) return consume();
  x_all.counters.handshakes_failed.fetch_add(1, std::memory_order_relaxed);
  close();
}

void Connection::look_at_deadline(std::int64_t now) {
  const auto& deadlines = x_all.options.deadlines;
  bool over = x_deadline_ms != 0 && now >= x_deadline_ms;
  if (x_phase == Phase::body) {
    const std::int64_t spent_ms = now - x_body_began_ms;
    over |= spent_ms > deadlines.body_grace_ms &&
            static_cast<std::int64_t>(x_intake.body_bytes()) * 1000 <
                deadlines.body_bytes_per_second_min * spent_ms;
  }
  if (!over || x_phase == Phase::closed) return;
  x_deadline_ms = 0;
  switch (x_phase) {
    case Phase::idle:
      x_finishing = true;
      x_wire.cancel();  // on_read() goes on
      return;
    case Phase::head:
    case Phase::body:
      if (x_timed_out) return;
      x_timed_out = true;
      x_all.counters.timeouts.fetch_add(1);
      x_wire.cancel();
      return;
    case Phase::lingering: return close();
    default: x_all.counters.timeouts.fetch_add(1); return close();
  }
}

void Connection::finish() {
  if (x_phase == Phase::handshake) return close();
  if (x_phase == Phase::pushing) return x_outbox->end();
  if (x_phase != Phase::idle) return;  // is_draining() is asked for before the answer
  x_finishing = true;
  x_wire.cancel();
}

void Connection::on_read(bool ok, std::size_t count) {
  if (x_phase == Phase::closed) return;
  x_all.counters.bytes_in.fetch_add(count, std::memory_order_relaxed);
  // During a push the peer may only go away, or be told to.
  if (x_phase == Phase::pushing) return x_finishing && !ok ? shut_down() : close();
  if (!ok && x_timed_out) return refuse_late();
  if (!ok && x_finishing) return shut_down();
  if (!ok) return close();
  x_finishing = false;
  x_intake.took(count);
  consume();
}

void Connection::consume() {
  const auto& deadlines = x_all.options.deadlines;
  switch (x_intake.advance()) {
    case Intake::State::empty:
      if (x_loop.is_draining()) return shut_down();
      wait(Phase::idle, deadlines.idle_ms);
      return read();
    case Intake::State::head:
      if (x_timed_out) return refuse_late();  // the last bytes crossed the deadline
      if (x_phase != Phase::head) wait(Phase::head, deadlines.header_ms);
      return read();
    case Intake::State::body:
      if (x_timed_out) return refuse_late();
      if (x_phase != Phase::body) {
        wait(Phase::body, deadlines.body_ms);
        x_body_began_ms = now_ms();
      }
      if (!x_intake.must_continue()) return read();
      x_out.assign(kContinue);
      return write(After::more_body);
    case Intake::State::complete: return dispatch();
    case Intake::State::refused: return refuse_intake();
  }
}

void Connection::refuse_intake() {
  const auto& why = x_intake.refusal();
  x_all.counters.requests_refused.fetch_add(1, std::memory_order_relaxed);
  if (why.code == Errc::out_of_space)
    return refuse(413, "content_too_large", "Contenuto troppo grande", why.detail);
  refuse(400, "bad_request", "Richiesta non valida", why.detail);
}

void Connection::refuse(unsigned status, std::string_view type, std::string_view title,
                        std::string_view detail) {
  x_timed_out = false;
  x_request.id = RequestId{crypto::new_command_id(*x_all.options.clock).bytes};
  x_response = problem(x_request.id, status, type, title, detail);
  x_close = true;
  render();
  write(After::answer);
}

void Connection::dispatch() {
  x_request = x_intake.take_request();
  x_request.peer = x_peer;
  x_request.is_local = x_local;
  x_request.id = RequestId{crypto::new_command_id(*x_all.options.clock).bytes};
  ++x_requests;
  x_timed_out = false;
  x_close = !x_intake.keep_alive() || x_requests >= x_all.options.requests_per_connection_max;
  wait(Phase::working, 0);
  x_queued_ms = now_ms();
  x_job = Job::handle;
  x_self = shared_from_this();
  if (x_all.workers.submit(*this)) return;
  const auto self = std::move(x_self);
  x_all.counters.queue_full.fetch_add(1, std::memory_order_relaxed);
  x_response = problem(x_request.id, 503, "unavailable", "Servizio occupato",
                       "Troppe richieste in attesa: riprovare tra poco.");
  x_response.headers.push_back({"Retry-After", "1"});
  render();
  write(After::answer);
}

// The next part of an answer, on a worker, which may be done with it before this returns.
void Connection::hand_over(Job job, std::shared_ptr<Connection> self) {
  Workers& workers = x_all.workers;
  x_job = job;
  x_self = std::move(self);
  workers.resume(*this);
}

void Connection::run() {
  auto self = std::move(x_self);
  switch (x_job) {
    case Job::handle:
      answer();
      return x_response.wait ? start_wait(std::move(self)) : complete(std::move(self));
    case Job::complete: return complete(std::move(self));
    case Job::pull:
      x_out.clear();
      pull_piece();
      break;
    case Job::discard: x_response.pull.reset(); break;
  }
  to_loop(std::move(self));
}

void Connection::complete(std::shared_ptr<Connection> self) {
  if (const auto wait = std::move(x_response.wait)) wait->end(x_response);
  render();
  if (x_response.pull) pull_piece();
  const PushStart start = std::move(x_response.push);
  if (start) x_outbox = std::make_shared<Outbox>(self, x_all.options.push_bytes_max);
  const auto outbox = x_outbox;
  to_loop(std::move(self));
  if (start) start(std::make_shared<PushHandle>(outbox));
}

void Connection::drop() {
  x_response = {};
  x_broken = true;
  to_loop(std::move(x_self));
}

void Connection::answer() {
  if (now_ms() - x_queued_ms > x_all.options.deadlines.queue_ms) {
    x_all.counters.queue_expired.fetch_add(1, std::memory_order_relaxed);
    x_response = problem(x_request.id, 503, "unavailable", "Servizio occupato",
                         "La richiesta ha atteso troppo e non è stata eseguita: riprovare.");
    x_response.headers.push_back({"Retry-After", "1"});
  } else {
    x_response = x_all.handler(x_request);
  }
}

void Connection::render() {
  if (!is_sendable(x_response))
    x_response = problem(x_request.id, 500, "internal", "Errore interno",
                         "La risposta non si poteva inviare.");
  x_close = x_close || x_response.close || x_response.push || x_loop.is_draining();
  x_out.clear();
  append_head(x_response, x_request.id, x_close, x_all.options.clock->wall(), x_out);
  x_last = !x_response.pull;
  if (!x_response.pull && !x_response.push) x_out.append(x_response.body);
  x_all.counters.answers[x_response.status / 100].fetch_add(1, std::memory_order_relaxed);
}

void Connection::pull_piece() {
  auto piece = x_response.pull->next();
  x_broken = !piece;
  if (!piece) return;
  x_last = piece.value().empty();
  if (!x_last) return append_chunk(piece.value(), x_out);
  x_out.append(kLastChunk);
  x_response.pull.reset();  // here: it may hold what only workers may let go
}

// Back on the loop, with something to write.
void Connection::answered() {
  if (x_phase == Phase::closed || x_broken) {
    x_broken = false;
    x_phase = Phase::writing;  // so that close() sees what there is to give back
    return close();
  }
  if (x_outbox) return write(After::push_open);
  write(x_last ? After::answer : After::piece);
}

void Connection::write(After after) {
  x_after = after;
  x_written = 0;
  x_write_mark = 0;
  x_writing = true;
  wait(x_phase == Phase::pushing ? Phase::pushing : Phase::writing,
       x_all.options.deadlines.write_ms);
  write_some();
}

void Connection::on_written(bool ok, std::size_t count) {
  if (x_phase == Phase::closed) return;
  x_all.counters.bytes_out.fetch_add(count, std::memory_order_relaxed);
  if (!ok) return close();
  x_written += count;
  if (x_written < x_out.size()) {
    if (x_written - x_write_mark >= kWriteBytes) {
      x_write_mark = x_written;
      wait(x_phase, x_all.options.deadlines.write_ms);
    }
    return write_some();
  }
  x_writing = false;
  x_deadline_ms = 0;
  wrote();
}

void Connection::wrote() {
  switch (x_after) {
    case After::more_body:
      wait(Phase::body, x_all.options.deadlines.body_ms);
      x_body_began_ms = now_ms();
      return read();
    case After::answer: return x_close ? shut_down() : next_request();
    case After::piece: wait(Phase::working, 0); return hand_over(Job::pull, shared_from_this());
    case After::push_open:
      x_pushed = true;
      forget_request();
      x_all.counters.pushes_open.fetch_add(1, std::memory_order_relaxed);
      wait(Phase::pushing, 0);
      read();  // nothing may come: it tells that the peer goes away
      if (x_loop.is_draining()) x_outbox->end();
      return flush();
    case After::push: return flush();
    case After::push_end:
      x_finishing = true;
      x_wire.cancel();  // on_read() goes on
      return;
  }
}

void Connection::next_request() {
  forget_request();
  x_response = {};
  x_out.clear();
  if (x_out.capacity() > kKeptBytes) x_out.shrink_to_fit();
  x_intake.next();
  consume();
}

void Connection::flush() {
  if (x_phase != Phase::pushing || x_writing || x_finishing) return;
  switch (x_outbox->take(x_piece)) {
    case Outbox::Taken::nothing: return;
    case Outbox::Taken::bytes:
      x_out.clear();
      append_chunk(x_piece, x_out);
      return write(After::push);
    case Outbox::Taken::end: x_out.assign(kLastChunk); return write(After::push_end);
  }
}

// The last answer is written: the peer must be able to read it, so what it still sends is taken.
void Connection::shut_down() {
  x_finishing = false;
  count_push_end();
  wait(Phase::lingering, x_all.options.deadlines.linger_ms);
  x_wire.end(shared_from_this());
}

// What waits for the socket is told, and the session ends when nothing refers to it any more. In
// the phase `working` the worker's things are left to answered().
void Connection::close() {
  if (x_phase == Phase::closed) return;
  const bool working = x_phase == Phase::working;
  x_phase = Phase::closed;
  x_deadline_ms = 0;
  x_wire.close();
  if (working) return;
  count_push_end();
  if (x_outbox) x_outbox->close();
  if (x_response.pull) hand_over(Job::discard, shared_from_this());
}

}  // namespace

void open_session(SessionLoop& loop, Arrival arrival) {
  std::make_shared<Connection>(loop, std::move(arrival))->start();
}

}  // namespace cartella::api
