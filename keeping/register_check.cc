#include "keeping/register_check.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cases/completed_erasures.h"
#include "cases/key_account.h"

namespace cartella::keeping {

namespace {

using Erasure = cases::OrganisationState::Erasure;

struct Compared {
  std::vector<EventId> missing;  // in the order in which they were completed
  std::uint64_t completed = 0;   // of the register
};

Result<Compared> compare(const store::Store& store, const std::filesystem::path& folder,
                         const crypto::PublicKey& key) {
  // The log first: the register lists an erasure before the log can call it completed.
  CARTELLA_TRY(const auto completed, cases::completed_erasures(store));
  CARTELLA_TRY(const auto decisions, registered_decisions(folder, store.log_id(), key));
  std::set<EventId> known(decisions.begin(), decisions.end());
  std::set<EventId> ended;
  Compared compared;
  for (const cases::CompletedErasure& one : completed) {
    ended.insert(one.decision);
    if (known.insert(one.decision).second) compared.missing.push_back(one.decision);
  }
  for (const EventId& decision : decisions) {
    if (!ended.contains(decision)) {
      const auto decided = store.position_of(decision);
      if (decided) continue;
      if (decided.error().code != Errc::not_found) return decided.error();
    }
    ++compared.completed;
  }
  return compared;
}

const Erasure* find_erasure(const cases::OrganisationState& organisation, const EventId& decision) {
  for (const auto& [proposal, erasure] : organisation.erasures)
    if (erasure.decision == decision) return &erasure;
  return nullptr;
}

// As far as the log knows it.
ErasureRecord rewritten(const Erasure& erasure) {
  ErasureRecord record = record_of(erasure);
  if (erasure.of_controller)
    // By its keys a controller is told from an item (is_of_controller); none has this id.
    record.owner_keys = {KeyId{erasure.decision.bytes}};
  else if (erasure.subject.is_zero())
    record.streams = {erasure.item};
  return record;
}

// Its looks are still stored, and name its key.
Result<ErasureRecord> record_of_month(const store::Store& store, const EventId& decision) {
  CARTELLA_TRY(const auto position, store.position_of(decision));
  CARTELLA_TRY(const auto event, store.read(position));
  CARTELLA_TRY(const auto decided, cases::erasure_decision_of(event));
  if (decided.scope != cases::ErasureScope::month)
    return fail(Errc::corrupt, "position " + std::to_string(position) + " decides no erasure");
  ErasureRecord record;
  record.decision = decision;
  record.position = position;
  record.decided_at = event.leaf.recorded_at;
  record.streams = {decided.stream};
  CARTELLA_TRY(const auto first, store.read_stream(decided.stream, 0, 1));
  if (first.empty() || first[0].body.segments.empty() || first[0].body.segments[0].empty())
    return record;
  CARTELLA_TRY(const auto head, crypto::segment_head(first[0].body.segments[0]));
  if (!head.owner_key.is_zero()) record.owner_keys = {head.owner_key};
  return record;
}

// Nothing but the erasure of a whole stream takes the header of its first event.
Result<std::set<StreamId>> erased_streams(const store::Store& store) {
  std::set<StreamId> streams;
  CARTELLA_TRY(store.scan(0, store.size(), [&](const crypto::StoredEvent& event) -> Status {
    const bool is_gone =
        event.leaf.revision == 0 && !event.body.segments.empty() && event.body.segments[0].empty();
    if (is_gone) streams.insert(event.leaf.stream_id);
    return ok();
  }));
  return streams;
}

}  // namespace

ErasureRecord record_of(const cases::OrganisationState::Erasure& erasure) {
  ErasureRecord record;
  record.decision = erasure.decision;
  record.position = erasure.decided_position;
  record.decided_at = erasure.decided_at;
  record.subject = erasure.subject;
  record.controller = erasure.controller;
  return record;
}

Result<std::uint64_t> check_register(const store::Store& store, const std::filesystem::path& folder,
                                     const crypto::PublicKey& key) {
  CARTELLA_TRY(const auto compared, compare(store, folder, key));
  if (compared.missing.empty()) return compared.completed;
  return fail(Errc::refused,
              "in " + erasure_register_path(folder).string() + " mancano " +
                  std::to_string(compared.missing.size()) +
                  " cancellazioni che l'archivio dà per completate: montare il disco della seconda "
                  "cartella, o rimettervi l'ultima copia di questo file; solo se è perduto lo "
                  "riscrive cartella erasure rewrite-register");
}

Result<std::size_t> rewrite_register(const store::Store& store,
                                     const cases::OrganisationState& organisation,
                                     const std::filesystem::path& folder,
                                     const crypto::Signer& key) {
  CARTELLA_TRY(store.rollback());
  CARTELLA_TRY(const auto compared, compare(store, folder, key.public_key()));
  std::vector<ErasureRecord> records;
  ErasureRecord* last = nullptr;
  records.reserve(compared.missing.size());
  for (const EventId& decision : compared.missing) {
    const Erasure* const erasure = find_erasure(organisation, decision);
    if (erasure != nullptr) {
      last = &records.emplace_back(rewritten(*erasure));
      continue;
    }
    CARTELLA_TRY(auto month, record_of_month(store, decision));
    records.push_back(std::move(month));
  }
  if (last != nullptr) {
    CARTELLA_TRY(auto streams, erased_streams(store));
    streams.insert(last->streams.begin(), last->streams.end());
    last->streams.assign(streams.begin(), streams.end());
  }
  for (const ErasureRecord& record : records) {
    CARTELLA_TRY(append_erasure(folder, store.log_id(), key, record));
  }
  return records.size();
}

}  // namespace cartella::keeping
