#include "proofs/anchoring.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <span>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "crypto/note.h"
#include "proofs/outbound.h"
#include "proofs/time_stamp.h"

namespace cartella::proofs {

namespace {

constexpr std::int64_t kHourUs = 3'600'000'000;

// When one that did not answer is asked again.
struct Pause {
  std::int64_t next_us = 0;  // of the monotonic clock
  std::int64_t length_us = 0;
  bool is_due(std::int64_t now_us) const { return now_us >= next_us; }
  void lengthen(std::int64_t now_us, const AnchoringOptions& options) {
    const std::int64_t least = std::chrono::microseconds(options.round).count();
    const std::int64_t most = std::chrono::microseconds(options.pause_max).count();
    length_us = std::clamp(2 * length_us, least, std::max(least, most));
    next_us = now_us + length_us;
  }
};

struct WitnessState {
  OutboundUrl url;
  std::uint64_t known_size = 0;  // what it saw last, as far as is known
  // By this process: each start asks about what is cosigned already, and so hears of a rollback.
  std::uint64_t cosigned_size = 0;
  Pause pause;
  std::optional<WitnessAlarm> alarm;  // its last answer
};

struct Shown {
  std::uint64_t size = 0;
  std::string note;
};

// What the checkpoint of one tree got from outside and the folder does not hold yet: a disk that is
// full for a while costs no cosignature and no time-stamp.
struct Gained {
  Shown head;
  std::string lines;
  std::optional<Bytes> stamp;
};

// What other threads read.
struct Shared {
  AnchoringStatus status;
  Shown newest;       // the newest anchor
  Shown with_quorum;  // the newest that has it
};

}  // namespace

struct Anchoring::Impl {
  Impl(const store::Store& log, const Clock& time, const Logger& to, const AnchorFolder& at,
       AnchoringOptions given)
      : store(log), clock(time), logger(to), folder(at), options(std::move(given)) {}

  Status prepare();
  void run();
  Shown newest() const;
  void round(bool with_stamp);
  std::string ask_witnesses(const Shown& newest);
  std::string ask(std::size_t index, const Shown& newest);
  bool shows_proof(const OutboundUrl& url) const;
  void raise_alarms(const std::vector<std::size_t>& asked) const;
  std::optional<Bytes> stamp(const Shown& newest);
  void keep_gained();
  Status keep(const Gained& what);
  void show(const Anchor& anchor);
  Status seek_quorum(std::span<const std::uint64_t> sizes);
  bool is_of_this_era(const Anchor& anchor) const;
  void forget_previous(const Anchor& now);
  bool supports_less(const Anchor& before, const Anchor& now) const;

  bool is_stopping() {
    const std::lock_guard lock(mutex);
    return stopping;
  }
  void report(std::size_t index, const WitnessReply& reply);

  const store::Store& store;
  const Clock& clock;
  const Logger& logger;
  const AnchorFolder folder;
  const AnchoringOptions options;
  OutboundUrl authority_url;
  // Of the thread.
  std::vector<WitnessState> witnesses;
  Pause authority_pause;
  std::optional<Gained> gained;
  bool is_keeping = true;  // the last try to keep something went well
  std::optional<Anchor> previous;
  std::int64_t previous_hour = 0;
  std::int64_t kept_hour = -1;

