// ops/import_run.h: carries the rows of an import through the executor, many at a time.
//
// Command ids are a keyed hash of table and row, so a row that was committed before an interruption
// answers with its first receipt and nothing is written twice. A refusal goes to the rejects file;
// any other failure stops the import, which is then simply run again.
// Threads: execute() from any job; the rest from the thread that submits.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "base/result.h"
#include "cases/executor.h"
#include "crypto/secret.h"
#include "ops/import_source.h"
#include "ops/rejects.h"

namespace cartella::ops {

// Called by the importing thread.
using ImportProgress =
    std::function<void(std::string_view stage, std::uint64_t done, std::uint64_t total)>;

struct ImportOptions {
  OperatorId actor;             // who imports
  std::size_t lanes = 64;       // commands in flight: a full group of the store
  std::size_t queued_max = 32;  // waiting in each lane
  ImportProgress progress;
  bool new_migration = false;  // of the predecessor: again, after an earlier one was closed
};

class ImportRun {
 public:
  ImportRun(cases::Executor& executor, const crypto::Secret32& key, std::string ambito,
            Rejects& rejects, const ImportOptions& options);

  EventId command_id(std::string_view table, std::string_view key) const;
  template <class Id>
  Id id_of(std::string_view table, RowId row) const {
    return Id::from_view(command_id("id/" + std::string(table), std::to_string(row)).view());
  }
  cases::CommandContext context(const ControllerId& controller, const SourceRef& ref,
                                TimeUs occurred_at) const;

  // Empty when the row was refused (it is in the rejects then) or the import has stopped.
  std::optional<cases::Outcome> execute(const cases::CommandContext& context,
                                        const cases::Command& command, const SourceRef& ref);
  // The same, but the errors are the caller's.
  Result<cases::Outcome> try_execute(const cases::CommandContext& context,
                                     const cases::Command& command);
  void refuse(const SourceRef& ref, std::string_view reason, Severity severity);
  void refuse(const SourceRef& ref, const Error& error);
  void stop(Error error);
  bool stopped() const { return x_stopped; }
  Status status() const;

  // Runs `job(i)` for every i of [0, count) on lane `lane(i)`, and waits for all of them.
  Status each(std::string_view stage, std::size_t count,
              const std::function<std::uint64_t(std::size_t)>& lane,
              const std::function<void(std::size_t)>& job);

  cases::Executor& executor() { return x_executor; }
  std::uint64_t events() const { return x_events; }
  std::uint64_t new_events() const { return x_new_events; }
  const std::string& ambito() const { return x_ambito; }

 private:
  cases::Executor& x_executor;
  const crypto::Secret32& x_key;
  std::string x_ambito;
  Rejects& x_rejects;
  const ImportOptions& x_options;
  cases::BatchExecutor x_batch;
  std::atomic<bool> x_stopped{false};
  std::atomic<std::uint64_t> x_events{0};
  std::atomic<std::uint64_t> x_new_events{0};
  Mutex<std::optional<Error>> x_error;
};

}  // namespace cartella::ops
