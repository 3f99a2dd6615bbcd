#include "api/changes.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "api/change_facts.h"
#include "base/mutex.h"
#include "store/subscription.h"

namespace cartella::api {

namespace {

// A client that comes back gets what it missed in pieces, with a pause after each, so that neither
// its queue overflows nor the others wait.
constexpr std::size_t kPieceBytes = 16 * 1024;
constexpr std::size_t kPieceFacts = 256;  // whoever may know of few has to wait for others, too
constexpr std::chrono::milliseconds kPause{10};
constexpr std::chrono::minutes kRestAfter{1};  // longer than a page takes to load anew
constexpr std::string_view kRetry = "retry: 3000\n\n";

void append_id(std::string& to, std::uint64_t position) {
  to += "id: ";
  to += std::to_string(position);
  to += '\n';
}

std::string message_of(const ChangeFacts& facts, const ChangeIds& ids) {
  const schema::TypeInfo* type = schema::find_type(facts.type);
  const std::string_view name = type == nullptr ? "Unknown" : type->name;
  std::string text;
  text.reserve(256);
  append_id(text, facts.position);
  text += "event: ";
  text += name;
  text += "\ndata: {\"position\":";
  text += std::to_string(facts.position);
  text += ",\"type\":\"";
  text += name;
  text += '"';
  if (!ids.stream.is_zero()) text += ",\"stream\":\"" + ids.stream.hex() + '"';
  if (!ids.case_stream.is_zero()) text += ",\"case\":\"" + ids.case_stream.hex() + '"';
  text += "}\n\n";
  return text;
}

// Returns early at a stop.
void pause(const std::stop_token& stop, std::chrono::milliseconds duration) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, duration, [] { return false; });
}

// An id without data moves the client's place and calls nobody.
std::string heartbeat_of(std::uint64_t next) {
  std::string text;
  if (next > 0) append_id(text, next - 1);
  text += ": " + std::to_string(next) + "\n\n";
  return text;
}

std::string reset_of(std::uint64_t next) {
  std::string text;
  if (next > 0) append_id(text, next - 1);
  text += "event: reset\ndata: {\"position\":" + std::to_string(next) + "}\n\n";
  return text;
}

// Most viewers who may know of an event know all its ids: that message is made once.
class Messages {
 public:
  const std::string& whole(const ChangeFacts& facts) {
    if (x_whole.empty()) x_whole = message_of(facts, {facts.stream, facts.case_stream});
    return x_whole;
  }
  void append(const ChangeFacts& facts, const ChangeIds& ids, std::string& to) {
    if (ids.stream == facts.stream && ids.case_stream == facts.case_stream)
      to += whole(facts);
    else
      to += message_of(facts, ids);
  }

 private:
  std::string x_whole;
};

class SinkWhile final : public PushSink {
 public:
  SinkWhile(std::function<bool()> may_go_on, std::shared_ptr<PushSink> to)
      : x_may_go_on(std::move(may_go_on)), x_to(std::move(to)) {}
  bool send(std::string piece) override { return x_may_go_on() && x_to->send(std::move(piece)); }
  bool is_open() const override { return x_may_go_on() && x_to->is_open(); }

 private:
  std::function<bool()> x_may_go_on;
  std::shared_ptr<PushSink> x_to;
};

}  // namespace

std::shared_ptr<PushSink> sink_while(std::function<bool()> may_go_on,
                                     std::shared_ptr<PushSink> to) {
  return std::make_shared<SinkWhile>(std::move(may_go_on), std::move(to));
}

struct ChangeHub::Impl {
  struct Subscriber {
    std::shared_ptr<PushSink> sink;
    ChangeFilter filter;
    std::uint64_t next = 0;  // the first position that was not offered; of one who is behind
  };
  struct Shared {
    std::vector<Subscriber> joining;
    Status failure = ok();
    bool is_stopped = false;
  };

  Impl(const store::Store& log, crypto::SegmentKeys& keys, const Clock& wall,
       const ChangeHubOptions& given)
      : store(log),
        clock(wall),
        options(given),
        reader(log, keys),
        next(log.size()),
        position(next) {}

  void run(const std::stop_token& stop);
  Status follow(const std::stop_token& stop);
  Status prime();
  Status keep(const std::vector<store::Notice>& notices, std::size_t& fresh);
  void rest();
  Status welcome();
  void greet(Subscriber& subscriber);
  void catch_up();
  bool advance(Subscriber& subscriber);
  void tell(std::size_t fresh);
  void beat();
  void remove_gone(std::vector<Subscriber>& from);

  const store::Store& store;
  const Clock& clock;
  const ChangeHubOptions options;
  ChangeReader reader;

