#include "store/call_check.h"

#include <algorithm>
#include <string>

namespace cartella::store {

namespace {

using crypto::kExpectAny;
using crypto::kExpectExists;
using crypto::kExpectNone;
using schema::LeafKind;

// Enough for checks of every stream that a call of the largest size can name.
constexpr std::size_t kChecksMax = 1024;
constexpr std::size_t kClaimsMax = 1024;

bool is_expectation(std::int64_t value) {
  return value >= kExpectNone || value == kExpectAny || value == kExpectExists;
}

Status check_event(const crypto::StoredEvent& event) {
  const crypto::Leaf& leaf = event.leaf;
  if (leaf.event_id.is_zero() || leaf.stream_id.is_zero())
    return fail(Errc::invalid_argument, "an event without an event id or a stream id");
  const std::uint16_t flags = leaf.flags;
  const bool signed_once = flags == crypto::kAuthorSigned || flags == crypto::kServerSigned;
  if (leaf.kind == LeafKind::access ? flags != 0 : !signed_once)
    return fail(Errc::invalid_argument, "an event carries one signature, an access record none");
  for (const Bytes& segment : event.body.segments)
    if (segment.empty()) return fail(Errc::invalid_argument, "a new event has all of its segments");
  return crypto::check_body(event);
}

// Finds the stream of event `index` among those seen, and holds it to base + i (amendment 7).
Status place_expectation(const crypto::Leaf& leaf, PreparedCall& to,
                         std::vector<std::int64_t>& counts) {
  const auto found = std::find_if(to.uses.begin(), to.uses.end(), [&](const StreamUse& use) {
    return use.stream == leaf.stream_id;
  });
  const auto at = static_cast<std::uint32_t>(found - to.uses.begin());
  if (found == to.uses.end()) {
    if (!is_expectation(leaf.expected_revision))
      return fail(Errc::invalid_argument, "an expected revision that has no meaning");
    to.uses.push_back({leaf.stream_id, leaf.expected_revision});
    counts.push_back(0);
  }
  const std::int64_t base = to.uses[at].base;
  const std::int64_t expected = base >= kExpectNone ? base + counts[at] : base;
  if (leaf.expected_revision != expected)
    return fail(Errc::invalid_argument,
                "expected revisions of one stream in a call do not count up from the first");
  ++counts[at];
  to.use_of.push_back(at);
  return ok();
}

Status check_ids(const PreparedCall& call) {
  std::vector<EventId> ids;
  ids.reserve(call.leaves.size());
  for (const crypto::Leaf& leaf : call.leaves) ids.push_back(leaf.event_id);
  std::sort(ids.begin(), ids.end());
  if (std::adjacent_find(ids.begin(), ids.end()) != ids.end())
    return fail(Errc::invalid_argument, "an event id stands twice in a call");
  return ok();
}

// In a row the same key often comes again; the fence looks up what is left.
Status note_keys(const crypto::EventBody& body, std::vector<KeyId>& keys) {
  for (const Bytes& segment : body.segments) {
    if (segment.empty()) continue;
    CARTELLA_TRY(const auto head, crypto::segment_head(segment));
    if (head.owner_key.is_zero()) continue;
    if (std::find(keys.begin(), keys.end(), head.owner_key) == keys.end())
      keys.push_back(head.owner_key);
  }
  return ok();
}

Status check_extras(const Call& call) {
  if (call.checks.size() > kChecksMax || call.claims.size() > kClaimsMax)
    return fail(Errc::invalid_argument, "a call has too many checks or claims");
  for (const crypto::StreamCheck& check : call.checks)
    if (!is_expectation(check.expected_revision))
      return fail(Errc::invalid_argument, "an expected revision that has no meaning");
  for (const ClaimOp& claim : call.claims) {
    const bool needs_subject = claim.kind != ClaimOp::Kind::assert_free;
    if (claim.subject.size() > kClaimSubjectBytesMax || (needs_subject && claim.subject.empty()))
      return fail(Errc::invalid_argument, "a claim names a subject of 1 to 64 bytes");
  }
  return ok();
}

}  // namespace

Result<PreparedCall> prepare_call(Call call, const SignerRegistry& signers) {
  if (call.events.empty() || call.events.size() > kCallEventsMax)
    return fail(Errc::invalid_argument,
                "a call has 1 to " + std::to_string(kCallEventsMax) + " events");
  CARTELLA_TRY(check_extras(call));
  PreparedCall prepared;
  prepared.leaves.reserve(call.events.size());
  prepared.access_only = true;
  std::vector<std::int64_t> counts;
  for (const crypto::StoredEvent& event : call.events) {
    CARTELLA_TRY(check_event(event));
    CARTELLA_TRY(place_expectation(event.leaf, prepared, counts));
    CARTELLA_TRY(note_keys(event.body, prepared.owner_keys));
    prepared.leaves.push_back(event.leaf);
    prepared.access_only = prepared.access_only && event.leaf.kind == LeafKind::access;
  }
  CARTELLA_TRY(check_ids(prepared));
  CARTELLA_TRY(prepared.signers, signers.check_call(call.events));
  prepared.encoded = encode_call(call);
  if (prepared.encoded.bytes.size() > kCallBytesMax)
    return fail(Errc::invalid_argument,
                "a call is larger than " + std::to_string(kCallBytesMax) + " bytes");
  prepared.checks = std::move(call.checks);
  prepared.claims = std::move(call.claims);
  prepared.digest = call.command_digest;
  return prepared;
}

}  // namespace cartella::store
