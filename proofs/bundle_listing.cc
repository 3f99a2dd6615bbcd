#include "proofs/bundle_listing.h"

#include <algorithm>

namespace cartella::proofs {

namespace {

std::size_t bytes_of(const CheckedCheckpoint& checkpoint) {
  std::size_t bytes = sizeof(checkpoint) + checkpoint.origin.size();
  for (const WitnessFact& witness : checkpoint.anchors.witnesses)
    bytes += sizeof(witness) + witness.name.size() + witness.operator_name.size();
  for (const TimeStampFact& stamp : checkpoint.anchors.time_stamps)
    bytes += sizeof(stamp) + stamp.authority.size();
  return bytes;
}

bool is_anchored(const CheckedCheckpoint& checkpoint) {
  const AnchorFacts& facts = checkpoint.anchors;
  return !facts.witnesses.empty() || !facts.time_stamps.empty() || facts.unknown_signatures > 0 ||
         facts.unjudged_time_stamps > 0;
}

}  // namespace

void BundleListing::add(CheckedCheckpoint checkpoint, BundleReport& report) {
  const AnchorFacts& facts = checkpoint.anchors;
  ++report.checkpoint_count;
  if (facts.is_policy_met && std::ranges::any_of(facts.witnesses, &WitnessFact::is_independent))
    report.witnessed_to = checkpoint.size;
  if (!facts.time_stamps.empty()) report.stamped_to = checkpoint.size;
  report.unjudged_time_stamps += facts.unjudged_time_stamps;
  // The one before is the newest no more, which alone is listed without being anchored.
  if (x_is_full && !x_listed.empty() && !is_anchored(x_listed.back())) {
    x_bytes -= bytes_of(x_listed.back());
    x_listed.pop_back();
  }
  x_bytes += bytes_of(checkpoint);
  x_listed.push_back(std::move(checkpoint));
  if (x_bytes > x_bytes_max) shorten();
}

void BundleListing::shorten() {
  if (!x_is_full) {
    x_is_full = true;
    const auto kept = std::stable_partition(x_listed.begin(), x_listed.end() - 1, is_anchored);
    for (auto each = kept; each != x_listed.end() - 1; ++each) x_bytes -= bytes_of(*each);
    x_listed.erase(kept, x_listed.end() - 1);
  }
  while (x_bytes > x_bytes_max && x_listed.size() > 1) {
    x_bytes -= bytes_of(x_listed.front());
    x_listed.pop_front();
  }
}

}  // namespace cartella::proofs
