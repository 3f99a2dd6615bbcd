#include "proofs/bundle_anchors.h"

#include <algorithm>

#include "crypto/hash.h"
#include "crypto/note.h"
#include "proofs/time_stamp.h"

namespace cartella::proofs {

namespace {

constexpr std::int64_t kSecond = 1'000'000;

Status judge_witnesses(const BundleCheckpoint& given, const WitnessPolicy& policy,
                       AnchorFacts& facts) {
  CARTELLA_TRY(const auto support, judge_support(policy, given.note));
  for (const crypto::Cosignature& cosigned : support.cosigned) {
    const WitnessEntry& entry = policy.witnesses[cosigned.cosigner];
    facts.witnesses.push_back({policy.cosigners[cosigned.cosigner].name, entry.operator_name,
                               entry.is_independent,
                               static_cast<std::int64_t>(cosigned.time_s) * kSecond});
  }
  facts.is_policy_met = support.is_enough;
  facts.unknown_signatures -=
      std::min<std::uint64_t>(facts.unknown_signatures, support.cosigned.size());
  return ok();
}

Status judge_time_stamps(const BundleCheckpoint& given, const std::vector<std::string>& notes,
                         const std::string& ca_file, AnchorFacts& facts) {
  std::vector<Hash32> digests;
  for (const std::string& note : notes) digests.push_back(crypto::sha256_second({as_bytes(note)}));
  for (const Bytes& response : given.time_stamps) {
    auto stamp = check_time_stamp(response, digests, ca_file);
    if (stamp)
      facts.time_stamps.push_back({stamp.value().time.us, std::move(stamp.value().authority)});
    else if (stamp.error().code == Errc::bad_signature)
      ++facts.unjudged_time_stamps;
    else if (stamp.error().code == Errc::io)
      return fail(Errc::io, "il file dei certificati non si legge come PEM");
    else
      return fail(Errc::corrupt, "una marca temporale non è di questo checkpoint");
  }
  return ok();
}

}  // namespace

Result<AnchorFacts> judge_anchors(const BundleCheckpoint& given,
                                  std::span<const crypto::VerifierKey> log_keys,
                                  const AnchorTrust& trust) {
  AnchorFacts facts;
  const auto notes = stamped_notes(given.note, log_keys);
  // Each line behind the empty one is a signature; these are the log's own.
  const auto lines = [](const std::string& note) {
    const auto gap = static_cast<std::ptrdiff_t>(note.rfind("\n\n"));
    return std::count(note.begin() + gap + 2, note.end(), '\n');
  };
  facts.unknown_signatures =
      static_cast<std::uint64_t>(lines(given.note) - (notes.empty() ? 0 : lines(notes.back())));
  if (trust.policy) {
    CARTELLA_TRY(judge_witnesses(given, *trust.policy, facts));
  }
  if (trust.time_stamp_ca.empty()) {
    facts.unjudged_time_stamps = given.time_stamps.size();
    return facts;
  }
  CARTELLA_TRY(judge_time_stamps(given, notes, trust.time_stamp_ca, facts));
  return facts;
}

}  // namespace cartella::proofs
