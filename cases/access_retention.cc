#include "cases/access_retention.h"

#include <map>
#include <set>
#include <vector>

#include "base/local_time.h"
#include "cases/bootstrap.h"
#include "cases/completed_erasures.h"
#include "cases/key_account.h"
#include "crypto/command_id.h"

namespace cartella::cases {

namespace {

constexpr std::size_t kPageEvents = 64;
constexpr std::int64_t kDayUs = 86'400'000'000;

struct Month {
  StreamId stream;
  ControllerId controller;
  std::uint64_t position = 0;  // of the decision
  TimeUs decided_at;
};

struct Erasures {
  std::map<EventId, Month> unfinished;
  std::set<StreamId> decided;
};

Result<Erasures> read_erasures(const store::Store& store) {
  Erasures erasures;
  std::uint64_t from = 0;
  for (;;) {
    CARTELLA_TRY(const auto page, store.read_stream(log_stream(store.log_id()), from, kPageEvents));
    if (page.empty()) return erasures;
    for (const crypto::StoredEvent& event : page) {
      if (event.leaf.kind != schema::LeafKind::erasure || event.body.segments.size() < 2) continue;
      CARTELLA_TRY(const auto decision, erasure_decision_of(event));
      if (decision.scope == ErasureScope::none) {
        CARTELLA_TRY(const auto completed, completed_decision_of(event));
        if (completed) erasures.unfinished.erase(*completed);
      } else if (decision.scope == ErasureScope::month) {
        erasures.unfinished[event.leaf.event_id] = {decision.stream, decision.controller,
                                                    event.leaf.position, event.leaf.recorded_at};
        erasures.decided.insert(decision.stream);
      }
    }
    from = page.back().leaf.revision + 1;
  }
}

CommandContext installing(const Clock& clock) {
  CommandContext context;
  context.command_id = crypto::new_command_id(clock);
  context.actor = installation_actor();
  context.role = "installazione";
  context.controller = installation_controller();
  context.occurred_at = clock.wall();
  context.source = "installation";
  context.legal_basis = "termine di conservazione";
  context.purpose = "cancellazione degli accessi";
  return context;
}

// What the vault calls the month's, and what the first look names: after a crash the vault may have
// forgotten the name already, or not learned it yet.
Result<std::set<KeyId>> keys_of(const store::Store& store, const crypto::Vault& vault,
                                const Month& month) {
  const crypto::OwnerKeyName name = month_key_name(month.stream, month.controller);
  const auto named = vault.owner_keys_of(name.domain, name.owner, name.controller);
  std::set<KeyId> keys(named.begin(), named.end());
  CARTELLA_TRY(const auto first, store.read_stream(month.stream, 0, 1));
  if (first.empty() || first[0].body.segments.empty()) return keys;
  const Bytes& header = first[0].body.segments[0];
  if (header.empty()) return keys;
  CARTELLA_TRY(const auto head, crypto::segment_head(header));
  if (!head.owner_key.is_zero()) keys.insert(head.owner_key);
  return keys;
}

Status finish(const store::Store& store, crypto::Vault& vault, Executor& executor,
              const Clock& clock, const EventId& decision, const Month& month,
              const MonthRegister& list, const CopiesLeft& copies) {
  CARTELLA_TRY(const auto keys, keys_of(store, vault, month));
  const std::vector<KeyId> owner_keys(keys.begin(), keys.end());
  const std::vector<StreamId> streams{month.stream};
  if (list) {
    CARTELLA_TRY(list({decision, month.position, month.decided_at, owner_keys, month.stream}));
  }
  CARTELLA_TRY(vault.destroy_keys(owner_keys, streams));
  CARTELLA_TRY(const auto head, store.stream_head(month.stream));
  CompleteErasure completed;
  completed.decision = decision;
  completed.streams = 1;
  completed.events = head ? head->revision + 1 : 0;
  completed.keys = owner_keys.size() + 1;  // and the stream's secret
  if (copies) completed.copies = copies();
  completed.final_at = {clock.wall().us + kVaultCopyDays * kDayUs};
  CARTELLA_TRY(executor.execute(installing(clock), completed));
  return ok();
}

}  // namespace

Result<std::size_t> expire_access_months(const store::Store& store, crypto::Vault& vault,
                                         Executor& executor, const Clock& clock,
                                         const MonthRegister& list, const CopiesLeft& copies) {
  CARTELLA_TRY(auto erasures, read_erasures(store));
  std::size_t count = 0;
  for (const auto& [decision, month] : erasures.unfinished) {
    CARTELLA_TRY(finish(store, vault, executor, clock, decision, month, list, copies));
    ++count;
  }
  const auto organisation = executor.organisation();
  const Date today = local_day(clock.wall());
  for (const auto& [name, stream] : organisation->access_months) {
    if (today < access_term_end(name.month, organisation->access_terms)) continue;
    if (erasures.decided.contains(stream)) continue;
    // Nobody can tell, before it is opened, whose looks a month has: one hold keeps it whole.
    if (organisation->is_any_held(name.controller, today)) continue;
    const CommandContext context = installing(clock);
    CARTELLA_TRY(const auto decided, executor.execute(context, EraseAccessMonth{stream}));
    CARTELLA_TRY(finish(
        store, vault, executor, clock, crypto::event_id_of(context.command_id, 0),
        {stream, name.controller, decided.receipt.first_position, decided.receipt.recorded_at},
        list, copies));
    ++count;
  }
  return count;
}

}  // namespace cartella::cases
