// cases/erasure_commands.h: commands about erasure, legal holds and restriction of processing.
//
// Alternatives of Command like those of commands.h, which includes this page. Their events are
// clear, in the stream of the organisation: opaque ids and a few words without personal data. One
// proposes and another decides (ledger-amendments.md 7). Threads: values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"

namespace cartella::cases {

// Of one item, of a person as context.controller knows them, or of all that the controller has: it
// leaves, and nothing is written for it from the proposal on.
struct ProposeErasure {
  std::string scope;                    // item, person, controller
  StreamId target;                      // the item's, or the person's stream; zero: controller
  std::string basis;                    // a few words without personal data
  std::vector<std::uint64_t> counts;    // of the dry run: events, streams, segments
  std::vector<std::uint64_t> mentions;  // positions of texts of others that mention the person
};
// `erase` becomes `restrict` where a legal hold stands, or a duty to keep runs
// (cases/retention_duty.h); a controller takes its duties along with its data.
struct DecideErasure {
  EventId proposal;
  std::string outcome;  // erase, refuse, restrict, keep_for_other
  // Needed but for erase: a duty to keep, a claim, another person's right. To erase a controller,
  // which export it takes along: export_ground.
  std::string ground;
  // Together all mentions of the proposal; an erased one is erased as an item of its own, unless
  // something holds it (cases/kept_texts.h): mention_held.
  std::vector<std::uint64_t> kept_mentions;
  std::vector<std::uint64_t> erased_mentions;
};
// Of a person or of items of theirs: nothing of it is erased while it stands.
struct PlaceLegalHold {
  StreamId person;
  std::vector<StreamId> items;  // empty: everything of the person at this controller
  std::string act;
  std::string authority;
  std::optional<Date> until;
};
struct LiftLegalHold {
  EventId hold;  // its LegalHoldPlaced
  std::string act;
};
// GDPR 18: data are kept and not used; lists, exports and reports pass them over.
struct RestrictProcessing {
  StreamId person;
  std::vector<StreamId> items;  // empty: everything of the person at this controller
  std::string ground;
};
struct LiftRestriction {
  EventId restriction;  // its ProcessingRestricted
  std::string notice;   // how and when the person was told before: GDPR 18(3)
  std::string reason;
};

// How long what belongs to a category is kept, from what starts its term (docs/retention.md).
struct SetRetentionRule {
  std::string category;
  std::int64_t months = 0;
  std::string act;  // that says so
};

// What a decision says of the export that a controller takes along: its digest, and that of its
// supplement where there is one.
std::string export_ground(const Hash32& digest,
                          const std::optional<Hash32>& supplement = std::nullopt);
bool is_export_ground(std::string_view ground);

}  // namespace cartella::cases
