#include "store/writer.h"

#include <utility>

namespace cartella::store {

namespace {

constexpr std::size_t kHeadsMax = 500'000;           // about 60 MB of stream heads
constexpr std::size_t kQueueBytesMax = 64ull << 20;  // of sealed calls that wait

Error stopping() { return fail(Errc::unavailable, "the log is stopping"); }

}  // namespace

Writer::Writer(const std::filesystem::path& dir, const Clock& clock, const StoreOptions& options,
               Parts parts)
    : x_options(options),
      x_parts(std::move(parts)),
      x_clock(clock, x_parts.head_time),
      x_space(dir, clock, options.space_low_bytes, options.space_critical_bytes),
      x_builder(x_parts.db, x_parts.signers, kHeadsMax),
      x_batch(x_parts.db),
      x_thread([this] { loop(); }) {}

Writer::~Writer() { stop(); }

std::future<Result<Receipt>> Writer::submit(PreparedCall call) {
  Pending pending{std::move(call), {}};
  auto future = pending.promise.get_future();
  const std::size_t bytes = pending.call.encoded.bytes.size();
  {
    const std::lock_guard lock(x_mutex);
    if (x_queue.stopping) {
      pending.promise.set_value(stopping());
      return future;
    }
    if (x_queue.calls.size() >= x_options.queue_calls_max ||
        x_queue.bytes + bytes > kQueueBytesMax) {
      pending.promise.set_value(fail(Errc::unavailable, "the queue of the log is full"));
      return future;
    }
    x_queue.bytes += bytes;
    x_queue.calls.push_back(std::move(pending));
  }
  x_wake.notify_one();
  return future;
}

std::future<Status> Writer::enqueue(std::packaged_task<Status()> task) {
  auto future = task.get_future();
  {
    const std::lock_guard lock(x_mutex);
    if (x_queue.stopping) {
      std::promise<Status> refused;
      refused.set_value(stopping());
      return refused.get_future();
    }
    x_queue.tasks.push_back(std::move(task));
  }
  x_wake.notify_one();
  return future;
}

Status Writer::run(Task task) {
  return enqueue(std::packaged_task<Status()>([this, work = std::move(task)]() -> Status {
           CARTELLA_TRY(x_parts.state.failure());
           return work(x_parts.journal);
         }))
      .get();
}

void Writer::post(Task task) {
  (void)enqueue(std::packaged_task<Status()>([this, work = std::move(task)]() -> Status {
    CARTELLA_TRY(x_parts.state.failure());
    auto done = work(x_parts.journal);
    if (!done) x_parts.state.fail_stop(done.error());
    return done;
  }));
}

Result<std::optional<ClockDoubt>> Writer::clock_doubt() {
  std::optional<ClockDoubt> doubt;
  CARTELLA_TRY(run([&](Journal&) -> Status {
    x_clock.observe();
    if (x_clock.suspect()) doubt = ClockDoubt{x_clock.wall(), x_clock.last()};
    return ok();
  }));
  return doubt;
}

Result<Receipt> Writer::confirm_clock(PreparedCall call) {
  std::vector<Pending> group;
  group.push_back({std::move(call), {}});
  auto answer = group.front().promise.get_future();
  Result<Receipt> receipt = stopping();
  // One step of the writer: no other event can come between the confirmation and its record.
  CARTELLA_TRY(run([&](Journal&) -> Status {
    x_clock.observe();
    if (!x_clock.suspect())
      return fail(Errc::invalid_argument, "the clock is believed: there is nothing to confirm");
    x_clock.accept();
    commit(group);
    receipt = answer.get();
    if (!receipt || receipt.value().duplicate) x_clock.withdraw();
    return ok();
  }));
  return receipt;
}

void Writer::stop() {
  {
    const std::lock_guard lock(x_mutex);
    x_queue.stopping = true;
  }
  x_wake.notify_all();
  if (x_thread.joinable()) x_thread.join();
}

bool Writer::take(std::vector<Pending>& group, std::deque<std::packaged_task<Status()>>& tasks) {
  std::unique_lock lock(x_mutex);
  x_wake.wait(lock, [this] {
    return x_queue.stopping || !x_queue.calls.empty() || !x_queue.tasks.empty();
  });
  tasks.swap(x_queue.tasks);
  std::size_t events = 0;
  std::size_t bytes = 0;
  while (!x_queue.calls.empty()) {
    const PreparedCall& next = x_queue.calls.front().call;
    events += next.leaves.size();
    bytes += next.encoded.bytes.size();
    // A call is never split over groups, so the first one always fits.
    const bool full = events > x_options.group_events_max || bytes > x_options.group_bytes_max;
    if (full && !group.empty()) break;
    x_queue.bytes -= next.encoded.bytes.size();
    group.push_back(std::move(x_queue.calls.front()));
    x_queue.calls.pop_front();
  }
  return !group.empty() || !tasks.empty();
}

void Writer::loop() {
  std::vector<Pending> group;
  std::deque<std::packaged_task<Status()>> tasks;
  while (take(group, tasks)) {
    for (auto& task : tasks) task();
    tasks.clear();
    if (!group.empty()) commit(group);
    group.clear();
  }
}

Admission Writer::admission() {
  Admission admission;
  if (x_clock.suspect())
    admission.commands = fail(Errc::clock_suspect, "the clock jumped; an operator must confirm it");
  auto space = x_space.look();
  if (!space) {
    admission.commands = space.error();
    admission.access = space.error();
  } else if (space.value() == Space::critical) {
    admission.commands = fail(Errc::unavailable, "the disk is full");
    admission.access = admission.commands;
  } else if (space.value() == Space::low) {
    admission.commands = fail(Errc::out_of_space, "the disk reserve is reached");
  }
  return admission;
}

Status Writer::make_durable() {
  const std::uint64_t old_size = x_parts.edge.size();
  GroupRecord record{old_size, x_builder.event_count(), x_builder.size(), x_builder.payload()};
  x_batch.clear();
  CARTELLA_TRY(const Hash32 root,
               derive_rows(record, x_builder.leaf_hashes(), x_parts.edge, x_scratch, x_batch,
                           [this](const ClaimView& claim) { put_claim(x_batch, claim); }));
  put_end_rows(x_batch, {record.new_size, root}, kEventFamilies);
  CARTELLA_TRY(x_parts.journal.append(
      {old_size, record.event_count, old_size, record.new_size, root, record.payload}));
  x_clock.committed();
  CARTELLA_TRY(x_parts.db.write(x_batch));
  x_parts.state.publish(x_parts.edge);
  return ok();
}

void Writer::commit(std::vector<Pending>& group) {
  if (x_parts.state.failed()) {
    for (Pending& each : group)
      each.promise.set_value(
          fail(Errc::unavailable, "the log has stopped after a failed write; restart it"));
    return;
  }
  x_clock.observe();
  const Admission allowed = admission();
  x_builder.begin(x_parts.edge.size(), x_clock.now());
  std::vector<Result<Receipt>> answers;
  answers.reserve(group.size());
  for (Pending& each : group) answers.push_back(x_builder.add(each.call, allowed));
  if (x_builder.event_count() > 0) {
    const Status durable = make_durable();
    if (!durable) {
      x_parts.state.fail_stop(durable.error());
      // Nothing of this group may be answered: what is on the disk is unknown, refusals included.
      for (Pending& each : group)
        each.promise.set_value(fail(Errc::io, "the log stopped: " + durable.error().detail));
      return;
    }
  }
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (answers[i]) x_builder.finish(answers[i].value());
    group[i].promise.set_value(std::move(answers[i]));
  }
  if (x_builder.event_count() > 0 && x_parts.after_group)
    x_parts.after_group(x_parts.journal.retained_bytes());
}

}  // namespace cartella::store
