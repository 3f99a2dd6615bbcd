#include "keeping/erasure.h"

#include <algorithm>

#include "cases/access_retention.h"
#include "cases/bootstrap.h"
#include "crypto/command_id.h"
#include "keeping/backup_keys.h"
#include "keeping/certificate.h"
#include "keeping/erasure_extent.h"
#include "keeping/erasure_register.h"
#include "keeping/register_check.h"

namespace cartella::keeping {

namespace {

using Erasure = cases::OrganisationState::Erasure;

constexpr std::int64_t kDayUs = 86'400'000'000;
constexpr int kPlansMax = 100;  // a race that goes on longer is none

struct Plan {
  std::vector<KeyId> owner_keys;
  std::vector<StreamId> streams;
  bool operator==(const Plan&) const = default;
};

// Whether the person's own mentions go, too, was decided with them: each is an item of its own.
Result<Plan> plan_now(const ErasureParts& parts, const Erasure& erasure) {
  std::set<StreamId> streams;
  Plan plan;
  if (erasure.of_controller) {
    CARTELLA_TRY(auto extent, extent_of_controller(parts.store, parts.vault, erasure.controller));
    return Plan{std::move(extent.owner_keys), std::move(extent.streams)};
  }
  if (erasure.subject.is_zero()) {
    streams.insert(erasure.item);
  } else {
    CARTELLA_TRY(parts.engine.catch_up());
    CARTELLA_TRY(streams, streams_of_person(parts.engine, erasure.subject, erasure.controller));
    plan.owner_keys = keys_of_person(parts.vault, erasure.subject, erasure.controller);
  }
  for (const std::uint64_t position : erasure.erased_mentions) {
    CARTELLA_TRY(const auto text, text_stream_at(parts, position, erasure.controller));
    if (text) streams.insert(*text);
  }
  plan.streams.assign(streams.begin(), streams.end());
  std::ranges::sort(plan.owner_keys);
  return plan;
}

Status fence(const ErasureParts& parts, const Plan& plan) {
  return parts.store.fence(plan.owner_keys, plan.streams);
}

// What was decided before the decision was known may still have been written: the plan is right
// once it stays the same behind the fence.
Result<Plan> plan_behind_fence(const ErasureParts& parts, const Erasure& erasure) {
  parts.executor.drain();
  CARTELLA_TRY(auto plan, plan_now(parts, erasure));
  for (int i = 0; i < kPlansMax; ++i) {
    CARTELLA_TRY(fence(parts, plan));
    CARTELLA_TRY(auto again, plan_now(parts, erasure));
    if (again == plan) return plan;
    plan = std::move(again);
  }
  return fail(Errc::unavailable, "the extent of an erasure does not come to rest");
}

Result<std::optional<Plan>> registered_plan(const ErasureParts& parts, const Erasure& erasure) {
  CARTELLA_TRY(const auto records, read_erasures(parts.register_folder, parts.store.log_id(),
                                                 parts.register_key.public_key()));
  const auto record = std::ranges::find(records, erasure.decision, &ErasureRecord::decision);
  if (record == records.end()) return std::optional<Plan>{};
  return std::optional<Plan>(Plan{keys_of(parts.vault, *record), record->streams});
}

Status append_to_register(const ErasureParts& parts, const Erasure& erasure, const Plan& plan) {
  ErasureRecord record = record_of(erasure);
  record.owner_keys = plan.owner_keys;
  record.streams = plan.streams;
  return append_erasure(parts.register_folder, parts.store.log_id(), parts.register_key, record);
}

// Where nobody knows the person any more, an older copy of the claims must not tell that somebody
// did (ledger-amendments.md 4).
Result<bool> replaces_claims_key(const ErasureParts& parts, const Erasure& erasure) {
  if (erasure.of_controller) return true;
  if (erasure.subject.is_zero()) return false;
  return parts.executor.is_last_controller(erasure.subject, erasure.controller);
}

Status purge_log(const ErasureParts& parts, const Erasure& erasure, const Plan& plan) {
  store::PurgeOrder order;
  order.owner_keys = plan.owner_keys;
  order.streams = plan.streams;
  CARTELLA_TRY(const bool replaces, replaces_claims_key(parts, erasure));
  if (replaces) {
    // What nobody can open any more claims nothing under the new key.
    CARTELLA_TRY(parts.executor.replace_claims_key());
  } else {
    CARTELLA_TRY(order.claims,
                 parts.executor.claims_held(erasure.subject, erasure.controller, plan.streams));
  }
  CARTELLA_TRY(parts.store.purge(order));
  if (!erasure.of_controller || !parts.forget_registry) return ok();
  return parts.forget_registry(erasure.controller);
}

Status rebuild_views(const ErasureParts& parts, const Plan& plan) {
  parts.executor.forget(plan.streams);
  CARTELLA_TRY(parts.engine.rebuild_all());
  return ok();
}

cases::CommandContext installing(const Clock& clock) {
  cases::CommandContext context;
  context.command_id = crypto::new_command_id(clock);
  context.actor = cases::installation_actor();
  context.role = "installazione";
  context.controller = cases::installation_controller();
  context.occurred_at = clock.wall();
  context.source = "installation";
  context.legal_basis = "art. 17 GDPR";
  context.purpose = "cancellazione";
  return context;
}

Status complete(const ErasureParts& parts, const EventId& proposal, const Erasure& erasure,
                const Plan& plan) {
  cases::CompleteErasure completed;
  completed.decision = erasure.decision;
  completed.streams = plan.streams.size();
  for (const StreamId& stream : plan.streams) {
    CARTELLA_TRY(const auto head, parts.store.stream_head(stream));
    completed.events += head ? head->revision + 1 : 0;
  }
  completed.keys = plan.owner_keys.size() + plan.streams.size();  // a secret for each stream
  completed.copies = vault_copies(parts.register_folder);
  completed.final_at = {parts.clock.wall().us + cases::kVaultCopyDays * kDayUs};
  completed.certificate =
      certificate_digest(certificate_text(parts.store.origin(), proposal, erasure, completed));
  CARTELLA_TRY(parts.executor.execute(installing(parts.clock), completed));
  return ok();
}

Status carry_out(const ErasureParts& parts, const EventId& proposal, const Erasure& erasure,
                 const ErasureWatch& watch) {
  const auto done = [&](ErasureStep step) { return watch ? watch(proposal, step) : ok(); };
  CARTELLA_TRY(check_register(parts.store, parts.register_folder, parts.register_key.public_key()));
  CARTELLA_TRY(auto known, registered_plan(parts, erasure));
  Plan plan;
  if (known) {
    plan = std::move(*known);
    CARTELLA_TRY(fence(parts, plan));
  } else {
    CARTELLA_TRY(plan, plan_behind_fence(parts, erasure));
  }
  CARTELLA_TRY(done(ErasureStep::fenced));
  CARTELLA_TRY(append_to_register(parts, erasure, plan));
  CARTELLA_TRY(done(ErasureStep::registered));
  CARTELLA_TRY(parts.vault.destroy_keys(plan.owner_keys, plan.streams));
  CARTELLA_TRY(done(ErasureStep::keys_destroyed));
  CARTELLA_TRY(purge_log(parts, erasure, plan));
  CARTELLA_TRY(done(ErasureStep::log_purged));
  CARTELLA_TRY(rebuild_views(parts, plan));
  CARTELLA_TRY(done(ErasureStep::views_rebuilt));
  CARTELLA_TRY(complete(parts, proposal, erasure, plan));
  return done(ErasureStep::completed);
}

}  // namespace

std::string_view erasure_step_word(ErasureStep step) {
  switch (step) {
    case ErasureStep::fenced: return "scritture fermate";
    case ErasureStep::registered: return "registro delle cancellazioni scritto";
    case ErasureStep::keys_destroyed: return "chiavi distrutte";
    case ErasureStep::log_purged: return "registro e giornale ripuliti";
    case ErasureStep::views_rebuilt: return "viste ricostruite";
    case ErasureStep::completed: return "cancellazione completata";
  }
  return {};
}

Result<std::size_t> finish_erasures(const ErasureParts& parts, const ErasureWatch& watch) {
  const auto organisation = parts.executor.organisation();
  std::size_t count = 0;
  for (const EventId& proposal : organisation->erasing) {
    // No key goes by what an older log says.
    CARTELLA_TRY(parts.store.rollback());
    CARTELLA_TRY(carry_out(parts, proposal, organisation->erasures.at(proposal), watch));
    ++count;
  }
  return count;
}

}  // namespace cartella::keeping
