#include "store/writer.h"

#include <utility>

#include "base/waiting.h"

namespace cartella::store {

namespace {

constexpr std::size_t kHeadsMax = 500'000;           // about 60 MB of stream heads
constexpr std::size_t kQueueBytesMax = 64ull << 20;  // of sealed calls that wait

Error stopping() { return fail(Errc::unavailable, "the log is stopping"); }

// The outcome of a call for a thread that waits for it. Who tells it may still be inside the
// promise when the waiter goes on, so both own it.
class Promised {
 public:
  Store::Done done() const {
    return
        [promise = x_promise](Result<Receipt> outcome) { promise->set_value(std::move(outcome)); };
  }
  std::future<Result<Receipt>> future() const { return x_promise->get_future(); }

 private:
  std::shared_ptr<std::promise<Result<Receipt>>> x_promise =
      std::make_shared<std::promise<Result<Receipt>>>();
};

}  // namespace

Writer::Writer(const std::filesystem::path& dir, const Clock& clock, const StoreOptions& options,
               Parts parts)
    : x_options(options),
      x_parts(std::move(parts)),
      x_clock(clock, x_parts.head_time),
      x_space(dir, clock, options.space_low_bytes, options.space_critical_bytes),
      x_builder(x_parts.db, x_parts.signers, kHeadsMax) {
  x_thread = std::thread([this] { loop(); });
}

Writer::~Writer() { stop(); }

void Writer::enqueue(PreparedCall call, Store::Done done, Wake wake) {
  const std::size_t bytes = call.encoded.bytes.size();
  std::unique_lock lock(x_mutex);
  if (x_queue.stopping) {
    lock.unlock();
    return done(stopping());
  }
  if (x_queue.calls.size() >= x_options.queue_calls_max || x_queue.bytes + bytes > kQueueBytesMax) {
    lock.unlock();
    return done(fail(Errc::unavailable, "the queue of the log is full"));
  }
  x_queue.bytes += bytes;
  x_queue.calls.push_back({std::move(call), std::move(done)});
  const bool must_wake = wake == Wake::yes && needs_wake();
  lock.unlock();
  if (must_wake) x_wake.notify_one();
}

bool Writer::needs_wake() {
  // Whoever is at the tail looks at the queue before passing it on.
  if (x_queue.tail_taken || x_queue.woken || !x_queue.has_work()) return false;
  x_queue.woken = true;
  return true;
}

std::future<Result<Receipt>> Writer::submit(PreparedCall call) {
  Promised promised;
  enqueue(std::move(call), promised.done(), Wake::yes);
  return promised.future();
}

void Writer::append(PreparedCall call, Store::Done done) {
  enqueue(std::move(call), std::move(done), Wake::no);
  if (auto group = take()) {
    const Waiting waiting;
    lead(std::move(group));
  }
}

Result<Receipt> Writer::append(PreparedCall call) {
  Promised promised;
  const Waiting waiting;
  append(std::move(call), promised.done());
  return promised.future().get();
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
    if (!needs_wake()) return future;
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

Status Writer::fence(std::span<const KeyId> owner_keys, std::span<const StreamId> streams) {
  return run([&](Journal&) -> Status {
    x_builder.fence(owner_keys, streams);
    return ok();
  });
}

Status Writer::lift_fence(std::span<const KeyId> owner_keys, std::span<const StreamId> streams) {
  return run([&](Journal&) -> Status {
    x_builder.lift_fence(owner_keys, streams);
    return ok();
  });
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
  auto group = std::make_unique<Group>(x_parts.db);
  Result<Receipt> receipt = stopping();
  group->calls.push_back(
      {std::move(call), [&](Result<Receipt> told) { receipt = std::move(told); }});
  // One step of the writer: no other event can come between the confirmation and its record.
  CARTELLA_TRY(run([&](Journal&) -> Status {
    x_clock.observe();
    if (!x_clock.suspect())
      return fail(Errc::invalid_argument, "the clock is believed: there is nothing to confirm");
    x_clock.accept();
    decide(*group);
    write_rows(*group);
    answer(std::move(group));
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
  x_wake.notify_one();
  if (x_thread.joinable()) x_thread.join();
}

std::unique_ptr<Writer::Group> Writer::take() {
  const std::lock_guard lock(x_mutex);
  if (x_queue.tail_taken || !x_queue.has_work()) return nullptr;
  return take_locked();
}

std::unique_ptr<Writer::Group> Writer::wait_and_take() {
  std::unique_lock lock(x_mutex);
  x_wake.wait(lock,
              [this] { return !x_queue.tail_taken && (x_queue.stopping || x_queue.has_work()); });
  if (!x_queue.has_work()) return nullptr;
  return take_locked();
}

std::unique_ptr<Writer::Group> Writer::take_locked() {
  x_queue.tail_taken = true;
  x_queue.woken = false;
  std::unique_ptr<Group> group;
  if (x_spare.empty()) {
    group = std::make_unique<Group>(x_parts.db);
  } else {
    group = std::move(x_spare.back());
    x_spare.pop_back();
  }
  group->tasks.swap(x_queue.tasks);
  std::size_t events = 0;
  std::size_t bytes = 0;
  while (!x_queue.calls.empty()) {
    const PreparedCall& next = x_queue.calls.front().call;
    events += next.leaves.size();
    bytes += next.encoded.bytes.size();
    // A call is never split over groups, so the first one always fits.
    const bool full = events > x_options.group_events_max || bytes > x_options.group_bytes_max;
    if (full && !group->calls.empty()) break;
    x_queue.bytes -= next.encoded.bytes.size();
    group->calls.push_back(std::move(x_queue.calls.front()));
    x_queue.calls.pop_front();
  }
  return group;
}

void Writer::loop() {
  while (auto group = wait_and_take()) lead(std::move(group));
}

void Writer::lead(std::unique_ptr<Group> group) {
  if (!group->tasks.empty()) {
    const std::lock_guard rows(x_rows);
    for (auto& task : group->tasks) task();
    group->tasks.clear();
  }
  if (!group->calls.empty()) decide(*group);
  {
    const std::lock_guard rows(x_rows);
    pass_tail();
    if (!group->calls.empty()) write_rows(*group);
  }
  answer(std::move(group));
}

void Writer::pass_tail() {
  {
    const std::lock_guard lock(x_mutex);
    x_queue.tail_taken = false;
    if (!needs_wake() && !x_queue.stopping) return;
  }
  x_wake.notify_one();
}

Admission Writer::admission() {
  Admission admission;
  if (const Status older = x_parts.state.rollback(); !older) {
    admission.commands = older.error();
    admission.access = older.error();
    return admission;
  }
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

void Writer::decide(Group& group) {
  if (x_parts.state.failed()) {
    group.failure = fail(Errc::unavailable, "the log has stopped after a failed write; restart it");
    return;
  }
  x_clock.observe();
  const Admission allowed = admission();
  x_builder.begin(x_parts.edge.size(), x_clock.now());
  for (Pending& each : group.calls) group.answers.push_back(x_builder.add(each.call, allowed));
  if (x_builder.event_count() > 0) {
    if (const Status durable = make_durable(group); !durable) {
      x_parts.state.fail_stop(durable.error());
      // Nothing of this group may be answered: what is on the disk is unknown, refusals included.
      group.failure = fail(Errc::io, "the log stopped: " + durable.error().detail);
      return;
    }
  }
  for (Result<Receipt>& each : group.answers)
    if (each) x_builder.finish(each.value());
}

Status Writer::make_durable(Group& group) {
  const std::uint64_t old_size = x_parts.edge.size();
  GroupRecord record{old_size, x_builder.event_count(), x_builder.size(), x_builder.payload()};
  CARTELLA_TRY(
      const Hash32 root,
      derive_rows(record, x_builder.leaf_hashes(), x_parts.edge, group.scratch, group.batch,
                  [&group](const ClaimView& claim) { put_claim(group.batch, claim); }));
  put_end_rows(group.batch, record.new_size, root, kEventFamilies);
  CARTELLA_TRY(x_parts.journal.append(
      {old_size, record.event_count, old_size, record.new_size, root, record.payload}));
  x_clock.committed();
  group.has_rows = true;
  group.edge.follow(x_parts.edge);
  group.root = root;
  x_builder.take_heads(group.heads);
  group.retained_bytes = x_parts.journal.retained_bytes();
  group.spare = x_parts.journal.wanted_spare();
  return ok();
}

void Writer::write_rows(Group& group) {
  if (group.failure) return;
  Status written = x_parts.state.failure();
  if (written && group.has_rows) written = x_parts.db.write(group.batch);
  if (!written) {
    // Durable or refused because of what is durable, yet nobody can read it: unknown to callers.
    x_parts.state.fail_stop(written.error());
    group.failure = fail(Errc::io, "the log stopped: " + written.error().detail);
    return;
  }
  if (!group.has_rows) return;
  for (const auto& [stream, head] : group.heads) x_parts.heads.put(stream, head);
  x_parts.state.publish(group.edge, group.root);
  if (x_parts.after_group) x_parts.after_group(group.retained_bytes, group.spare);
}

void Writer::answer(std::unique_ptr<Group> group) {
  for (std::size_t i = 0; i < group->calls.size(); ++i)
    group->calls[i].done(group->failure ? Result<Receipt>(*group->failure)
                                        : std::move(group->answers[i]));
  group->calls.clear();
  group->answers.clear();
  group->failure.reset();
  group->has_rows = false;
  group->batch.clear();
  const std::lock_guard lock(x_mutex);
  x_spare.push_back(std::move(group));
}

}  // namespace cartella::store