  // Of the hub's thread alone.
  std::vector<Subscriber> subscribers;  // up to date
  std::vector<Subscriber> behind;       // who came back
  std::deque<ChangeFacts> kept;
  std::uint64_t kept_from = 0;    // everything that may be told from here on is in `kept`
  bool is_resting = true;         // nobody was there for a while: nothing is kept
  std::int64_t last_seen_us = 0;  // when somebody was there
  std::uint64_t next = 0;         // the first position that was not told
  std::int64_t last_beat_us = 0;

  Mutex<Shared> shared;
  std::atomic<std::size_t> count{0};  // subscribers, those who are joining among them
  std::atomic<std::uint64_t> position{0};
  std::atomic<std::uint64_t> told{0};
  std::atomic<std::uint64_t> dropped{0};
  std::atomic<std::uint64_t> resets{0};
  std::jthread thread;  // last: it uses all of the above
};

// ---- the hub's thread ---------------------------------------------------------------------------
// What came before anybody was there is read too, for who was told by the process before.
Status ChangeHub::Impl::prime() {
  kept_from = next > options.kept_max ? next - options.kept_max : 0;
  for (std::uint64_t at = kept_from; at < next; ++at) {
    CARTELLA_TRY(const auto facts, reader.read(at));
    if (facts) kept.push_back(*facts);
  }
  is_resting = false;
  last_seen_us = clock.monotonic_us();
  return ok();
}

// Opening every event costs as much as a view does: not where nobody would be told.
void ChangeHub::Impl::rest() {
  const std::int64_t now = clock.monotonic_us();
  if (count > 0) last_seen_us = now;
  if (is_resting || now - last_seen_us < std::chrono::microseconds(kRestAfter).count()) return;
  is_resting = true;
  kept.clear();
}

Status ChangeHub::Impl::keep(const std::vector<store::Notice>& notices, std::size_t& fresh) {
  for (const store::Notice& notice : notices) {
    CARTELLA_TRY(const auto facts, reader.read(notice.position));
    if (!facts) continue;
    kept.push_back(*facts);
    ++fresh;
  }
  while (kept.size() > options.kept_max && kept.size() > fresh) {
    kept_from = kept.front().position + 1;
    kept.pop_front();
  }
  return ok();
}

void ChangeHub::Impl::tell(std::size_t fresh) {
  if (fresh == 0 || subscribers.empty()) return;
  const auto begin = kept.end() - static_cast<std::ptrdiff_t>(fresh);
  std::vector<Messages> messages(fresh);
  std::uint64_t sent = 0;
  for (Subscriber& subscriber : subscribers) {
    std::string text;
    for (std::size_t i = 0; i < fresh; ++i) {
      const ChangeFacts& facts = begin[static_cast<std::ptrdiff_t>(i)];
      const auto ids = subscriber.filter(facts);
      if (!ids) continue;
      messages[i].append(facts, *ids, text);
      ++sent;
    }
    if (!text.empty() && !subscriber.sink->send(std::move(text))) subscriber.sink.reset();
  }
  told += sent;
  remove_gone(subscribers);
}

void ChangeHub::Impl::greet(Subscriber& subscriber) {
  std::string text(kRetry);
  // From a history that this log does not have.
  if (subscriber.next > store.size()) {
    subscriber.next = next;
    text += reset_of(next);
    ++resets;
  }
  if (!subscriber.sink->send(std::move(text))) subscriber.sink.reset();
}

// One piece. True: it is up to date now.
bool ChangeHub::Impl::advance(Subscriber& subscriber) {
  if (subscriber.next > next) return false;  // this thread has to come there first
  std::string text;
  if (subscriber.next < kept_from) {
    text = reset_of(next);
    subscriber.next = next;
    ++resets;
  }
  auto at = std::lower_bound(
      kept.begin(), kept.end(), subscriber.next,
      [](const ChangeFacts& facts, std::uint64_t wanted) { return facts.position < wanted; });
  for (std::size_t asked = 0; at != kept.end() && text.size() < kPieceBytes && asked < kPieceFacts;
       ++at, ++asked) {
    subscriber.next = at->position + 1;
    const auto ids = subscriber.filter(*at);
    if (!ids) continue;
    text += message_of(*at, *ids);
    ++told;
  }
  if (at == kept.end()) {
    subscriber.next = next;
    text += heartbeat_of(next);
  }
  if (!subscriber.sink->send(std::move(text))) subscriber.sink.reset();
  return subscriber.next == next;
}

void ChangeHub::Impl::catch_up() {
  std::vector<Subscriber> still;
  for (Subscriber& subscriber : behind) {
    const bool is_done = advance(subscriber) || subscriber.sink == nullptr;
    (is_done ? subscribers : still).push_back(std::move(subscriber));
  }
  behind = std::move(still);
  remove_gone(subscribers);
}

