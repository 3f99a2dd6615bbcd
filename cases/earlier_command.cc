#include "cases/earlier_command.h"

#include <algorithm>

#include "cases/seal_call.h"
#include "schema/codec.h"

namespace cartella::cases {

namespace {

// Adds the keys that sealed one stored event. erased: a segment has gone.
Status add_key_names(const crypto::StoredEvent& event, std::vector<SegmentKeyName>& names) {
  for (const Bytes& segment : event.body.segments) {
    if (segment.empty())
      return fail(Errc::erased, "command " + event.leaf.event_id.hex() + " was erased");
    CARTELLA_TRY(const auto head, crypto::segment_head(segment));
    if (head.owner_key.is_zero()) continue;
    const SegmentKeyName name{head.owner_key, event.leaf.stream_id};
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return ok();
}

Result<SubjectId> subject_of(const store::Store& store, crypto::Vault& vault,
                             const crypto::StoredEvent& first) {
  CARTELLA_TRY(const auto opened, crypto::open_event(store.eras(), vault, first));
  if (opened.segments.empty() || !opened.segments[0].available)
    return fail(Errc::erased, "command " + first.leaf.event_id.hex() + " was erased");
  CARTELLA_TRY(const auto header, schema::decode_header(opened.segments[0].plaintext.message));
  return header.subject;
}

}  // namespace

Result<std::optional<Outcome>> find_earlier(const store::Store& store, crypto::Vault& vault,
                                            const CommandContext& context, const Command& command) {
  const auto position = store.position_of(context.command_id);
  if (!position) {
    if (position.error().code == Errc::not_found) return std::optional<Outcome>{};
    return position.error();
  }
  CARTELLA_TRY(const auto first, store.read(position.value()));
  std::vector<SegmentKeyName> names;
  CARTELLA_TRY(add_key_names(first, names));
  // The other events of the call follow it and carry ids that its own id gives.
  for (std::uint32_t i = 1; position.value() + i < store.size(); ++i) {
    CARTELLA_TRY(const auto next, store.read(position.value() + i));
    if (next.leaf.event_id != crypto::event_id_of(context.command_id, i)) break;
    CARTELLA_TRY(add_key_names(next, names));
  }
  CARTELLA_TRY(const auto digest, command_digest(vault, names, context, command));
  CARTELLA_TRY(const auto receipt, store.find_command(context.command_id, digest));
  if (!receipt) return std::optional<Outcome>{};
  CARTELLA_TRY(const auto outcome, outcome_of(store, vault, *receipt));
  return std::optional<Outcome>{outcome};
}

Result<Outcome> outcome_of(const store::Store& store, crypto::Vault& vault,
                           const store::Receipt& receipt) {
  CARTELLA_TRY(const auto first, store.read(receipt.first_position));
  Outcome outcome;
  outcome.receipt = receipt;
  outcome.receipt.duplicate = true;
  outcome.stream = first.leaf.stream_id;
  CARTELLA_TRY(outcome.subject, subject_of(store, vault, first));
  outcome.duplicate = true;
  return outcome;
}

}  // namespace cartella::cases
