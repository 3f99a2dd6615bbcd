// store/writer.h: the one thread that owns the tail of the log.
//
// Takes what queued during the last sync as one group, decides it, makes it durable with one sync
// of the journal, writes its rows, publishes the new tree and answers. A failed write of the
// journal or of the index ends all writing (fail-stop). Threads: `submit`, `run` and `post` from
// any; the work runs on the thread inside.
#pragma once

#include <atomic>
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
    // Called on the writer thread after a group, with the bytes that the journal retains.
    std::function<void(std::uint64_t retained)> after_group;
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
  // Runs `task` between two groups and waits for it. unavailable when stopping; the task's errors.
  Status run(Task task);
  // The same without waiting; a failure stops the log.
  void post(Task task);
  // See Store.
  Result<std::optional<ClockDoubt>> clock_doubt();
  Result<Receipt> confirm_clock(PreparedCall call);
  // Refuses new calls, completes what is queued, ends the thread.
  void stop();

 private:
  struct Pending {
    PreparedCall call;
    std::promise<Result<Receipt>> promise;
  };
  struct Queue {
    std::deque<Pending> calls;
    std::size_t bytes = 0;
    std::deque<std::packaged_task<Status()>> tasks;
    bool stopping = false;
  };

  void loop();
  // False when there is nothing more to do.
  bool take(std::vector<Pending>& group, std::deque<std::packaged_task<Status()>>& tasks);
  void commit(std::vector<Pending>& group);
  Admission admission();
  Status make_durable();
  std::future<Status> enqueue(std::packaged_task<Status()> task);

  const StoreOptions x_options;
  Parts x_parts;
  CommitClock x_clock;
  SpaceGuard x_space;
  GroupBuilder x_builder;
  GroupView x_scratch;
  LogBatch x_batch;

  std::mutex x_mutex;
  std::condition_variable x_wake;
  Queue x_queue;  // under x_mutex
  std::thread x_thread;
};

}  // namespace cartella::store