Status ChangeHub::Impl::welcome() {
  auto joining = shared.with([](Shared& state) { return std::exchange(state.joining, {}); });
  if (is_resting && !joining.empty()) {
    CARTELLA_TRY(prime());
  }
  for (Subscriber& subscriber : joining) {
    greet(subscriber);
    behind.push_back(std::move(subscriber));
  }
  remove_gone(behind);
  if (!behind.empty()) catch_up();
  return ok();
}

void ChangeHub::Impl::beat() {
  const std::int64_t now = clock.monotonic_us();
  if (now - last_beat_us < std::chrono::microseconds(options.heartbeat).count()) return;
  last_beat_us = now;
  const std::string text = heartbeat_of(next);
  for (Subscriber& subscriber : subscribers)
    if (!subscriber.sink->send(text)) subscriber.sink.reset();
  remove_gone(subscribers);
}

void ChangeHub::Impl::remove_gone(std::vector<Subscriber>& from) {
  const std::size_t gone =
      std::erase_if(from, [](const Subscriber& subscriber) { return subscriber.sink == nullptr; });
  count -= gone;
  dropped += gone;
}

Status ChangeHub::Impl::follow(const std::stop_token& stop) {
  last_beat_us = clock.monotonic_us();
  std::unique_ptr<store::Subscription> subscription;
  while (!stop.stop_requested()) {
    if (is_resting) position = next = store.size();
    CARTELLA_TRY(welcome());
    if (is_resting) {
      subscription.reset();
      pause(stop, options.wait);
      continue;
    }
    if (!subscription) {
      CARTELLA_TRY(subscription, store::Subscription::open(store, {next, {}, 256}));
    }
    CARTELLA_TRY(const auto delivery, subscription->next(behind.empty() ? options.wait : kPause));
    rest();
    if (is_resting) continue;
    std::size_t fresh = 0;
    CARTELLA_TRY(keep(delivery.notices, fresh));
    if (stop.stop_requested()) break;
    next = delivery.checkpoint;
    position = next;
    tell(fresh);
    beat();
    if (fresh > 0 && !subscribers.empty()) pause(stop, options.gather);
  }
  return ok();
}

void ChangeHub::Impl::run(const std::stop_token& stop) {
  const Status ended = follow(stop);
  // Sinks are let go of outside the lock.
  const auto left = shared.with([&](Shared& state) {
    state.is_stopped = true;
    if (!ended) state.failure = ended.error();
    return std::exchange(state.joining, {});
  });
  subscribers.clear();
  behind.clear();
  count = 0;
}

// ---- the class ----------------------------------------------------------------------------------
ChangeHub::ChangeHub(const store::Store& store, crypto::SegmentKeys& keys, const Clock& clock,
                     const ChangeHubOptions& options)
    : x_impl(std::make_unique<Impl>(store, keys, clock, options)) {
  Impl& impl = *x_impl;
  impl.thread = std::jthread([&impl](const std::stop_token& stop) { impl.run(stop); });
}

ChangeHub::~ChangeHub() { stop(); }

void ChangeHub::stop() {
  x_impl->thread.request_stop();
  if (x_impl->thread.joinable()) x_impl->thread.join();
}

Status ChangeHub::subscribe(std::shared_ptr<PushSink> sink, ChangeFilter filter,
                            std::optional<std::uint64_t> last_seen) {
  return x_impl->shared.with([&](Impl::Shared& state) -> Status {
    if (state.is_stopped) return fail(Errc::unavailable, "live changes are not followed any more");
    if (x_impl->count >= x_impl->options.subscribers_max)
      return fail(Errc::unavailable, "too many subscribers of live changes");
    ++x_impl->count;
    const std::uint64_t next = last_seen ? *last_seen + 1 : x_impl->position.load();
    state.joining.push_back({std::move(sink), std::move(filter), next});
    return ok();
  });
}

ChangeHubStats ChangeHub::stats() const {
  return {x_impl->count, x_impl->position, x_impl->told, x_impl->dropped, x_impl->resets};
}

Status ChangeHub::health() const {
  return x_impl->shared.with([](const Impl::Shared& state) { return state.failure; });
}

Result<std::optional<std::uint64_t>> parse_last_event_id(std::string_view header) {
  if (header.empty()) return std::optional<std::uint64_t>{};
  std::uint64_t position = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), position);
  if (error != std::errc{} || end != header.data() + header.size() ||
      position == std::numeric_limits<std::uint64_t>::max())
    return fail(Errc::invalid_input, "Last-Event-ID is not a position");
  return std::optional<std::uint64_t>(position);
}

}  // namespace cartella::api
