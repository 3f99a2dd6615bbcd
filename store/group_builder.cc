#include "store/group_builder.h"

#include <string>

#include "base/check.h"
#include "store/rows.h"

namespace cartella::store {

namespace {

using crypto::kExpectAny;
using crypto::kExpectExists;
using crypto::kExpectNone;

std::string claim_text(const Hash32& key) { return std::string(as_text(key)); }

bool meets(std::int64_t expected, const std::optional<StreamHead>& head) {
  switch (expected) {
    case kExpectAny: return true;
    case kExpectNone: return !head;
    case kExpectExists: return head.has_value();
    default: return head && head->revision == static_cast<std::uint64_t>(expected);
  }
}

std::string expectation_text(std::int64_t expected) {
  if (expected == kExpectNone) return "none";
  if (expected == kExpectExists) return "any existing";
  return std::to_string(expected);
}

// Every failing stream is named, so that the caller reloads all of them at once.
void add_failure(std::string& detail, const StreamId& stream, std::int64_t expected,
                 const std::optional<StreamHead>& head) {
  detail += detail.empty() ? "" : "; ";
  detail += "stream " + stream.hex() + " expected revision " + expectation_text(expected) +
            ", is " + (head ? std::to_string(head->revision) : std::string("none"));
}

Error reused() {
  return fail(Errc::idempotency_conflict, "an event id of this call was used for another command");
}

}  // namespace

GroupBuilder::GroupBuilder(const LogDb& db, SignerRegistry& signers, std::size_t heads_max)
    : x_db(db), x_signers(signers), x_heads(heads_max / 2) {}

void GroupBuilder::begin(std::uint64_t size, TimeUs recorded_at) {
  x_heads.turn();
  x_first = size;
  x_size = size;
  x_recorded_at = recorded_at;
  x_calls = 0;
  x_leaf_hashes.clear();
  x_new_heads.clear();
  x_ids_before.swap(x_ids);
  x_claims_before.swap(x_claims);
  x_ids.clear();
  x_claims.clear();
  begin_payload(x_payload);
}

Result<Receipt> GroupBuilder::add(PreparedCall& call, const Admission& admission) {
  CARTELLA_TRY(const auto earlier, find_earlier(call));
  if (earlier) return *earlier;
  CARTELLA_TRY(call.access_only ? admission.access : admission.commands);
  CARTELLA_TRY(check_fence(call));
  CARTELLA_TRY(check_new_ids(call));
  std::vector<std::optional<StreamHead>> heads;
  CARTELLA_TRY(check_streams(call, heads));
  Claims changed;
  CARTELLA_TRY(check_claims(call, changed));
  CARTELLA_TRY(auto signers, x_signers.admit(call.leaves, call.signers, x_size));
  if (signers) x_signers.replace(std::move(*signers));
  for (auto& [key, subject] : changed) x_claims.insert_or_assign(key, std::move(subject));
  return place(call, heads);
}

void GroupBuilder::finish(Receipt& receipt) const {
  if (receipt.first_position >= x_first) receipt.tree_size = x_size;
}

const Bytes& GroupBuilder::payload() {
  set_call_count(x_calls, x_payload);
  return x_payload;
}

const GroupBuilder::GroupId* GroupBuilder::find_unwritten(const EventId& id) const {
  if (const auto found = x_ids.find(id); found != x_ids.end()) return &found->second;
  const auto before = x_ids_before.find(id);
  return before == x_ids_before.end() ? nullptr : &before->second;
}

Result<std::optional<Receipt>> GroupBuilder::find_earlier(const PreparedCall& call) const {
  const EventId& command = call.leaves.front().event_id;
  if (const GroupId* const found = find_unwritten(command)) {
    if (!found->command || found->digest != call.digest) return reused();
    std::optional<Receipt> receipt = found->command;
    receipt->tree_size = x_first;  // of the group before; `finish` knows that of this one
    receipt->duplicate = true;
    return receipt;
  }
  CARTELLA_TRY(const auto row, load_id(x_db, command));
  if (!row) return std::optional<Receipt>();
  if (row->command && row->command->digest == call.digest)
    return std::optional<Receipt>(receipt_of(command, *row->command));
  CARTELLA_TRY(const bool erased, is_erased(x_db, row->position));
  if (erased) return fail(Errc::erased, "the first use of this command id was erased");
  return reused();
}

void GroupBuilder::fence(std::span<const KeyId> owner_keys, std::span<const StreamId> streams) {
  x_fenced_keys.insert(owner_keys.begin(), owner_keys.end());
  x_fenced_streams.insert(streams.begin(), streams.end());
}

void GroupBuilder::lift_fence(std::span<const KeyId> owner_keys,
                              std::span<const StreamId> streams) {
  const auto take_one = [](auto& from, const auto& which) {
    if (const auto at = from.find(which); at != from.end()) from.erase(at);
  };
  for (const KeyId& key : owner_keys) take_one(x_fenced_keys, key);
  for (const StreamId& stream : streams) take_one(x_fenced_streams, stream);
}

Status GroupBuilder::check_fence(const PreparedCall& call) const {
  bool stopped = false;
  if (!x_fenced_keys.empty())
    for (const KeyId& key : call.owner_keys) stopped = stopped || x_fenced_keys.contains(key);
  if (!x_fenced_streams.empty()) {
    for (const StreamUse& use : call.uses)
      stopped = stopped || x_fenced_streams.contains(use.stream);
    for (const crypto::StreamCheck& check : call.checks)
      stopped = stopped || x_fenced_streams.contains(check.stream);
  }
  if (stopped) return fail(Errc::subject_erased, "the keys of this call were destroyed");
  return ok();
}

Status GroupBuilder::check_new_ids(const PreparedCall& call) const {
  for (std::size_t i = 1; i < call.leaves.size(); ++i) {
    const EventId& id = call.leaves[i].event_id;
    if (find_unwritten(id) != nullptr) return reused();
    CARTELLA_TRY(const auto row, load_id(x_db, id));
    if (row) return reused();
  }
  return ok();
}

Result<std::optional<StreamHead>> GroupBuilder::head_of(const StreamId& stream) {
  if (const auto cached = x_heads.find(stream)) return cached;
  CARTELLA_TRY(const auto head, load_head(x_db, stream));
  if (head) x_heads.put(stream, *head);
  return head;
}

Status GroupBuilder::check_streams(const PreparedCall& call,
                                   std::vector<std::optional<StreamHead>>& heads) {
  std::string failures;
  for (const StreamUse& use : call.uses) {
    CARTELLA_TRY(const auto head, head_of(use.stream));
    if (!meets(use.base, head)) add_failure(failures, use.stream, use.base, head);
    heads.push_back(head);
  }
  for (const crypto::StreamCheck& check : call.checks) {
    CARTELLA_TRY(const auto head, head_of(check.stream));
    if (!meets(check.expected_revision, head))
      add_failure(failures, check.stream, check.expected_revision, head);
  }
  if (!failures.empty()) return fail(Errc::conflict, std::move(failures));
  return ok();
}

Result<Bytes> GroupBuilder::claim_holder(const Hash32& key, const Claims& changed) const {
  const std::string text = claim_text(key);
  for (const Claims* const unwritten : {&changed, &x_claims, &x_claims_before})
    if (const auto found = unwritten->find(text); found != unwritten->end()) return found->second;
  Bytes subject;
  CARTELLA_TRY(const bool held, x_db.get(Family::claims, key, subject));
  if (!held) subject.clear();
  return subject;
}

Status GroupBuilder::check_claims(const PreparedCall& call, Claims& changed) const {
  for (const ClaimOp& claim : call.claims) {
    CARTELLA_TRY(const Bytes holder, claim_holder(claim.key, changed));
    if (claim.kind == ClaimOp::Kind::release) {
      if (holder != claim.subject)
        return fail(Errc::conflict, "a claim to release is not held by this subject");
      changed.insert_or_assign(claim_text(claim.key), Bytes());
      continue;
    }
    if (!holder.empty())
      return fail(Errc::claim_taken, "an identifier already belongs to a subject");
    if (claim.kind == ClaimOp::Kind::claim)
      changed.insert_or_assign(claim_text(claim.key), claim.subject);
  }
  return ok();
}

Receipt GroupBuilder::place(PreparedCall& call, std::vector<std::optional<StreamHead>>& heads) {
  Receipt receipt;
  receipt.command_id = call.leaves.front().event_id;
  receipt.first_position = x_size;
  receipt.event_count = static_cast<std::uint32_t>(call.leaves.size());
  receipt.recorded_at = x_recorded_at;
  for (std::size_t i = 0; i < call.leaves.size(); ++i) {
    crypto::Leaf& leaf = call.leaves[i];
    std::optional<StreamHead>& head = heads[call.use_of[i]];
    leaf.position = x_size++;
    leaf.recorded_at = x_recorded_at;
    leaf.revision = head ? head->revision + 1 : 0;
    leaf.previous_leaf_hash = head ? head->leaf_hash : Hash32{};
    const crypto::LeafBytes bytes = crypto::encode_leaf(leaf);
    const Hash32 hash = crypto::leaf_hash(bytes);
    CHECK(hash == crypto::leaf_hash_second(leaf));
    std::memcpy(call.encoded.bytes.data() + call.encoded.leaf_at[i], bytes.data(), bytes.size());
    x_leaf_hashes.push_back(hash);
    if (i == 0) receipt.first_leaf = bytes;
    head = StreamHead{leaf.revision, leaf.position, hash};
    x_ids.emplace(leaf.event_id, GroupId{leaf.position, std::nullopt, {}});
  }
  for (std::size_t i = 0; i < call.uses.size(); ++i) {
    x_heads.put(call.uses[i].stream, *heads[i]);
    x_new_heads.emplace_back(call.uses[i].stream, *heads[i]);
  }
  GroupId& command = x_ids[receipt.command_id];
  command.command = receipt;
  command.digest = call.digest;
  add_call(call.encoded, x_payload);
  ++x_calls;
  return receipt;
}

}  // namespace cartella::store
