#include "ops/import_run.h"

#include "crypto/segment.h"

namespace cartella::ops {

namespace {

// Errors of one row; everything else is the machine's or the store's and stops the import.
bool is_refusal(Errc code) {
  switch (code) {
    case Errc::refused:
    case Errc::illegal_transition:
    case Errc::invalid_input:
    case Errc::claim_taken:
    case Errc::not_found:
    case Errc::idempotency_conflict:
    case Errc::erased:
    case Errc::subject_erased: return true;
    default: return false;
  }
}

std::string reason_of(const Error& error) {
  if (error.code == Errc::idempotency_conflict) return "changed_since_import";
  const std::string_view code = cases::refusal_code(error);
  return std::string(code.empty() ? errc_name(error.code) : code);
}

}  // namespace

ImportRun::ImportRun(cases::Executor& executor, const crypto::Secret32& key, std::string ambito,
                     Rejects& rejects, const ImportOptions& options)
    : x_executor(executor),
      x_key(key),
      x_ambito(std::move(ambito)),
      x_rejects(rejects),
      x_options(options),
      x_batch(executor, options.lanes, options.queued_max) {}

EventId ImportRun::command_id(std::string_view table, std::string_view key) const {
  return crypto::import_event_id(x_key, x_ambito, table, key);
}

cases::CommandContext ImportRun::context(const ControllerId& controller, const SourceRef& ref,
                                         TimeUs occurred_at) const {
  cases::CommandContext context;
  context.command_id = command_id(ref.table, std::to_string(ref.id));
  context.actor = x_options.actor;
  context.role = "importazione";
  context.controller = controller;
  context.occurred_at = occurred_at;
  context.source = "SISO";
  context.legal_basis = "da confermare";
  context.basis_confirmed = false;
  context.purpose = "migrazione";
  context.external_refs.push_back({"SISO", std::string(ref.table), std::to_string(ref.id)});
  context.historical = true;
  return context;
}

Result<cases::Outcome> ImportRun::try_execute(const cases::CommandContext& context,
                                              const cases::Command& command) {
  if (x_stopped) return fail(Errc::unavailable, "the import has stopped");
  auto outcome = x_executor.execute(context, command);
  if (!outcome) {
    if (!is_refusal(outcome.error().code)) stop(outcome.error());
    return outcome;
  }
  const cases::Outcome& done = outcome.value();
  if (!done.existing) {
    x_events += done.receipt.event_count;
    if (!done.duplicate) x_new_events += done.receipt.event_count;
  }
  return outcome;
}

std::optional<cases::Outcome> ImportRun::execute(const cases::CommandContext& context,
                                                 const cases::Command& command,
                                                 const SourceRef& ref) {
  auto outcome = try_execute(context, command);
  if (outcome) return std::move(outcome).value();
  if (is_refusal(outcome.error().code)) refuse(ref, outcome.error());
  return std::nullopt;
}

void ImportRun::refuse(const SourceRef& ref, std::string_view reason, Severity severity) {
  const std::string table(ref.table);
  x_rejects.add(
      {table + ".csv", ref.line, table, std::to_string(ref.id), severity, std::string(reason)});
}

void ImportRun::refuse(const SourceRef& ref, const Error& error) {
  refuse(ref, reason_of(error), Severity::rejected);
}

void ImportRun::stop(Error error) {
  x_error.with([&](std::optional<Error>& first) {
    if (!first) first = std::move(error);
  });
  x_stopped = true;
}

Status ImportRun::status() const {
  auto first = x_error.with([](const std::optional<Error>& error) { return error; });
  if (first) return *first;
  return ok();
}

Status ImportRun::each(std::string_view stage, std::size_t count,
                       const std::function<std::uint64_t(std::size_t)>& lane,
                       const std::function<void(std::size_t)>& job) {
  std::atomic<std::uint64_t> done{0};
  const auto tell = [&] {
    if (x_options.progress) x_options.progress(stage, done, count);
  };
  for (std::size_t i = 0; i < count && !x_stopped; ++i) {
    x_batch.run(lane(i), [&, i](cases::Executor&) {
      if (!x_stopped) job(i);
      ++done;
    });
    tell();
  }
  x_batch.drain();
  tell();
  return status();
}

}  // namespace cartella::ops
