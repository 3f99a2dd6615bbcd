// store/writer.h: one group of calls after the other at the tail of the log.
//
// A group goes through two stages. At the tail, where one thread is at a time, it is decided and
// made durable with one sync of the journal; then its rows are written, the new tree is published
// and its calls are answered, while the next group is at the tail already. Groups pass both stages
// in the same order, and at most one that is durable waits for its rows. A failed write of the
// journal or of the index ends all writing (fail-stop). Threads: all public functions from any; a
// group is led by the thread inside, or by one that waits in `append` where nobody is at the tail.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "store/call_check.h"
#include "store/commit_clock.h"
#include "store/group_batch.h"
#include "store/group_builder.h"
#include "store/journal.h"
#include "store/log_db.h"
#include "store/log_state.h"
#include "store/recent_heads.h"
#include "store/space_guard.h"

namespace cartella::store {

class Writer {
 public:
  struct Parts {
    LogDb& db;
    LogState& state;
    Journal& journal;
    SignerRegistry& signers;
    TreeEdge edge;
    std::optional<TimeUs> head_time;
    // Told of every head that readers can see from now on, before the group is published.
    RecentHeads& heads;
    // Called on the writer thread after a group: the bytes that the journal retains, and a segment
    // that it wants made ahead of need.
    std::function<void(std::uint64_t retained, const std::optional<SpareSegment>& spare)>
        after_group;
  };
  using Task = std::function<Status(Journal&)>;

  Writer(const std::filesystem::path& dir, const Clock& clock, const StoreOptions& options,
         Parts parts);
  ~Writer();  // stops
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // unavailable: the queue is full, or stopping; else what GroupBuilder::add and the journal
  // answer.
  std::future<Result<Receipt>> submit(PreparedCall call);
  // The same, and tells `done`: see Store::append. Where the tail is free the caller commits the
  // group itself, so that a call that comes alone needs no other thread.
  void append(PreparedCall call, Store::Done done);
  Result<Receipt> append(PreparedCall call);  // and waits
  // Runs `task` between two groups, all rows written, and waits for it. unavailable when stopping;
  // the task's errors.
  Status run(Task task);
  // The same without waiting; a failure stops the log.
  void post(Task task);
  // See Store::fence.
  Status fence(std::span<const KeyId> owner_keys, std::span<const StreamId> streams);
  Status lift_fence(std::span<const KeyId> owner_keys, std::span<const StreamId> streams);
  // See Store.
  Result<std::optional<ClockDoubt>> clock_doubt();
  Result<Receipt> confirm_clock(PreparedCall call);
  // Refuses new calls, completes what is queued, ends the thread.
  void stop();

 private:
  struct Pending {
    PreparedCall call;
    Store::Done done;
  };
  using Tasks = std::deque<std::packaged_task<Status()>>;
  struct Queue {
    std::deque<Pending> calls;
    std::size_t bytes = 0;
    Tasks tasks;
    bool tail_taken = false;
    bool woken = false;  // the thread inside was called to the tail; nobody is there yet
    bool stopping = false;
    bool has_work() const { return !calls.empty() || !tasks.empty(); }
  };
  // What the thread that leads a group carries from stage to stage.
  struct Group {
    explicit Group(const LogDb& db) : batch(db) {}
    std::vector<Pending> calls;
    Tasks tasks;
    std::vector<Result<Receipt>> answers;
    std::optional<Error> failure;  // answers every call
    bool has_rows = false;
    GroupView scratch;
    LogBatch batch;
    TreeEdge edge;  // after the group
    Hash32 root{};  // of that tree
    NewHeads heads;
    std::uint64_t retained_bytes = 0;
    std::optional<SpareSegment> spare;
  };
  enum class Wake { yes, no };

  void loop();
  void enqueue(PreparedCall call, Store::Done done, Wake wake);
  std::future<Status> enqueue(std::packaged_task<Status()> task);
  // Takes the tail and a group. Empty where the tail is taken or there is nothing to do.
  std::unique_ptr<Group> take();
  // Waits until there is one; empty when stopping and all is done.
  std::unique_ptr<Group> wait_and_take();
  std::unique_ptr<Group> take_locked();  // under x_mutex
  void lead(std::unique_ptr<Group> group);
  // At the tail.
  void decide(Group& group);
  Status make_durable(Group& group);
  Admission admission();
  void pass_tail();
  // Under x_mutex: whether the thread inside must be called to the tail.
  bool needs_wake();
  // Behind it, in the same order.
  void write_rows(Group& group);
  void answer(std::unique_ptr<Group> group);

  const StoreOptions x_options;
  // At the tail:
  Parts x_parts;
  CommitClock x_clock;
  SpaceGuard x_space;
  GroupBuilder x_builder;

  // Writing rows. Whoever is at the tail takes it before passing the tail on: that keeps the order.
  std::mutex x_rows;
  std::mutex x_mutex;
  std::condition_variable x_wake;
  Queue x_queue;                                // under x_mutex
  std::vector<std::unique_ptr<Group>> x_spare;  // under x_mutex
  std::thread x_thread;
};

}  // namespace cartella::store
