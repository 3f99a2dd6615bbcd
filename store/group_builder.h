// store/group_builder.h: decides the calls of one group in order and gives them their places.
//
// Calls of a group see each other and those of the group before, whose rows may not be written yet:
// ids and claims of accepted calls are kept aside, stream heads in the head cache, which holds far
// more than two groups. A refused call leaves no trace. Threads: belongs to whoever is at the tail.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/call_check.h"
#include "store/head_cache.h"
#include "store/log_db.h"

namespace cartella::store {

// Whether the system takes calls now, for commands and for access records.
struct Admission {
  Status commands = ok();
  Status access = ok();
};

// Streams of a group with their heads after it; the later entry of a stream counts.
using NewHeads = std::vector<std::pair<StreamId, StreamHead>>;

class GroupBuilder {
 public:
  GroupBuilder(const LogDb& db, SignerRegistry& signers, std::size_t heads_max);

  // All groups but the one before have their rows written.
  void begin(std::uint64_t size, TimeUs recorded_at);
  // A receipt (its tree size is completed by `finish`), or the reason of the refusal:
  // idempotency_conflict, erased, conflict, claim_taken, the admission's error, what
  // SignerRegistry::admit says, corrupt, io.
  Result<Receipt> add(PreparedCall& call, const Admission& admission);
  // Calls that name one of the keys or streams are refused from now on: subject_erased.
  void fence(std::span<const KeyId> owner_keys, std::span<const StreamId> streams);
  // Takes back one such call.
  void lift_fence(std::span<const KeyId> owner_keys, std::span<const StreamId> streams);
  // Completes the receipts that came out of this group.
  void finish(Receipt& receipt) const;

  std::uint64_t size() const { return x_size; }  // of the tree after the calls added so far
  std::uint32_t event_count() const { return static_cast<std::uint32_t>(x_leaf_hashes.size()); }
  const std::vector<Hash32>& leaf_hashes() const { return x_leaf_hashes; }
  // Exchanges `heads` for those of the accepted calls.
  void take_heads(NewHeads& heads) { heads.swap(x_new_heads); }
  // The journal payload of the accepted calls.
  const Bytes& payload();

 private:
  struct GroupId {
    std::uint64_t position = 0;
    std::optional<Receipt> command;  // for event 0
    Hash32 digest{};
  };
  using Ids = std::unordered_map<EventId, GroupId>;
  // How claims stand after a call; an empty vector stands for free.
  using Claims = std::unordered_map<std::string, Bytes>;

  // Of this group or the one before.
  const GroupId* find_unwritten(const EventId& id) const;
  Result<std::optional<Receipt>> find_earlier(const PreparedCall& call) const;
  Status check_fence(const PreparedCall& call) const;
  Status check_new_ids(const PreparedCall& call) const;
  Status check_streams(const PreparedCall& call, std::vector<std::optional<StreamHead>>& heads);
  Status check_claims(const PreparedCall& call, Claims& changed) const;
  Result<Bytes> claim_holder(const Hash32& key, const Claims& changed) const;
  Result<std::optional<StreamHead>> head_of(const StreamId& stream);
  Receipt place(PreparedCall& call, std::vector<std::optional<StreamHead>>& heads);

  const LogDb& x_db;
  SignerRegistry& x_signers;
  HeadCache x_heads;
  // Destroyed, or about to be; once for each who asked, since one may give up what another goes on.
  std::unordered_multiset<KeyId> x_fenced_keys;
  std::unordered_multiset<StreamId> x_fenced_streams;
  std::uint64_t x_first = 0;
  std::uint64_t x_size = 0;
  TimeUs x_recorded_at;
  std::uint32_t x_calls = 0;
  Bytes x_payload;
  std::vector<Hash32> x_leaf_hashes;
  NewHeads x_new_heads;
  Ids x_ids;
  Claims x_claims;
  Ids x_ids_before;  // of the group before
  Claims x_claims_before;
};

}  // namespace cartella::store