  Mutex<Shared> shared;
  std::mutex mutex;
  std::condition_variable stop_asked;
  bool stopping = false;
  std::thread thread;
};

Status Anchoring::Impl::prepare() {
  if (options.policy) {
    for (std::size_t i = 0; i < options.policy->witnesses.size(); ++i) {
      WitnessState state;
      CARTELLA_TRY(state.url, parse_url(options.policy->witnesses[i].url));
      witnesses.push_back(std::move(state));
    }
  }
  if (options.authority) {
    CARTELLA_TRY(authority_url, parse_url(options.authority->url));
  }
  shared.with([&](Shared& to) {
    if (options.policy)
      for (const crypto::Cosigner& each : options.policy->cosigners)
        to.status.witnesses.push_back({.name = each.name});
    to.status.has_authority = options.authority.has_value();
  });
  CARTELLA_TRY(const auto sizes, folder.sizes());
  // The newest ones are enough to go on from, but for the quorum.
  constexpr std::size_t kLooked = 100;
  const std::size_t first = sizes.size() - std::min(sizes.size(), kLooked);
  for (std::size_t i = first; i < sizes.size(); ++i) {
    CARTELLA_TRY(const auto anchor, folder.find(sizes[i]));
    if (!anchor || !is_of_this_era(*anchor)) continue;
    if (sizes[i] > store.size()) {
      shared.with([](Shared& to) { to.status.is_alarmed = true; });
      logger.write(LogLevel::error, "anchor_beyond_log",
                   {{"anchor", sizes[i]}, {"size", store.size()}});
      continue;
    }
    show(*anchor);
  }
  return seek_quorum(std::span(sizes).first(first));
}

// How far the quorum reaches may be long ago: anchors without it are kept as well, one an hour and
// those with a time-stamp. Damaged ones are `verify`'s matter.
Status Anchoring::Impl::seek_quorum(std::span<const std::uint64_t> sizes) {
  if (!options.policy || shared.with([](const Shared& from) { return from.with_quorum.size != 0; }))
    return ok();
  for (std::size_t i = sizes.size(); i-- > 0;) {
    const auto anchor = folder.find(sizes[i]);
    if (!anchor && anchor.error().code != Errc::corrupt) return anchor.error();
    if (!anchor || !anchor.value() || sizes[i] > store.size() || !is_of_this_era(*anchor.value()))
      continue;
    const auto support = judge_support(*options.policy, anchor.value()->note);
    if (!support || !support.value().is_enough) continue;
    shared.with([&](Shared& to) {
      to.with_quorum = {sizes[i], anchor.value()->note};
      to.status.quorum_size = sizes[i];
    });
    break;
  }
  return ok();
}

bool Anchoring::Impl::is_of_this_era(const Anchor& anchor) const {
  const auto checkpoint = crypto::read_checkpoint(anchor.note);
  return checkpoint && checkpoint.value().origin == store.origin();
}

// Takes over what an anchor says. Anchors come in ascending order.
void Anchoring::Impl::show(const Anchor& anchor) {
  std::optional<Support> support;
  if (options.policy) {
    if (auto judged = judge_support(*options.policy, anchor.note))
      support = std::move(judged).value();
  }
  std::optional<TimeStamp> stamp;
  if (!anchor.time_stamps.empty()) {
    if (auto read = read_time_stamp(anchor.time_stamps.back())) stamp = std::move(read).value();
  }
  shared.with([&](Shared& to) {
    to.newest = {anchor.size, anchor.note};
    if (support && support->is_enough) {
      to.with_quorum = to.newest;
      to.status.quorum_size = anchor.size;
    }
    if (support)
      for (const crypto::Cosignature& each : support->cosigned)
        to.status.witnesses[each.cosigner].size = anchor.size;
    if (stamp) {
      to.status.time_stamp_size = anchor.size;
      to.status.time_stamp_time = stamp->time;
    }
  });
}

void Anchoring::Impl::run() {
  std::unique_lock lock(mutex);
  while (!stop_asked.wait_for(lock, options.round, [this] { return stopping; })) {
    lock.unlock();
    round(true);
    lock.lock();
  }
}

// Empty: there is nothing to have confirmed.
Shown Anchoring::Impl::newest() const {
  auto note = store.signed_checkpoint();
  const auto checkpoint =
      note ? crypto::read_checkpoint(note.value()) : Result<crypto::Checkpoint>(note.error());
  if (!checkpoint || checkpoint.value().size == 0) return {};
  return {checkpoint.value().size, std::move(note).value()};
}

void Anchoring::Impl::round(bool with_stamp) {
  keep_gained();  // what an earlier round could not
  const Shown head = newest();
  if (head.size == 0) return;
  const std::string lines = ask_witnesses(head);
  auto stamped = is_stopping() || !with_stamp ? std::optional<Bytes>() : stamp(head);
  if (lines.empty() && !stamped) return;
  // What could not be kept until now gives way to what is said of a newer tree.
  if (!gained || gained->head.size != head.size) gained = Gained{head, {}, {}};
  gained->lines += lines;
  if (stamped) gained->stamp = std::move(stamped);
  keep_gained();
}

// Nobody is asked again for what failed to be kept: it is tried again in each round, told once.
void Anchoring::Impl::keep_gained() {
  if (!gained) return;
  const auto kept = keep(*gained);
  if (!kept) {
    if (std::exchange(is_keeping, false))
      logger.write(LogLevel::error, "anchor_not_kept", {{"error", kept.error().code}});
    return;
  }
  is_keeping = true;
  if (gained->stamp) logger.write(LogLevel::info, "time_stamped", {{"size", gained->head.size}});
  gained.reset();
}

// All of them at once: a slow one keeps the others waiting for its own time-out and no longer.
std::string Anchoring::Impl::ask_witnesses(const Shown& newest) {
  std::vector<std::size_t> due;
  for (std::size_t i = 0; i < witnesses.size(); ++i)
    if (witnesses[i].cosigned_size != newest.size &&
        witnesses[i].pause.is_due(clock.monotonic_us()))
      due.push_back(i);
  if (due.empty() || is_stopping()) return {};
  std::vector<std::string> lines(due.size());  // each witness's own, and so none stands there twice
  {
    std::vector<std::jthread> asking;
    for (std::size_t i = 1; i < due.size(); ++i)
      asking.emplace_back([&, i] { lines[i] = ask(due[i], newest); });
    lines[0] = ask(due[0], newest);
  }
  raise_alarms(due);
  std::string all;
  for (const std::string& each : lines) all += each;
  return all;
}

// Of those who were asked now, by what all of them said last. An alarm is not signed: over plain
// HTTP anybody on the way may have said it.
void Anchoring::Impl::raise_alarms(const std::vector<std::size_t>& asked) const {
  if (!options.on_alarm) return;
  const auto against = static_cast<std::size_t>(std::ranges::count_if(
      witnesses, [](const WitnessState& each) { return each.alarm && each.url.is_tls; }));
  for (const std::size_t index : asked) {
    if (!witnesses[index].alarm) continue;
    WitnessAlarm alarm = *witnesses[index].alarm;
    alarm.is_believed = alarm.is_proved || 2 * against > witnesses.size();
    options.on_alarm(alarm);
  }
}

// A size or a refusal is a word that costs a witness nothing. What a key of this log signed is not.
bool Anchoring::Impl::shows_proof(const OutboundUrl& url) const {
  const OutboundOptions outbound{.ca_file = options.witness_ca_file};
  const auto answer =
      post(url, {"/newest-checkpoint", "text/plain; charset=utf-8", "", store.origin()}, outbound);
  if (!answer || answer.value().status != 200) return false;
  store::LogMeta log{store.log_id(), store.origin(), store.log_key(), {}};
  if (options.past_keys) {
    auto past = options.past_keys();
    if (!past) return false;
    log.past = std::move(past).value();
  }
  const auto opened = store::open_own_checkpoint(answer.value().body, log);
  if (!opened || !opened.value()) return false;
  const crypto::Checkpoint& seen = *opened.value();
  if (seen.size > store.size()) return true;
  const auto root = store.root_at(seen.size);
  return root && root.value() != seen.root;
}

// The signature line of one witness; empty where it gave none.
std::string Anchoring::Impl::ask(std::size_t index, const Shown& newest) {
  WitnessState& state = witnesses[index];
  // One for all exchanges of the question.
  const std::int64_t deadline_us =
      clock.monotonic_us() + std::chrono::microseconds(OutboundOptions{}.deadline).count();
  const WitnessQuestion question{
      options.policy->cosigners[index],
      newest.note,
      newest.size,
      std::min(state.known_size, newest.size),
      [&](std::uint64_t old_size) { return store.consistency(old_size, newest.size); },
      [&](const std::string& body) {
        OutboundOptions outbound{.ca_file = options.witness_ca_file};
        outbound.deadline = std::chrono::milliseconds((deadline_us - clock.monotonic_us()) / 1000);
        return post(state.url, {"/add-checkpoint", "text/plain; charset=utf-8", "", body},
                    outbound);
      }};
  auto asked = ask_witness(question);
  WitnessReply reply;
  if (asked) {
    reply = std::move(asked).value();
  } else {
    reply.outcome = WitnessOutcome::none;
    logger.write(LogLevel::error, "witness_proof_failed", {{"error", asked.error().code}});
  }
  state.known_size = reply.known_size;
  if (reply.outcome == WitnessOutcome::cosigned) {
    state.pause = {};
    state.cosigned_size = newest.size;
  } else {
    state.pause.lengthen(clock.monotonic_us(), options);
  }
  state.alarm.reset();
  if (is_alarm(reply.outcome))
    state.alarm = {options.policy->cosigners[index].name, reply.known_size,
                   reply.outcome == WitnessOutcome::ahead, shows_proof(state.url), false};
  report(index, reply);
  return reply.line;
}

// One line when something changes: a witness that is away for a day is no news every five minutes.
void Anchoring::Impl::report(std::size_t index, const WitnessReply& reply) {
  const bool is_new = shared.with([&](Shared& to) {
    WitnessStatus& status = to.status.witnesses[index];
    const bool changed = status.outcome != reply.outcome;
    status.outcome = reply.outcome;
    if (reply.outcome != WitnessOutcome::cosigned) ++status.failures;
    status.is_alarmed |= is_alarm(reply.outcome);
    to.status.is_alarmed |= status.is_alarmed;
    return changed;
  });
  if (!is_new) return;
  if (is_alarm(reply.outcome)) {
    const bool is_ahead = reply.outcome == WitnessOutcome::ahead;
    logger.write(LogLevel::error, "witness_alarm",
                 {{"witness", index},
                  {"says", is_ahead ? LogValue("ahead") : LogValue("inconsistent")},
                  {"its_size", reply.known_size},
                  {"proved", witnesses[index].alarm->is_proved ? 1 : 0},
                  {"status", reply.status}});
  } else if (reply.outcome == WitnessOutcome::cosigned) {
    logger.write(LogLevel::info, "witness_cosigned",
                 {{"witness", index}, {"size", reply.known_size}});
  } else {
    const bool is_away = reply.outcome == WitnessOutcome::away;
    logger.write(LogLevel::warning, "witness_missing",
                 {{"witness", index},
                  {"is", is_away ? LogValue("away") : LogValue("refusing")},
                  {"status", reply.status}});
  }
}

std::optional<Bytes> Anchoring::Impl::stamp(const Shown& newest) {
  const std::int64_t now = clock.monotonic_us();
  const std::uint64_t stamped =
      shared.with([](const Shared& from) { return from.status.time_stamp_size; });
  const bool is_gained = gained && gained->stamp && gained->head.size == newest.size;
  if (!options.authority || stamped == newest.size || is_gained || !authority_pause.is_due(now))
    return std::nullopt;
  // With the line of the present key alone: after a change of key there is another beside it.
  const auto note = crypto::note_signed_by(newest.note, store.origin(), store.log_key());
  auto answer = note ? ask_authority(authority_url, *options.authority, note.value())
                     : Result<Bytes>(note.error());
  if (!answer) {
    authority_pause.lengthen(clock.monotonic_us(), options);
    shared.with([](Shared& to) { ++to.status.time_stamp_failures; });
    logger.write(LogLevel::warning, "time_stamp_missing", {{"error", answer.error().code}});
    return std::nullopt;
  }
  authority_pause = {now + std::chrono::microseconds(options.authority->interval).count(), 0};
  return std::move(answer).value();
}

Status Anchoring::Impl::keep(const Gained& what) {
  CARTELLA_TRY(auto found, folder.find(what.head.size));
  if (found && !is_of_this_era(*found)) {
    CARTELLA_TRY(folder.set_aside(what.head.size));
    found.reset();
  }
  Anchor anchor{what.head.size, what.head.note, {}};
  if (found) {
    anchor = std::move(*found);
    CARTELLA_TRY(anchor.note, with_lines_of(std::move(anchor.note), what.head.note));
  }
  if (!what.lines.empty()) {
    CARTELLA_TRY(anchor.note,
                 crypto::add_cosignatures(anchor.note, what.lines, options.policy->cosigners));
  }
  // A write that failed late may have left it there.
  if (what.stamp && !std::ranges::count(anchor.time_stamps, *what.stamp))
    anchor.time_stamps.push_back(*what.stamp);
  CARTELLA_TRY(folder.put(anchor));
  show(anchor);
  forget_previous(anchor);
  return ok();
}

// Whether everybody who cosigned `before` cosigned `now` too.
bool Anchoring::Impl::supports_less(const Anchor& before, const Anchor& now) const {
  if (!options.policy) return true;
  const auto old_support = judge_support(*options.policy, before.note);
  const auto support = judge_support(*options.policy, now.note);
  if (!old_support || !support) return false;
  return std::ranges::all_of(old_support.value().cosigned, [&](const auto& each) {
    return std::ranges::count(support.value().cosigned, each.cosigner,
                              &crypto::Cosignature::cosigner) == 1;
  });
}

// What the newer anchor shows as well is needless, but for one an hour.
void Anchoring::Impl::forget_previous(const Anchor& now) {
  const std::int64_t hour = clock.wall().us / kHourUs;
  if (previous && previous->size != now.size && supports_less(*previous, now)) {
    const bool is_needless = previous->time_stamps.empty() && previous_hour == kept_hour;
    if (!is_needless)
      kept_hour = previous_hour;
    else if (const auto removed = folder.remove(previous->size); !removed)
      logger.write(LogLevel::warning, "anchor_not_removed", {{"error", removed.error().code}});
  }
  previous = now;
  previous_hour = hour;
}

Anchoring::Anchoring(std::unique_ptr<Impl> impl) : x_impl(std::move(impl)) {}

Anchoring::~Anchoring() {
  {
    const std::lock_guard lock(x_impl->mutex);
    x_impl->stopping = true;
  }
  x_impl->stop_asked.notify_all();
  if (x_impl->thread.joinable()) x_impl->thread.join();
}

Result<std::unique_ptr<Anchoring>> Anchoring::start(const store::Store& store, const Clock& clock,
                                                    const Logger& logger,
                                                    const AnchorFolder& folder,
                                                    AnchoringOptions options) {
  auto impl = std::make_unique<Impl>(store, clock, logger, folder, std::move(options));
  CARTELLA_TRY(impl->prepare());
  Impl& running = *impl;
  if (running.options.ask_first) running.round(false);
  std::unique_ptr<Anchoring> anchoring(new Anchoring(std::move(impl)));
  running.thread = std::thread([&running] { running.run(); });
  return anchoring;
}

AnchoringStatus Anchoring::status() const {
  return x_impl->shared.with([](const Shared& from) { return from.status; });
}

Result<std::string> Anchoring::checkpoint() const {
  const auto& policy = x_impl->options.policy;
  if (policy && policy->when_away == WhenAway::refuse_publishing) {
    auto shown = x_impl->shared.with([](const Shared& from) { return from.with_quorum; });
    if (shown.note.empty())
      return fail(Errc::unavailable, "nessun checkpoint ha ancora il quorum dei testimoni");
    return std::move(shown.note);
  }
  CARTELLA_TRY(auto note, x_impl->store.signed_checkpoint());
  auto anchored = x_impl->shared.with([](const Shared& from) { return from.newest; });
  // The same text, then cosignatures: the newest checkpoint is an anchor already.
  return anchored.note.starts_with(note) ? std::move(anchored.note) : std::move(note);
}

}  // namespace cartella::proofs
